# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may become of a job: pure functions from a job to the job that follows.

The store writes the new one only if status and attempt are still those of the old one, so of two changes that
happen at the same time one wins and the other has no effect.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus, is_final, may_follow
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind, TaskOutcome
from qiskit_ibmq_provider.service.domain.model import Job, result_blob

__all__ = [
    "IllegalTransition",
    "abandon",
    "after_report",
    "cancel",
    "claim",
    "enqueue",
    "enter",
    "finish",
    "found_no_space",
    "lose",
    "release",
    "take_over",
    "time_out",
    "without_payload",
]

_OUTCOMES: Final = frozenset(
    {ApiJobStatus.COMPLETED, ApiJobStatus.ERROR_RUNNING_JOB, ApiJobStatus.ERROR_VALIDATING_JOB}
)


class IllegalTransition(Exception):
    """A job cannot go from its status to the wanted one."""


def enter(job: Job, status: ApiJobStatus, now: datetime.datetime, **changes: Any) -> Job:
    """Return the job in another status, with the time at which it entered it.

    Args:
        job: the job as it is.
        status: the status to enter.
        now: the time.
        **changes: further fields of the new job.

    Raises:
        IllegalTransition: if the status may not follow the present one.
    """
    if not may_follow(job.status, status):
        raise IllegalTransition(f"Job {job.id} cannot go from {job.status.value} to {status.value}.")
    steps = {**job.time_per_step, status.value: format_utc(now)}
    fields: dict[str, Any] = {"status": status, "time_per_step": steps, "position": None}
    if is_final(status):
        fields["ended"] = now
    if status is not ApiJobStatus.RUNNING:
        fields.update(owner=None, lease_until=None)
    return job.replaced(**{**fields, **changes})


def enqueue(job: Job, now: datetime.datetime, payload_size: int) -> Job:
    """Return the job waiting in the queue, its payload having arrived.

    The steps between are entered in passing: the payload is looked at by the worker, which alone can read it
    without holding up everybody else.
    """
    for status in (ApiJobStatus.CREATED, ApiJobStatus.VALIDATING, ApiJobStatus.VALIDATED):
        job = enter(job, status, now)
    return enter(job, ApiJobStatus.QUEUED, now, queued=now, payload_size=payload_size)


def claim(job: Job, now: datetime.datetime, owner: str, lease_until: datetime.datetime) -> Job:
    """Return the job running for an owner, as a new attempt."""
    return enter(
        job, ApiJobStatus.RUNNING, now, owner=owner, lease_until=lease_until, attempt=job.attempt + 1
    )


def finish(
    job: Job,
    now: datetime.datetime,
    outcome: TaskOutcome,
    result_ref: Optional[str],
    result_size: Optional[int],
) -> Job:
    """Return the job as its worker left it."""
    summary = {
        "size": {"input": job.payload_size or 0, "output": result_size or 0},
        "success": outcome.status is ApiJobStatus.COMPLETED,
        "summary": dict(outcome.summary),
        "resultTime": outcome.time_taken,
    }
    return enter(
        job,
        outcome.status,
        now,
        error=outcome.error,
        summary=summary,
        result_ref=result_ref,
        result_size=result_size,
    )


def release(job: Job) -> Job:
    """Return a running job to its old place in the queue, as if it had not been claimed."""
    if job.status is not ApiJobStatus.RUNNING:
        raise IllegalTransition(f"Job {job.id} is {job.status.value} and cannot be queued again.")
    steps = {step: time for step, time in job.time_per_step.items() if step != ApiJobStatus.RUNNING.value}
    return job.replaced(status=ApiJobStatus.QUEUED, time_per_step=steps, owner=None, lease_until=None)


def lose(job: Job, now: datetime.datetime, reason: str, allowed: int) -> Job:
    """Return the job after its worker died: queued again, or failed when that happened ``allowed`` times."""
    losses = job.losses + 1
    if losses < allowed:
        return release(job).replaced(losses=losses)
    cause = f": {reason}" if reason else ""
    error = JobError(
        f"The process that ran this job ended unexpectedly {losses} times{cause}. The job is not tried again. "
        "It may need more memory than there is: try fewer qubits or circuits.",
        int(ErrorCode.WORKER_LOST),
    )
    return enter(job, ApiJobStatus.ERROR_RUNNING_JOB, now, losses=losses, error=error)


def take_over(job: Job, now: datetime.datetime, allowed: int) -> Job:
    """Return the job after its dispatcher died: queued again, or failed when that happened ``allowed`` times.

    That is counted apart from ``losses``, and allowed more often: a service that is killed says nothing about
    the jobs it ran. The bound is for a job that takes the whole machine down with it.
    """
    takeovers = job.takeovers + 1
    if takeovers < allowed:
        return release(job).replaced(takeovers=takeovers)
    error = JobError(
        f"The service stopped {takeovers} times while it ran this job. The job is not tried again.",
        int(ErrorCode.WORKER_LOST),
    )
    return enter(job, ApiJobStatus.ERROR_RUNNING_JOB, now, takeovers=takeovers, error=error)


def time_out(job: Job, now: datetime.datetime, limit: float) -> Job:
    """Return the job after it was killed at its time limit, in seconds.

    Jobs of the runtime have a status "Cancelled - Ran too long", which clients show as ``ERROR``. Jobs of devices have none of their own for
    that, and a status that clients do not know would break their lists; so the same state is an error while running, whose text says so.
    """
    error = JobError(
        f"Cancelled - Ran too long: the job ran longer than the {limit:g} seconds that the service allows on {job.backend_name}. "
        "Split it into smaller jobs.",
        int(ErrorCode.TIME_LIMIT),
    )
    return enter(job, ApiJobStatus.ERROR_RUNNING_JOB, now, error=error)


def cancel(job: Job, now: datetime.datetime) -> Job:
    """Return the job cancelled."""
    return enter(job, ApiJobStatus.CANCELLED, now)


def abandon(job: Job, now: datetime.datetime) -> Job:
    """Return a draft whose payload was never announced, failed."""
    error = JobError(
        "The payload of this job never arrived. Submit it again.", int(ErrorCode.PAYLOAD_MISSING)
    )
    return enter(job, ApiJobStatus.ERROR_CREATING_JOB, now, error=error)


def after_report(
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
        return time_out(job, now, time_limit)
    if event.kind is EventKind.CANCELLED:
        # Nobody cancelled the job itself, or it would not be running any more: the engine gave it back.
        return release(job)
    if event.kind is not EventKind.FINISHED or event.outcome is None:
        return lose(job, now, event.reason, max_losses)
    if found_no_space(event):
        # No fault of the job: it is run again when there is space.
        return release(job)
    if event.outcome.has_result and result_size is None:
        return lose(job, now, "its result was not stored", max_losses)
    size = result_size if event.outcome.has_result else None
    ref = None if size is None else result_blob(job.id, job.attempt)
    return finish(job, now, _sensible_outcome(event.outcome), ref, size)


def found_no_space(event: EngineEvent) -> bool:
    """Tell whether a task ended because its result could not be written to a full disk."""
    error = None if event.outcome is None else event.outcome.error
    return error is not None and error.code == int(ErrorCode.STORAGE_FULL)


def without_payload(job: Job, now: datetime.datetime) -> Job:
    """Return a claimed job ended because its payload is gone from the disk."""
    error = JobError("The payload of this job is gone from the service.", int(ErrorCode.DATA_GONE))
    outcome = TaskOutcome(ApiJobStatus.ERROR_RUNNING_JOB, error=error)
    return finish(job, now, outcome, None, None)


def _sensible_outcome(outcome: TaskOutcome) -> TaskOutcome:
    """Return an outcome that a client understands, whatever the worker said."""
    status = outcome.status
    if status in _OUTCOMES and (status is not ApiJobStatus.COMPLETED or outcome.has_result):
        return outcome
    error = JobError(
        f"The worker ended the job as {status.value} without a result. This is a fault of the service.",
        int(ErrorCode.EXECUTION_FAILED),
    )
    return dataclasses.replace(outcome, status=ApiJobStatus.ERROR_RUNNING_JOB, error=error)
