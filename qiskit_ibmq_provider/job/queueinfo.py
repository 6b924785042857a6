# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where a job stands: its status, and its place in the queue of its backend."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Optional, Union

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobRecord, QueueRecord
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.utils.converters import duration_difference, utc_to_local
from qiskit_ibmq_provider.utils.utils import api_status_to_job_status, to_python_identifier

__all__ = ["QueueInfo", "describe_status", "job_status", "queue_info"]

_FIELDS: Final = (
    "position",
    "status",
    "estimated_start_time",
    "estimated_complete_time",
    "hub_priority",
    "group_priority",
    "project_priority",
)


class QueueInfo:
    """Where a job stands in the queue, and when it may run.

    Attributes:
        position: place in the queue within the provider; the next job to run has position 1.
        hub_priority: dynamic priority of the hub, in (0, 1].
        group_priority: dynamic priority of the group, in (0, 1].
        project_priority: dynamic priority of the project, in (0, 1].
        job_id: the job.

    Whatever else the server says about the queue can be read as an attribute too.

    Example:

        >>> queue_info = QueueInfo(position=3, status="PENDING_IN_QUEUE", job_id="5f8c")
        >>> print(queue_info.format())
        Job 5f8c queue information:
            queue position: 3
            status: job is queued
            estimated start time: unknown
            ...
    """

    def __init__(
        self,
        position: Optional[int] = None,
        status: Optional[str] = None,
        estimated_start_time: Optional[Union[str, dt.datetime]] = None,
        estimated_complete_time: Optional[Union[str, dt.datetime]] = None,
        hub_priority: Optional[float] = None,
        group_priority: Optional[float] = None,
        project_priority: Optional[float] = None,
        job_id: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        """Store what the server said.

        Args:
            position: place in the queue.
            status: the server's status of the job, e.g. ``"PENDING_IN_QUEUE"``.
            estimated_start_time: in UTC, as a datetime or an ISO 8601 text.
            estimated_complete_time: in UTC, as a datetime or an ISO 8601 text.
            hub_priority: dynamic priority of the hub.
            group_priority: dynamic priority of the group.
            project_priority: dynamic priority of the project.
            job_id: the job.
            kwargs: more attributes.
        """
        self.position = position
        self.hub_priority = hub_priority
        self.group_priority = group_priority
        self.project_priority = project_priority
        self.job_id = job_id
        self._status = status
        self._start_utc = _utc(estimated_start_time)
        self._complete_utc = _utc(estimated_complete_time)
        self._data = kwargs

    @classmethod
    def from_record(cls, record: QueueRecord, job_id: str) -> QueueInfo:
        """Return what a record of the wire says.

        Args:
            record: the record.
            job_id: the job.
        """
        info = cls(**{name: getattr(record, name) for name in _FIELDS}, job_id=job_id)
        info._data.update({to_python_identifier(key): value for key, value in record.extra.items()})
        return info

    @property
    def estimated_start_time(self) -> Optional[dt.datetime]:
        """When the job may start, in local time; ``None`` if the server did not say."""
        return None if self._start_utc is None else utc_to_local(self._start_utc)

    @property
    def estimated_complete_time(self) -> Optional[dt.datetime]:
        """When the job may be done, in local time; ``None`` if the server did not say."""
        return None if self._complete_utc is None else utc_to_local(self._complete_utc)

    def format(self) -> str:
        """Return a report of several lines for people."""
        start, complete = self.estimated_start_time, self.estimated_complete_time
        values = {
            "queue position": self.position,
            "status": self._status_text("value"),
            "estimated start time": _remaining(start),
            "estimated completion time": _remaining(complete),
            "hub priority": self.hub_priority,
            "group priority": self.group_priority,
            "project priority": self.project_priority,
        }
        lines = [f"Job {_or_unknown(self.job_id)} queue information:"]
        lines += [f"    {name}: {_or_unknown(value)}" for name, value in values.items()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known as a dictionary, times as local datetimes."""
        known = {name: getattr(self, name) for name in ("job_id", *_FIELDS) if name != "status"}
        known["status"] = self._status
        return {**self._data, **{key: value for key, value in known.items() if value is not None}}

    def __repr__(self) -> str:
        start, complete = self.estimated_start_time, self.estimated_complete_time
        return (
            f"<{type(self).__name__}(job_id={self.job_id!r}, status={self._status_text('name')!r}, "
            f"estimated_start_time={None if start is None else start.isoformat()!r}, "
            f"estimated_complete_time={None if complete is None else complete.isoformat()!r}, "
            f"position={self.position}, hub_priority={self.hub_priority}, "
            f"group_priority={self.group_priority}, project_priority={self.project_priority})>"
        )

    def __getattr__(self, name: str) -> Any:
        # Looked up in __dict__: a copy that is being built has no _data yet, and would ask here for ever.
        try:
            return self.__dict__["_data"][name]
        except KeyError:
            raise AttributeError(f"The queue information has no attribute {name!r}.") from None

    def _status_text(self, attribute: str) -> Optional[str]:
        """Return name or text of the qiskit status; one that is not known stays as the server wrote it."""
        if not self._status:
            return None
        try:
            return str(getattr(api_status_to_job_status(self._status), attribute))
        except ValueError:
            return self._status


def queue_info(record: JobRecord) -> Optional[QueueInfo]:
    """Return where the job stands in the queue; ``None`` where there is neither position nor priority."""
    queue = record.queue
    if queue is None:
        return None
    told = (queue.position, queue.hub_priority, queue.group_priority, queue.project_priority)
    return None if all(value is None for value in told) else QueueInfo.from_record(queue, record.id)


def job_status(api_status: str, job_id: str) -> JobStatus:
    """Return qiskit's status for a status of the server.

    Raises:
        IBMQJobApiError: the server's status is not one that this package knows.
    """
    try:
        return api_status_to_job_status(api_status)
    except ValueError as err:
        raise IBMQJobApiError(
            f"The server says that job {job_id} has the status {api_status!r}, which this version of "
            "qiskit-ibmq-provider does not know. A newer version may: update the package."
        ) from err


def describe_status(
    status: JobStatus, queue_info: Optional[QueueInfo] = None, reason: Optional[str] = None
) -> str:
    """Return a status in one line of words.

    Args:
        status: the status.
        queue_info: where the job stands in the queue, if it is queued and the place is known.
        reason: why it failed, if it did.
    """
    text = str(status.value)
    if status is JobStatus.QUEUED and queue_info is not None:
        if queue_info.position is not None:
            text += f" ({queue_info.position})"
        start = queue_info.estimated_start_time
        remaining = duration_difference(start) if start is not None else ""
        if remaining:
            text += f" [Est. wait time: {remaining}]"
    if reason:
        text += f" - {' '.join(reason.split())}"
    return text


def _utc(instant: Optional[Union[str, dt.datetime]]) -> Optional[dt.datetime]:
    """Return an instant as an aware datetime in UTC; a text that is no date counts as not given."""
    if isinstance(instant, str):
        try:
            return parse_utc(instant)
        except ProtocolError:
            return None
    if instant is not None and instant.tzinfo is None:
        return instant.replace(tzinfo=dt.timezone.utc)
    return instant


def _remaining(instant: Optional[dt.datetime]) -> Optional[str]:
    """Return how long it is until an instant; one that is past is due now."""
    return None if instant is None else duration_difference(instant) or "now"


def _or_unknown(value: Any) -> Any:
    """Return what is shown for a value that the server may not have given."""
    return "unknown" if value is None else value
