# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A clock that a test moves."""

from __future__ import annotations

import datetime

__all__ = ["ManualClock"]


class ManualClock:
    """Implements the domain's clock; it stands still until the test moves it."""

    def __init__(self) -> None:
        self._now = datetime.datetime(2021, 6, 1, 9, 30, tzinfo=datetime.timezone.utc)
        self._monotonic = 1000.0

    def now(self) -> datetime.datetime:
        """Return the present instant."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += datetime.timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_back(self, seconds: float) -> None:
        """Let somebody set the wall clock back; monotonic time does not notice."""
        self._now -= datetime.timedelta(seconds=seconds)
