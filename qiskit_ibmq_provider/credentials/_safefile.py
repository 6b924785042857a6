# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A small private text file that several processes change.

Readers always see one complete version. Writers take turns by a lock file, so that no change is lost. A symbolic link is followed, and
stays one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, Final, Optional

from qiskit_ibmq_provider._atomic import AtomicFile, leftovers
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError, InvalidCredentialsFormatError

__all__ = ["change_text", "read_text"]

_LOCK_SECONDS: Final = 20.0
"""How long to wait for other writers. Each of them needs milliseconds."""


def read_text(path: Path) -> Optional[str]:
    """Return the text of a file, or ``None`` if there is no such file.

    Raises:
        InvalidCredentialsFormatError: the file is not UTF-8 text, or not a regular file.
        CredentialsError: the file cannot be read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InvalidCredentialsFormatError(
                f"{path} is not a regular file. Move it away, or use another place."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as err:
        raise CredentialsError(
            f"Cannot read {path}: {err.strerror}. Check the file and its permissions."
        ) from err
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        problem = f"{path}, line {line}: this is not UTF-8 text. Correct the line, or move the file away."
    # Outside the handler: a decoding error carries the whole file, tokens included.
    raise InvalidCredentialsFormatError(problem)


def change_text(path: Path, change: Callable[[Optional[str]], Optional[str]]) -> bool:
    """Replace the text of a file, while no other process changes it.

    Args:
        path: the file; it and its directory are made if they are not there.
        change: gets the present text (``None`` if there is no file) and returns the new one, or ``None`` to leave the file as it is.
            If it raises, the file stays as it is.

    Returns:
        whether the file was written.

    Raises:
        CredentialsError: the file cannot be read or written, or another process holds its lock for too long.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(target):
            old = read_text(target)
            new = change(old)
            if new is None or new == old:
                return False
            _replace(target, new)
            return True
    except OSError as err:
        raise CredentialsError(
            f"Cannot write {target}: {err.strerror or err}. The file is as it was; check its directory and permissions."
        ) from err


def _replace(target: Path, text: str) -> None:
    _check_writable(target)
    for stale in leftovers(target):
        # Left by a writer that was killed: whoever holds the lock is the only writer.
        stale.unlink()
    with AtomicFile(target) as file:
        file.write(text.encode("utf-8"))
        _give_to_user(file.name, target)


def _check_writable(target: Path) -> None:
    """Refuse a write-protected file: renaming would get around the protection."""
    with contextlib.suppress(FileNotFoundError):
        if not os.stat(target).st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EACCES, "the file is write-protected")


def _give_to_user(name: str, like: Path) -> None:
    """When run by root in another user's directory, leave a file to that user, who could not read it otherwise."""
    if os.name == "posix" and os.geteuid() == 0:
        status = os.stat(like if like.exists() else like.parent)
        os.chown(name, status.st_uid, status.st_gid)


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of a file. It lies on a file of its own, since the file itself is replaced."""
    lock = target.parent / f".{target.name}.lock"
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _give_to_user(str(lock), target)
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                raise CredentialsError(
                    f"Another process has been changing {target} for {_LOCK_SECONDS:.0f} seconds. "
                    f"End it (it holds a lock on {lock}) and try again."
                )
            time.sleep(0.01)
        yield
    finally:
        # Closing gives the lock back. The lock file stays: removing it would let two writers hold locks on two files.
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover - not tested
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
