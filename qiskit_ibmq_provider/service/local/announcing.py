# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a service of this machine does for those who look for it: it says where it is, and takes that back when it ends."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Callable, Final, Optional, TextIO

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.service.local.record import ServiceRecord, read_record, write_record
from qiskit_ibmq_provider.version import VERSION

__all__ = ["Announcement", "FAILED", "LOCK_VARIABLE", "READY", "VARIABLE"]

logger = get_logger(__name__)

VARIABLE: Final = "IBMQ_LOCAL_ANNOUNCE"
"""Tells a service the path of the discovery file to write. Set by whoever starts it, not by users."""

LOCK_VARIABLE: Final = "IBMQ_LOCAL_LOCK"
"""Tells a service the path of the lock that starting and stopping take. Set together with :data:`VARIABLE`."""

READY: Final = "ready"
FAILED: Final = "failed"
"""What the service reports to the process that started it; ``failed`` is followed by its exit code."""


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
        path, lock = environ.pop(VARIABLE, ""), environ.pop(LOCK_VARIABLE, "")
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
        """Report once; whoever started this process may be gone."""
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
