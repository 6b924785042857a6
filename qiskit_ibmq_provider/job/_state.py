# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is known of a job: one record, replaced as a whole whenever the server says something new."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.job.utils import job_api_error
from qiskit_ibmq_provider.protocol.jobs import JobRecord, JobStatusRecord
from qiskit_ibmq_provider.protocol.status import is_final

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["JobState", "merge_record", "merge_status"]

logger = get_logger(__name__)


class JobState:
    """The newest record of a job, and the requests that renew it.

    Any number of threads may read and renew it. A reader sees one record or the next, never a mixture. A
    final status is never left again, whatever a late or stale answer says.

    Args:
        api_client: the requests of the job's project.
        record: what is known at first.
    """

    def __init__(self, api_client: AccountClient, record: JobRecord) -> None:
        self.api_client = api_client
        self._record = record
        self._lock = threading.Lock()
        self._refreshed = False
        self._complete = is_final(record.status)

    @property
    def record(self) -> JobRecord:
        """The newest record."""
        return self._record

    @property
    def final(self) -> bool:
        """Whether the job is known to be over."""
        return is_final(self._record.status)

    @property
    def complete(self) -> bool:
        """Whether the record was given as a whole after the job was over."""
        return self._complete

    def observe(self, status: JobStatusRecord) -> JobRecord:
        """Take over a status that the server sent."""
        with self._lock:
            self._record = merge_status(self._record, status)
            return self._record

    def edit(self, **changes: object) -> JobRecord:
        """Take over attributes that the server has confirmed."""
        with self._lock:
            self._record = self._record.replaced(**changes)
            return self._record

    def query(self) -> JobRecord:
        """Ask for the status, unless the job is known to be over.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if self.final:
            return self._record
        job_id = self._record.id
        try:
            status = self.api_client.job_status(job_id)
        except ApiError as err:
            raise job_api_error(f"The status of job {job_id} cannot be read", err) from err
        return self.observe(status)

    def refresh(self) -> JobRecord:
        """Ask for the whole record.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked, or answered with another job.
        """
        job_id = self._record.id
        try:
            answer = self.api_client.job_get(job_id)
        except ApiError as err:
            raise job_api_error(f"Job {job_id} cannot be read", err) from err
        if answer.id != job_id:
            raise IBMQJobApiError(
                f"The server was asked for job {job_id} and answered with job {answer.id!r}."
            )
        with self._lock:
            self._record = merge_record(self._record, answer)
            self._refreshed = True
            self._complete = is_final(answer.status)
            return self._record

    def settled(self) -> JobRecord:
        """Return a record that will not change any more if the job is over, and a fresh one if it is not.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return self._record if self._complete else self.refresh()

    def filled(self, field: str) -> JobRecord:
        """Return a record that has a field, asking the server once where the field is missing.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        record = self._record
        current = self._refreshed and (self._complete or not self.final)
        return record if getattr(record, field) or current else self.refresh()

    def settled_if_possible(self) -> JobRecord:
        """Return what :meth:`settled` does if the server can be asked, else the present record."""
        return self._or_present(self.settled)

    def filled_if_possible(self, field: str) -> JobRecord:
        """Return what :meth:`filled` does if the server can be asked, else the present record."""
        return self._or_present(lambda: self.filled(field))

    def _or_present(self, ask: Callable[[], JobRecord]) -> JobRecord:
        try:
            return ask()
        except IBMQJobApiError as err:
            logger.debug("Job %s: some details stay unknown: %s", self._record.id, err)
            return self._record


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
