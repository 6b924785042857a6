# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Fetching payloads and results, which are stored apart from their jobs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import (
    ApiError,
    ApiIBMQProtocolError,
    RequestsApiError,
    UserTimeoutExceededError,
)
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.job import Job
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.extensions import DIRECT_RESULTS, offered

__all__ = ["download", "fetch_result", "inline"]

logger = get_logger(__name__)

_EXPIRED: Final = (401, 403, 404, 410)
"""Statuses with which storage refuses an address whose time is over."""

_NO_SUCH_PATH: Final = (404, 405)

_ACCURACY: Final = 0.05


class _FetchDeadline:
    """The time that fetching a result may take altogether; ``None`` for as long as the bounds of the single requests allow."""

    def __init__(self, seconds: Optional[float]) -> None:
        self._seconds = seconds
        self._ends = float("inf") if seconds is None else time.monotonic() + seconds

    def applied_to(self, job: Job) -> Job:
        """Return the job with requests that take no longer than what is left."""
        return job if self._seconds is None else job.within(max(0.001, self._ends - time.monotonic()))

    @contextlib.contextmanager
    def reported(self, what: str) -> Iterator[None]:
        """Say that the time is over, where that is why the block failed. ``what`` names what was fetched, as the beginning of a sentence."""
        try:
            yield
        except ApiError as err:
            if time.monotonic() < self._ends - _ACCURACY:
                raise
            raise UserTimeoutExceededError(
                f"{what} could not be fetched within {self._seconds:g} s. Ask for it again, with a longer timeout. {err.message}"
            ) from err


def inline(document: Optional[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """Return a document that is part of a job."""
    if document is None:
        raise ApiIBMQProtocolError(f"{what} is not part of the server's answer.")
    return dict(document)


def download(address: Callable[[], Secret], fetch: Callable[[Secret], dict[str, Any]]) -> dict[str, Any]:
    """Return a stored document; with a second address if the first is no longer good.

    Args:
        address: asks for an address.
        fetch: gets the document from an address.
    """
    url = address()
    try:
        return fetch(url)
    except RequestsApiError as err:
        if err.status_code not in _EXPIRED:
            raise
        logger.debug("The storage address is refused (%s); a fresh one is asked for.", err.status_code)
    return fetch(address())


def fetch_result(
    job: Job, job_id: str, *, in_storage: bool, expected: bool, timeout: Optional[float]
) -> dict[str, Any]:
    """Return the result document of a job.

    Args:
        job: the job.
        job_id: its id.
        in_storage: whether the result is in storage; otherwise it is part of the job.
        expected: whether it has to be there, or in a moment.
        timeout: seconds that the caller still has, ``None`` for no limit.

    Raises:
        UserTimeoutExceededError: the time is over.
        ApiError: the result cannot be had.
    """
    deadline = _FetchDeadline(None if timeout is None else max(timeout, job.session.time_limits.result))
    with deadline.reported(f"The result of job {job_id}"):
        if not in_storage:
            return inline(deadline.applied_to(job).get().result, f"The result of job {job_id}")
        direct = _direct_result(deadline.applied_to(job))
        if direct is not None:
            return direct
        document = download(
            lambda: _result_url(job, expected, deadline),
            lambda url: deadline.applied_to(job).get_stored_result(url),
        )
    # The server may want to know. Nobody waits for the answer: it does not matter.
    threading.Thread(target=_acknowledge, args=(job,), name=f"ibmq-acknowledge-{job_id}", daemon=True).start()
    return document


def _direct_result(job: Job) -> Optional[dict[str, Any]]:
    """Return a result that the server gives in one request; ``None`` if it does not do that.

    Such a server has the result as soon as it says that the job is completed, and needs no acknowledgement.
    """
    if not offered(job.session.capabilities, DIRECT_RESULTS):
        return None
    try:
        return job.result()
    except RequestsApiError as err:
        # The server may be another one by now. That there is no result, or no such job, has codes of its own.
        if err.status_code not in _NO_SUCH_PATH or err.code in (ErrorCode.DATA_GONE, ErrorCode.JOB_NOT_FOUND):
            raise
    return None


def _result_url(job: Job, expected: bool, deadline: _FetchDeadline) -> Secret:
    """Return the address of a result, which some servers only have a moment after the status."""
    for delay in job.session.time_limits.missing_result if expected else ():
        try:
            return deadline.applied_to(job).result_url()
        except RequestsApiError as err:
            if err.status_code != 404:
                raise
        time.sleep(delay)
    return deadline.applied_to(job).result_url()


def _acknowledge(job: Job) -> None:
    try:
        job.within(job.session.time_limits.brief).callback_download()
    except ApiError as err:
        logger.debug("The arrival of a result could not be acknowledged: %s", err.message)
