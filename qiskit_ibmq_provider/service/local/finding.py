# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Finding the service of this machine, and starting it if it is not running."""

from __future__ import annotations

import re
import time
from typing import Final

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.asking import unfinished_jobs
from qiskit_ibmq_provider.service.local.lock import starting_lock
from qiskit_ibmq_provider.service.local.looking import find
from qiskit_ibmq_provider.service.local.place import LocalPlace
from qiskit_ibmq_provider.service.local.record import ServiceRecord
from qiskit_ibmq_provider.service.local.starting import Started, start
from qiskit_ibmq_provider.service.local.stopping import stop_holding_lock
from qiskit_ibmq_provider.version import VERSION

__all__ = ["START_SECONDS", "find_or_start"]

logger = get_logger(__name__)

START_SECONDS: Final = 60.0
"""How long a start may take. It takes two seconds, and more on a machine that is busy or reads Python from a network."""

_PAUSE: Final = 0.2
"""Seconds between two looks for a service that another process has started."""


def find_or_start(place: LocalPlace) -> ServiceRecord:
    """Return the service that is running; start it first if there is none.

    One that runs an older version of this package is replaced if it has nothing to do.

    Raises:
        IBMQLocalServiceError: it cannot be found or started.
    """
    record = find(place)
    if record is not None and not _is_outdated(record, place):
        return record
    place.make()
    with starting_lock(place):
        # Whoever had the lock before may have done it.
        record = find(place)
        if record is not None:
            if not (_is_outdated(record, place) and unfinished_jobs(record) == 0):
                return record
            logger.info("The local service is of version %s and idle; it is started again.", record.version)
            stop_holding_lock(place)
        return _start(place)


def _start(place: LocalPlace) -> ServiceRecord:
    """Start a service. The lock is held, so if the data are in use, then by a service that is starting, or ending, or does not answer."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        outcome = start(place, timeout=START_SECONDS)
        record = find(place)
        if record is not None:
            return record
        if outcome is Started.READY:
            raise IBMQLocalServiceError(
                f"The local service says that it is ready, but does not answer on this machine. Its log is {place.log_file}. "
                "A firewall may forbid connections to 127.0.0.1."
            )
        if time.monotonic() > deadline:
            raise IBMQLocalServiceError(
                f"A service that does not answer holds {place.data_dir}. Run `ibmq local stop`, then try again; no job is lost. "
                f"Its log is {place.log_file}."
            )
        time.sleep(_PAUSE)


def _is_outdated(record: ServiceRecord, place: LocalPlace) -> bool:
    """Return whether a start would give a newer version. An interpreter that the user chose has a version of its own."""
    return place.python is None and _release(record.version) < _release(VERSION)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
