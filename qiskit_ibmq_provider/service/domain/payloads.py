# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Receiving a payload of limited size."""

from __future__ import annotations

from types import TracebackType
from typing import Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.blobs import BlobWriter
from qiskit_ibmq_provider.service.domain.errors import TooLarge

__all__ = ["LimitedWriter", "check_size"]


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


class LimitedWriter:
    """A blob writer that refuses to grow beyond a limit. Implements ``BlobWriter``."""

    def __init__(self, writer: BlobWriter, limit: int) -> None:
        self._writer = writer
        self._limit = limit
        self._size = 0

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
            self._writer.abort()
            raise
        self._writer.write(data)

    def commit(self) -> int:
        """Make the blob durable and return its size in bytes."""
        return self._writer.commit()

    def abort(self) -> None:
        """Throw away what was written."""
        self._writer.abort()

    def __enter__(self) -> LimitedWriter:
        self._writer.__enter__()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._writer.__exit__(kind, error, traceback)
