# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for a job without holding up an event loop.

The wait runs in a thread of its own. Of the caller's loop, which may be that of a script or of a notebook, only what every coroutine uses
is used: awaiting a future. The thread ends with the wait; when the waiting task is cancelled, it ends within moments.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable, Final, Optional, TypeVar

from qiskit_ibmq_provider.job._status import job_status
from qiskit_ibmq_provider.job._waiter import wait_until_final

if TYPE_CHECKING:
    from qiskit.providers.jobstatus import JobStatus

    from qiskit_ibmq_provider.job._recorded import RecordedJob
    from qiskit_ibmq_provider.job._state import JobState
    from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["StopWatch", "outcome", "status_changes"]

_T = TypeVar("_T")


class _WaitAbandoned(Exception):
    """Nobody waits any more."""


class StopWatch:
    """Accompanies a wait and ends it when it is told to; see :class:`.Watch`.

    Args:
        on_status: told of each new status.
        job_id: id of the job.
    """

    seconds: Final = 0.2

    def __init__(self, job_id: str, on_status: Optional[Callable[[JobStatus], None]] = None) -> None:
        self._job_id = job_id
        self._on_status = on_status
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the wait, from any thread."""
        self._stopped.set()

    def changed(self, record: JobRecord) -> None:
        """Tell of a new status."""
        self.tick()
        if self._on_status is not None:
            self._on_status(job_status(record.status, self._job_id))

    def tick(self) -> None:
        """End the wait if that is asked for."""
        if self._stopped.is_set():
            raise _WaitAbandoned


async def outcome(job_id: str, work: Callable[[StopWatch], _T]) -> _T:
    """Return what blocking work returns, or raise what it raises.

    Args:
        job_id: id of the job.
        work: waits, accompanied by what it is given.
    """
    watch = StopWatch(job_id)
    try:
        return await asyncio.wrap_future(_in_thread(job_id, lambda: work(watch)))
    finally:
        watch.stop()


async def status_changes(
    job: RecordedJob, state: JobState, timeout: Optional[float] = None
) -> AsyncIterator[JobStatus]:
    """Give each status that a job comes to, the present one first and the final one last.

    Args:
        job: the job.
        state: what is known of it.
        timeout: seconds to wait for the end of the job at most.
    """
    loop = asyncio.get_running_loop()
    job_id = state.record.id
    news: asyncio.Queue[Optional[JobStatus]] = asyncio.Queue()

    def post(status: Optional[JobStatus]) -> None:
        try:
            loop.call_soon_threadsafe(news.put_nowait, status)
        except RuntimeError:  # The loop is closed: whoever waited is gone.
            watch.stop()

    watch = StopWatch(job_id, post)
    wait = _in_thread(job_id, lambda: wait_until_final(job, state, timeout=timeout, watch=watch))
    wait.add_done_callback(lambda _: post(None))
    told: Optional[JobStatus] = None
    try:
        while True:
            status = await news.get()
            is_over = status is None
            if is_over:
                wait.result()
                status = job_status(state.record.status, job_id)
            if status is not told:
                told = status
                yield status
            if is_over:
                return
    finally:
        watch.stop()


def _in_thread(job_id: str, work: Callable[[], _T]) -> Future[_T]:
    """Start work in a thread that ends with it."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"ibmq-wait-{job_id}")
    try:
        return executor.submit(work)
    finally:
        executor.shutdown(wait=False)
