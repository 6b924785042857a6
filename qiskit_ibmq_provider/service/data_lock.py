# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The data directory of a service: made, checked, and held by one service at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Optional

from filelock import FileLock, Timeout

__all__ = ["DataDirError", "DataDirInUse", "hold_data_dir", "holder", "is_held"]

LOCK_NAME: Final = "service.lock"
"""The file whose lock a running service holds. The lock ends with the process, however it ends."""

PID_NAME: Final = "service.pid"
"""The file with the process id of the holder. Not the lock file itself: locking truncates that."""


class DataDirError(Exception):
    """The data directory cannot be used."""


class DataDirInUse(DataDirError):
    """Another service holds the data directory.

    Attributes:
        pid: Its process id, if it is known.
    """

    def __init__(self, message: str, pid: Optional[int]) -> None:
        super().__init__(message)
        self.pid = pid


@contextlib.contextmanager
def hold_data_dir(path: Path) -> Iterator[None]:
    """Make the directory if needed and hold it for this process while the block runs.

    Raises:
        DataDirInUse: If another process holds it.
        DataDirError: If it cannot be made or written.
    """
    _make(path)
    pid_file = path / PID_NAME
    lock = FileLock(path / LOCK_NAME, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        pid = holder(path)
        who = f"process {pid}" if pid is not None else "another process"
        raise DataDirInUse(
            f"The data directory {path} is in use by another service ({who}). Stop that one first, or choose "
            "another directory with --data-dir.",
            pid,
        ) from None
    except OSError as exc:
        raise DataDirError(_not_writable(path, exc)) from exc
    try:
        pid_file.write_text(f"{os.getpid()}\n", "ascii")
        yield
    finally:
        pid_file.unlink(missing_ok=True)
        lock.release()


def _make(path: Path) -> None:
    """Make the directory, for its owner only, and check that files can be made in it."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except FileNotFoundError:
        raise DataDirError(
            f"The data directory {path} cannot be made: there is no directory {path.parent}. Make that first, "
            "or choose another place with --data-dir."
        ) from None
    except FileExistsError:
        raise DataDirError(
            f"The data directory {path} is a file. Choose another place with --data-dir."
        ) from None
    except OSError as exc:
        raise DataDirError(_not_writable(path, exc)) from exc


def _not_writable(path: Path, exc: OSError) -> str:
    return (
        f"The data directory {path} cannot be written: {exc.strerror or exc}. Give this user the right to write "
        "there, or choose another place with --data-dir."
    )


def is_held(path: Path) -> bool:
    """Tell whether a process holds a data directory. The lock ends with the process, whatever becomes of its process id."""
    if not (path / LOCK_NAME).exists():
        return False
    try:
        with FileLock(path / LOCK_NAME, timeout=0):
            return False
    except Timeout:
        return True


def holder(path: Path) -> Optional[int]:
    """Return the process that holds a data directory, or ``None`` if it does not say which it is."""
    try:
        return int((path / PID_NAME).read_text("ascii"))
    except (OSError, ValueError):
        return None
