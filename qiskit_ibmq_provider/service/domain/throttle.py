# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How many requests a user may make in a time."""

from __future__ import annotations

import math
from typing import Callable, Final

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import RateLimited

__all__ = ["BURST_SECONDS", "Throttle"]

BURST_SECONDS: Final = 10.0
"""So many seconds' worth of requests may come at once."""

_MANY: Final = 1000
"""From so many users on, those who have been quiet are looked for and forgotten."""


class Throttle:
    """Counts requests by user, as a bucket that fills steadily. For one thread.

    Args:
        per_second: how many requests a user may make on average; 0 for any number.
        monotonic: a clock that never runs backwards, in seconds.
    """

    def __init__(self, per_second: float, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)
        self._monotonic = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}
        self._many = _MANY

    def admit(self, user_id: str) -> None:
        """Count a request of a user.

        Raises:
            RateLimited: if it is one too many; it says how long to wait.
        """
        if not self._per_second:
            return
        now = self._monotonic()
        level = self._level(user_id, now)
        if level < 1:
            wait = math.ceil((1 - level) / self._per_second)
            raise RateLimited(
                f"This account makes more than {self._per_second:g} requests per second. Wait {wait} s and try again.",
                ErrorCode.RATE_LIMIT,
                wait,
            )
        if len(self._buckets) >= self._many:
            self._forget_quiet(now)
        self._buckets[user_id] = (level - 1, now)

    def _level(self, user_id: str, now: float) -> float:
        """Return how many requests a user may make now."""
        level, since = self._buckets.get(user_id, (self._capacity, now))
        return min(self._capacity, level + (now - since) * self._per_second)

    def _forget_quiet(self, now: float) -> None:
        """Drop the users whose buckets are full again: a new bucket is, too."""
        self._buckets = {
            user_id: bucket
            for user_id, bucket in self._buckets.items()
            if self._level(user_id, now) < self._capacity
        }
        self._many = max(_MANY, 2 * len(self._buckets))
