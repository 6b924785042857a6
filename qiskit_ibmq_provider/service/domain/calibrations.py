# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which calibration of its device a job ran with, or would run with now."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Final, Optional

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.domain.model import Job

__all__ = ["calibration_bound"]

_TICK: Final = datetime.timedelta(microseconds=1)
"""Calibrations are dated to the microsecond."""


def calibration_bound(job: Job) -> Optional[datetime.datetime]:
    """Return the instant before which a job's calibration is the newest; ``None`` for the newest of all.

    A job that ran says in its summary with which calibration. Others may have been added since, of earlier dates too.
    """
    told = (job.summary or {}).get("summary")
    date = told.get("calibration_date") if isinstance(told, Mapping) else None
    if date is None:
        return job.ended
    try:
        return parse_utc(date) + _TICK
    except ProtocolError:
        return job.ended
