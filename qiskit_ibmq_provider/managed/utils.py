# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Ids, names and tags by which the jobs of a set are found again, waiting for submission, and reports."""

from __future__ import annotations

import datetime as dt
import functools
import re
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import wait
from typing import Any, Callable, Final, Optional, TypeVar

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.job._tags import JOB_SET_PREFIX
from qiskit_ibmq_provider.managed.managedjob import ManagedJob

__all__ = [
    "JOB_SET_NAME_FORMATTER",
    "JOB_SET_NAME_RE",
    "default_name",
    "format_job_details",
    "format_status_counts",
    "new_id",
    "requires_submit",
    "set_tag",
]

JOB_SET_NAME_FORMATTER: Final = "{}_{}_"
"""Name of a job in a set, made of the name of the set and the job's place in it."""

JOB_SET_NAME_RE: Final = re.compile(r"(.*)_([0-9]+)_$", re.DOTALL)
"""Reads what ``JOB_SET_NAME_FORMATTER`` makes: name of the set, place of the job."""

_ROWS: Final = (
    ("Successful", (JobStatus.DONE,)),
    ("Failed", (JobStatus.ERROR,)),
    ("Cancelled", (JobStatus.CANCELLED,)),
    ("Running", (JobStatus.RUNNING,)),
    ("Pending", (JobStatus.INITIALIZING, JobStatus.VALIDATING, JobStatus.QUEUED)),
)
_R = TypeVar("_R")


def new_id() -> str:
    """Return an id for a new set, in the form of the original client: 32 hexadecimal digits, a dash, and the time in digits."""
    return f"{uuid.uuid4().hex}-{time.time_ns() // 100}"


def default_name() -> str:
    """Return the name of a set that was given none: date and time, UTC."""
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None).isoformat()


def set_tag(job_set_id: str) -> str:
    """Return the tag that every job of a set has."""
    return f"{JOB_SET_PREFIX}{job_set_id}_"


def requires_submit(func: Callable[..., _R]) -> Callable[..., _R]:
    """Let a method of a job set wait until all its jobs are submitted, or have failed to be."""

    @functools.wraps(func)
    def wrapper(job_set: Any, *args: Any, **kwargs: Any) -> _R:
        wait([job.future for job in job_set.managed_jobs() if job.future is not None])
        return func(job_set, *args, **kwargs)

    return wrapper


def format_status_counts(statuses: Sequence[Optional[JobStatus]]) -> list[str]:
    """Return how many jobs have which status, one line each; ``None`` stands for a status that is not known."""
    counts = Counter(statuses)
    rows = [("Total", len(statuses))]
    rows += [(label, sum(counts[status] for status in group)) for label, group in _ROWS]
    if counts[None]:
        rows.append(("Unknown", counts[None]))
    return [f"{label + ' jobs':>17}: {count}" for label, count in rows]


def format_job_details(
    statuses: Sequence[Optional[JobStatus]], managed_jobs: Sequence[ManagedJob]
) -> list[str]:
    """Return lines about each job: its experiments, id, name, status, and place in the queue or reason of failure."""
    lines = []
    for index, (status, managed) in enumerate(zip(statuses, managed_jobs)):
        lines.append(f"  experiments: {managed.experiments_text()}")
        lines += [f"    {line}" for line in [f"job index: {index}", *_details(status, managed)]]
    return lines


def _details(status: Optional[JobStatus], managed: ManagedJob) -> list[str]:
    job = managed.job
    if job is None:
        if managed.submit_error is not None:
            return [f"status: job submit failed: {managed.submit_error}"]
        return [f"status: {JobStatus.INITIALIZING.value}"]
    lines = [f"job ID: {job.job_id()}", f"name: {job.name()}"]
    lines.append(f"status: {'Unknown' if status is None else status.value}")
    if status is JobStatus.QUEUED:
        lines.append(f"queue position: {job.queue_position()}")
    elif status is JobStatus.ERROR:
        lines.append("error_message:")
        lines += [f"  {line}" for line in (managed.error_message() or "").split("\n")]
    return lines
