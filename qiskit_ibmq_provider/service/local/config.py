# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The settings of the service of this machine: where it keeps what it has, what runs it, and when it ends.

========================== =================================================================================
variable                   meaning
========================== =================================================================================
``IBMQ_LOCAL_DIR``         directory of jobs, results, log and discovery file, instead of the user's data directory
``IBMQ_LOCAL_PYTHON``      interpreter that runs the service, if not the one that asks for it
``IBMQ_LOCAL_IDLE_TIMEOUT`` seconds without requests and unfinished jobs after which the service ends
========================== =================================================================================
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Optional

from qiskit_ibmq_provider._checks import read_number
from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.discovery import ServiceRecord, read_record
from qiskit_ibmq_provider.service.local.requirements import explain_missing, missing_module

__all__ = ["IDLE_SECONDS", "LocalServiceConfig", "check_extra", "missing_extra"]

IDLE_SECONDS: Final = 900.0
"""After so many seconds without requests and unfinished jobs, the service ends. The next script starts it again."""

_APPLICATION: Final = "qiskit-ibmq-provider"

_LOCK_SECONDS: Final = 120.0
"""How long to wait for others that start or stop the service. A start takes two seconds, and is given up after a minute."""


@dataclasses.dataclass(frozen=True)
class LocalServiceConfig:
    """The settings of the service of this machine.

    Attributes:
        directory: everything is in here.
        python: the interpreter that the user chose; ``None`` for the present one.
        idle_seconds: when the service ends by itself.
    """

    directory: Path
    python: Optional[str] = None
    idle_seconds: float = IDLE_SECONDS

    @classmethod
    def from_environment(cls, environ: Optional[Mapping[str, str]] = None) -> LocalServiceConfig:
        """Return the settings of the environment; the directory is the user's own by default.

        Raises:
            IBMQLocalServiceError: a variable has a wrong value, or the extra is not installed.
        """
        environ = os.environ if environ is None else environ
        named, python = environ.get("IBMQ_LOCAL_DIR"), environ.get("IBMQ_LOCAL_PYTHON")
        directory = Path(named).expanduser() if named else _user_directory()
        return cls(
            directory=directory.absolute(),
            python=os.path.expanduser(python) if python else None,
            idle_seconds=_idle_seconds(environ.get("IBMQ_LOCAL_IDLE_TIMEOUT")),
        )

    @property
    def data_dir(self) -> Path:
        """Jobs and results."""
        return self.directory / "service-data"

    @property
    def discovery_file(self) -> Path:
        """Where the running service is."""
        return self.directory / "service.json"

    @property
    def lock_file(self) -> Path:
        """Held by whoever starts or stops the service."""
        return self.directory / "starting.lock"

    @property
    def log_file(self) -> Path:
        """What the service logs."""
        return self.directory / "service.log"

    @property
    def old_log_file(self) -> Path:
        """The log before that one."""
        return self.directory / "service.log.1"

    def make_directory(self) -> None:
        """Make the directory, for its owner only.

        Raises:
            IBMQLocalServiceError: it cannot be made.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise IBMQLocalServiceError(
                f"The directory {self.directory} of the local service cannot be made: {err.strerror or err}. "
                "Set IBMQ_LOCAL_DIR to a directory that you can write."
            ) from err

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of starting and stopping while the block runs: one process at a time does either.

        Raises:
            IBMQLocalServiceError: another process holds it for too long, or it cannot be written.
        """
        try:
            from filelock import FileLock, Timeout
        except ImportError:
            raise missing_extra("filelock") from None
        lock = FileLock(self.lock_file, timeout=_LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            raise IBMQLocalServiceError(
                f"Another process has been starting or stopping the local service for {_LOCK_SECONDS:g} seconds. "
                f"End it (it holds a lock on {self.lock_file}) and try again."
            ) from None
        except OSError as err:
            raise IBMQLocalServiceError(
                f"The file {self.lock_file} cannot be written: {err.strerror or err}. "
                "Set IBMQ_LOCAL_DIR to a directory that you can write."
            ) from err
        try:
            yield
        finally:
            lock.release()

    def record(self) -> Optional[ServiceRecord]:
        """Read the discovery file; ``None`` if there is none that can be understood.

        Raises:
            IBMQLocalServiceError: it belongs to another machine or another user, or cannot be read.
        """
        try:
            record = read_record(self.discovery_file)
            owner = self.discovery_file.stat().st_uid if record is not None else None
        except FileNotFoundError:
            return None
        except OSError as err:
            raise IBMQLocalServiceError(
                f"The file {self.discovery_file} cannot be read: {err.strerror or err}. Set IBMQ_LOCAL_DIR to a directory of your own."
            ) from err
        if record is None:
            return None
        if os.name == "posix" and owner != os.geteuid():
            raise IBMQLocalServiceError(
                f"The file {self.discovery_file} belongs to another user. Set IBMQ_LOCAL_DIR to a directory of your own."
            )
        if record.host != socket.gethostname():
            raise IBMQLocalServiceError(
                f"The directory {self.directory} is in use by the local service of another machine, {record.host} "
                f"(this one is {socket.gethostname()}); two machines would damage each other's data. "
                "Set IBMQ_LOCAL_DIR to a directory on a disk of this machine. "
                f"If {record.host} is this machine under an older name, or is gone, delete {self.discovery_file}."
            )
        return record


def check_extra() -> None:
    """Check that this interpreter can run the service.

    Raises:
        IBMQLocalServiceError: it lacks a module. The text says what to do.
    """
    missing = missing_module()
    if missing is not None:
        raise missing_extra(missing)


def missing_extra(module: str) -> IBMQLocalServiceError:
    """Return the error that says that the local service lacks a module, and what to do."""
    return IBMQLocalServiceError(
        explain_missing(
            module, "set IBMQ_LOCAL_PYTHON to an interpreter of Python 3.9 to 3.12 that has this extra"
        )
    )


def _user_directory() -> Path:
    try:
        from platformdirs import user_data_path
    except ImportError:
        raise missing_extra("platformdirs") from None
    return user_data_path(_APPLICATION, appauthor=False)


def _idle_seconds(text: Optional[str]) -> float:
    if not text:
        return IDLE_SECONDS
    seconds = read_number(text)
    if seconds is None or seconds <= 0:
        raise IBMQLocalServiceError(
            f"IBMQ_LOCAL_IDLE_TIMEOUT is {text!r}. It has to be a number of seconds above 0."
        )
    return seconds
