# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The backends of a project, the choice among them, and the jobs on any of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Union

from qiskit.exceptions import QiskitError

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._project import backend_names
from qiskit_ibmq_provider._project.backend_filter import ask_statuses, filter_backends
from qiskit_ibmq_provider._project.job_query import JobQuery, StatusArgument
from qiskit_ibmq_provider._project.page_walk import walk_pages
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendValueError,
    IBMQError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQRetiredBackend
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.protocol.filters import Clause
from qiskit_ibmq_provider.protocol.jobs import JobRecord
from qiskit_ibmq_provider.utils.backend import convert_reservation_data

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider

__all__ = ["IBMQBackendService", "IBMQDeprecatedBackendService", "least_busy"]

logger = get_logger(__name__)


class IBMQBackendService:
    """Backends of a project, each also as an attribute, and jobs whatever backend they ran on.

    It is ``provider.backend``.

    Example:

        >>> provider.backend.ibmq_vigo    # its name in snake case
        <IBMQBackend('ibmq_vigo') ...>
        >>> provider.backend.backends(simulator=True)    # or shorter: provider.backends(simulator=True)
        [<IBMQSimulator('ibmq_qasm_simulator') ...>]
        >>> job = backend.run(circuit, job_name="first", job_tags=["lesson 1"])
        >>> job.wait_for_final_state(timeout=60)
        >>> [each.name() for each in provider.backend.jobs(job_tags=["lesson 1"], status="DONE", limit=5)]
        ['first']
        >>> provider.backend.retrieve_job(job.job_id()).name()
        'first'

    Args:
        provider: the provider of the project.
    """

    def __init__(self, provider: AccountProvider) -> None:
        self._provider = provider

    def backends(
        self,
        name: Optional[str] = None,
        filters: Optional[Callable[[IBMQBackend], bool]] = None,
        timeout: Optional[float] = None,
        min_num_qubits: Optional[int] = None,
        input_allowed: Optional[Union[str, list[str]]] = None,
        **kwargs: Any,
    ) -> list[IBMQBackend]:
        """Return the backends that meet all conditions.

        Args:
            name: name or alias.
            filters: function that returns whether to take a backend::

                provider.backends(filters=lambda b: b.configuration().quantum_volume > 16)

            timeout: deprecated; has no effect.
            min_num_qubits: least number of qubits.
            input_allowed: ``job`` or ``runtime``, or a list with both, that the backend has to support.
            kwargs: wanted values of attributes of the configuration or of the status::

                provider.backends(n_qubits=5, operational=True)

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        if timeout:
            warn_caller(
                "The argument `timeout` has no effect and will go: every request has a time limit.",
                DeprecationWarning,
            )
        backends = list(self._backends.values())
        if name:
            found = backend_names.find(self._backends, name)
            backends = [] if found is None else [found]
        return filter_backends(
            backends,
            kwargs,
            accept=filters,
            min_num_qubits=min_num_qubits,
            input_allowed=input_allowed,
        )

    def jobs(
        self,
        limit: Optional[int] = 10,
        skip: int = 0,
        backend_name: Optional[str] = None,
        status: Optional[StatusArgument] = None,
        job_name: Optional[str] = None,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
        job_tags: Optional[list[str]] = None,
        job_tags_operator: Optional[str] = "OR",
        experiment_id: Optional[str] = None,
        descending: bool = True,
        db_filter: Optional[Mapping[str, Any]] = None,
    ) -> list[IBMQJob]:
        """Return jobs that meet all conditions.

        Args:
            limit: most jobs to return; ``None`` or 0 for all.
            skip: how many of them to leave out first.
            backend_name: name of the backend.
            status: status, or its name, or several of these: ``JobStatus.RUNNING``, ``"running"``, ``["RUNNING", "ERROR"]``.
            job_name: regular expression (as in JavaScript) to be found anywhere in the job's name.
            start_datetime: earliest creation, local time if it has no zone.
            end_datetime: latest creation, local time if it has no zone.
            job_tags: tags.
            job_tags_operator: ``"OR"``: one of the tags is enough; ``"AND"``: all are needed.
            experiment_id: experiment that the job belongs to.
            descending: newest first; else oldest first.
            db_filter: more conditions in the server's own form, LoopBack's ``where`` object, e.g. ``{"runMode": "fairshare"}``. On a
                field that another argument asks about, that argument wins.

        Raises:
            IBMQBackendValueError: a value is not usable.
            IBMQBackendApiError: the server refused, or could not be asked.
            TypeError: a date is not a datetime.
        """
        query = JobQuery(
            limit=limit,
            skip=skip,
            backend_name=backend_name,
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
        with api_errors("The jobs cannot be listed"):
            records = list(walk_pages(self._page_of_jobs, query, _record_stamp))
        return self._jobs_of(records)

    def iter_jobs(self, limit: Optional[int] = None, skip: int = 0, **conditions: Any) -> Iterator[IBMQJob]:
        """Return an iterator over jobs that meet all conditions. It asks the server for more as it goes.

            >>> for job in provider.backend.iter_jobs(status="DONE", backend_name="ibmq_qasm_simulator", limit=1):
            ...     print(job.backend().name(), job.status().name)
            ibmq_qasm_simulator DONE

        A job that is made meanwhile is not among them if the newest come first.

        Args:
            limit: most jobs to give; ``None`` or 0 for all.
            skip: how many of them to leave out first.
            conditions: as for :meth:`jobs`.

        Raises:
            IBMQBackendValueError: a value is not usable; at once, not when the iterator is used.
            IBMQBackendApiError: the server refused, or could not be asked; when the iterator is used.
            TypeError: a date is not a datetime, or there is no such condition.
        """
        query = JobQuery(limit=limit, skip=skip, **conditions)

        def jobs() -> Iterator[IBMQJob]:
            with api_errors("The jobs cannot be listed"):
                for record in walk_pages(self._page_of_jobs, query, _record_stamp, hurried=True):
                    yield self._job_of(record)

        return jobs()

    def job_ids(
        self,
        limit: Optional[int] = 10,
        skip: int = 0,
        backend_name: Optional[str] = None,
        status: Optional[StatusArgument] = None,
        job_name: Optional[str] = None,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
        job_tags: Optional[list[str]] = None,
        job_tags_operator: Optional[str] = "OR",
        descending: bool = True,
    ) -> list[dict[str, Any]]:
        """Return id, creation date and live-data setting of jobs that meet all conditions; much less to fetch than :meth:`jobs`.

        Args:
            limit: most jobs to return; ``None`` or 0 for all.
            skip: how many of them to leave out first.
            backend_name: as for :meth:`jobs`, and so are the others.
            status: status or statuses.
            job_name: regular expression for the name.
            start_datetime: earliest creation.
            end_datetime: latest creation.
            job_tags: tags.
            job_tags_operator: ``"OR"`` or ``"AND"``.
            descending: newest first; else oldest first.

        Returns:
            The server's own entries: ``{"id": ..., "creationDate": ..., "liveDataEnabled": ...}``, dates as texts in UTC.

        Raises:
            IBMQBackendValueError: a value is not usable.
            IBMQBackendApiError: the server refused, or could not be asked.
            TypeError: a date is not a datetime.
        """
        query = JobQuery(
            limit=limit,
            skip=skip,
            backend_name=backend_name,
            status=status,
            job_name=job_name,
            start_datetime=start_datetime,
            end_datetime=end_datetime,
            job_tags=job_tags,
            job_tags_operator=job_tags_operator,
            descending=descending,
        )
        with api_errors("The ids of jobs cannot be listed"):
            return list(walk_pages(self._page_of_ids, query, _id_stamp))

    def retrieve_job(self, job_id: str) -> IBMQJob:
        """Return a job by its id.

        Args:
            job_id: id of the job.

        Raises:
            IBMQBackendValueError: the id is not a text, or empty.
            IBMQBackendApiError: there is no such job in this project, or the server could not be asked.
            IBMQBackendApiProtocolError: the server's answer cannot be used.
        """
        if not isinstance(job_id, str) or not job_id:
            raise IBMQBackendValueError(
                f"A job id is a text such as '5fb48d2ae4314600192a1c2c', not {job_id!r}."
            )
        with api_errors(f"The job {job_id} cannot be retrieved"):
            record = _job_record(self._client.job_get(job_id))
        return self._job_of(record)

    def find_submitted_job(self, idempotency_key: str) -> Optional[IBMQJob]:
        """Return the job of a ``run()`` that raised an exception without knowing whether there is one.

        A request that is still on its way may make the job later: ask again after some minutes before you count on ``None``.

        Args:
            idempotency_key: what the exception has under that name.

        Returns:
            The job, or ``None`` if no job was made.

        Raises:
            IBMQBackendValueError: the key is not a text, or empty.
            IBMQBackendApiError: the server does not know such keys, refused, or could not be asked.
        """
        if not isinstance(idempotency_key, str) or not idempotency_key:
            raise IBMQBackendValueError(
                f"An idempotency key is the text that an exception of run() carries, not {idempotency_key!r:.80}."
            )
        with api_errors("The job of an idempotency key cannot be looked up"):
            record = self._client.job_of_key(idempotency_key)
        return None if record is None else self._job_of(record)

    def my_reservations(self) -> list[BackendReservation]:
        """Return your upcoming reservations, of any backend.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors("Your reservations cannot be listed"):
            return convert_reservation_data(self._client.my_reservations())

    # Provider and service are one thing in two classes. Whatever provider the service has at the moment is asked, since it can be set.

    @property
    def _backends(self) -> dict[str, IBMQBackend]:
        return self._provider._backends  # noqa: SLF001

    @property
    def _client(self) -> Any:
        return self._provider._api_client  # noqa: SLF001

    def _aliased_backend_names(self) -> dict[str, str]:
        """Return what backends are called beside their names, to their names."""
        return backend_names.aliases(self._backends)

    def _page_of_jobs(self, limit: int, skip: int, descending: bool, where: Clause) -> list[JobRecord]:
        page = self._client.list_jobs_statuses(
            limit=limit, skip=skip, descending=descending, extra_filter=where
        )
        return [_job_record(answer) for answer in page]

    def _page_of_ids(self, limit: int, skip: int, descending: bool, where: Clause) -> list[dict[str, Any]]:
        page: list[dict[str, Any]] = self._client.list_jobs_ids(
            limit=limit, skip=skip, descending=descending, extra_filter=where
        )
        return page

    def _job_of(self, record: JobRecord) -> IBMQJob:
        return self._jobs_of([record])[0]

    def _jobs_of(self, records: Sequence[JobRecord]) -> list[IBMQJob]:
        """Return the jobs of records. Their backends may be gone, or the list of backends out of reach."""
        if not records:
            return []
        client = self._client
        try:
            backends = dict(self._backends)
        except IBMQBackendApiError as err:
            logger.warning(
                "The backends of %d jobs, from job %s on, cannot be looked up. %s",
                len(records),
                records[0].id,
                err.message,
            )
            backends = {}
        jobs = []
        with collector_held():
            for record in records:
                name = record.backend_name or "unknown"
                if name not in backends:  # All jobs of a backend that is gone share one that stands for it.
                    backends[name] = IBMQRetiredBackend.from_name(
                        name, self._provider, self._provider.credentials, client
                    )
                jobs.append(IBMQJob.from_record(backends[name], client, record))
        return jobs

    def __getattr__(self, name: str) -> IBMQBackend:
        # Only called for what is not there otherwise. Tools probe for private names, which must not ask the server.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        attributes = backend_names.attributes(self._backends, reserved=dir(type(self)))
        if name not in attributes:
            raise AttributeError(
                f"There is no backend {name!r}. {backend_names.suggestion(self._backends, name)}"
            )
        return attributes[name]

    def __dir__(self) -> list[str]:
        try:
            attributes = backend_names.attributes(self._backends, reserved=dir(type(self)))
        except IBMQBackendApiError as err:
            logger.debug("The backends cannot be listed for completion: %s", err.message)
            attributes = {}
        return sorted({*super().__dir__(), *attributes})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._provider!r}>"


class IBMQDeprecatedBackendService:
    """What ``provider.backends`` is: called, it lists backends; its attributes are the older spelling of ``provider.backend``'s.

    Args:
        backend_service: the service that does the work.
    """

    def __init__(self, backend_service: IBMQBackendService) -> None:
        self._backend_service = backend_service

    def __call__(self, *args: Any, **kwargs: Any) -> list[IBMQBackend]:
        """Return backends; see :meth:`IBMQBackendService.backends`."""
        return self._backend_service.backends(*args, **kwargs)

    def jobs(self, *args: Any, **kwargs: Any) -> list[IBMQJob]:
        """Deprecated: use ``provider.backend.jobs``."""
        _warn_of_plural()
        return self._backend_service.jobs(*args, **kwargs)

    def retrieve_job(self, *args: Any, **kwargs: Any) -> IBMQJob:
        """Deprecated: use ``provider.backend.retrieve_job``."""
        _warn_of_plural()
        return self._backend_service.retrieve_job(*args, **kwargs)

    def my_reservations(self, *args: Any, **kwargs: Any) -> list[BackendReservation]:
        """Deprecated: use ``provider.backend.my_reservations``."""
        _warn_of_plural()
        return self._backend_service.my_reservations(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = getattr(self._backend_service, name)
        _warn_of_plural()
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._backend_service)})


def _warn_of_plural() -> None:
    warn_caller(
        "The attributes of `provider.backends` are deprecated. Use `provider.backend` (singular); "
        "`provider.backends()` itself stays.",
        DeprecationWarning,
    )


def least_busy(backends: Sequence[Any], reservation_lookahead: Optional[int] = 60) -> Any:
    """Return the backend with the fewest pending jobs, of those that are operational, active and not reserved.

    All statuses are asked for at the same time. A backend whose status cannot be had is left out, with a warning in the log.

    Args:
        backends: backends to choose from; of equal ones the first is taken.
        reservation_lookahead: a backend with a reservation in the next so many minutes is left out. With ``None`` or 0, reservations do
            not matter.

    Returns:
        One of the backends.

    Raises:
        IBMQError: there are no backends, or none can be used, or one has no status or its status no ``pending_jobs``.

    Example:

        >>> least_busy(provider.backends(simulator=False, min_num_qubits=5))
        <IBMQBackend(...)...>
    """
    backends = list(backends)
    if not backends:
        raise IBMQError(
            "There is no least busy backend in an empty list. Ask provider.backends() with fewer conditions."
        )
    try:
        statuses = ask_statuses(backends)
        free = [
            (status.pending_jobs, position)
            for position, status in enumerate(statuses)
            if not isinstance(status, QiskitError) and status.operational and status.status_msg == "active"
        ]
    except AttributeError as err:
        raise IBMQError(
            "A backend in the list has no status, or a status without the attribute `pending_jobs`, so it cannot be compared."
        ) from err
    failures = [status for status in statuses if isinstance(status, QiskitError)]
    for failure in failures:
        logger.warning("A backend is left out, because its status cannot be had. %s", failure.message)
    for _, position in sorted(free):
        if not _is_reserved(backends[position], reservation_lookahead):
            return backends[position]
    if failures and not free:
        raise IBMQError(f"No backend matches the criteria. {failures[0].message}") from failures[0]
    raise IBMQError("No backend matches the criteria: none is operational, active and free of reservations.")


def _is_reserved(backend: Any, minutes: Optional[int]) -> bool:
    """Return whether a backend has a reservation soon; if that cannot be found out, it counts as free."""
    if not minutes or not isinstance(backend, IBMQBackend):
        return False
    now = dt.datetime.now().astimezone()
    try:
        return bool(backend.reservations(now, now + dt.timedelta(minutes=minutes)))
    except QiskitError as err:
        logger.warning(
            "The reservations of %s cannot be had, and are not taken into account. %s",
            backend.name(),
            err.message,
        )
        return False


_WIRE_NAMES: Final = {"_backend_info": "backend", "creation_date": "creationDate", "job_id": "id"}
"""Names that the original client gave to fields of an answer, to those of the wire."""


def _job_record(answer: Union[JobRecord, Mapping[str, Any]]) -> JobRecord:
    """Return a client's answer about a job as a record: a client that somebody else has set may give a dictionary."""
    if isinstance(answer, JobRecord):
        return answer
    return JobRecord.from_json({_WIRE_NAMES.get(key, key): value for key, value in answer.items()})


def _record_stamp(record: JobRecord) -> tuple[str, str]:
    return record.id, record.creation_date


def _id_stamp(entry: Mapping[str, Any]) -> tuple[str, str]:
    job_id, date = entry.get("id"), entry.get("creationDate")
    if not isinstance(job_id, str) or not isinstance(date, str):
        raise IBMQBackendApiProtocolError(
            "The server's list of job ids has an entry without id or creation date."
        )
    return job_id, date
