# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How a job comes in: what it is to be, and its payload.

Both come in one request, or in several as in the original protocol: create, upload, announce. In one request the job is kept only when its
payload is complete and on the disk, queued at once and together with its idempotency key: so whatever happens on the way, there is either
the whole job or nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import threading
from collections.abc import Mapping
from typing import Callable, Final, Generic, Optional, TypeVar

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobShareLevel, ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore, BlobWriter
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.errors import (
    Conflict,
    InvalidRequest,
    LimitReached,
    NotFound,
    StorageFull,
    TooLarge,
)
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.limits import Limits, check_payload_size, check_tags, check_text
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project, payload_blob
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey, Store

__all__ = ["PayloadWriter", "RequestedJob", "Submissions"]

T = TypeVar("T")

_LOCKS: Final = 64
"""Jobs share locks; so many keep uploads from waiting for each other."""

_UNKNOWN_CLIENT: Final[Mapping[str, str]] = {"name": "unknown", "version": "unknown"}
"""``clientInfo`` of a job whose client did not say what it is."""

_SHARE_LEVELS: Final = frozenset(level.value for level in ApiJobShareLevel)


@dataclasses.dataclass(frozen=True)
class RequestedJob:
    """What is asked for, by whom and where. For an idempotency key a payload in the same request belongs to it."""

    principal: Principal
    project: Project
    """One of the principal's."""
    wanted: JobCreateRequest
    client_info: Mapping[str, str] = dataclasses.field(default_factory=lambda: _UNKNOWN_CLIENT)
    """``{"name", "version"}`` of the client, echoed as ``clientInfo``: a job without any breaks old clients."""
    idempotency_key: Optional[str] = None
    """The same key with the same request gives the same job again, whatever its state now."""

    def stored_key(self, payload_digest: str = "") -> Optional[IdempotencyKey]:
        """Return what the store keeps of the key: a digest of the key and one of the request.

        Raises:
            InvalidRequest: if the key is not acceptable.
        """
        if self.idempotency_key is None:
            return None
        body = codec.dumps(self.wanted.to_json()) + payload_digest.encode()
        return IdempotencyKey(_key_digest(self.idempotency_key), hashlib.sha256(body).hexdigest())


class PayloadWriter(Generic[T]):
    """A payload on its way to the disk, made by ``Submissions``. Used by one thread at a time.

    Args:
        writer: what keeps the bytes.
        limit: how many there may be.
        accept: makes the complete payload durable, or refuses it.
        note: is shown each part.
    """

    def __init__(
        self,
        writer: BlobWriter,
        limit: int,
        accept: Callable[[BlobWriter], T],
        note: Optional[Callable[[bytes], None]] = None,
    ) -> None:
        self._writer = writer
        self._limit = limit
        self._accept = accept
        self._note = note
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            TooLarge: if they pass the limit; the payload is thrown away.
            StorageFull: if there is no space; the payload is thrown away.
        """
        self._size += len(data)
        try:
            check_payload_size(self._size, self._limit)
        except TooLarge:
            self.abort()
            raise
        if self._note is not None:
            self._note(data)
        self._writer.write(data)

    def commit(self) -> T:
        """Take the payload as complete; return what becomes of it.

        Raises:
            DomainError: if it is refused; it is thrown away.
        """
        try:
            return self._accept(self._writer)
        finally:
            # After a commit this throws nothing away.
            self.abort()

    def abort(self) -> None:
        """Throw away what was written. Does nothing after ``commit``."""
        self._writer.abort()


class Submissions:
    """Where jobs come in. Safe in any thread.

    An upload may take minutes, and a client may send a second one or announce the job meanwhile. A payload that appeared after that would
    not be the one that runs, so a payload appears only while its job waits for it.

    Args:
        store: the database.
        blobs: the payloads. Only this process writes them.
        devices: the catalogue.
        jobs: the jobs that are there.
        limits: what is accepted.
        events: where changes are announced.
        clock: the time.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        devices: DeviceCatalogue,
        jobs: Jobs,
        limits: Limits,
        events: EventHub,
        clock: Clock,
    ) -> None:
        self._store = store.jobs
        self._blobs = blobs
        self._devices = devices
        self._jobs = jobs
        self._limits = limits
        self._events = events
        self._clock = clock
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    @property
    def largest_direct(self) -> int:
        """The largest payload that may come in one request with its job, in bytes; 0 for none."""
        return min(self._limits.direct_bytes, self._limits.payload_bytes)

    def create(self, requested: RequestedJob) -> Job:
        """Keep a new job, which then waits for its payload.

        Raises:
            UnknownDevice: if there is no such device.
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
            InvalidRequest: if the name, a tag or the key is not acceptable.
            Conflict: if the key was used with another request.
        """
        draft = self._draft(requested)
        return self._store.insert(draft, limit=self._limits.jobs_per_device, key=requested.stored_key())

    def open_payload(self, job_id: str, size: Optional[int] = None) -> PayloadWriter[int]:
        """Begin to receive the payload of a job, for whoever holds a signed URL; ``commit`` returns its size.

        Args:
            job_id: the job.
            size: size of the payload in bytes, if it is known beforehand.

        Raises:
            NotFound: if there is no such job.
            Conflict: if the job does not wait for its payload any more; ``commit`` raises it, too.
            TooLarge: if the payload is over the limit; ``write`` raises it, too.
            StorageFull: if there is no space; ``write`` and ``commit`` raise it, too.
        """
        job = self._jobs.by_id(job_id)
        _check_waits(job_id, job)
        check_payload_size(size or 0, self._limits.payload_bytes)

        def accept(writer: BlobWriter) -> int:
            with self._lock_of(job_id):
                _check_waits(job_id, self._store.get(job_id))
                return writer.commit()

        writer = self._blobs.open_writer(payload_blob(job_id))
        return PayloadWriter(writer, self._limits.payload_bytes, accept)

    def open_direct(self, requested: RequestedJob, size: Optional[int] = None) -> PayloadWriter[Job]:
        """Begin to receive the payload of a job that comes in the same request; ``commit`` returns the job.

        Args:
            requested: the job.
            size: size of the payload in bytes, if it is known beforehand.

        Raises:
            UnknownDevice: if there is no such device.
            InvalidRequest: if the name, a tag or the key is not acceptable.
            LimitReached: from ``commit``, if the project has as many unfinished jobs on the device as it may have.
            Conflict: from ``commit``, if the key was used with another request.
            TooLarge: if the payload is too large for this way; ``write`` raises it, too.
            StorageFull: if there is no space; ``write`` and ``commit`` raise it, too.
        """
        # Where no payload may come so, an empty one may not either.
        check_payload_size(max(1, size or 0), self.largest_direct)
        draft = self._draft(requested)
        requested.stored_key()
        digest = hashlib.sha256()

        def accept(writer: BlobWriter) -> Job:
            size = writer.commit()
            return self._keep(draft, size, requested.stored_key(digest.hexdigest()))

        writer = self._blobs.open_writer(payload_blob(draft.id))
        return PayloadWriter(writer, self.largest_direct, accept, digest.update)

    def announce(self, project: Project, job_id: str) -> Job:
        """Queue a job whose payload has arrived. Repeating it changes nothing and returns the job as it is.

        Raises:
            NotFound: if there is no such job.
            Conflict: if there is no payload yet.
            LimitReached: if the project has as many unfinished jobs on the device as it may have.
        """
        job = self._jobs.get(project, job_id)
        ref = payload_blob(job.id)
        with self._lock_of(job_id):
            if job.status is not ApiJobStatus.CREATING:
                return job
            if not self._blobs.exists(ref):
                raise Conflict(
                    f"The payload of job {job.id} has not been uploaded yet. Upload it, then announce it.",
                    ErrorCode.PAYLOAD_MISSING,
                )
            queued = lifecycle.enqueue(job, self._clock.now(), self._blobs.size(ref))
            announced = self._store.swap(job, queued, limit=self._limits.jobs_per_device)
        if announced:
            self._events.publish(job.id)
        return self._jobs.get(project, job_id)

    def made_with(self, project: Project, idempotency_key: str) -> Job:
        """Return the job that was made with an idempotency key.

        Raises:
            NotFound: if there is none, or none yet.
            InvalidRequest: if the key is not acceptable.
        """
        job = self._store.find_key(project.id, _key_digest(idempotency_key))
        if job is None:
            raise NotFound("No job was made with this idempotency key.", ErrorCode.JOB_NOT_FOUND)
        return self._jobs.get(project, job.id)

    def _draft(self, requested: RequestedJob) -> Job:
        wanted = requested.wanted
        self._devices.configuration(wanted.backend_name)
        if wanted.share_level not in _SHARE_LEVELS:
            # Old clients send it. What no client knows is not handed to other clients.
            wanted = wanted.replaced(share_level=None)
        for what, label in wanted.labels().items():
            if isinstance(label, str):
                check_text(what.replace("_", " "), label, self._limits)
        check_tags(wanted.tags, self._limits)
        return Job(
            **wanted.labels(),
            id=secrets.token_hex(12),
            project=requested.project,
            user_id=requested.principal.user_id,
            created=self._clock.now(),
            client_info=requested.client_info,
        )

    def _keep(self, draft: Job, size: int, key: Optional[IdempotencyKey]) -> Job:
        """Queue a job whose payload is on the disk, unless its key is known: then return the job that has it."""
        ref, now = payload_blob(draft.id), self._clock.now()
        try:
            job = self._store.insert(
                draft,
                limit=self._limits.jobs_per_device,
                key=key,
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

    def _lock_of(self, job_id: str) -> threading.Lock:
        """Return what lets no payload of a job appear while somebody else holds it."""
        return self._locks[hash(job_id) % _LOCKS]


def _check_waits(job_id: str, job: Optional[Job]) -> None:
    """Refuse a payload for a job that does not wait for one."""
    if job is None or job.status is not ApiJobStatus.CREATING:
        state = "was deleted" if job is None else f"is {job.status.value}"
        raise Conflict(f"Job {job_id} {state} and takes no payload any more.", ErrorCode.JOB_STATE)


def _key_digest(key: str) -> str:
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidRequest(
            "An idempotency key has 1 to 255 printable ASCII characters.", ErrorCode.BAD_REQUEST
        )
    return hashlib.sha256(key.encode()).hexdigest()
