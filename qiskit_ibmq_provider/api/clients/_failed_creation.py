# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Finding out, on a server that knows idempotency keys, whether a failed request has made a job."""

from __future__ import annotations

from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.api.rest.account import Account
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["NO_SUCH_PATH", "job_of_failed_request"]

logger = get_logger(__name__)

NO_SUCH_PATH: Final = (404, 405)
"""Statuses of a server that does not know a path, or not for this verb."""

_OWN_CODES: Final = frozenset(int(code) for code in ErrorCode)


def job_of_failed_request(account: Account, failure: ApiError, key: str) -> Optional[JobRecord]:
    """Return the job that a failed request has made after all, ``None`` if there certainly is none.

    Args:
        account: the project.
        failure: what became of the request, its repetitions included.
        key: its key.

    Raises:
        ApiError: nobody can say.
    """
    if not failure.may_be_processed and not _is_doubtful_refusal(failure):
        return None
    try:
        record = account.within(account.session.time_limits.brief).job_of_key(key)
    except ApiError as err:
        logger.debug("The job of a lost answer cannot be looked up: %s", err.message)
        if err.status_code in NO_SUCH_PATH and failure.status_code in NO_SUCH_PATH:
            # Neither path is there: it is another server by now.
            return None
    else:
        if record is not None or not failure.may_be_under_way:
            failure.outcome_unknown = False
            return record
    unknown = failure.introduced_by(
        "Whether the job was submitted is not known, because the server's answer was lost or cannot be read. Ask for it with "
        f"provider.backend.find_submitted_job('{key}'), or look for it in the list of your jobs, before you submit it again."
    )
    unknown.idempotency_key, unknown.outcome_unknown = key, True
    raise unknown


def _is_doubtful_refusal(failure: ApiError) -> bool:
    """Tell whether a refusal may come from something between client and server, which may say anything.

    Of a server that knows keys, all refusals have codes that we know.
    """
    refused = failure.status_code is not None and failure.status_code >= 400
    return refused and failure.code not in _OWN_CODES
