# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs that come together with their payloads, in one request.

The payload goes into its blob as it arrives. Only when it is complete and on the disk is the job kept, queued at once and together with its
idempotency key: so whatever happens on the way, there is either the whole job or nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Optional

from qiskit_ibmq_provider.protocol.direct_jobs import FIELDS_BYTES, DirectBodyReader
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore, BlobWriter
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.drafts import draft_of
from qiskit_ibmq_provider.service.domain.errors import Conflict, LimitReached, StorageFull
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.idempotency import digest_of, key_of
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project, payload_blob
from qiskit_ibmq_provider.service.domain.payloads import check_size
from qiskit_ibmq_provider.service.domain.store import JobStore

__all__ = ["DirectIntake", "DirectJob"]


class DirectIntake:
    """Where jobs come in together with their payloads. Safe in any thread.

    Args:
        jobs: the jobs.
        blobs: the payloads.
        devices: the catalogue.
        limits: what is accepted.
        events: where changes are announced.
        clock: the time.
    """

    def __init__(
        self,
        jobs: JobStore,
        blobs: BlobStore,
        devices: DeviceCatalogue,
        limits: Limits,
        events: EventHub,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._devices = devices
        self._limits = limits
        self._events = events
        self._clock = clock

    @property
    def largest(self) -> int:
        """The largest payload that may come so, in bytes; 0 for none."""
        return min(self._limits.direct_bytes, self._limits.payload_bytes)

    def begin(
        self,
        principal: Principal,
        project: Project,
        client_info: Mapping[str, str],
        *,
        idempotency_key: Optional[str] = None,
        size: Optional[int] = None,
    ) -> DirectJob:
        """Begin to receive a job. Nothing is kept before it is complete.

        Args:
            principal: who asks.
            project: where the job belongs, one of the principal's.
            client_info: ``{"name", "version"}`` of the client.
            idempotency_key: the same key with the same body gives the same job again, whatever its state now.
            size: size of the whole body in bytes, if it is known beforehand.

        Raises:
            TooLarge: if that is too large for this way.
            InvalidRequest: if the key is not acceptable.
        """
        self.check_size((size or 0) - FIELDS_BYTES)
        if idempotency_key is not None:
            digest_of(idempotency_key)
        return DirectJob(self, principal, project, client_info, idempotency_key)

    def draft(
        self, reader: DirectBodyReader, principal: Principal, project: Project, info: Mapping[str, str]
    ) -> Optional[Job]:
        """Return the job of a body whose fields have been read, ``None`` if they have not come yet.

        Raises:
            UnknownDevice: if there is no such device.
            InvalidRequest: if the name or a tag is not acceptable.
        """
        if reader.request is None:
            return None
        self._devices.configuration(reader.request.backend_name)
        return draft_of(principal, project, reader.request, info, self._limits, self._clock.now())

    def open(self, draft: Job) -> BlobWriter:
        """Begin to keep the payload of a job."""
        return self._blobs.open_writer(payload_blob(draft.id))

    def check_size(self, size: int) -> None:
        """Refuse a payload that is too large to come in one request with its job.

        Raises:
            TooLarge: if it is.
        """
        check_size(size, self.largest)

    def keep(self, draft: Job, reader: DirectBodyReader, key: Optional[str], digest: str) -> Job:
        """Queue a job whose payload is on the disk, unless its key is known: then return the job that has it.

        Raises:
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
            Conflict: if the key was used with another request.
        """
        ref = payload_blob(draft.id)
        assert reader.request is not None
        now, size = self._clock.now(), self._blobs.size(ref)
        try:
            job = self._jobs.insert(
                draft,
                limit=self._limits.jobs_per_device,
                key=key_of(key, reader.request, digest),
                change=lambda new: lifecycle.enqueue(new, now, size),
            )
        except (Conflict, LimitReached, StorageFull):
            # Not after a failure that leaves open whether the job is kept: then housekeeping finds what nobody needs.
            self._blobs.delete(ref)
            raise
        if job.id == draft.id:
            self._events.publish(job.id)
        else:
            self._blobs.delete(ref)
        return job


class DirectJob:
    """One such job on its way in, made by ``DirectIntake.begin``. Used by one thread at a time."""

    def __init__(
        self,
        intake: DirectIntake,
        principal: Principal,
        project: Project,
        client_info: Mapping[str, str],
        idempotency_key: Optional[str],
    ) -> None:
        self._intake = intake
        self._principal = principal
        self._project = project
        self._client_info = client_info
        self._key = idempotency_key
        self._reader = DirectBodyReader()
        self._digest = hashlib.sha256()
        self._draft: Optional[Job] = None
        self._writer: Optional[BlobWriter] = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Take the next part of the body.

        Raises:
            ProtocolError: if it is not what it should be.
            UnknownDevice: if there is no such device.
            InvalidRequest: if the name or a tag is not acceptable.
            TooLarge: if the payload is too large for this way.
            StorageFull: if there is no space.
        """
        payload = self._reader.feed(data)
        if self._draft is None:
            self._draft = self._intake.draft(self._reader, self._principal, self._project, self._client_info)
        if self._draft is None or not payload:
            return
        self._size += len(payload)
        self._intake.check_size(self._size)
        if self._writer is None:
            self._writer = self._intake.open(self._draft)
        self._digest.update(payload)
        self._writer.write(payload)

    def finish(self, data: bytes = b"") -> Job:
        """Take the last part of the body and queue the job.

        Raises:
            ProtocolError: if the body is not complete, or not what it should be.
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
            Conflict: if the key was used with another body.
            DomainError: for any reason that ``write`` gives.
        """
        self.write(data)
        self._reader.finish()
        # A payload that is complete has at least two bytes, so both are there.
        assert self._writer is not None and self._draft is not None
        self._writer.commit()
        return self._intake.keep(self._draft, self._reader, self._key, self._digest.hexdigest())

    def abort(self) -> None:
        """Throw away what has come so far. Does nothing after ``finish``."""
        if self._writer is not None:
            self._writer.abort()
