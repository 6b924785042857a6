# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The discovery file: where the service of this machine is, for those who may know.

The service itself writes it once it answers requests, and takes it back when it ends. Only its owner can read it, since it holds the API token.
"""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Callable, Final, Optional, TextIO

from qiskit_ibmq_provider._atomic import AtomicFile
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, required
from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.version import VERSION

__all__ = [
    "ANNOUNCE_VARIABLE",
    "Announcement",
    "FAILED",
    "LOCK_VARIABLE",
    "LocalEndpoint",
    "READY",
    "ServiceRecord",
    "read_record",
    "write_record",
]

logger = get_logger(__name__)

ANNOUNCE_VARIABLE: Final = "IBMQ_LOCAL_ANNOUNCE"
"""Tells a service the path of the discovery file to write. Set by whoever starts it, not by users."""

LOCK_VARIABLE: Final = "IBMQ_LOCAL_LOCK"
"""Tells a service the path of the lock that starting and stopping take. Set together with :data:`ANNOUNCE_VARIABLE`."""

READY: Final = "ready"
FAILED: Final = "failed"
"""What the service reports to the process that started it; ``failed`` is followed by its exit code."""


@dataclasses.dataclass(frozen=True)
class LocalEndpoint:
    """The service of this machine, as a client needs it.

    Attributes:
        url: base URL of the API, ``http://127.0.0.1:<port>/api``.
        token: API token; another one after each start.
        instance_id: name of this run of the service.
    """

    url: str
    token: str = dataclasses.field(repr=False)
    instance_id: str


@dataclasses.dataclass(frozen=True)
class ServiceRecord:
    """What the discovery file says about a run of the service.

    Attributes:
        host: name of the machine that it runs on.
        pid: its process id.
        url: base URL of the API.
        token: API token.
        instance_id: name of this run.
        version: version of the package that runs.
        started: when it started, UTC, as in the API.
    """

    host: str
    pid: int
    url: str
    token: str = dataclasses.field(repr=False)
    instance_id: str
    version: str
    started: str

    @classmethod
    def from_json(cls, data: Any) -> ServiceRecord:
        """Read the document of a discovery file.

        Raises:
            ProtocolError: a field is missing or has a wrong type.
        """
        what = "the discovery file"
        record = as_object(data, what)
        return cls(
            host=required(record, "host", str, what),
            pid=required(record, "pid", int, what),
            url=required(record, "url", str, what),
            token=required(record, "token", str, what),
            instance_id=required(record, "instance_id", str, what),
            version=required(record, "version", str, what),
            started=required(record, "started", str, what),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the document of the file."""
        return dataclasses.asdict(self)

    def endpoint(self) -> LocalEndpoint:
        """Return what a client needs."""
        return LocalEndpoint(self.url, self.token, self.instance_id)


def read_record(path: Path) -> Optional[ServiceRecord]:
    """Read a discovery file; ``None`` if there is none, or none that can be understood.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        return ServiceRecord.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, ProtocolError) as err:
        # Not the error itself: it may quote the file, and with it the token.
        logger.warning("%s cannot be understood (%s), and is ignored.", path, type(err).__name__)
        return None


def write_record(path: Path, record: ServiceRecord) -> None:
    """Write a discovery file, as a whole.

    Raises:
        OSError: it cannot be written.
    """
    with AtomicFile(path) as file:
        file.write(json.dumps(record.to_json(), indent=1).encode())


class Announcement:
    """Writes the discovery file of a service, and reports to the process that started it.

    Standard output is that report, and nothing else: it is taken over and sent to the log, so that what other code prints later does not
    go to a pipe that nobody reads.

    Args:
        path: the discovery file.
        lock: the lock file of starting and stopping.
        token: API token of the service.
        instance_id: name of this run.
    """

    def __init__(self, path: Path, lock: Path, token: str, instance_id: str) -> None:
        self._path = path
        self._lock = lock
        self._token = token
        self._instance_id = instance_id
        self._report: Optional[TextIO] = None
        self._written = False

    @classmethod
    def from_environment(
        cls, environ: MutableMapping[str, str], token: str, instance_id: str
    ) -> Optional[Announcement]:
        """Return the announcement that the environment asks for, if any. Worker processes will not find it there."""
        path, lock = environ.pop(ANNOUNCE_VARIABLE, ""), environ.pop(LOCK_VARIABLE, "")
        return cls(Path(path), Path(lock), token, instance_id) if path and lock else None

    def run(self, serve: Callable[[Callable[[str], None]], int]) -> int:
        """Run the service.

        Args:
            serve: runs it and returns its exit code; calls its argument with the URL when the service answers requests.
        """
        self._take_over_output()
        try:
            code = serve(self._ready)
            self._tell(f"{FAILED} {code}")
            return code
        finally:
            if self._written:
                self._withdraw()

    def _take_over_output(self) -> None:
        # The copy is not inherited by worker processes, so its end is the end of this process.
        self._report = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def _ready(self, url: str) -> None:
        record = ServiceRecord(
            host=socket.gethostname(),
            pid=os.getpid(),
            url=url,
            token=self._token,
            instance_id=self._instance_id,
            version=VERSION,
            started=format_utc(utc_now()),
        )
        write_record(self._path, record)
        self._written = True
        self._tell(READY)

    def _tell(self, text: str) -> None:
        if self._report is None:
            return
        report, self._report = self._report, None
        try:
            with report:
                report.write(text + "\n")
        except BrokenPipeError:
            logger.debug("The process that started this service is gone.")

    def _withdraw(self) -> None:
        """Remove the discovery file, if it is still about this run and nobody is starting or stopping a service just now."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._lock, timeout=0):
                record = read_record(self._path)
                if record is not None and record.instance_id == self._instance_id:
                    self._path.unlink(missing_ok=True)
        except (Timeout, OSError) as err:
            logger.debug("The discovery file stays: %s", err)
