# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Small checks that many modules need: of numbers, of hosts, and of what this machine has."""

from __future__ import annotations

import ipaddress
import math
import numbers
import os
from typing import Any, Optional

__all__ = ["is_loopback", "is_number", "is_whole", "processors", "read_number"]


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite real number. True and false are none."""
    # The common types come first: asking an abstract class takes longer.
    if isinstance(value, bool) or not isinstance(value, (int, float, numbers.Real)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        # An integer beyond what a float can be.
        return False


def is_whole(value: Any, least: int = 0, below: Optional[int] = None) -> bool:
    """Tell whether a value is an integer of at least ``least``, and less than ``below``. True and false are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return value >= least and (below is None or value < below)


def read_number(value: Any) -> Optional[float]:
    """Return a finite number that is given as one or as text, or ``None`` if it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def is_loopback(host: Optional[str]) -> bool:
    """Tell whether a host is this machine, for certain. A name other than localhost counts as another one."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
