# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a backend is asked: what it is made of, how it is calibrated, how busy it is, which jobs it has."""

from __future__ import annotations

import datetime as dt
import functools
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional, Union

from qiskit.providers import JobStatus
from qiskit.providers.models import (
    BackendProperties,
    BackendStatus,
    PulseBackendConfiguration,
    PulseDefaults,
    QasmBackendConfiguration,
)

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._backend.kept_document import KeptDocument
from qiskit_ibmq_provider._backend.portable import PortableBackend
from qiskit_ibmq_provider.backendjoblimit import BackendJobLimit
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.encoding.backends import (
    decode_backend_properties,
    decode_pulse_defaults,
    own_properties,
)
from qiskit_ibmq_provider.exceptions import IBMQBackendError
from qiskit_ibmq_provider.utils.backend import convert_reservation_data
from qiskit_ibmq_provider.utils.converters import local_to_utc

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.credentials import Credentials
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = ["BackendQueries", "Configuration"]

Configuration = Union[QasmBackendConfiguration, PulseBackendConfiguration]

_UNFINISHED = (JobStatus.INITIALIZING, JobStatus.VALIDATING, JobStatus.QUEUED, JobStatus.RUNNING)


class BackendQueries(PortableBackend):
    """The part of a backend that only asks.

    Args:
        configuration: what the backend is made of.
        provider: the provider that it belongs to.
        credentials: account and project.
        api_client: requests to the server, for this project.
    """

    def __init__(
        self,
        configuration: Configuration,
        provider: AccountProvider,
        credentials: Credentials,
        api_client: AccountClient,
    ) -> None:
        super().__init__(provider=provider, configuration=configuration)
        self._api_client = api_client
        self._given_credentials = credentials
        self.hub = credentials.hub
        self.group = credentials.group
        self.project = credentials.project
        build = functools.partial(decode_backend_properties, backend_name=configuration.backend_name)
        self._kept_properties: KeptDocument[BackendProperties] = KeptDocument(build, own_properties)
        self._kept_defaults: KeptDocument[PulseDefaults] = KeptDocument(decode_pulse_defaults)

    def configuration(self) -> Configuration:
        """Return what the backend is made of: qubits, gates, connections, limits. It never changes.

        Times (``dt``, ``rep_times``) are in seconds and frequencies in Hz.
        """
        return self._configuration

    def properties(
        self, refresh: bool = False, datetime: Optional[dt.datetime] = None
    ) -> Optional[BackendProperties]:
        """Return the calibration data: properties of qubits and gates, each with the date of its measurement.

        Args:
            refresh: ask the server again instead of returning what is kept.
            datetime: return the newest data that is older than this; local time if it has no zone. Such data is not kept.

        Returns:
            The data, to which changes have no effect on later calls, or None if there is none. Its methods give times in seconds
            (``t1``, ``t2``, ``gate_length``), frequencies in Hz and errors as probabilities; its dates are in local time.

        Raises:
            TypeError: an argument is of the wrong type.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        if not isinstance(refresh, bool):
            raise TypeError(f"refresh should be True or False, not {refresh!r:.80}.")
        if datetime is None:
            with api_errors(f"Failed to get the properties of {self.name()}"):
                return self._kept_properties.get(
                    lambda: self._api_client.backend_properties(self.name()), refresh=refresh
                )
        if not isinstance(datetime, dt.datetime):
            raise TypeError(f"datetime should be a datetime, not {datetime!r:.80}.")
        with api_errors(f"Failed to get the properties of {self.name()}"):
            document = self._api_client.backend_properties(self.name(), datetime=local_to_utc(datetime))
            return decode_backend_properties(document, backend_name=self.name())

    def status(self) -> BackendStatus:
        """Return whether the backend works and how many jobs wait.

        A backend with ``operational`` True and ``status_msg`` ``internal`` takes jobs but does not run them.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the status of {self.name()}"):
            record = self._api_client.backend_status(self.name())
        return BackendStatus(
            backend_name=self.name(),
            backend_version=record.backend_version,
            operational=record.operational,
            pending_jobs=record.pending_jobs,
            status_msg=record.status_msg,
        )

    def defaults(self, refresh: bool = False) -> Optional[PulseDefaults]:
        """Return frequencies, in Hz, and the pulses of all gates, in time steps of ``configuration().dt`` seconds.

        Args:
            refresh: ask the server again instead of returning what is kept.

        Returns:
            The defaults, to which changes have no effect on later calls, or None if the backend has none.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the pulse defaults of {self.name()}"):
            return self._kept_defaults.get(
                lambda: self._api_client.backend_pulse_defaults(self.name()), refresh=refresh
            )

    def job_limit(self) -> BackendJobLimit:
        """Return how many jobs may be unfinished, and how many are, with this provider.

        ``maximum_jobs`` is None where there is no limit.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the job limit of {self.name()}"):
            return BackendJobLimit.from_record(self._api_client.backend_job_limit(self.name()))

    def remaining_jobs_count(self) -> Optional[int]:
        """Return how many more jobs may be submitted with this provider; None where there is no limit.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        limit = self.job_limit()
        return None if limit.maximum_jobs is None else limit.maximum_jobs - limit.active_jobs

    def reservations(
        self,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
    ) -> list[BackendReservation]:
        """Return reservations that overlap a time; without any argument all that are known.

        Args:
            start_datetime: the beginning; local time if it has no zone. None means open.
            end_datetime: the end; local time if it has no zone. None means open.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        start = None if start_datetime is None else local_to_utc(start_datetime)
        end = None if end_datetime is None else local_to_utc(end_datetime)
        with api_errors(f"Failed to get the reservations of {self.name()}"):
            records = self._api_client.backend_reservations(self.name(), start, end)
            return convert_reservation_data(records, self.name())

    def jobs(
        self,
        limit: Optional[int] = 10,
        skip: int = 0,
        status: Union[None, JobStatus, str, list[Union[JobStatus, str]]] = None,
        job_name: Optional[str] = None,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
        job_tags: Optional[list[str]] = None,
        job_tags_operator: Optional[str] = "OR",
        experiment_id: Optional[str] = None,
        descending: bool = True,
        db_filter: Optional[dict[str, Any]] = None,
    ) -> list[IBMQJob]:
        """Return jobs of this backend, newest first.

        Args:
            limit: at most so many jobs; None for all.
            skip: leave out so many at the beginning.
            status: only jobs with this status, or with one of these.
            job_name: only jobs whose name matches this regular expression somewhere.
            start_datetime: only jobs made at this time or later; local time if it has no zone.
            end_datetime: only jobs made at this time or earlier; local time if it has no zone.
            job_tags: only jobs with these tags.
            job_tags_operator: ``OR`` for any of the tags, ``AND`` for all of them.
            experiment_id: only jobs of this experiment.
            descending: False for oldest first.
            db_filter: another condition, in the language of LoopBack, for instance ``{"hubInfo.hub.name": "ibm-q"}``.

        Raises:
            IBMQBackendValueError: an argument cannot be used.
        """
        found: list[IBMQJob] = self._provider.backend.jobs(
            limit=limit,
            skip=skip,
            backend_name=self.name(),
            status=status,
            job_name=job_name,
            start_datetime=start_datetime,
            end_datetime=end_datetime,
            job_tags=job_tags,
            job_tags_operator=job_tags_operator,
            experiment_id=experiment_id,
            descending=descending,
            db_filter=db_filter,
        )
        return found

    def iter_jobs(self, limit: Optional[int] = None, skip: int = 0, **conditions: Any) -> Iterator[IBMQJob]:
        """Return an iterator over jobs of this backend. It asks the server for more as it goes.

        Args:
            limit: at most so many jobs; None for all.
            skip: leave out so many at the beginning.
            conditions: as for :meth:`jobs`.

        Raises:
            IBMQBackendValueError: an argument cannot be used.
        """
        found: Iterator[IBMQJob] = self._provider.backend.iter_jobs(
            limit, skip, backend_name=self.name(), **conditions
        )
        return found

    def active_jobs(self, limit: int = 10) -> list[IBMQJob]:
        """Return jobs of this backend that are not finished, newest first.

        Args:
            limit: at most so many jobs.
        """
        return self.jobs(status=list(_UNFINISHED), limit=limit)

    def retrieve_job(self, job_id: str) -> IBMQJob:
        """Return a job of this backend.

        Args:
            job_id: the id that :meth:`IBMQJob.job_id()<qiskit.providers.ibmq.job.IBMQJob.job_id>` gave.

        Raises:
            IBMQBackendError: there is no such job, or it is one of another backend.
        """
        job: IBMQJob = self._provider.backend.retrieve_job(job_id)
        other = job.backend().name()
        if other != self.name():
            message = f"Job {job_id} belongs to {other}, not to {self.name()}."
            warnings.warn(message, stacklevel=2)
            raise IBMQBackendError(f"{message} Ask the provider for it: provider.backend.retrieve_job().")
        return job
