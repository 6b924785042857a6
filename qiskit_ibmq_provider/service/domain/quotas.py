# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How much one user may do: requests in a time, websockets and searches at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Callable, Final

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import RateLimited

__all__ = ["BURST_SECONDS", "ConnectionQuota", "PerUserSemaphore", "Throttle"]

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


class ConnectionQuota:
    """Counts connections that stay open: whoever opens one too many is sent away. For one thread.

    Args:
        total: how many there are.
        per_user: how many of them one user may have.
    """

    def __init__(self, total: int, per_user: int) -> None:
        self._total = total
        self._per_user = per_user
        self._taken = 0
        self._users: Counter[str] = Counter()

    @contextlib.contextmanager
    def one_of_all(self) -> Iterator[bool]:
        """Take a place while the block runs; the value says whether there was one."""
        free = self._taken < self._total
        self._taken += free
        try:
            yield free
        finally:
            self._taken -= free

    @contextlib.contextmanager
    def one_of_user(self, user_id: str) -> Iterator[bool]:
        """Count a place as that of a user while the block runs; the value says whether the user may have it."""
        free = self._users[user_id] < self._per_user
        self._users[user_id] += free
        try:
            yield free
        finally:
            self._users[user_id] -= free
            if not self._users[user_id]:
                del self._users[user_id]


class PerUserSemaphore:
    """Lets each user do a few costly things at the same time; further ones wait their turn. For one event loop.

    Args:
        per_user: how many.
    """

    def __init__(self, per_user: int) -> None:
        self._per_user = per_user
        self._queues: dict[str, asyncio.Semaphore] = {}
        self._present: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def turn(self, user_id: str) -> AsyncIterator[None]:
        """Wait for a turn of this user, and have it while the block runs."""
        queue = self._queues.setdefault(user_id, asyncio.Semaphore(self._per_user))
        self._present[user_id] += 1
        try:
            async with queue:
                yield
        finally:
            self._present[user_id] -= 1
            if not self._present[user_id]:
                del self._present[user_id], self._queues[user_id]
