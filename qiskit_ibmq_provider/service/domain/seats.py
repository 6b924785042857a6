# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Who may do how much at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

__all__ = ["Seats", "Turns"]


class Seats:
    """Places for things that stay open: whoever finds none is sent away. For one thread.

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


class Turns:
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
