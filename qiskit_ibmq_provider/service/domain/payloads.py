# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Receiving payloads: of limited size, and only while their jobs wait for them."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Callable, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.blobs import BlobStore, BlobWriter
from qiskit_ibmq_provider.service.domain.errors import Conflict, TooLarge
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob
from qiskit_ibmq_provider.service.domain.store import JobStore

__all__ = ["PayloadIntake", "PayloadWriter", "check_size"]

_LOCKS: Final = 64
"""Jobs share locks; so many keep uploads from waiting for each other."""


class PayloadIntake:
    """Where payloads come in, until their jobs are announced. Safe in any thread.

    An upload may take minutes, and a client may send a second one or announce the job meanwhile. A payload that
    appeared after that would not be the one that runs.

    Args:
        jobs: the jobs.
        blobs: the payloads. Only this process writes them.
        limits: how large they may be.
    """

    def __init__(self, jobs: JobStore, blobs: BlobStore, limits: Limits) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._limit = limits.payload_bytes
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def open(self, job: Job, size: Optional[int] = None) -> BlobWriter:
        """Begin to receive the payload of a job.

        Args:
            job: the job.
            size: its size in bytes, if it is known beforehand.

        Raises:
            Conflict: if the job does not wait for its payload any more; ``commit`` of the result raises it, too.
            TooLarge: if the payload is over the limit; ``write`` of the result raises it, too.
            StorageFull: if there is no space; the methods of the result raise it, too.
        """
        _check_waits(job.id, job)
        check_size(size or 0, self._limit)
        writer = self._blobs.open_writer(payload_blob(job.id))
        return PayloadWriter(writer, self._limit, functools.partial(self._accepting, job.id))

    def closed(self, job_id: str) -> AbstractContextManager[object]:
        """Let no payload of a job appear while the block runs."""
        return self._locks[hash(job_id) % _LOCKS]

    @contextlib.contextmanager
    def _accepting(self, job_id: str) -> Iterator[None]:
        """Keep others from closing the intake of a job while its payload appears, or refuse it."""
        with self.closed(job_id):
            _check_waits(job_id, self._jobs.get(job_id))
            yield


class PayloadWriter:
    """A blob writer that refuses to grow beyond a limit. Implements ``BlobWriter``.

    Args:
        writer: what keeps the bytes.
        limit: how many there may be.
        accepting: holds as long as the payload may appear; entering it raises what is to be said if it may not.
    """

    def __init__(
        self, writer: BlobWriter, limit: int, accepting: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._writer = writer
        self._limit = limit
        self._accepting = accepting
        self._size = 0
        self._ended = False

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            TooLarge: if they pass the limit; the blob is aborted.
            StorageFull: if there is no space; the blob is aborted.
        """
        self._size += len(data)
        try:
            check_size(self._size, self._limit)
        except TooLarge:
            self.abort()
            raise
        self._writer.write(data)

    def commit(self) -> int:
        """Make the blob durable and return its size in bytes.

        Raises:
            Conflict: if the job does not wait for its payload any more; the blob is aborted.
            StorageFull: if there is no space; the blob is aborted.
        """
        try:
            with self._accepting():
                return self._writer.commit()
        finally:
            # After a commit this throws nothing away.
            self.abort()

    def abort(self) -> None:
        """Throw away what was written."""
        self._ended = True
        self._writer.abort()

    def __enter__(self) -> PayloadWriter:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if kind is not None:
            self.abort()
        elif not self._ended:
            self.commit()


def check_size(size: int, limit: int) -> None:
    """Refuse a payload over the limit.

    Raises:
        TooLarge: if it is.
    """
    if size > limit:
        raise TooLarge(
            f"The payload is larger than the {limit} bytes that the service accepts. Split the job into smaller ones.",
            ErrorCode.PAYLOAD_TOO_LARGE,
        )


def _check_waits(job_id: str, job: Optional[Job]) -> None:
    """Refuse a payload for a job that does not wait for one."""
    if job is None or job.status is not ApiJobStatus.CREATING:
        state = "was deleted" if job is None else f"is {job.status.value}"
        raise Conflict(f"Job {job_id} {state} and takes no payload any more.", ErrorCode.JOB_STATE)
