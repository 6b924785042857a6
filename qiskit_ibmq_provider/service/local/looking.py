# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Looking at the service of this machine, without starting it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Optional

from qiskit_ibmq_provider.service.local.asking import Presence, presence_of, unfinished_jobs
from qiskit_ibmq_provider.service.local.logfile import size_of
from qiskit_ibmq_provider.service.local.place import LocalPlace
from qiskit_ibmq_provider.service.local.record import ServiceRecord

__all__ = ["LocalState", "find", "look"]


@dataclasses.dataclass(frozen=True)
class LocalState:
    """The service of this machine at one moment.

    Attributes:
        record: the running service; ``None`` if it does not run.
        unfinished: jobs that wait or run; ``None`` if not known.
        data_bytes: size of jobs and results on disk.
    """

    record: Optional[ServiceRecord]
    unfinished: Optional[int]
    data_bytes: int


def look(place: LocalPlace) -> LocalState:
    """Return the state of the service. It is not started.

    Raises:
        IBMQLocalServiceError: the directory is another machine's, or cannot be read.
    """
    record = find(place)
    unfinished = unfinished_jobs(record) if record is not None else None
    return LocalState(record, unfinished, _size(place.data_dir))


def find(place: LocalPlace) -> Optional[ServiceRecord]:
    """Return the service that is running, or ``None``.

    Raises:
        IBMQLocalServiceError: the directory is another machine's, or cannot be read.
    """
    record = place.record()
    return record if record is not None and presence_of(record) is Presence.OURS else None


def _size(directory: Path) -> int:
    return sum(size_of(path) for path in directory.rglob("*") if path.is_file())
