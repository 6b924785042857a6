# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Statuses, kinds and share levels of a job as the API spells them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, Union

__all__ = [
    "API_JOB_FINAL_STATES",
    "ApiJobKind",
    "ApiJobShareLevel",
    "ApiJobStatus",
    "is_final",
    "may_follow",
]


class ApiJobStatus(str, enum.Enum):
    """Status of a job. Values are upper case on the wire; clients compare them case-sensitively."""

    CREATING = "CREATING"
    CREATED = "CREATED"
    TRANSPILING = "TRANSPILING"
    TRANSPILED = "TRANSPILED"
    VALIDATING = "VALIDATING"
    VALIDATED = "VALIDATED"
    RUNNING = "RUNNING"
    PENDING_IN_QUEUE = "PENDING_IN_QUEUE"
    QUEUED = "QUEUED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    ERROR_CREATING_JOB = "ERROR_CREATING_JOB"
    ERROR_VALIDATING_JOB = "ERROR_VALIDATING_JOB"
    ERROR_RUNNING_JOB = "ERROR_RUNNING_JOB"
    ERROR_TRANSPILING_JOB = "ERROR_TRANSPILING_JOB"


class ApiJobKind(str, enum.Enum):
    """How the payload of a job is held. The service only uses ``QOBJECT_STORAGE``."""

    QOBJECT = "q-object"
    QOBJECT_STORAGE = "q-object-external-storage"
    CIRCUIT = "q-circuit"


class ApiJobShareLevel(str, enum.Enum):
    """Who may see a job. Kept for old scripts; the service has no shared jobs."""

    GLOBAL = "global"
    HUB = "hub"
    GROUP = "group"
    PROJECT = "project"
    NONE = "none"


API_JOB_FINAL_STATES: Final = (
    ApiJobStatus.COMPLETED,
    ApiJobStatus.CANCELLED,
    ApiJobStatus.ERROR_CREATING_JOB,
    ApiJobStatus.ERROR_VALIDATING_JOB,
    ApiJobStatus.ERROR_RUNNING_JOB,
    ApiJobStatus.ERROR_TRANSPILING_JOB,
)
"""Statuses that a job never leaves."""

_FINAL_VALUES: Final = frozenset(status.value for status in API_JOB_FINAL_STATES)

_ORDER: Final[Mapping[ApiJobStatus, int]] = {
    ApiJobStatus.CREATING: 0,
    ApiJobStatus.CREATED: 1,
    ApiJobStatus.TRANSPILING: 2,
    ApiJobStatus.TRANSPILED: 3,
    ApiJobStatus.VALIDATING: 4,
    ApiJobStatus.VALIDATED: 5,
    ApiJobStatus.PENDING_IN_QUEUE: 6,
    ApiJobStatus.QUEUED: 7,
    ApiJobStatus.RUNNING: 8,
}


def is_final(status: Union[ApiJobStatus, str]) -> bool:
    """Tell whether a job in this status is over. A status that the protocol does not know is not final."""
    return getattr(status, "value", status) in _FINAL_VALUES


def may_follow(old: ApiJobStatus, new: ApiJobStatus) -> bool:
    """Tell whether a job may go from ``old`` to ``new``.

    A job moves forward, and may leave out steps; it may be cancelled or fail from anywhere, and completes only from ``RUNNING``. The
    one step back is from ``RUNNING`` to ``QUEUED``: the machine that ran it is gone and it is run again.
    """
    if is_final(old):
        return False
    if new is ApiJobStatus.COMPLETED:
        return old is ApiJobStatus.RUNNING
    if is_final(new):
        return True
    if old is ApiJobStatus.RUNNING and new is ApiJobStatus.QUEUED:
        return True
    return _ORDER[new] > _ORDER[old]
