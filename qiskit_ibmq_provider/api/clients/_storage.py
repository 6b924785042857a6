# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Fetching payloads and results, which are stored apart from their jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.job import Job
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.extensions import DIRECT_RESULTS, offered

__all__ = ["acknowledge", "direct_result", "download", "inline", "result_url"]

logger = get_logger(__name__)

_EXPIRED: Final = (401, 403, 404, 410)
"""Statuses with which storage refuses an address whose time is over."""

_NO_SUCH_PATH: Final = (404, 405)

_MISSING_RESULT_DELAYS: Final = (0.5, 1.0, 2.0)
"""Seconds between looking for a result that has to be there."""

_ACKNOWLEDGE_SECONDS: Final = 10.0


def inline(document: Optional[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """Return a document that is part of a job."""
    if document is None:
        raise ApiIBMQProtocolError(f"{what} is not part of the server's answer.")
    return dict(document)


def download(job: Job, address: Callable[[], Secret]) -> dict[str, Any]:
    """Return a stored document; with a second address if the first is no longer good."""
    url = address()
    try:
        return job.get_object_storage(url)
    except RequestsApiError as err:
        if err.status_code not in _EXPIRED:
            raise
        logger.debug("The storage address is refused (%s); a fresh one is asked for.", err.status_code)
    return job.get_object_storage(address())


def direct_result(job: Job) -> Optional[dict[str, Any]]:
    """Return a result that the server gives in one request; ``None`` if it does not do that.

    Such a server has the result as soon as it says that the job is completed, and needs no acknowledgement.
    """
    if not offered(job.session.capabilities, DIRECT_RESULTS):
        return None
    try:
        return job.result(timeouts=job.session.storage_timeouts)
    except RequestsApiError as err:
        # The server may be another one by now. That there is no result, or no such job, has codes of its own.
        if err.status_code not in _NO_SUCH_PATH or err.code in (ErrorCode.DATA_GONE, ErrorCode.JOB_NOT_FOUND):
            raise
    return None


def result_url(job: Job, expected: bool) -> Secret:
    """Return the address of a result, which some servers only have a moment after the status."""
    for delay in _MISSING_RESULT_DELAYS if expected else ():
        try:
            return job.result_url()
        except RequestsApiError as err:
            if err.status_code != 404:
                raise
        time.sleep(delay * job.session.time_scale)
    return job.result_url()


def acknowledge(job: Job, job_id: str) -> None:
    """Tell the server that a result has arrived, as it may want to know. Nobody waits for the answer: it does not matter."""
    threading.Thread(target=_acknowledge, args=(job,), name=f"ibmq-acknowledge-{job_id}", daemon=True).start()


def _acknowledge(job: Job) -> None:
    """Tell the server; runs in a thread of its own."""
    try:
        job.callback_download(timeouts=job.session.bounds(_ACKNOWLEDGE_SECONDS))
    except ApiError as err:
        logger.debug("The arrival of a result could not be acknowledged: %s", err.message)
