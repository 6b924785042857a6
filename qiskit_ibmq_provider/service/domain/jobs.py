# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs as their users see them: find, list, change, cancel, delete. How they come in is in ``submission``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.device_queues import DeviceQueues
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.errors import Conflict, NotFound, UnknownDevice
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.limits import Limits, check_tags, check_text
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project, payload_blob
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["Jobs"]

_JOB_ID: Final = re.compile(r"[0-9a-f]{24}")

_TICK: Final = datetime.timedelta(microseconds=1)
"""Calibrations are dated to the microsecond."""


class Jobs:
    """The jobs of all projects.

    Args:
        store: the database.
        blobs: payloads and results.
        devices: the catalogue.
        queues: what a waiting job can expect.
        limits: what is accepted.
        events: where changes are announced.
        clock: the time.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        devices: DeviceCatalogue,
        queues: DeviceQueues,
        limits: Limits,
        events: EventHub,
        clock: Clock,
    ) -> None:
        self._store = store.jobs
        self._blobs = blobs
        self._devices = devices
        self._queues = queues
        self._limits = limits
        self._events = events
        self._clock = clock

    def get(self, project: Project, job_id: str) -> Job:
        """Return a job of a project.

        Raises:
            NotFound: if there is none, or it is another project's: the two answer alike.
        """
        job = self._store.find(project.id, job_id) if _JOB_ID.fullmatch(job_id) else None
        if job is None:
            raise _unknown_job(job_id)
        return self._forecast(job)

    def by_id(self, job_id: str) -> Job:
        """Return a job of any project, for callers that have proved their right by a signed URL.

        Raises:
            NotFound: if there is none.
        """
        job = self._store.get(job_id) if _JOB_ID.fullmatch(job_id) else None
        if job is None:
            raise _unknown_job(job_id)
        return job

    def several(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist, of any project, by id: who may see them is for the caller to ask."""
        found = self._store.existing(filter(_JOB_ID.fullmatch, job_ids), places=True)
        return {job_id: self._forecast(job) for job_id, job in found.items()}

    def of_principal(self, principal: Principal, job_id: str, job: Optional[Job]) -> Job:
        """Return the job with this id if there is one and it is in one of the principal's projects; a websocket names none.

        Raises:
            NotFound: if there is none, or it is somebody else's: the two answer alike.
        """
        if job is None or all(project.id != job.project.id for project in principal.projects):
            raise _unknown_job(job_id)
        return job

    def list(self, project: Project, query: Filter) -> list[Job]:
        """Return the jobs of a project that meet a filter, one page of them.

        Raises:
            InvalidRequest: if the filter takes too long to decide.
        """
        limit = min(query.limit or self._limits.page_size, self._limits.page_size)
        found = self._store.select(project.id, query, limit=limit, seconds=self._limits.filter_seconds)
        return [self._forecast(job) for job in found]

    def cancel(self, project: Project, job_id: str) -> bool:
        """Cancel a job, waiting or running; return whether it is cancelled now.

        ``False`` means that it had ended otherwise before: the routes refuse with code 3209.

        Raises:
            NotFound: if there is no such job.
        """
        job = self.get(project, job_id)
        while not job.is_final:
            if self._store.swap(job, lifecycle.cancel(job, self._clock.now())):
                self._events.publish(job.id, queue=job.backend_name)
                return True
            job = self.get(project, job_id)
        return job.status is ApiJobStatus.CANCELLED

    def update_name(self, project: Project, job_id: str, name: str) -> Job:
        """Rename a job; the empty name is a name.

        Raises:
            NotFound: if there is no such job.
            InvalidRequest: if the name is not acceptable.
        """
        check_text("name", name, self._limits)
        return self._update(project, job_id, lambda: self._store.set_name(project.id, job_id, name))

    def update_tags(self, project: Project, job_id: str, tags: Sequence[str]) -> Job:
        """Replace the tags of a job, possibly by none.

        Raises:
            NotFound: if there is no such job.
            InvalidRequest: if a tag is not acceptable.
        """
        check_tags(tags, self._limits)
        return self._update(project, job_id, lambda: self._store.set_tags(project.id, job_id, tags))

    def delete(self, project: Project, job_id: str) -> None:
        """Forget a job and its data.

        Raises:
            NotFound: if there is no such job.
            Conflict: if the job is not over.
        """
        job = self.get(project, job_id)
        if not job.is_final or not self._store.delete(job):
            raise Conflict(f"Job {job.id} is not over. Cancel it before it is deleted.", ErrorCode.JOB_STATE)
        # A crash between the two leaves blobs without a job, which housekeeping finds.
        self._blobs.delete(payload_blob(job.id))
        if job.result_ref is not None:
            self._blobs.delete(job.result_ref)
        self._events.publish(job.id)

    def device_properties(self, project: Project, job_id: str) -> Optional[dict[str, Any]]:
        """Return the calibration with which a job ran or would run now, or ``None``.

        Raises:
            NotFound: if there is no such job.
        """
        job = self.get(project, job_id)
        try:
            properties = self._devices.properties(job.backend_name, before=_calibration_bound(job))
        except UnknownDevice:
            # The device has left the catalogue since; its jobs stay.
            return None
        return {**properties, "backend_name": job.backend_name} if properties else None

    def payload_ref(self, job: Job) -> str:
        """Return the blob of a job's payload.

        Raises:
            NotFound: if it never arrived.
        """
        ref = payload_blob(job.id)
        if job.payload_size is None or not self._blobs.exists(ref):
            raise NotFound(f"The payload of job {job.id} is not available.", ErrorCode.DATA_GONE)
        return ref

    def result_ref(self, job: Job) -> str:
        """Return the blob of a job's result.

        Raises:
            NotFound: if there is none: the job is not over, or failed without one.
        """
        if job.result_ref is None or not self._blobs.exists(job.result_ref):
            raise NotFound(f"Job {job.id} is {job.status.value} and has no result.", ErrorCode.DATA_GONE)
        return job.result_ref

    def _forecast(self, job: Job) -> Job:
        estimate = self._queues.forecast(job)
        return job if estimate is None else job.replaced(estimate=estimate)

    def _update(self, project: Project, job_id: str, write: Callable[[], bool]) -> Job:
        self.get(project, job_id)
        if not write():
            raise _unknown_job(job_id)
        return self.get(project, job_id)


def _unknown_job(job_id: str) -> NotFound:
    shown = job_id if _JOB_ID.fullmatch(job_id) else ascii(job_id[:40])
    return NotFound(f"Job {shown} not found.", ErrorCode.JOB_NOT_FOUND)


def _calibration_bound(job: Job) -> Optional[datetime.datetime]:
    """Return the instant before which a job's calibration is the newest; ``None`` for the newest of all.

    A job that ran says in its summary with which calibration. Others may have been added since, of earlier dates too.
    """
    told = (job.summary or {}).get("summary")
    date = told.get("calibration_date") if isinstance(told, Mapping) else None
    if date is None:
        return job.ended
    try:
        return parse_utc(date) + _TICK
    except ProtocolError:
        return job.ended
