# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Cancelling a job, and finding out what became of it when the answer was lost."""

from __future__ import annotations

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.api.rest.job import Job
from qiskit_ibmq_provider.protocol.status import ApiJobStatus, is_final

__all__ = ["cancel"]

logger = get_logger(__name__)


def cancel(job: Job, job_id: str) -> bool:
    """Cancel a job. Where the answer is lost, its status says what became of it; if nothing did, it is cancelled once more.

    Returns:
        ``False`` if the server refuses in its answer, because the job is over.

    Raises:
        ApiError: the request was refused, or, if ``outcome_unknown`` is set, nobody can say what became of it.
    """
    try:
        return job.cancel()
    except ApiError as err:
        if not err.outcome_unknown:
            raise
        failure = err
    try:
        status = job.status().status
    except ApiError as err:
        logger.debug("The status of job %s cannot be asked for: %s", job_id, err.message)
    else:
        if is_final(status):
            return status == ApiJobStatus.CANCELLED.value
        logger.debug("The cancellation of job %s failed (%s) and is repeated.", job_id, failure.message)
        return job.cancel()
    raise failure
