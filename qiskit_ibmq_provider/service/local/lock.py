# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The lock of starting and stopping: one process at a time does either."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.place import LocalPlace
from qiskit_ibmq_provider.service.local.requirements import missing_extra

__all__ = ["starting_lock"]

_LOCK_SECONDS: Final = 120.0
"""How long to wait for others. A start takes two seconds, and is given up after a minute."""


@contextlib.contextmanager
def starting_lock(place: LocalPlace) -> Iterator[None]:
    """Hold the lock of starting and stopping while the block runs.

    Raises:
        IBMQLocalServiceError: another process holds it for too long, or it cannot be written.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise missing_extra("filelock") from None
    lock = FileLock(place.lock_file, timeout=_LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise IBMQLocalServiceError(
            f"Another process has been starting or stopping the local service for {_LOCK_SECONDS:g} seconds. "
            f"End it (it holds a lock on {place.lock_file}) and try again."
        ) from None
    except OSError as err:
        raise IBMQLocalServiceError(
            f"The file {place.lock_file} cannot be written: {err.strerror or err}. "
            "Set IBMQ_LOCAL_DIR to a directory that you can write."
        ) from err
    try:
        yield
    finally:
        lock.release()
