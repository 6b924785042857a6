# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Rebuilding a set from the jobs that the server has of it: their order, and how many experiments each one holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from qiskit.providers.exceptions import JobError
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.managed._parts import Spans
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError
from qiskit_ibmq_provider.managed.utils import JOB_SET_NAME_RE

__all__ = ["arrange", "num_circuits", "parse_name", "spans_of"]

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


def spans_of(jobs: Sequence[Optional[IBMQJob]]) -> Spans:
    """Return which experiments the jobs of a set hold. No request is made yet."""

    def look_up(index: int) -> Optional[int]:
        job = jobs[index]
        if job is None:
            return None
        job.refresh()
        return num_circuits(job) or len(job.circuits())

    return Spans([None if job is None else num_circuits(job) for job in jobs], look_up)


def num_circuits(job: IBMQJob) -> Optional[int]:
    """Return how many experiments a job ran, ``None`` where the server has not said so. Servers say it after the job has run."""
    summary = getattr(job, "summary_data_", None)
    inner = summary.get("summary") if isinstance(summary, Mapping) else None
    count = inner.get("num_circuits") if isinstance(inner, Mapping) else None
    return count if isinstance(count, int) and count > 0 else None


def _best(jobs: Sequence[IBMQJob]) -> IBMQJob:
    if len(jobs) == 1:
        return jobs[0]
    return next((job for job in jobs if not _has_failed(job)), jobs[0])


def _has_failed(job: IBMQJob) -> bool:
    try:
        return job.status() in _FAILED
    except JobError as err:
        logger.debug("The status of job %s is not known: %s", job.job_id(), err)
        return False
