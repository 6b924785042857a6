# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a report of the engine means for its job: pure functions."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind, TaskOutcome
from qiskit_ibmq_provider.service.domain.model import Job, result_blob

__all__ = ["found_no_space", "settle", "without_payload"]

_OUTCOMES: Final = frozenset(
    {ApiJobStatus.COMPLETED, ApiJobStatus.ERROR_RUNNING_JOB, ApiJobStatus.ERROR_VALIDATING_JOB}
)


def settle(
    job: Job,
    event: EngineEvent,
    now: datetime.datetime,
    *,
    result_size: Optional[int],
    time_limit: float,
    max_losses: int,
) -> Job:
    """Return the job as a report leaves it.

    Args:
        job: the job, running in the attempt that is reported.
        event: the report; anything but "started".
        now: the time.
        result_size: bytes of the result that is stored for this attempt, or ``None`` if there is none.
        time_limit: seconds after which the engine stops a task.
        max_losses: after so many dead workers the job is given up.
    """
    if event.kind is EventKind.TIMED_OUT:
        return lifecycle.time_out(job, now, time_limit)
    if event.kind is EventKind.CANCELLED:
        # Nobody cancelled the job itself, or it would not be running any more: the engine gave it back.
        return lifecycle.release(job)
    if event.kind is not EventKind.FINISHED or event.outcome is None:
        return lifecycle.lose(job, now, event.reason, max_losses)
    if found_no_space(event):
        # No fault of the job: it is run again when there is space.
        return lifecycle.release(job)
    if event.outcome.has_result and result_size is None:
        return lifecycle.lose(job, now, "its result was not stored", max_losses)
    size = result_size if event.outcome.has_result else None
    ref = None if size is None else result_blob(job.id, job.attempt)
    return lifecycle.finish(job, now, _sensible(event.outcome), ref, size)


def found_no_space(event: EngineEvent) -> bool:
    """Tell whether a task ended because its result could not be written to a full disk."""
    error = None if event.outcome is None else event.outcome.error
    return error is not None and error.code == int(ErrorCode.STORAGE_FULL)


def without_payload(job: Job, now: datetime.datetime) -> Job:
    """Return a claimed job ended because its payload is gone from the disk."""
    error = JobError("The payload of this job is gone from the service.", int(ErrorCode.DATA_GONE))
    outcome = TaskOutcome(ApiJobStatus.ERROR_RUNNING_JOB, error=error)
    return lifecycle.finish(job, now, outcome, None, None)


def _sensible(outcome: TaskOutcome) -> TaskOutcome:
    """Return an outcome that a client understands, whatever the worker said."""
    status = outcome.status
    if status in _OUTCOMES and (status is not ApiJobStatus.COMPLETED or outcome.has_result):
        return outcome
    error = JobError(
        f"The worker ended the job as {status.value} without a result. This is a fault of the service.",
        int(ErrorCode.EXECUTION_FAILED),
    )
    return dataclasses.replace(outcome, status=ApiJobStatus.ERROR_RUNNING_JOB, error=error)
