# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How much memory this machine has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["machine_memory"]

_UNKNOWN: Final = 4 * 2**30
"""What is assumed where the system does not say: enough for 28 qubits."""

_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_memory() -> int:
    """Return the bytes of memory that this machine, or the container around us, has."""
    limits = [_physical_memory()]
    for name in _CGROUP_LIMITS:
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit() and int(text) > 0:
            limits.append(int(text))
    return min(limits)


def _physical_memory() -> int:
    """Return the bytes of the machine's memory."""
    if not hasattr(os, "sysconf"):
        return _UNKNOWN
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return _UNKNOWN
