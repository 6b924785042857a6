# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a record says of a job's status and of its queue, in qiskit's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.job.queueinfo import QueueInfo
from qiskit_ibmq_provider.utils.converters import duration_difference
from qiskit_ibmq_provider.utils.utils import api_status_to_job_status

if TYPE_CHECKING:
    from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["describe_status", "job_status", "queue_info"]


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


def queue_info(record: JobRecord) -> Optional[QueueInfo]:
    """Return where the job stands in the queue; ``None`` where there is neither position nor priority."""
    queue = record.queue
    if queue is None:
        return None
    told = (queue.position, queue.hub_priority, queue.group_priority, queue.project_priority)
    return None if all(value is None for value in told) else QueueInfo.from_record(queue, record.id)


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
