# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the jobs that a server has for a set back to the set: which job stands where, and how long it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Optional

from qiskit.providers.exceptions import JobError
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.exceptions import IBMQBackendApiError, IBMQError
from qiskit_ibmq_provider.managed._spans import Spans
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError
from qiskit_ibmq_provider.managed.managedjob import ManagedJob
from qiskit_ibmq_provider.managed.utils import JOB_SET_NAME_RE

if TYPE_CHECKING:
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = ["adopt", "arrange", "managed_jobs_of", "num_circuits", "parse_name"]

logger = get_logger(__name__)

_FAILED = (JobStatus.ERROR, JobStatus.CANCELLED)


def parse_name(name: Optional[str]) -> Optional[tuple[str, int]]:
    """Return the name of the set and the place in it that a job's name holds, ``None`` if it is not of that form."""
    matched = JOB_SET_NAME_RE.match(name or "")
    return (matched.group(1), int(matched.group(2))) if matched else None


def arrange(jobs: Sequence[IBMQJob], job_set_id: str) -> tuple[str, list[Optional[IBMQJob]]]:
    """Return the name of the set and the job of each place, ``None`` where there is none.

    Where a job was submitted again, the newest that has not failed takes the place.

    Args:
        jobs: the jobs with the tag of the set, newest first. There is at least one.
        job_set_id: the id of the set, for messages.

    Raises:
        IBMQJobManagerInvalidStateError: a job does not look like one of the set.
    """
    backend = jobs[0].backend().name()
    candidates: dict[int, list[IBMQJob]] = {}
    names = []
    for job in jobs:
        parsed = parse_name(job.name())
        if parsed is None:
            raise IBMQJobManagerInvalidStateError(
                f"Job {job.job_id()} has the tag of the job set {job_set_id}, but its name {job.name()!r} does not say which place it "
                "has there. Give it the name '<name of the set>_<place>_' with update_name()."
            )
        if job.backend().name() != backend:
            raise IBMQJobManagerInvalidStateError(
                f"Job {job.job_id()} has the tag of the job set {job_set_id}, but ran on {job.backend().name()} and not on {backend}."
            )
        names.append(parsed[0])
        candidates.setdefault(parsed[1], []).append(job)
    if len(set(names)) > 1:
        logger.warning(
            "The jobs of the job set %s do not agree on its name: %s", job_set_id, sorted(set(names))
        )
    places = range(max(candidates) + 1)
    return names[0], [_best(candidates[place]) if place in candidates else None for place in places]


def managed_jobs_of(jobs: Sequence[Optional[IBMQJob]]) -> list[ManagedJob]:
    """Return the managed jobs of a set that was retrieved. Nothing is asked for now.

    Args:
        jobs: the job of each place.
    """

    def look_up(index: int) -> Optional[int]:
        job = jobs[index]
        return None if job is None else _looked_up(job)

    spans = Spans([None if job is None else num_circuits(job) for job in jobs], look_up)
    return [ManagedJob.retrieved(spans, index, job) for index, job in enumerate(jobs)]


def adopt(managed: ManagedJob, backend: IBMQBackend) -> None:
    """Take over a job that the server has after all, although the answer to its submission was lost.

    Args:
        managed: the job as this set knows it.
        backend: where it was to run.
    """
    error = managed.submit_error
    if not isinstance(error, IBMQBackendApiError) or not error.outcome_unknown:
        return
    try:
        job = _job_of(error, backend)
        submitted = job is not None and job.status() not in (JobStatus.INITIALIZING, *_FAILED)
    except IBMQError as err:
        logger.debug("A job that may have been submitted cannot be looked up: %s", err.message)
        return
    if submitted:
        managed.job = job


def _job_of(error: IBMQBackendApiError, backend: IBMQBackend) -> Optional[IBMQJob]:
    """Return the job that the server has made although its answer was lost, by what the error tells of it."""
    if error.job_id is not None:
        return backend.retrieve_job(error.job_id)
    if error.idempotency_key is not None:
        return backend.provider().backend.find_submitted_job(error.idempotency_key)
    return None


def num_circuits(job: IBMQJob) -> Optional[int]:
    """Return how many experiments a job ran, ``None`` where the server has not said so. Servers do once it ran."""
    summary = getattr(job, "summary_data_", None)
    inner = summary.get("summary") if isinstance(summary, Mapping) else None
    count = inner.get("num_circuits") if isinstance(inner, Mapping) else None
    return count if isinstance(count, int) and count > 0 else None


def _looked_up(job: IBMQJob) -> int:
    """Find out how many experiments a job holds: from its record if it ran since, else from its payload."""
    job.refresh()
    return num_circuits(job) or len(job.circuits())


def _best(jobs: Sequence[IBMQJob]) -> IBMQJob:
    """Return the newest job that has not failed, else the newest."""
    if len(jobs) == 1:
        return jobs[0]
    return next((job for job in jobs if not _has_failed(job)), jobs[0])


def _has_failed(job: IBMQJob) -> bool:
    try:
        return job.status() in _FAILED
    except JobError as err:
        logger.debug("The status of job %s is not known: %s", job.job_id(), err)
        return False
