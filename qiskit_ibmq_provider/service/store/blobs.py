# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Blobs as files in a directory."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from qiskit_ibmq_provider._atomic import TEMPORARY_SUFFIX, leftovers, sync_directory
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.blobs import BlobStore, BlobWriter
from qiskit_ibmq_provider.service.domain.durable import DurableFile, refusal_of
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound
from qiskit_ibmq_provider.service.domain.store import StoreUnusable

__all__ = ["DirectoryBlobs"]

_REF: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_.-]*)+")


class DirectoryBlobs(BlobStore):
    """Blobs with one file for each, written, flushed and then renamed.

    Args:
        root: the directory, which is made if missing.

    Raises:
        StoreUnusable: if it cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            DurableFile(self._root / "probe").abort()
        except (OSError, DomainError) as err:
            reason = err.strerror if isinstance(err, OSError) else str(err)
            raise StoreUnusable(
                f"Data cannot be written to {root}: {reason} Check that the directory exists and is yours, "
                "or choose another one."
            ) from err

    def open_writer(self, ref: str) -> BlobWriter:
        return DurableFile(self.local_path(ref))

    def open_reader(self, ref: str) -> BinaryIO:
        try:
            return open(self._path(ref), "rb")
        except FileNotFoundError:
            raise _missing(ref) from None
        except OSError as err:
            raise refusal_of(err, ref) from err

    def size(self, ref: str) -> int:
        try:
            return self._path(ref).stat().st_size
        except FileNotFoundError:
            raise _missing(ref) from None
        except OSError as err:
            raise refusal_of(err, ref) from err

    def exists(self, ref: str) -> bool:
        return self._path(ref).is_file()

    def delete(self, ref: str) -> None:
        try:
            self._path(ref).unlink(missing_ok=True)
        except OSError as err:
            raise refusal_of(err, ref) from err

    def discard(self, ref: str) -> None:
        path = self._path(ref)
        try:
            path.unlink(missing_ok=True)
            for leftover in leftovers(path):
                leftover.unlink(missing_ok=True)
        except FileNotFoundError:
            # Not even its directory was ever made.
            return
        except OSError as err:
            raise refusal_of(err, ref) from err

    def local_path(self, ref: str) -> Path:
        path = self._path(ref)
        try:
            self._make_directory(path.parent)
        except OSError as err:
            raise refusal_of(err, ref) from err
        return path

    def refs(self, *, older_than: float) -> Iterator[str]:
        for path in self._files(older_than):
            ref = path.relative_to(self._root).as_posix()
            if _REF.fullmatch(ref) and not ref.endswith(TEMPORARY_SUFFIX):
                yield ref

    def sweep_temporary(self, *, older_than: float) -> int:
        count = 0
        for path in self._files(older_than):
            if path.name.endswith(TEMPORARY_SUFFIX):
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _path(self, ref: str) -> Path:
        """Return the file of a ref that is a safe name."""
        if not _REF.fullmatch(ref) or ".." in ref or ref.endswith(TEMPORARY_SUFFIX):
            raise ValueError(f"{ref!r} is not a safe name of a blob")
        return self._root / ref

    def _make_directory(self, directory: Path) -> None:
        """Make a directory under the root so that it survives a power cut."""
        if directory.is_dir():
            return
        self._make_directory(directory.parent)
        directory.mkdir(exist_ok=True, mode=0o700)
        sync_directory(directory.parent)

    def _files(self, older_than: float) -> Iterator[Path]:
        """Yield all files that were not touched for some seconds."""
        before = time.time() - older_than
        for directory, _, names in os.walk(self._root):
            for name in names:
                path = Path(directory, name)
                try:
                    touched = path.stat().st_mtime
                except FileNotFoundError:
                    # Somebody was faster.
                    continue
                if older_than <= 0 or touched < before:
                    yield path


def _missing(ref: str) -> NotFound:
    """Return the answer for a blob that is not there."""
    return NotFound(f"There is no {ref}.", ErrorCode.DATA_GONE)
