# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The part of a job that does not wait: what it is, and what was submitted."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.encoding.backends import decode_backend_properties
from qiskit_ibmq_provider.job._payload import JobPayload
from qiskit_ibmq_provider.job._portable import PortableJob
from qiskit_ibmq_provider.job._record import (
    client_versions,
    extra_attributes,
    local_time,
    local_times,
    record_from_arguments,
)
from qiskit_ibmq_provider.job._state import JobState
from qiskit_ibmq_provider.job._status import job_status
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.job.utils import job_api_error
from qiskit_ibmq_provider.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.providers.models import BackendProperties
    from qiskit.pulse import Schedule
    from qiskit.qobj import PulseQobj, QasmQobj

    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["RecordedJob"]

_Job = TypeVar("_Job", bound="RecordedJob")


class RecordedJob(PortableJob):
    """A job as its record and its payload describe it. :class:`.IBMQJob` adds the way to its end."""

    def __init__(
        self,
        backend: IBMQBackend,
        api_client: AccountClient,
        job_id: str,
        creation_date: str,
        status: str,
        kind: Optional[str] = None,
        name: Optional[str] = None,
        time_per_step: Optional[dict[str, Any]] = None,
        result: Optional[dict[str, Any]] = None,
        qobj: Optional[Union[dict[str, Any], QasmQobj, PulseQobj]] = None,
        error: Optional[dict[str, Any]] = None,
        tags: Optional[list[str]] = None,
        run_mode: Optional[str] = None,
        share_level: Optional[str] = None,
        client_info: Optional[dict[str, str]] = None,
        experiment_id: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        """Build a job from what a server said of it.

        Args:
            backend: the backend that the job runs on.
            api_client: the requests of the backend's project.
            job_id: the id that the server gave.
            creation_date: when it was created, as an ISO 8601 text in UTC.
            status: the server's status of the job.
            kind: how the server keeps the payload, e.g. ``"q-object-external-storage"``.
            name: the user's name for it.
            time_per_step: the server's statuses with the time of each, ISO 8601 texts in UTC.
            result: the result document, on servers that keep it inside the job.
            qobj: what was submitted.
            error: why it failed, ``{"message": ..., "code": ...}``.
            tags: the user's tags.
            run_mode: how it is scheduled, e.g. ``"fairshare"``.
            share_level: not used any more.
            client_info: name and version of the client that submitted it.
            experiment_id: the experiment that it belongs to.
            kwargs: more attributes, each readable as ``job.<name>_``; ``info_queue`` is the server's queue
                information.
        """
        record = record_from_arguments(
            job_id=job_id,
            creation_date=creation_date,
            status=status,
            kind=kind,
            name=name,
            time_per_step=time_per_step,
            result=result,
            error=error,
            tags=tags,
            run_mode=run_mode,
            share_level=share_level,
            client_info=client_info,
            experiment_id=experiment_id,
            info_queue=kwargs.pop("info_queue", None),
        )
        self._set_up(backend, api_client, record, qobj=qobj)
        self._extra.update({f"{key}_": value for key, value in kwargs.items()})

    @classmethod
    def from_record(
        cls: type[_Job],
        backend: IBMQBackend,
        api_client: AccountClient,
        record: JobRecord,
        *,
        header: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> _Job:
        """Return the job that a record describes.

        Args:
            backend: the backend that the job runs on.
            api_client: the requests of the backend's project.
            record: what the server said of the job.
            header: the user's header, where it is known from the submission.
            options: the run options, where they are known from the submission.
        """
        job = cls.__new__(cls)
        job._set_up(backend, api_client, record, header=header, options=options)  # noqa: SLF001 - its own
        return job

    def _set_up(
        self,
        backend: IBMQBackend,
        api_client: AccountClient,
        record: JobRecord,
        qobj: Optional[Union[dict[str, Any], QasmQobj, PulseQobj]] = None,
        header: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Give a new job its parts."""
        super().__init__(backend, record.id)
        self._api_client = api_client
        self._state = JobState(api_client, record)
        self._payload = JobPayload(self._state, qobj, header, options)
        self._client_version: Optional[dict[str, str]] = None
        self._extra: dict[str, Any] = {}

    def name(self) -> Optional[str]:
        """Return the user's name for the job, ``None`` if it has none."""
        return self._state.record.name

    def tags(self) -> list[str]:
        """Return the user's tags of the job."""
        return list(self._state.record.tags or ())

    def creation_date(self) -> dt.datetime:
        """Return when the job was created, in local time.

        Raises:
            IBMQJobApiError: the server gave something that is not a date.
        """
        record = self._state.record
        return local_time(record.creation_date, f"the creation date of job {record.id}")

    def time_per_step(self) -> Optional[dict[str, dt.datetime]]:
        """Return when the job reached each of the server's statuses, in local time.

        Returns:
            The times by status, e.g. ``{"CREATING": ..., "QUEUED": ...}``, or ``None`` if the server has not
            given any.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        record = self._state.settled()
        if not record.time_per_step:
            record = self._state.filled("time_per_step")
        return local_times(record.time_per_step) or None

    def scheduling_mode(self) -> Optional[str]:
        """Return how the job is scheduled, e.g. ``"fairshare"``; ``None`` while the server does not say.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        record = self._state.record
        if record.run_mode is None:
            record = self._state.settled()
        if record.run_mode is None and self._status in (JobStatus.RUNNING, JobStatus.DONE):
            return "fairshare"
        return record.run_mode

    @property
    def client_version(self) -> dict[str, str]:
        """The packages that submitted the job, each with its version."""
        if self._client_version is not None:
            return self._client_version
        return client_versions(self._state.filled("client_info").client_info)

    @client_version.setter
    def client_version(self, data: Optional[dict[str, str]]) -> None:
        warnings.warn(
            "Setting IBMQJob.client_version is deprecated: it is what the server says.",
            DeprecationWarning,
            stacklevel=2,
        )
        self._client_version = client_versions(data)

    @property
    def experiment_id(self) -> Optional[str]:
        """The experiment that the job belongs to, if any."""
        return self._state.filled("experiment_tag").experiment_tag

    def share_level(self) -> str:
        """Return ``"none"``: jobs are not shared any more."""
        warnings.warn("IBMQJob.share_level() is not supported any more.", DeprecationWarning, stacklevel=2)
        return "none"

    def properties(self) -> Optional[BackendProperties]:
        """Return the calibration of the backend when the job ran, ``None`` for a simulator.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        try:
            data = self._api_client.job_properties(self.job_id())
        except ApiError as err:
            raise job_api_error(f"The properties of job {self.job_id()} cannot be read", err) from err
        try:
            return decode_backend_properties(data, backend_name=self._state.record.backend_name)
        except ProtocolError as err:
            raise IBMQJobApiError(f"The properties of job {self.job_id()} cannot be read. {err}") from err

    def circuits(self) -> list[Union[QuantumCircuit, Schedule]]:
        """Return the circuits or schedules that were submitted, rebuilt from the payload on the server.

        The payload is fetched at the first call; later ones return the same objects. The list is empty for
        jobs of an old form without a payload.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.circuits()

    def backend_options(self) -> dict[str, Any]:
        """Return the options that the job runs with, e.g. ``shots``; empty for jobs of an old form.

        Frequencies are in Hz, ``rep_delay`` and ``rep_time`` in microseconds.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.options()

    def header(self) -> dict[str, Any]:
        """Return the submitted header, with name and version of the backend; empty for jobs of an old form.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.header()

    def qobj(self) -> Optional[Union[QasmQobj, PulseQobj]]:
        """Return the payload as a Qobj, ``None`` for jobs of an old form. Deprecated.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        warnings.warn(
            "IBMQJob.qobj() is deprecated. Use circuits(), backend_options() and header() instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self._payload.qobj()

    @property
    def _status(self) -> JobStatus:
        """The newest known status."""
        record = self._state.record
        return job_status(record.status, record.id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.job_id()!r} on {self._backend}: {self._state.record.status}>"

    def __getattr__(self, name: str) -> Any:
        # Looked up in __dict__: a copy that is being built has no parts yet, and would ask here for ever.
        state: Optional[JobState] = self.__dict__.get("_state")
        if state is not None and name.endswith("_") and not name.startswith("_"):
            extra = {**self.__dict__["_extra"], **extra_attributes(state.record)}
            if name not in extra and state.final:
                extra.update(extra_attributes(state.settled_if_possible()))
            if name in extra:
                return extra[name]
        raise AttributeError(f"The job has no attribute {name!r}.")
