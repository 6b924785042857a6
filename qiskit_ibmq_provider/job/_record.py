# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the arguments of a job to its record, and from its record to what users read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobError, JobRecord, QueueRecord
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.utils.converters import utc_to_local
from qiskit_ibmq_provider.utils.utils import to_python_identifier

__all__ = ["client_versions", "extra_attributes", "local_time", "local_times", "record_from_arguments"]

logger = get_logger(__name__)


def record_from_arguments(
    *,
    job_id: str,
    creation_date: str,
    status: str,
    kind: Optional[str],
    name: Optional[str],
    time_per_step: Optional[Mapping[str, Any]],
    result: Optional[Mapping[str, Any]],
    error: Optional[Mapping[str, Any]],
    tags: Optional[Sequence[str]],
    run_mode: Optional[str],
    share_level: Optional[str],
    client_info: Optional[Mapping[str, str]],
    experiment_id: Optional[str],
    info_queue: Optional[Mapping[str, Any]],
) -> JobRecord:
    """Return the record for the arguments of ``IBMQJob``, which scripts of old give one by one."""
    queued = status == ApiJobStatus.QUEUED.value
    return JobRecord(
        id=job_id,
        creation_date=creation_date.isoformat() if isinstance(creation_date, dt.datetime) else creation_date,
        status=status,
        kind=getattr(kind, "value", kind),
        name=name,
        tags=tuple(tags or ()),
        time_per_step=time_per_step,
        error=_error(error),
        run_mode=run_mode,
        queue=_queue(info_queue) if queued and info_queue else None,
        client_info=client_info,
        experiment_tag=experiment_id,
        share_level=share_level,
        result=result,
    )


def client_versions(info: Optional[Mapping[str, Any]]) -> dict[str, str]:
    """Return the versions of the client that submitted a job.

    Args:
        info: ``{"name": "a,b", "version": "1,2"}``. The lists are read as lists if the first name begins with
            ``qiskit``.
    """
    if not info:
        return {}
    name, version = str(info.get("name", "unknown")), str(info.get("version", "unknown"))
    if name.startswith("qiskit"):
        return dict(zip(name.split(","), version.split(",")))
    return {name: version}


def extra_attributes(record: JobRecord) -> dict[str, Any]:
    """Return what the server says beyond the known fields: ``summaryData`` becomes ``summary_data_``."""
    extra = {f"{to_python_identifier(key).rstrip('_')}_": value for key, value in record.extra.items()}
    extra["live_data_enabled_"] = record.live_data_enabled
    return extra


def local_time(text: str, what: str) -> dt.datetime:
    """Return an instant of the wire in local time.

    Raises:
        IBMQJobApiError: the text is not a date.
    """
    try:
        return utc_to_local(parse_utc(text))
    except ProtocolError as err:
        raise IBMQJobApiError(f"The server gave {text!r} for {what}, which is not a date.") from err


def local_times(steps: Optional[Mapping[str, Any]]) -> dict[str, dt.datetime]:
    """Return the times of a job's steps in local time, leaving out what is not a date."""
    times = {}
    for step, text in (steps or {}).items():
        try:
            times[step] = utc_to_local(parse_utc(text))
        except ProtocolError as err:
            logger.debug("The time of the step %s is left out: %s", step, err)
    return times


def _error(error: Optional[Mapping[str, Any]]) -> Optional[JobError]:
    """Return the reason of a failure; half a reason is better than none."""
    if not error:
        return None
    return JobError(message=str(error.get("message") or ""), code=error.get("code", ""))


def _queue(info: Mapping[str, Any]) -> QueueRecord:
    """Return queue information given with the names of Python attributes."""
    names = (
        "position",
        "status",
        "estimated_start_time",
        "estimated_complete_time",
        "hub_priority",
        "group_priority",
        "project_priority",
    )
    known = {name: info.get(name) for name in names}
    return QueueRecord(**known, extra={key: value for key, value in info.items() if key not in names})
