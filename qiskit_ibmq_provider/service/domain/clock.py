# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Time, as something that a test can hold in its hand."""

from __future__ import annotations

import datetime
import time

__all__ = ["Clock"]


class Clock:
    """The clock of this machine. Tests have one of their own in its place."""

    def now(self) -> datetime.datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.datetime.now(datetime.timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""
        return time.monotonic()
