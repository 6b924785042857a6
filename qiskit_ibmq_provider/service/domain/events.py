# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""News about jobs, from any thread to the websockets that wait for them.

News carry no state, only the name of a job: whoever is woken reads the store. So nothing is out of date, a wake
too many is harmless, and news from another process can be passed on as they come.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Callable, Final, Optional

__all__ = ["EventHub", "QUEUE_SECONDS", "Subscription"]

QUEUE_SECONDS: Final = 0.5
"""Between two news that only a place in the queue may have changed: a queue may move fifty times a second, and
hundreds may wait in it."""


class Subscription:
    """Waits for news about one job; made by ``EventHub.subscribe`` and used as an asynchronous context manager."""

    def __init__(self, hub: EventHub, job_id: str, queue: Optional[str]) -> None:
        self.job_id = job_id
        self.queue = queue
        self._hub = hub
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._wakened: Optional[asyncio.Event] = None
        self._has_news = False
        self._moved_at = float("-inf")
        self._moving: Optional[asyncio.TimerHandle] = None

    async def changed(self, timeout: Optional[float] = None) -> bool:
        """Wait until there are news since the last call, at most ``timeout`` seconds; return whether there are."""
        if self._wakened is None or self._loop is None:
            raise RuntimeError("a subscription waits only inside its 'async with' block")
        # A timer, and not wait_for, which makes a task each time: hundreds of websockets wait here.
        timer = None if timeout is None else self._loop.call_later(timeout, self._wakened.set)
        try:
            await self._wakened.wait()
        finally:
            if timer is not None:
                timer.cancel()
        self._wakened.clear()
        has_news, self._has_news = self._has_news, False
        return has_news

    def wake(self, *, moved: bool = False) -> bool:
        """Make ``changed`` return, from any thread; return whether the subscriber's loop is still there.

        Args:
            moved: only the queue moved: this is told at most every ``QUEUE_SECONDS``, the last time included.
        """
        if self._loop is None or self._wakened is None:
            return False
        try:
            self._loop.call_soon_threadsafe(self._note_move if moved else self._note_news)
        except RuntimeError:
            # The loop was closed without leaving the block, which happens when a server is torn down.
            return False
        return True

    def _note_news(self) -> None:
        """Let ``changed`` return; in the loop."""
        assert self._wakened is not None
        self._has_news = True
        self._wakened.set()

    def _note_move(self) -> None:
        """Let ``changed`` return now or a little later; in the loop."""
        assert self._loop is not None
        if self._moving is not None:
            return
        wait = self._moved_at + QUEUE_SECONDS - self._loop.time()
        if wait > 0:
            self._moving = self._loop.call_later(wait, self._tell_of_move)
        else:
            self._tell_of_move()

    def _tell_of_move(self) -> None:
        assert self._loop is not None
        self._moving, self._moved_at = None, self._loop.time()
        self._note_news()

    async def __aenter__(self) -> Subscription:
        self._loop = asyncio.get_running_loop()
        self._wakened = asyncio.Event()
        self._hub.add(self)
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._hub.remove(self)
        if self._moving is not None:
            self._moving.cancel()
            self._moving = None


class EventHub:
    """Where news about jobs are announced and awaited, within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_job: dict[str, set[Subscription]] = {}
        self._by_queue: dict[str, set[Subscription]] = {}
        self._listeners: list[Callable[[str], None]] = []

    def publish(self, job_id: str, *, queue: Optional[str] = None) -> None:
        """Announce that a job changed. Safe in any thread, and quick.

        Args:
            job_id: the job.
            queue: the device whose queue moved by it: the jobs that wait there have news, too.
        """
        with self._lock:
            own = set(self._by_job.get(job_id, ()))
            others = set() if queue is None else self._by_queue.get(queue, set()) - own
            listeners = list(self._listeners)
        gone = [each for each in own if not each.wake()]
        gone += [each for each in others if not each.wake(moved=True)]
        for subscription in gone:
            self.remove(subscription)
        for listener in listeners:
            listener(job_id)

    def subscribe(self, job_id: str, *, queue: Optional[str] = None) -> Subscription:
        """Wait for news about a job::

            async with hub.subscribe(job.id, queue=job.backend_name) as subscription:
                ...  # read the job once here: what happened before is not announced again
                await subscription.changed(30)

        Args:
            job_id: the job.
            queue: its device, if news about its place in the queue are wanted.
        """
        return Subscription(self, job_id, queue)

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call ``listener`` with the id of every job that changes, in the thread that announces it.

        Returns:
            a function that ends this.
        """
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def add(self, subscription: Subscription) -> None:
        """Begin to wake a subscription; ``async with`` does it."""
        with self._lock:
            self._by_job.setdefault(subscription.job_id, set()).add(subscription)
            if subscription.queue is not None:
                self._by_queue.setdefault(subscription.queue, set()).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Wake a subscription no more; ``async with`` does it."""
        with self._lock:
            _discard(self._by_job, subscription.job_id, subscription)
            if subscription.queue is not None:
                _discard(self._by_queue, subscription.queue, subscription)


def _discard(index: dict[str, set[Subscription]], key: str, subscription: Subscription) -> None:
    """Take a subscription out of an index, and its key when it was the last one."""
    subscriptions = index.get(key)
    if subscriptions is None:
        return
    subscriptions.discard(subscription)
    if not subscriptions:
        del index[key]
