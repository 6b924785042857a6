# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs as their users see them: create, upload, announce, find, change, cancel, delete."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.attributes import check_tags, check_text
from qiskit_ibmq_provider.service.domain.blobs import BlobStore, BlobWriter
from qiskit_ibmq_provider.service.domain.calibrations import calibration_bound
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.direct import DirectIntake
from qiskit_ibmq_provider.service.domain.drafts import draft_of
from qiskit_ibmq_provider.service.domain.errors import Conflict, NotFound, UnknownDevice
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.idempotency import digest_of, key_of
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project, payload_blob
from qiskit_ibmq_provider.service.domain.outlook import Outlooks
from qiskit_ibmq_provider.service.domain.payloads import PayloadIntake
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["Jobs"]

_JOB_ID: Final = re.compile(r"[0-9a-f]{24}")


class Jobs:
    """The jobs of all projects.

    Args:
        store: the database.
        blobs: payloads and results.
        devices: the catalogue.
        limits: what is accepted.
        events: where changes are announced.
        clock: the time.
        workers: how many jobs run at the same time, for estimates.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        devices: DeviceCatalogue,
        limits: Limits,
        events: EventHub,
        clock: Clock,
        *,
        workers: int = 1,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._devices = devices
        self._limits = limits
        self._events = events
        self._clock = clock
        self._outlooks = Outlooks(store.queue, clock, workers)
        self._intake = PayloadIntake(store.jobs, blobs, limits)
        self.direct = DirectIntake(store.jobs, blobs, devices, limits, events, clock)
        """Where jobs come in together with their payloads."""

    def create(
        self,
        principal: Principal,
        project: Project,
        request: JobCreateRequest,
        client_info: Optional[Mapping[str, str]] = None,
        *,
        idempotency_key: Optional[str] = None,
    ) -> Job:
        """Keep a new job, which then waits for its payload.

        Args:
            principal: who asks.
            project: where the job belongs, one of the principal's.
            request: what was asked.
            client_info: ``{"name", "version"}`` of the client, echoed as ``clientInfo``.
            idempotency_key: the same key with the same request gives the same job again, whatever its state now.

        Raises:
            UnknownDevice: if there is no such device.
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
            InvalidRequest: if the name or a tag is not acceptable.
            Conflict: if the key was used with another request.
        """
        self._devices.configuration(request.backend_name)
        draft = draft_of(principal, project, request, client_info, self._limits, self._clock.now())
        return self._store.jobs.insert(
            draft, limit=self._limits.jobs_per_device, key=key_of(idempotency_key, request)
        )

    def made_with(self, project: Project, idempotency_key: str) -> Job:
        """Return the job that was made with an idempotency key.

        Raises:
            NotFound: if there is none, or none yet.
            InvalidRequest: if the key is not acceptable.
        """
        job = self._store.jobs.find_key(project.id, digest_of(idempotency_key))
        if job is None:
            raise NotFound("No job was made with this idempotency key.", ErrorCode.JOB_NOT_FOUND)
        return self._with_estimate(job)

    def open_payload(self, job_id: str, size: Optional[int] = None) -> BlobWriter:
        """Begin to receive the payload of a job, for whoever holds a signed URL; see ``PayloadIntake.open``."""
        return self._intake.open(self.by_id(job_id), size)

    def announce(self, project: Project, job_id: str) -> Job:
        """Queue a job whose payload has arrived. Repeating it changes nothing and returns the job as it is.

        Raises:
            NotFound: if there is no such job.
            Conflict: if there is no payload yet.
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
        """
        job = self.get(project, job_id)
        ref = payload_blob(job.id)
        with self._intake.closed(job_id):
            if job.status is not ApiJobStatus.CREATING:
                return job
            if not self._blobs.exists(ref):
                raise Conflict(
                    f"The payload of job {job.id} has not been uploaded yet. Upload it, then announce it.",
                    ErrorCode.PAYLOAD_MISSING,
                )
            announced = self._store.jobs.swap(
                job,
                lifecycle.enqueue(job, self._clock.now(), self._blobs.size(ref)),
                limit=self._limits.jobs_per_device,
            )
        if announced:
            self._events.publish(job.id)
        return self.get(project, job_id)

    def get(self, project: Project, job_id: str) -> Job:
        """Return a job of a project.

        Raises:
            NotFound: if there is none, or it is another project's: the two answer alike.
        """
        job = self._store.jobs.find(project.id, job_id) if _JOB_ID.fullmatch(job_id) else None
        if job is None:
            raise _unknown_job(job_id)
        return self._with_estimate(job)

    def by_id(self, job_id: str) -> Job:
        """Return a job of any project, for callers that have proved their right by a signed URL.

        Raises:
            NotFound: if there is none.
        """
        job = self._store.jobs.get(job_id) if _JOB_ID.fullmatch(job_id) else None
        if job is None:
            raise _unknown_job(job_id)
        return job

    def several(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist, of any project, by id: who may see them is for the caller to ask."""
        found = self._store.jobs.existing(filter(_JOB_ID.fullmatch, job_ids), places=True)
        return {job_id: self._with_estimate(job) for job_id, job in found.items()}

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
        found = self._store.jobs.select(project.id, query, limit=limit, seconds=self._limits.filter_seconds)
        return [self._with_estimate(job) for job in found]

    def cancel(self, project: Project, job_id: str) -> bool:
        """Cancel a job, waiting or running; return whether it is cancelled now.

        ``False`` means that it had ended otherwise before: the routes refuse with code 3209.

        Raises:
            NotFound: if there is no such job.
        """
        job = self.get(project, job_id)
        while not job.is_final:
            if self._store.jobs.swap(job, lifecycle.cancel(job, self._clock.now())):
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
        return self._update(project, job_id, lambda: self._store.jobs.set_name(project.id, job_id, name))

    def update_tags(self, project: Project, job_id: str, tags: Sequence[str]) -> Job:
        """Replace the tags of a job, possibly by none.

        Raises:
            NotFound: if there is no such job.
            InvalidRequest: if a tag is not acceptable.
        """
        check_tags(tags, self._limits)
        return self._update(project, job_id, lambda: self._store.jobs.set_tags(project.id, job_id, tags))

    def delete(self, project: Project, job_id: str) -> None:
        """Forget a job and its data.

        Raises:
            NotFound: if there is no such job.
            Conflict: if the job is not over.
        """
        job = self.get(project, job_id)
        if not job.is_final or not self._store.jobs.delete(job):
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
            properties = self._devices.properties(job.backend_name, before=calibration_bound(job))
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

    def _with_estimate(self, job: Job) -> Job:
        """Return a job with what it can expect, if it waits."""
        estimate = self._outlooks.of(job)
        return job if estimate is None else job.replaced(estimate=estimate)

    def _update(self, project: Project, job_id: str, write: Callable[[], bool]) -> Job:
        """Write to a job if it exists, and return it."""
        self.get(project, job_id)
        if not write():
            raise _unknown_job(job_id)
        return self.get(project, job_id)


def _unknown_job(job_id: str) -> NotFound:
    """Return the answer for a job that is not there, or not for this caller."""
    shown = job_id if _JOB_ID.fullmatch(job_id) else ascii(job_id[:40])
    return NotFound(f"Job {shown} not found.", ErrorCode.JOB_NOT_FOUND)
