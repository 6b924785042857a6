# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for the end of a job, and telling a callback how it goes.

The transport waits; everything here runs in the thread that waits, the callback too.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Protocol

from qiskit_ibmq_provider.api.exceptions import ApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.job._status import job_status, queue_info
from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.job.utils import job_api_error

if TYPE_CHECKING:
    from qiskit_ibmq_provider.job._recorded import RecordedJob
    from qiskit_ibmq_provider.job._state import JobState
    from qiskit_ibmq_provider.protocol.jobs import JobRecord, JobStatusRecord

__all__ = ["Announcer", "Watch", "wait_until_final"]

Callback = Callable[..., Any]

_SHORTEST: Final = 0.05
"""Least seconds between two calls of a callback: an interval of 0 would keep the processor busy."""


class Watch(Protocol):
    """What accompanies a wait, in the thread that waits. What it raises ends the wait and goes to the caller."""

    seconds: float
    """Seconds between two calls of :meth:`tick`."""

    def changed(self, record: JobRecord) -> None:
        """Take a new record of a job that is not over."""

    def tick(self) -> None:
        """Do what is to be done from time to time."""


def wait_until_final(
    job: RecordedJob,
    state: JobState,
    *,
    timeout: Optional[float] = None,
    poll: Optional[float] = None,
    interval: Optional[float] = None,
    callback: Optional[Callback] = None,
    watch: Optional[Watch] = None,
) -> None:
    """Return when the job is over, which its state then says.

    Args:
        job: the job, as the callback gets it.
        state: what is known of it.
        timeout: seconds to wait at most; 0 asks once.
        poll: seconds between two requests where there is no websocket.
        interval: seconds between two calls of the callback; ``None`` calls it at each change.
        callback: told of the status while the job is not over.
        watch: accompanies the wait. Its ticks take the place of those of ``interval``.

    Raises:
        IBMQJobTimeoutError: the job is not over in time.
        IBMQJobApiError: the server refused, could not be asked, or gave a status that is not known.
    """
    if state.final:
        return
    job_id = state.record.id
    announcer = Announcer(job, callback, on_change=interval is None)

    def on_status(status: JobStatusRecord) -> None:
        record = state.observe(status)
        announcer.changed(record)
        if watch is not None:
            watch.changed(record)

    tick, on_tick = None, None
    if watch is not None:
        tick, on_tick = watch.seconds, watch.tick
    elif callback is not None and interval is not None:
        tick, on_tick = max(interval, _SHORTEST), announcer.tick
    try:
        last = state.api_client.job_final_status(
            job_id,
            timeout=timeout,
            wait=poll,
            status_queue=SimpleNamespace(put=on_status),
            tick=tick,
            on_tick=on_tick,
        )
    except UserTimeoutExceededError as err:
        if err is announcer.raised:
            raise
        raise IBMQJobTimeoutError(err.message) from err
    except ApiError as err:
        if err is announcer.raised:
            raise
        raise job_api_error(f"The wait for job {job_id} has ended without its final status", err) from err
    state.observe(last)


class Announcer:
    """Tells a callback of the status of a job, unless the status is final or not news.

    Args:
        job: the job.
        callback: called as ``callback(job_id, status, job, queue_info=queue_info)``; may be ``None``.
        on_change: whether it is called for a change, or only for a tick.
    """

    def __init__(self, job: RecordedJob, callback: Optional[Callback], *, on_change: bool) -> None:
        self._job = job
        self._callback = callback
        self._on_change = on_change
        self._record: Optional[JobRecord] = None
        self._told: Any = None
        self.raised: Optional[ApiError] = None
        """An exception of the transport that the callback itself has let out: not one of the wait."""

    def changed(self, record: JobRecord) -> None:
        """Take a new record of a job that is not over.

        Raises:
            IBMQJobApiError: its status is not known, so nobody can say whether the job will ever be over.
        """
        status = job_status(record.status, record.id)
        self._record = record
        news = (status, record.queue)
        if self._on_change and news != self._told:
            self._told = news
            self._tell()

    def tick(self) -> None:
        """Tell what is known by now, if anything."""
        if self._record is not None:
            self._tell()

    def _tell(self) -> None:
        if self._callback is None or self._record is None:
            return
        record = self._record
        try:
            self._callback(
                record.id, job_status(record.status, record.id), self._job, queue_info=queue_info(record)
            )
        except ApiError as err:
            self.raised = err
            raise
