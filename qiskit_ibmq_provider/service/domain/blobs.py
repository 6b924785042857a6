# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The interface of the place where payloads and results are kept.

A ref is a relative name such as ``payload/3f/0123456789abcdef0123453f.json``: lower-case segments
separated by slashes, no segment begins with a dot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Optional, Protocol

__all__ = ["BlobStore", "BlobWriter"]


class BlobWriter(Protocol):
    """One blob in the making. Use it as a context manager, or call ``commit`` or ``abort`` yourself.

    Leaving the ``with`` block normally commits, leaving it by an exception aborts.
    """

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            StorageFull: if there is no space; the blob is aborted.
        """
        ...

    def commit(self) -> int:
        """Make the blob durable and visible under its ref, replacing an older one; return its size in bytes.

        Raises:
            StorageFull: if there is no space; the blob is aborted and an older one stays.
        """
        ...

    def abort(self) -> None:
        """Throw away what was written. Does nothing after ``commit`` or another ``abort``."""
        ...

    def __enter__(self) -> BlobWriter: ...

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None: ...


class BlobStore(Protocol):
    """Named, immutable byte strings. A ref that is no safe name raises ``ValueError`` everywhere."""

    def open_writer(self, ref: str) -> BlobWriter:
        """Begin a blob; nothing is visible until it is committed.

        Raises:
            StorageFull: if there is no space.
            Unavailable: if the store cannot be written.
        """
        ...

    def open_reader(self, ref: str) -> BinaryIO:
        """Open a blob for reading from its first byte; the caller closes it.

        Raises:
            NotFound: if there is no such blob.
        """
        ...

    def size(self, ref: str) -> int:
        """Return the size of a blob in bytes.

        Raises:
            NotFound: if there is no such blob.
        """
        ...

    def exists(self, ref: str) -> bool:
        """Return whether there is such a blob."""
        ...

    def delete(self, ref: str) -> None:
        """Remove a blob; one that is not there is no error."""
        ...

    def discard(self, ref: str) -> None:
        """Remove a blob and whatever its writers left unfinished; only for a blob that nobody writes any more."""
        ...

    def local_path(self, ref: str) -> Path:
        """Return where a process on this machine reads or writes the blob; its directory exists."""
        ...

    def refs(self, *, older_than: float) -> Iterator[str]:
        """Yield the refs of all blobs last written more than this many seconds ago, in no order."""
        ...

    def sweep_temporary(self, *, older_than: float) -> int:
        """Remove unfinished blobs untouched for this many seconds; return how many there were."""
        ...
