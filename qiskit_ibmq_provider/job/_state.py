# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is known of a job: its newest record, how answers of the server update it, and how users see its fields."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobRecord, JobStatusRecord
from qiskit_ibmq_provider.protocol.status import is_final
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.utils.converters import utc_to_local
from qiskit_ibmq_provider.utils.utils import to_python_identifier

__all__ = [
    "JobState",
    "client_versions",
    "extra_attributes",
    "local_time",
    "local_times",
    "merge_record",
    "merge_status",
]

logger = get_logger(__name__)


class JobState:
    """The newest record of a job.

    Any number of threads may read and update it. A reader sees one record or the next, never a mixture. A
    final status stays, even if a late answer says otherwise.

    Attributes:
        record: the newest record.
        complete: whether the record was given as a whole after the job was over.
    """

    def __init__(self, record: JobRecord) -> None:
        self.record = record
        self.complete = is_final(record.status)
        self._refreshed = False
        self._lock = threading.Lock()

    @property
    def final(self) -> bool:
        """Whether the job is known to be over."""
        return is_final(self.record.status)

    def lacks(self, field: str) -> bool:
        """Return whether a field is missing that the server may tell."""
        up_to_date = self._refreshed and (self.complete or not self.final)
        return not getattr(self.record, field) and not up_to_date

    def observe(self, status: JobStatusRecord) -> JobRecord:
        """Take over a status that the server sent."""
        with self._lock:
            self.record = merge_status(self.record, status)
            return self.record

    def renew(self, answer: JobRecord) -> None:
        """Take over a whole record that the server sent."""
        with self._lock:
            self.record = merge_record(self.record, answer)
            self.complete = is_final(answer.status)
            self._refreshed = True

    def edit(self, **changes: Any) -> None:
        """Take over attributes that the server has confirmed."""
        with self._lock:
            self.record = self.record.replaced(**changes)


def merge_status(record: JobRecord, status: JobStatusRecord) -> JobRecord:
    """Return the record with a newer status. A final status stays, but may still learn its reason."""
    error = status.error or record.error
    if is_final(record.status):
        same = status.status == record.status
        return record.replaced(error=error) if same else record
    return record.replaced(status=status.status, queue=status.queue, error=error)


def merge_record(old: JobRecord, new: JobRecord) -> JobRecord:
    """Return the newer record, with the parts of the older one that do not change any more."""
    new = new.replaced(kind=new.kind or old.kind)
    if is_final(old.status) and new.status != old.status:
        return new.replaced(status=old.status, queue=None, error=new.error or old.error)
    return new


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
