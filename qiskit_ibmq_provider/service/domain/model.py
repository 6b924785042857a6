# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The nouns of the domain: projects, principals, jobs."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.jobs import (
    JobError,
    JobLabels,
    JobStatusRecord,
    QueueRecord,
    ServiceJobRecord,
)
from qiskit_ibmq_provider.protocol.status import ApiJobKind, ApiJobStatus, is_final
from qiskit_ibmq_provider.protocol.timestamps import format_utc

__all__ = [
    "FAIR_SHARE",
    "Job",
    "Principal",
    "Project",
    "QueueEstimate",
    "payload_blob",
    "result_blob",
]

FAIR_SHARE: Final = "fairshare"
"""The one scheduling mode of this service."""


def payload_blob(job_id: str) -> str:
    """Return the ref of a job's payload, whether or not it was uploaded."""
    return f"payload/{job_id[-2:]}/{job_id}.json"


def result_blob(job_id: str, attempt: int) -> str:
    """Return the ref to which an attempt writes its result: each has its own, so a late one overwrites nothing."""
    return f"result/{job_id[-2:]}/{job_id}-{attempt}.json"


@dataclasses.dataclass(frozen=True)
class Project:
    """The place where jobs belong: hub, group and project."""

    id: int
    hub: str
    group: str
    project: str
    is_default: bool = False


@dataclasses.dataclass(frozen=True)
class Principal:
    """Who is asking: a user whose token was accepted, with the projects that the user may see."""

    user_id: str
    email: str
    projects: tuple[Project, ...]
    """The default project first, then by id."""


@dataclasses.dataclass(frozen=True)
class QueueEstimate:
    """What a waiting job can expect. The priorities are shares of the workers, in (0, 1]."""

    hub_priority: float
    group_priority: float
    project_priority: float
    starts: Optional[datetime.datetime] = None
    completes: Optional[datetime.datetime] = None


class Job(JobLabels, frozen=True, kw_only=True):
    """A job with every column that the store keeps of it."""

    seq: int = 0
    """Counts all jobs of the store; never reused. 0 for a job that it does not keep yet."""
    id: str
    project: Project
    user_id: str
    status: ApiJobStatus = ApiJobStatus.CREATING
    created: datetime.datetime
    """The store moves that of a new job forward by microseconds until it is unique in the project."""
    client_info: Mapping[str, str] = {}
    run_mode: str = FAIR_SHARE
    time_per_step: Mapping[str, str] = {}
    """When each status was last entered: API status to ISO date in UTC."""
    error: Optional[JobError] = None
    summary: Optional[Mapping[str, Any]] = None
    """``summaryData``, once the job ran."""
    ended: Optional[datetime.datetime] = None
    queued: Optional[datetime.datetime] = None
    """When it was first queued: its place in the queue, which a lost attempt does not change."""
    payload_size: Optional[int] = None
    """Bytes of the payload, once it is announced."""
    result_ref: Optional[str] = None
    """The blob of the winning attempt's result, if there is one."""
    result_size: Optional[int] = None
    attempt: int = 0
    """How many times it was claimed. A result counts only if it comes from this attempt."""
    owner: Optional[str] = None
    """The dispatcher that runs it."""
    lease_until: Optional[datetime.datetime] = None
    """Until when the owner's claim holds without renewal."""
    losses: int = 0
    """How many attempts ended with a dead worker."""
    takeovers: int = 0
    """How many attempts ended with a dead dispatcher."""
    position: Optional[int] = None
    """Its place in the device's queue, from 1, while it is queued; not a column but counted on reading."""
    estimate: Optional[QueueEstimate] = None
    """What it can expect while it is queued; not a column, and only there where users read the job."""

    @property
    def is_final(self) -> bool:
        """Whether the job is over."""
        return is_final(self.status)

    def queue_record(self) -> Optional[QueueRecord]:
        """Return ``infoQueue``, or ``None`` where the job does not wait: a null there breaks clients."""
        if self.status is not ApiJobStatus.QUEUED or self.position is None:
            return None
        waiting = QueueRecord(position=self.position, status=ApiJobStatus.PENDING_IN_QUEUE.value)
        if self.estimate is None:
            return waiting
        starts, completes = self.estimate.starts, self.estimate.completes
        return waiting.replaced(
            estimated_start_time=None if starts is None else format_utc(starts),
            estimated_complete_time=None if completes is None else format_utc(completes),
            hub_priority=self.estimate.hub_priority,
            group_priority=self.estimate.group_priority,
            project_priority=self.estimate.project_priority,
        )

    def to_record(self) -> ServiceJobRecord:
        """Return the job in its wire form, without any null."""
        return ServiceJobRecord(
            **self.labels(),
            id=self.id,
            creation_date=format_utc(self.created),
            status=self.status.value,
            kind=ApiJobKind.QOBJECT_STORAGE.value,
            time_per_step=self.time_per_step,
            error=self.error,
            run_mode=self.run_mode,
            queue=self.queue_record(),
            client_info=self.client_info,
            hub=self.project.hub,
            group=self.project.group,
            project=self.project.project,
            user_id=self.user_id,
            summary_data=self.summary,
            end_date=None if self.ended is None else format_utc(self.ended),
        )

    def to_status_record(self) -> JobStatusRecord:
        """Return what ``status/v/1`` and the websocket say."""
        return JobStatusRecord(
            id=self.id,
            status=self.status.value,
            queue=self.queue_record(),
            kind=ApiJobKind.QOBJECT_STORAGE.value,
            creation_date=format_utc(self.created),
        )
