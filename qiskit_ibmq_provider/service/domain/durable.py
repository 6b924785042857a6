# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Writing a file so that after a crash it is either whole or absent.

The service's blob directory and the workers, which write results, do it the same way.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import DomainError, StorageFull, Unavailable

__all__ = ["DurableFile", "TEMPORARY_SUFFIX", "leftovers", "refusal_of", "sync_directory"]

TEMPORARY_SUFFIX: Final = ".tmp"
"""The ending of files in the making; nothing complete is ever named so."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DurableFile:
    """A file that appears under its name only when it is complete and on the disk.

    As a context manager it commits at the end of the block and aborts on an exception::

        with DurableFile(path) as file:
            file.write(data)

    Args:
        path: the final name; its directory must exist.

    Raises:
        StorageFull: if there is no space; here and in ``write`` and ``commit``.
        Unavailable: if the file cannot be written for another reason.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        self._file: Optional[BinaryIO] = None
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as err:
            raise refusal_of(err, path.name) from err
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        """Append bytes."""
        try:
            self._open_file().write(data)
        except OSError as err:
            self.abort()
            raise refusal_of(err, self._path.name) from err

    def commit(self) -> int:
        """Flush, rename and flush the directory; return the size in bytes."""
        file = self._open_file()
        try:
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
            file.close()
            os.replace(self._temporary, self._path)
            sync_directory(self._path.parent)
        except OSError as err:
            self.abort()
            raise refusal_of(err, self._path.name) from err
        self._file = None
        return size

    def abort(self) -> None:
        """Throw away what was written. Does nothing after ``commit`` or another ``abort``."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError:
            # Closing flushes, and flushing onto a full disk fails again; the descriptor is closed all the same.
            pass
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> DurableFile:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if self._file is None:
            return
        if kind is None:
            self.commit()
        else:
            self.abort()

    def _open_file(self) -> BinaryIO:
        """Return the file while it is open."""
        if self._file is None:
            raise ValueError(f"{self._path.name} was already committed or aborted")
        return self._file


def leftovers(path: Path) -> Iterator[Path]:
    """Yield the unfinished files that killed writers of a file left behind; those of living writers are among them."""
    for name in os.listdir(path.parent):
        if name.startswith(f".{path.name}.") and name.endswith(TEMPORARY_SUFFIX):
            yield path.with_name(name)


def refusal_of(err: OSError, name: str) -> DomainError:
    """Return what the domain says about a failed system call on a file of this name."""
    if err.errno in _FULL:
        return StorageFull(
            f"There is no space left to write {name}. Free some space on the service's disk and try again.",
            ErrorCode.STORAGE_FULL,
        )
    return Unavailable(
        f"{name} cannot be read or written: {err.strerror}. Check the service's data directory.",
        ErrorCode.UNAVAILABLE,
    )


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut. Windows cannot open directories, and needs no such step."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
