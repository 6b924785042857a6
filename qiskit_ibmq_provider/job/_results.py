# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Fetching, once, what a job left behind: its result or the reason of its failure."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.encoding.results import decode_result
from qiskit_ibmq_provider.job._failure import FailureReport, failure_report
from qiskit_ibmq_provider.job._record import client_versions
from qiskit_ibmq_provider.job.exceptions import (
    IBMQJobApiError,
    IBMQJobError,
    IBMQJobFailureError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)
from qiskit_ibmq_provider.job.utils import job_api_error
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.status import ApiJobKind, ApiJobStatus

if TYPE_CHECKING:
    from qiskit.result import Result

    from qiskit_ibmq_provider.job._state import JobState

__all__ = ["JobResults"]

logger = get_logger(__name__)


class JobResults:
    """Result and failure report of one job. Threads that ask at the same time share one download."""

    def __init__(self, state: JobState) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._result: Optional[Result] = None
        self._report: Optional[FailureReport] = None
        self._report_final = False

    def cached(self) -> Optional[Result]:
        """Return the result of a completed job if it has been fetched."""
        return self._result if self._state.record.status == ApiJobStatus.COMPLETED.value else None

    def get(self, partial: bool = False, refresh: bool = False, deadline: Optional[float] = None) -> Result:
        """Return the result of a job that is over.

        Args:
            partial: give what a failed job has as well.
            refresh: fetch it again.
            deadline: when to stop asking for a result that is not there yet, as ``time.monotonic`` counts.

        Raises:
            IBMQJobInvalidStateError: the job was cancelled, or is of a form without results.
            IBMQJobFailureError: the job failed.
            IBMQJobTimeoutError: another thread is still fetching the result at the deadline.
            IBMQJobApiError: the result cannot be fetched or read.
        """
        record = self._state.record
        if record.status == ApiJobStatus.CANCELLED.value:
            raise IBMQJobInvalidStateError(f"Job {record.id} was cancelled, so it has no result.")
        with self._alone(deadline):
            if record.status == ApiJobStatus.COMPLETED.value:
                if self._result is None or refresh:
                    self._result = self._decode(self._download_completed(deadline))
                return self._result
            report = self._failure(refresh)
            if partial and self._result is not None:
                return self._result
        message = f"Job {record.id} has failed, so it has no result. {report.summary}"
        raise IBMQJobFailureError(message, code=report.code)

    def failure(self) -> FailureReport:
        """Return why the job failed, with as much detail as can be had."""
        with self._lock:
            return self._failure(refresh=False)

    @contextlib.contextmanager
    def _alone(self, deadline: Optional[float]) -> Iterator[None]:
        """Keep other threads out while this one fetches."""
        patience = -1.0 if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._lock.acquire(timeout=patience):
            raise IBMQJobTimeoutError(
                f"Another thread still fetches the result of job {self._state.record.id}. Ask again later."
            )
        try:
            yield
        finally:
            self._lock.release()

    def _failure(self, refresh: bool) -> FailureReport:
        """Build the report from what the failed job has; what cannot be fetched is tried again next time."""
        if self._report is not None and self._report_final and not refresh:
            return self._report
        document, settled = None, True
        if self._state.record.status == ApiJobStatus.ERROR_RUNNING_JOB.value:  # The others were never run.
            document, settled = self._download_failed()
        said = document is not None and bool(document.get("results") or document.get("error"))
        record = self._state.record if said else self._state.filled_if_possible("error")
        self._report = failure_report(record.status, record.error, document)
        self._report_final = settled and (said or record.error is not None or self._state.complete)
        return self._report

    def _download_completed(self, deadline: Optional[float]) -> Mapping[str, Any]:
        """Fetch the result document of a completed job; it may appear a moment after the status."""
        record = self._state.filled("kind")
        if record.result is not None:
            self._state.edit(result=None)
            return record.result
        if record.kind is None:
            raise IBMQJobInvalidStateError(_old_form(record.id))
        try:
            # A server may say that the job is completed a moment before the result is there.
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            return self._download(record.kind, expected=left is None or left > 0.0, timeout=left)
        except UserTimeoutExceededError as err:
            raise IBMQJobTimeoutError(err.message) from err
        except ApiError as err:
            raise job_api_error(f"The result of job {record.id} cannot be fetched", err) from err

    def _download_failed(self) -> tuple[Optional[Mapping[str, Any]], bool]:
        """Fetch the result document of a job that failed while it ran, and keep its good part.

        Returns:
            the document, ``None`` if there is none, and whether that answer is the last word.
        """
        record = self._state.record
        try:
            document = record.result if record.result is not None else self._download(record.kind)
        except ApiError as err:
            logger.debug("The failed job %s has no result document: %s", record.id, err)
            return None, err.status_code is not None and 400 <= err.status_code < 500
        if document.get("results"):
            try:
                self._result = self._decode(document)
            except IBMQJobError as err:
                logger.debug("The partial result of job %s cannot be read: %s", record.id, err)
        return document, True

    def _download(
        self, kind: Optional[str], *, expected: bool = False, timeout: Optional[float] = None
    ) -> Mapping[str, Any]:
        """Fetch the result document; where it is expected, look for it more than once."""
        return self._state.api_client.job_result(
            self._state.record.id,
            use_object_storage=kind != ApiJobKind.QOBJECT.value,
            expected=expected,
            timeout=timeout,
        )

    def _decode(self, document: Mapping[str, Any]) -> Result:
        """Return the document as qiskit's result, with the version of the client that submitted the job."""
        record = self._state.filled_if_possible("client_info")
        versions = client_versions(record.client_info)
        try:
            return decode_result({**document, "client_version": versions}, job_id=record.id)
        except ProtocolError as err:
            if record.kind is None:
                raise IBMQJobInvalidStateError(_old_form(record.id)) from err
            raise IBMQJobApiError(
                f"The result of job {record.id} cannot be read. {err} Ask for it again with refresh=True; if "
                "that does not help, whoever runs the service should know."
            ) from err


def _old_form(job_id: str) -> str:
    return f"Job {job_id} is of an old form, without a kind, whose result cannot be read any more."
