# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Names, ids and tags by which the jobs of a set are found again; those of the original client."""

from __future__ import annotations

import datetime as dt
import time
import uuid

from qiskit_ibmq_provider.job._tags import JOB_SET_PREFIX

__all__ = ["default_name", "new_id", "set_tag"]


def new_id() -> str:
    """Return an id for a new set: 32 hexadecimal digits, a dash, and the time in digits."""
    return f"{uuid.uuid4().hex}-{time.time_ns() // 100}"


def default_name() -> str:
    """Return the name of a set that was given none: date and time, UTC."""
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None).isoformat()


def set_tag(job_set_id: str) -> str:
    """Return the tag that every job of a set has."""
    return f"{JOB_SET_PREFIX}{job_set_id}_"
