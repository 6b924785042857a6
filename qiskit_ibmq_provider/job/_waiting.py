# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for a job to be over: in the caller's thread, or in a coroutine without holding up its event loop.

The transport does the waiting and calls the observer in the same thread. For a coroutine the wait runs in a separate thread, which ends
with the wait, or within moments after the waiting task is cancelled. It only needs an event loop that can await a future, so it works in
scripts and in notebooks.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, TypeVar

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.api.exceptions import ApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.job._state import JobState
from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.job.queueinfo import job_status, queue_info
from qiskit_ibmq_provider.job.utils import job_api_error, job_errors
from qiskit_ibmq_provider.protocol.jobs import JobRecord, JobStatusRecord

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["CallbackObserver", "StopWatch", "WaitObserver", "outcome", "status_changes", "wait_until_final"]

_T = TypeVar("_T")

_SHORTEST: Final = 0.05
"""Least seconds between two calls of a callback: an interval of 0 would keep the processor busy."""


class WaitObserver:
    """Is called during a wait, in the waiting thread; this one does nothing. An exception that it raises ends the wait and reaches the caller."""

    seconds: Optional[float] = None
    """Seconds between two calls of :meth:`tick`; ``None`` for no calls."""

    def changed(self, record: JobRecord) -> None:
        """Take a new record of a job that is not over."""

    def tick(self) -> None:
        """Do what is to be done from time to time."""


def wait_until_final(
    client: AccountClient,
    job_id: str,
    state: JobState,
    *,
    timeout: Optional[float] = None,
    poll: Optional[float] = None,
    observer: Optional[WaitObserver] = None,
) -> None:
    """Return when the job is over, which its state then says.

    Args:
        timeout: seconds to wait at most; 0 asks once.
        poll: seconds between two requests where there is no websocket.
    """
    if state.final:
        return
    listener = _Listener(state, observer or WaitObserver())
    what = f"The wait for job {job_id} has ended without its final status"
    try:
        last = client.job_final_status(
            job_id, timeout=timeout, wait=poll, status_queue=listener, **listener.ticks()
        )
    except ApiError as err:
        if err is listener.raised:
            raise
        if isinstance(err, UserTimeoutExceededError):
            raise IBMQJobTimeoutError(err.message) from err
        raise job_api_error(what, err) from err
    with job_errors(what):
        state.observe(JobStatusRecord.of(last))


class _Listener:
    """Gets each status while the transport waits. Its method is that of a queue, because other clients put statuses into one."""

    def __init__(self, state: JobState, observer: WaitObserver) -> None:
        self._state = state
        self._observer = observer
        self._due = time.monotonic() + (observer.seconds or math.inf)
        self.raised: Optional[ApiError] = None
        """A transport error that the observer raised itself: it is not one of the wait."""

    def ticks(self) -> dict[str, Any]:
        """Return the arguments that ask our client for ticks. Other clients may ignore them; their ticks then come with the statuses."""
        return (
            {} if self._observer.seconds is None else {"tick": self._observer.seconds, "on_tick": self._tick}
        )

    def put(self, status: Any) -> None:
        """Take a status, and tell of it unless it is final. An unknown status ends the wait, since it may be a final one."""
        record = self._state.observe(JobStatusRecord.of(status))
        job_status(record.status, record.id)
        if self._state.final:
            return
        self._tell(lambda: self._observer.changed(record))
        if time.monotonic() >= self._due:
            self._tick()

    def _tick(self) -> None:
        self._due = time.monotonic() + (self._observer.seconds or math.inf)
        self._tell(self._observer.tick)

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            call()
        except ApiError as err:
            self.raised = err
            raise


class CallbackObserver(WaitObserver):
    """Tells a user's callback of the status of a job: at each change, or, where an interval in seconds is given, at intervals."""

    def __init__(self, job: Any, callback: Callable[..., Any], interval: Optional[float] = None) -> None:
        self._job = job
        self._callback = callback
        self.seconds = None if interval is None else max(interval, _SHORTEST)
        self._record: Optional[JobRecord] = None
        self._told: Any = None

    def changed(self, record: JobRecord) -> None:
        self._record = record
        news = (job_status(record.status, record.id), record.queue)
        if self.seconds is None and news != self._told:
            self._told = news
            self.tick()

    def tick(self) -> None:
        record = self._record
        if record is not None:
            status = job_status(record.status, record.id)
            self._callback(record.id, status, self._job, queue_info=queue_info(record))


class _WaitAbandoned(Exception):
    """Nobody waits any more."""


class StopWatch(WaitObserver):
    """Ends a wait when :meth:`stop` is called, from any thread."""

    seconds = 0.2

    def __init__(self, on_change: Optional[Callable[[JobRecord], None]] = None) -> None:
        self._on_change = on_change
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def changed(self, record: JobRecord) -> None:
        self.tick()
        if self._on_change is not None:
            self._on_change(record)

    def tick(self) -> None:
        if self._stopped.is_set():
            raise _WaitAbandoned


async def outcome(job_id: str, work: Callable[[StopWatch], _T]) -> _T:
    """Return what blocking work returns, or raise what it raises. The work gets the observer that can end it."""
    watch = StopWatch()
    try:
        return await asyncio.wrap_future(_in_thread(job_id, lambda: work(watch)))
    finally:
        watch.stop()


async def status_changes(
    job_id: str, state: JobState, wait: Callable[[StopWatch], None]
) -> AsyncIterator[JobStatus]:
    """Yield each status of a job, the present one first and the final one last, while ``wait`` waits for its end."""
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[Optional[JobRecord]] = asyncio.Queue()

    def post(record: Optional[JobRecord]) -> None:
        try:
            loop.call_soon_threadsafe(news.put_nowait, record)
        except RuntimeError:  # The loop is closed: whoever waited is gone.
            watch.stop()

    watch = StopWatch(post)
    waiting = _in_thread(job_id, lambda: wait(watch))
    waiting.add_done_callback(lambda _: post(None))
    told: Optional[JobStatus] = None
    try:
        while True:
            record = await news.get()
            if record is None:
                waiting.result()
            status = job_status((record or state.record).status, job_id)
            if status is not told:
                told = status
                yield status
            if record is None:
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
