# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The backends of a project, and its jobs on any of them."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._project.backend_filter import filter_backends
from qiskit_ibmq_provider._project.device_list import DeviceList
from qiskit_ibmq_provider._project.job_query import StatusArgument, job_query
from qiskit_ibmq_provider._project.jobs import ProjectJobs
from qiskit_ibmq_provider._project.plural_service import IBMQDeprecatedBackendService
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.exceptions import IBMQBackendApiError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider

__all__ = ["IBMQBackendService", "IBMQDeprecatedBackendService"]

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
            warnings.warn(
                "The argument `timeout` has no effect and will go: every request has a time limit.",
                DeprecationWarning,
                stacklevel=2,
            )
        backends: list[IBMQBackend] = list(self._devices.backends().values())
        if name:
            found = self._devices.find(name)
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
        query = job_query(
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
        return self._jobs.jobs(query)

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
        return self._jobs.iter_jobs(job_query(limit=limit, skip=skip, **conditions))

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
        query = job_query(
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
        return self._jobs.ids(query)

    def retrieve_job(self, job_id: str) -> IBMQJob:
        """Return a job by its id.

        Args:
            job_id: id of the job.

        Raises:
            IBMQBackendValueError: the id is not a text, or empty.
            IBMQBackendApiError: there is no such job in this project, or the server could not be asked.
            IBMQBackendApiProtocolError: the server's answer cannot be used.
        """
        return self._jobs.retrieve(job_id)

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
        return self._jobs.find_submitted(idempotency_key)

    def my_reservations(self) -> list[BackendReservation]:
        """Return your upcoming reservations, of any backend.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        return self._jobs.reservations()

    @property
    def _devices(self) -> DeviceList:
        return self._provider._devices  # noqa: SLF001 - provider and service are one thing in two classes

    @property
    def _jobs(self) -> ProjectJobs:
        return ProjectJobs(self._provider, self._devices)

    def __getattr__(self, name: str) -> IBMQBackend:
        # Only called for what is not there otherwise. Tools probe for private names, which must not ask the server.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        attributes = self._devices.attributes(reserved=dir(type(self)))
        if name not in attributes:
            raise AttributeError(f"There is no backend {name!r}. {self._devices.suggestion(name)}")
        return attributes[name]

    def __dir__(self) -> list[str]:
        try:
            attributes = self._devices.attributes(reserved=dir(type(self)))
        except IBMQBackendApiError as err:
            logger.debug("The backends cannot be listed for completion: %s", err.message)
            attributes = {}
        return sorted({*super().__dir__(), *attributes})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._provider!r}>"
