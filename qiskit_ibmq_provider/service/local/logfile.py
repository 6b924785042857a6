# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The log of the service of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

__all__ = ["append_to_log", "last_lines", "size_of"]

_LARGEST: Final = 1024 * 1024
"""A log that is larger than this, in bytes, is put aside at the next start, and the one before it is dropped."""

_READ: Final = 256 * 1024
"""How much of the end of a log is read for its last lines."""


@contextmanager
def append_to_log(config: LocalServiceConfig) -> Iterator[IO[bytes]]:
    """Open the log for a service that starts. Only its owner can read it.

    Raises:
        OSError: it cannot be written.
    """
    if size_of(config.log_file) > _LARGEST:
        os.replace(config.log_file, config.old_log_file)
    handle = os.open(config.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as log:
        yield log


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 if it is not there."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def last_lines(path: Path, count: int, *, since: int = 0, until: int | None = None) -> list[str]:
    """Return the last lines of a log. A file that is not there has none.

    Args:
        path: the log.
        count: how many lines at most.
        since: position before which nothing is read, if the log still has one.
        until: position after which nothing is read; by default the end.
    """
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            end = size if until is None else min(size, until)
            start = max(since if since <= size else 0, end - _READ)
            log.seek(start)
            text = log.read(max(0, end - start)).decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:]
