# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Writing a file so that its readers, and whoever comes after a crash, see one complete version of it.

Everything that this package keeps on disk is written this way: accounts, discovery files, added devices, payloads and results.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Callable, Final, Optional

__all__ = ["AtomicFile", "TEMPORARY_SUFFIX", "is_disk_full", "leftovers", "sync_directory"]

TEMPORARY_SUFFIX: Final = ".tmp"
"""The ending of files in the making; nothing complete is ever named so."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_CANNOT_SYNC: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EACCES, errno.EPERM})
"""What systems say that have no flushing of directories, or do not let this user do it."""


def _with_name(err: OSError, path: Path) -> Exception:
    return OSError(err.errno, err.strerror or str(err), str(path))


class AtomicFile:
    """A file that appears under its name only when it is complete and on the disk. Only its owner can read it.

    As a context manager it commits at the end of the block and aborts on an exception::

        with AtomicFile(path) as file:
            file.write(data)

    Args:
        path: the final name; its directory must exist. A file of this name is replaced.
        failure: turns a failed system call, and the path, into what is raised; by default an ``OSError`` that names the path.

    Raises:
        OSError: if the file cannot be written; here and in ``write`` and ``commit``.
    """

    def __init__(self, path: Path, *, failure: Callable[[OSError, Path], Exception] = _with_name) -> None:
        self._path = path
        self._failure = failure
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        self._file: Optional[BinaryIO] = None
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as err:
            raise failure(err, path) from err
        self._file = os.fdopen(descriptor, "wb")

    @property
    def name(self) -> str:
        """The name that the file has until it is committed."""
        return str(self._temporary)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        try:
            self._open_file().write(data)
        except OSError as err:
            self.abort()
            raise self._failure(err, self._path) from err

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
            raise self._failure(err, self._path) from err
        self._file = None
        return size

    def abort(self) -> None:
        """Throw away what was written. Does nothing after ``commit`` or another ``abort``."""
        file, self._file = self._file, None
        if file is None:
            return
        # Closing flushes, and flushing onto a full disk fails again; the descriptor is closed all the same.
        with contextlib.suppress(OSError):
            file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> AtomicFile:
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
        if self._file is None:
            raise ValueError(f"{self._path.name} was already committed or aborted")
        return self._file


def is_disk_full(err: OSError) -> bool:
    """Tell whether a system call failed because there is no space left, on the disk or of what this user may have."""
    return err.errno in _FULL


def leftovers(path: Path) -> Iterator[Path]:
    """Yield the unfinished files that killed writers of a file left behind; those of living writers are among them."""
    for name in os.listdir(path.parent):
        if name.startswith(f".{path.name}.") and name.endswith(TEMPORARY_SUFFIX):
            yield path.with_name(name)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut, where the system can. Windows needs no such step."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as err:
        if err.errno not in _CANNOT_SYNC:
            raise
