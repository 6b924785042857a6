# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Stopping the service of this machine, and removing what it keeps."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final, Optional

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig, missing_extra
from qiskit_ibmq_provider.service.local.finding import find

__all__ = ["clean", "stop", "stop_holding_lock"]

_STOP_SECONDS: Final = 20.0
"""How long the service may take to end before it is killed. It takes under a second, or three if an answer is under way."""

_PAUSE: Final = 0.05


def stop(config: LocalServiceConfig) -> Optional[int]:
    """Stop the service and wait for its end. Jobs that wait or run are kept, and run after the next start.

    Returns:
        its process id; ``None`` if it was not running.

    Raises:
        IBMQLocalServiceError: it cannot be stopped.
    """
    if not config.directory.is_dir():
        return None
    with config.lock():
        return stop_holding_lock(config)


def stop_holding_lock(config: LocalServiceConfig) -> Optional[int]:
    """Do as :func:`stop`; the caller holds the lock of starting and stopping."""
    record = find(config)
    pid = record.pid if record is not None else _holder(config)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        if not _wait_until_free(config, _STOP_SECONDS) and sys.platform != "win32":
            _signal(pid, signal.SIGKILL)
            if not _wait_until_free(config, _STOP_SECONDS):
                raise IBMQLocalServiceError(
                    f"The local service (process {pid}) does not end. Its data are in {config.data_dir}."
                )
    config.discovery_file.unlink(missing_ok=True)
    return pid


def clean(config: LocalServiceConfig) -> None:
    """Stop the service and remove all its jobs, results and logs. Devices that were added to it stay.

    Raises:
        IBMQLocalServiceError: it cannot be stopped, or a file cannot be removed.
    """
    if not config.directory.is_dir():
        return
    with config.lock():
        stop_holding_lock(config)
        try:
            if config.data_dir.is_dir():
                _remove_data(config.data_dir)
            for path in (config.log_file, config.old_log_file):
                path.unlink(missing_ok=True)
        except OSError as err:
            raise IBMQLocalServiceError(
                f"{err.filename or config.data_dir} cannot be removed: {err.strerror or err}."
            ) from err


def _remove_data(data_dir: Path) -> None:
    """Remove a data directory; if devices were added to it, all but these."""
    from qiskit_ibmq_provider.service.devices.added import AddedDevices, added_directory

    kept = added_directory(data_dir)
    if not AddedDevices(kept).names():
        shutil.rmtree(data_dir)
        return
    for entry in data_dir.iterdir():
        if entry == kept:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _holder(config: LocalServiceConfig) -> Optional[int]:
    """Return the process that holds the data although it does not answer."""
    if not _is_held(config):
        return None
    from qiskit_ibmq_provider.service.data_lock import holder

    pid = holder(config.data_dir)
    if pid is None:
        raise IBMQLocalServiceError(
            f"A process holds {config.data_dir}, but does not say which one it is. Find it and end it."
        )
    return pid


def _is_held(config: LocalServiceConfig) -> bool:
    try:
        from qiskit_ibmq_provider.service.data_lock import is_held
    except ImportError:
        raise missing_extra("filelock") from None
    return is_held(config.data_dir)


def _wait_until_free(config: LocalServiceConfig, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_held(config):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except OSError as err:
        raise IBMQLocalServiceError(
            f"The local service (process {pid}) cannot be stopped: {err.strerror or err}."
        ) from err
