# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The jobs and reservations of one project, whatever backend they are on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._project.device_list import DeviceList
from qiskit_ibmq_provider._project.job_query import JobQuery
from qiskit_ibmq_provider._project.page_walk import walk_pages
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendValueError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQRetiredBackend
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.protocol.filters import Clause
from qiskit_ibmq_provider.protocol.jobs import JobRecord
from qiskit_ibmq_provider.utils.backend import convert_reservation_data

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["ProjectJobs"]

logger = get_logger(__name__)


class ProjectJobs:
    """Asks the server for jobs, and gives each the backend that it ran on.

    Args:
        provider: the provider of the project.
        devices: its backends and its connection.
    """

    def __init__(self, provider: AccountProvider, devices: DeviceList) -> None:
        self._provider = provider
        self._devices = devices

    def jobs(self, query: JobQuery) -> list[IBMQJob]:
        """Return the jobs of a query.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors("The jobs cannot be listed"):
            records = list(walk_pages(self._page_of_jobs, query, _record_stamp))
        return self._jobs(records)

    def iter_jobs(self, query: JobQuery) -> Iterator[IBMQJob]:
        """Yield the jobs of a query, asking the server for more when those it gave are used up.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors("The jobs cannot be listed"):
            for record in walk_pages(self._page_of_jobs, query, _record_stamp, hurried=True):
                yield self._job(record)

    def ids(self, query: JobQuery) -> list[dict[str, Any]]:
        """Return the server's entries of the jobs of a query: id, creation date, live-data setting.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors("The ids of jobs cannot be listed"):
            return list(walk_pages(self._page_of_ids, query, _id_stamp))

    def retrieve(self, job_id: str) -> IBMQJob:
        """Return one job.

        Raises:
            IBMQBackendValueError: the id is not a text, or empty.
            IBMQBackendApiError: there is no such job in this project, or the server could not be asked.
        """
        if not isinstance(job_id, str) or not job_id:
            raise IBMQBackendValueError(
                f"A job id is a text such as '5fb48d2ae4314600192a1c2c', not {job_id!r}."
            )
        with api_errors(f"The job {job_id} cannot be retrieved"):
            record = self._devices.client.job_get(job_id)
        return self._job(record)

    def find_submitted(self, idempotency_key: str) -> Optional[IBMQJob]:
        """Return the job that was submitted with a key, ``None`` if there is none.

        Raises:
            IBMQBackendValueError: the key is not a text, or empty.
            IBMQBackendApiError: the server does not know such keys, refused, or could not be asked.
        """
        if not isinstance(idempotency_key, str) or not idempotency_key:
            raise IBMQBackendValueError(
                f"An idempotency key is the text that an exception of run() carries, not {idempotency_key!r:.80}."
            )
        with api_errors("The job of an idempotency key cannot be looked up"):
            record = self._devices.client.job_of_key(idempotency_key)
        return None if record is None else self._job(record)

    def reservations(self) -> list[BackendReservation]:
        """Return the account's upcoming reservations.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors("Your reservations cannot be listed"):
            return convert_reservation_data(self._devices.client.my_reservations())

    def _page_of_jobs(self, limit: int, skip: int, descending: bool, where: Clause) -> list[JobRecord]:
        return self._devices.client.list_jobs_statuses(
            limit=limit, skip=skip, descending=descending, extra_filter=where
        )

    def _page_of_ids(self, limit: int, skip: int, descending: bool, where: Clause) -> list[dict[str, Any]]:
        return self._devices.client.list_jobs_ids(
            limit=limit, skip=skip, descending=descending, extra_filter=where
        )

    def _job(self, record: JobRecord) -> IBMQJob:
        return self._jobs([record])[0]

    def _jobs(self, records: Sequence[JobRecord]) -> list[IBMQJob]:
        """Return the jobs of records. Their backends may be gone, or the list of backends out of reach."""
        if not records:
            return []
        client = self._devices.client
        try:
            backends = self._devices.backends()
        except IBMQBackendApiError as err:
            logger.warning(
                "The backends of %d jobs, from job %s on, cannot be looked up. %s",
                len(records),
                records[0].id,
                err.message,
            )
            backends = {}
        with collector_held():
            return [self._job_on(backends, record, client) for record in records]

    def _job_on(self, backends: dict[str, IBMQBackend], record: JobRecord, client: AccountClient) -> IBMQJob:
        """Return a job, on one of the backends, or on one made for all jobs of a backend that is gone."""
        name = record.backend_name or "unknown"
        backend = backends.get(name)
        if backend is None:
            backend = IBMQRetiredBackend.from_name(name, self._provider, self._provider.credentials, client)
            backends[name] = backend
        return IBMQJob.from_record(backend, client, record)


def _record_stamp(record: JobRecord) -> tuple[str, str]:
    return record.id, record.creation_date


def _id_stamp(entry: Mapping[str, Any]) -> tuple[str, str]:
    job_id, date = entry.get("id"), entry.get("creationDate")
    if not isinstance(job_id, str) or not isinstance(date, str):
        raise IBMQBackendApiProtocolError(
            "The server's list of job ids has an entry without id or creation date."
        )
    return job_id, date
