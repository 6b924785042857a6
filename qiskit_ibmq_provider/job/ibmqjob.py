# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs: what a backend was given to run, how to wait for its end, and what came of it."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, TypeVar, Union

from qiskit import QuantumCircuit
from qiskit.providers import BackendV1
from qiskit.providers.job import JobV1
from qiskit.providers.jobstatus import JobStatus
from qiskit.providers.models import BackendProperties
from qiskit.pulse import Schedule
from qiskit.result import Result

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.api.exceptions import ApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.encoding.backends import decode_backend_properties
from qiskit_ibmq_provider.encoding.results import decode_result
from qiskit_ibmq_provider.job._failure import FailureReport, failure_report
from qiskit_ibmq_provider.job._payload import JobPayload, Qobj
from qiskit_ibmq_provider.job._progress import progress_bar
from qiskit_ibmq_provider.job._state import (
    JobState,
    client_versions,
    extra_attributes,
    local_time,
    local_times,
)
from qiskit_ibmq_provider.job._tags import combine_tags
from qiskit_ibmq_provider.job._waiting import (
    CallbackObserver,
    StopWatch,
    WaitObserver,
    outcome,
    status_changes,
    wait_until_final,
)
from qiskit_ibmq_provider.job.exceptions import (
    IBMQJobApiError,
    IBMQJobError,
    IBMQJobFailureError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)
from qiskit_ibmq_provider.job.queueinfo import QueueInfo, job_status, queue_info
from qiskit_ibmq_provider.job.utils import get_cancel_status, job_errors
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobError, JobRecord, JobStatusRecord, QueueRecord
from qiskit_ibmq_provider.protocol.status import ApiJobKind, ApiJobStatus

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["IBMQJob"]

logger = get_logger(__name__)

_WAIT: Final = 5
"""Default for the seconds between two requests; the transport then chooses, and asks ever less often."""

_SIGNED: Final = ("objectStorageInfo",)
"""Fields that may hold signed URLs."""

_Job = TypeVar("_Job", bound="IBMQJob")


class IBMQJob(JobV1):
    """A job that was submitted to a backend.

    :meth:`.IBMQBackend.run` and :meth:`.IBMQBackend.retrieve_job` return jobs; there is no need to build one.

        >>> job = backend.run(circuit, shots=1000)
        >>> job.result(timeout=60).get_counts()
        {...}
        >>> again = backend.retrieve_job(job.job_id())    # from any process, also tomorrow

    ``result``, ``wait_for_final_state`` and ``error_message`` wait until the job is over, and show on a
    terminal or in a notebook what they wait for. A final status is remembered, so a job that is over is not
    asked for again. Any number of threads may use one job.

    In a coroutine, ``await job`` gives the result, and :meth:`statuses` each change of the status. A pickled
    job holds no token: see :meth:`.IBMQFactory.provider_of`.

    Whatever else the server says of the job can be read as an attribute with a trailing underscore, e.g.
    ``job.summary_data_``.
    """

    _executor: Final = SimpleNamespace(_threads=())
    """Test suites join the threads that they find here. There are none: a wait runs in its caller's thread."""

    def __init__(
        self,
        backend: BackendV1,
        api_client: AccountClient,
        job_id: str,
        creation_date: str,
        status: str,
        kind: Optional[str] = None,
        name: Optional[str] = None,
        time_per_step: Optional[dict[str, Any]] = None,
        result: Optional[dict[str, Any]] = None,
        qobj: Optional[Union[dict[str, Any], Qobj]] = None,
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
        queue = kwargs.pop("info_queue", None)
        record = JobRecord(
            id=job_id,
            creation_date=creation_date.isoformat()
            if isinstance(creation_date, dt.datetime)
            else creation_date,
            status=status,
            kind=getattr(kind, "value", kind),
            name=name,
            tags=tuple(tags or ()),
            time_per_step=time_per_step,
            # Half a reason is better than none.
            error=JobError(str(error.get("message") or ""), error.get("code", "")) if error else None,
            run_mode=run_mode,
            queue=QueueRecord.of(queue) if queue and status == ApiJobStatus.QUEUED.value else None,
            client_info=client_info,
            experiment_tag=experiment_id,
            share_level=share_level,
            result=result,
        )
        self._set_up(backend, api_client, record, JobPayload(job_id, qobj))
        self._extra.update({f"{key}_": value for key, value in kwargs.items()})

    @classmethod
    def from_record(
        cls: type[_Job],
        backend: BackendV1,
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
        job._set_up(backend, api_client, record, JobPayload(record.id, None, header, options))  # noqa: SLF001 - its own
        return job

    def _set_up(
        self, backend: BackendV1, api_client: AccountClient, record: JobRecord, payload: JobPayload
    ) -> None:
        super().__init__(backend, record.id)
        self._api_client = api_client
        self._state = JobState(record)
        self._payload = payload
        self._result: Optional[Result] = None
        self._failure: Optional[FailureReport] = None
        self._failure_is_final = False
        self._client_version: Optional[dict[str, str]] = None
        self._extra: dict[str, Any] = {}
        self._fetching = threading.Lock()
        self._editing = threading.Lock()

    def status(self) -> JobStatus:
        """Ask the server for the job's status. Once it is final, it is remembered.

        To wait for the end use :meth:`wait_for_final_state`, which hears of it at once and asks the server
        less.

        Raises:
            IBMQJobApiError: the server refused, could not be asked, or gave a status that is not known. The
                job is not affected.
        """
        self._query()
        return self._status

    def refresh(self) -> None:
        """Ask the server for everything that it knows of the job.

        Raises:
            IBMQJobApiError: the server refused, could not be asked, or answered with another job.
        """
        job_id = self._job_id
        with job_errors(f"Job {job_id} cannot be read"):
            answer = JobRecord.of(self._api_client.job_get(job_id))
        if answer.id != job_id:
            raise IBMQJobApiError(
                f"The server was asked for job {job_id} and answered with job {answer.id!r}."
            )
        self._state.renew(answer)

    def queue_position(self, refresh: bool = False) -> Optional[int]:
        """Return the job's place in the queue within the provider, ``None`` if there is none or it is unknown.

        Args:
            refresh: ask the server; otherwise the newest known place is returned.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if refresh:
            self._query()
        queue = self._state.record.queue
        return None if queue is None else queue.position

    def queue_info(self) -> Optional[QueueInfo]:
        """Ask the server where the job stands in the queue.

        Returns:
            Position, priorities and estimated times, or ``None`` if the job is not queued or the server does
            not say.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return queue_info(self._query())

    def wait_for_final_state(
        self,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        callback: Optional[Callable[..., Any]] = None,
    ) -> None:
        """Wait until the job is over.

        Args:
            timeout: seconds to wait at most; 0 asks once. ``None`` waits for ever.
            wait: seconds between the calls of ``callback``. ``None`` calls it whenever status or queue
                information changes.
            callback: called in this thread as ``callback(job_id, status, job, queue_info=queue_info)`` while
                the job is not over. What it raises ends the wait and goes to the caller.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if callback is None:
            self._wait_for_completion(timeout)
        else:
            self._wait(timeout, observer=CallbackObserver(self, callback, wait))

    def statuses(self, *, timeout: Optional[float] = None) -> AsyncIterator[JobStatus]:
        """Give each status that the job comes to, the present one first and the final one last.

            >>> async def names():
            ...     return [status.name async for status in job.statuses(timeout=60)]
            >>> asyncio.run(names())
            [...'DONE']

        The wait runs in a thread of its own, which ends with the iteration.

        Args:
            timeout: seconds to wait for the end of the job at most.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return status_changes(self._job_id, self._state, lambda watch: self._wait(timeout, observer=watch))

    def __await__(self) -> Generator[Any, None, Result]:
        return outcome(self._job_id, self._result_of_wait).__await__()

    def result(
        self,
        timeout: Optional[float] = None,
        wait: float = _WAIT,
        partial: bool = False,
        refresh: bool = False,
    ) -> Result:
        """Wait until the job is over and return its result.

        The result is fetched once; later calls return the same object.

        Args:
            timeout: seconds to wait for the end of the job; 0 asks once. ``None`` waits for ever. Fetching
                the result may take what is left of it, and a minute at least.
            wait: seconds between two questions at most, where the server cannot report the end by itself.
            partial: return what a failed job has: the experiments that went well are in it, and
                ``result.success`` is false. Asking such a result for the data of an experiment that failed
                raises.
            refresh: fetch the result again.

        Raises:
            IBMQJobTimeoutError: the job is not over in time, and goes on; or its result takes too long to come.
            IBMQJobInvalidStateError: the job was cancelled.
            IBMQJobFailureError: the job failed. The text holds the server's reason, ``code`` its error code.
            IBMQJobApiError: the server refused, or could not be asked. The job is not affected.
        """
        if self._result is not None and not refresh and self._is_completed():
            return self._result
        deadline = None if timeout is None else time.monotonic() + timeout
        poll = None if wait == _WAIT else wait
        self._wait_for_completion(timeout, poll)
        return self._result_of_finished(partial=partial, refresh=refresh, deadline=deadline)

    def error_message(self) -> Optional[str]:
        """Wait until the job is over and return why it failed.

        Returns:
            The server's reason, with its error code, and a line for each experiment that failed; ``None`` if
            the job did not fail.

        Raises:
            IBMQJobApiError: the server could not be asked whether the job is over.
        """
        self._wait_for_completion()
        if self._status is not JobStatus.ERROR:
            return None
        with self._fetching:
            return self._failure_report().message

    def submit(self) -> None:
        """Refuse: a job is submitted by :meth:`.IBMQBackend.run`.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "A job is submitted when it is made. Use IBMQBackend.run() to submit another one."
        )

    def cancel(self) -> bool:
        """Ask the server to cancel the job. Ask for its status to see what became of it.

        Returns:
            Whether the server has agreed. It refuses when the job is over.

        Raises:
            IBMQJobApiError: the request itself was refused, or the server could not be asked.
        """
        with job_errors(f"Job {self._job_id} cannot be cancelled"):
            answer = self._api_client.job_cancel(self._job_id)
        return get_cancel_status(answer) if isinstance(answer, Mapping) else answer

    def update_name(self, name: str) -> str:
        """Give the job another name; an empty one is allowed.

        Returns:
            The new name.

        Raises:
            IBMQJobInvalidStateError: the name is not a string.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if not isinstance(name, str):
            raise IBMQJobInvalidStateError(f"The name of a job is a string, not {name!r}.")
        with self._editing:
            answered = self._update("name", name)
            if answered != name:
                raise IBMQJobApiError(
                    f"The server kept the name {answered!r} for job {self._job_id} instead of {name!r}. Ask for another one."
                )
            self._state.edit(name=name)
        return name

    def update_tags(
        self,
        replacement_tags: Optional[list[str]] = None,
        additional_tags: Optional[list[str]] = None,
        removal_tags: Optional[list[str]] = None,
    ) -> list[str]:
        """Change the tags of the job to ``(replacement or current) + additional - removal``.

        Tags of a job set, which begin with ``ibmq_jobset_``, always stay. Removing a tag that the job does
        not have is no error.

        Args:
            replacement_tags: take the place of the current tags; an empty list clears them.
            additional_tags: added to them.
            removal_tags: taken away in the end.

        Returns:
            The new tags.

        Raises:
            IBMQJobInvalidStateError: nothing is given, or something that is not a list of strings.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        with self._editing:
            tags = combine_tags(self.tags(), replacement_tags, additional_tags, removal_tags)
            answered = self._update("tags", tags)
            if not isinstance(answered, list) or sorted(map(str, answered)) != sorted(tags):
                raise IBMQJobApiError(
                    f"The server kept the tags {answered!r} for job {self._job_id} instead of {tags!r}. Ask for others."
                )
            self._state.edit(tags=tuple(answered))
        return list(answered)

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
        record = self._settled()
        if not record.time_per_step:
            record = self._filled("time_per_step")
        return local_times(record.time_per_step) or None

    def scheduling_mode(self) -> Optional[str]:
        """Return how the job is scheduled, e.g. ``"fairshare"``; ``None`` while the server does not say.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        record = self._state.record
        if record.run_mode is None:
            record = self._settled()
        if record.run_mode is None and self._status in (JobStatus.RUNNING, JobStatus.DONE):
            return "fairshare"
        return record.run_mode

    @property
    def client_version(self) -> dict[str, str]:
        """The packages that submitted the job, each with its version."""
        if self._client_version is not None:
            return self._client_version
        return client_versions(self._filled("client_info").client_info)

    @client_version.setter
    def client_version(self, data: Optional[dict[str, str]]) -> None:
        warn_caller(
            "Setting IBMQJob.client_version is deprecated: it is what the server says.", DeprecationWarning
        )
        self._client_version = client_versions(data)

    @property
    def experiment_id(self) -> Optional[str]:
        """The experiment that the job belongs to, if any."""
        return self._filled("experiment_tag").experiment_tag

    def share_level(self) -> str:
        """Return ``"none"``: jobs are not shared any more."""
        warn_caller("IBMQJob.share_level() is not supported any more.", DeprecationWarning)
        return "none"

    def properties(self) -> Optional[BackendProperties]:
        """Return the calibration of the backend when the job ran, ``None`` for a simulator.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        with job_errors(f"The properties of job {self._job_id} cannot be read"):
            data = self._api_client.job_properties(self._job_id)
            return decode_backend_properties(data, backend_name=self._state.record.backend_name)

    def circuits(self) -> list[Union[QuantumCircuit, Schedule]]:
        """Return the circuits or schedules that were submitted, rebuilt from the payload on the server.

        The payload is fetched at the first call; later ones return the same objects. The list is empty for
        jobs of an old form without a payload.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.circuits(self._fetch_payload) if self._has_payload() else []

    def backend_options(self) -> dict[str, Any]:
        """Return the options that the job runs with, e.g. ``shots``; empty for jobs of an old form.

        Frequencies are in Hz, ``rep_delay`` and ``rep_time`` in microseconds.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.options(self._fetch_payload) if self._has_payload() else {}

    def header(self) -> dict[str, Any]:
        """Return the submitted header, with name and version of the backend; empty for jobs of an old form.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        return self._payload.header(self._fetch_payload) if self._has_payload() else {}

    def qobj(self) -> Optional[Qobj]:
        """Return the payload as a Qobj, ``None`` for jobs of an old form. Deprecated.

        Raises:
            IBMQJobApiError: the payload cannot be fetched or read.
        """
        warn_caller(
            "IBMQJob.qobj() is deprecated. Use circuits(), backend_options() and header() instead.",
            DeprecationWarning,
        )
        return self._payload.qobj(self._fetch_payload) if self._has_payload() else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.job_id()!r} on {self._backend}: {self._state.record.status}>"

    def __getattr__(self, name: str) -> Any:
        # Looked up in __dict__: a copy that is being built has no parts yet, and would ask here for ever.
        state: Optional[JobState] = self.__dict__.get("_state")
        if state is not None and name.endswith("_") and not name.startswith("_"):
            extra = {**self.__dict__["_extra"], **extra_attributes(state.record)}
            if name not in extra and state.final:
                extra.update(extra_attributes(self._if_possible(self._settled)))
            if name in extra:
                return extra[name]
        raise AttributeError(f"The job has no attribute {name!r}.")

    # Copies share the connection; what was pickled connects by its backend.

    def __copy__(self: _Job) -> _Job:
        return self._twin(self._backend)

    def __deepcopy__(self: _Job, memo: dict[int, Any]) -> _Job:
        return self._twin(copy.deepcopy(self._backend, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        # The payload may be large, and can be fetched again. For the sake of a job, the server is asked nothing about its backend.
        backend = self._backend.as_known()
        record = self._state.record
        extra = {key: value for key, value in record.extra.items() if key not in _SIGNED}
        record = record.replaced(qobj=None, extra=extra)
        return _restored, (type(self), backend, record, self._payload.known_outline(), self._extra)

    def _twin(self: _Job, backend: BackendV1) -> _Job:
        outline = self._payload.known_outline()
        job = type(self).from_record(backend, self._api_client, self._state.record, **outline)
        job._extra.update(self._extra)  # noqa: SLF001 - its own
        return job

    # Asking the server.

    @property
    def _status(self) -> JobStatus:
        """The newest known status."""
        return job_status(self._state.record.status, self._job_id)

    def _is_completed(self) -> bool:
        return self._state.record.status == ApiJobStatus.COMPLETED.value

    def _query(self) -> JobRecord:
        """Ask for the status, unless the job is known to be over, and return the newest record."""
        if not self._state.final:
            with job_errors(f"The status of job {self._job_id} cannot be read"):
                self._state.observe(JobStatusRecord.of(self._api_client.job_status(self._job_id)))
        return self._state.record

    def _settled(self) -> JobRecord:
        """Return a record that will not change any more if the job is over, and a fresh one if it is not."""
        if not self._state.complete:
            self.refresh()
        return self._state.record

    def _filled(self, field: str) -> JobRecord:
        """Return a record that has a field, asking the server once where the field is missing."""
        if self._state.lacks(field):
            self.refresh()
        return self._state.record

    def _if_possible(self, ask: Callable[[], JobRecord]) -> JobRecord:
        """Return what is asked for, or the present record if the server cannot be asked."""
        try:
            return ask()
        except IBMQJobApiError as err:
            logger.debug("Job %s: some details stay unknown: %s", self._job_id, err)
            return self._state.record

    def _update(self, attribute: str, value: Any) -> Any:
        """Change an attribute on the server and return what it says the attribute is now."""
        with job_errors(f"The {attribute} of job {self._job_id} cannot be changed"):
            return self._api_client.job_update_attribute(self._job_id, attribute, value).get(attribute)

    def _has_payload(self) -> bool:
        """Return whether the job has a payload: those from before there were Qobj documents have none."""
        return self._filled("kind").kind is not None

    def _fetch_payload(self) -> Mapping[str, Any]:
        record = self._state.record
        if record.qobj is not None:
            return record.qobj
        in_storage = record.kind != ApiJobKind.QOBJECT.value
        with job_errors(f"The payload of job {self._job_id} cannot be fetched"):
            return self._api_client.job_download_qobj(self._job_id, use_object_storage=in_storage)

    def _wait(
        self,
        timeout: Optional[float] = None,
        poll: Optional[float] = None,
        observer: Optional[WaitObserver] = None,
    ) -> None:
        wait_until_final(
            self._api_client, self._job_id, self._state, timeout=timeout, poll=poll, observer=observer
        )

    def _wait_for_completion(self, timeout: Optional[float] = None, poll: Optional[float] = None) -> None:
        """Wait until the job is over, and show it where somebody may look."""
        if not self._state.final:
            with progress_bar(self._state.record) as bar:
                self._wait(timeout, poll, bar)

    # Result and failure report, each fetched once: threads that ask at the same time share one download.

    def _result_of_wait(self, watch: StopWatch) -> Result:
        """Wait until the job is over or the watch ends the wait, and return the result."""
        self._wait(observer=watch)
        return self._result_of_finished()

    def _result_of_finished(
        self, partial: bool = False, refresh: bool = False, deadline: Optional[float] = None
    ) -> Result:
        """Return the result of a job that is over, as :meth:`result` does; the deadline is one of ``time.monotonic``."""
        if self._state.record.status == ApiJobStatus.CANCELLED.value:
            raise IBMQJobInvalidStateError(f"Job {self._job_id} was cancelled, so it has no result.")
        with self._fetching_alone(deadline):
            if self._is_completed():
                if self._result is None or refresh:
                    self._result = self._decoded(self._completed_document(deadline))
                return self._result
            report = self._failure_report(refresh)
            if partial and self._result is not None:
                return self._result
        message = f"Job {self._job_id} has failed, so it has no result. {report.summary}"
        raise IBMQJobFailureError(message, code=report.code)

    @contextlib.contextmanager
    def _fetching_alone(self, deadline: Optional[float]) -> Iterator[None]:
        if not self._fetching.acquire(timeout=-1.0 if deadline is None else _left(deadline)):
            raise IBMQJobTimeoutError(
                f"Another thread still fetches the result of job {self._job_id}. Ask again later."
            )
        try:
            yield
        finally:
            self._fetching.release()

    def _completed_document(self, deadline: Optional[float]) -> Mapping[str, Any]:
        """Fetch the result document of a completed job; it may appear a moment after the status."""
        record = self._filled("kind")
        if record.result is not None:
            self._state.edit(result=None)
            return record.result
        if record.kind is None:
            raise IBMQJobInvalidStateError(_old_form(self._job_id))
        left = None if deadline is None else _left(deadline)
        with job_errors(f"The result of job {self._job_id} cannot be fetched"):
            try:
                return self._download_result(record, expected=left is None or left > 0.0, timeout=left)
            except UserTimeoutExceededError as err:
                raise IBMQJobTimeoutError(err.message) from err

    def _failure_report(self, refresh: bool = False) -> FailureReport:
        """Return why the job failed; what cannot be fetched now is tried again next time."""
        if self._failure is not None and self._failure_is_final and not refresh:
            return self._failure
        document, settled = None, True
        if self._state.record.status == ApiJobStatus.ERROR_RUNNING_JOB.value:  # The others were never run.
            document, settled = self._failed_document()
        said = document is not None and bool(document.get("results") or document.get("error"))
        record = self._state.record if said else self._if_possible(lambda: self._filled("error"))
        self._failure = failure_report(record.status, record.error, document)
        self._failure_is_final = settled and (said or record.error is not None or self._state.complete)
        return self._failure

    def _failed_document(self) -> tuple[Optional[Mapping[str, Any]], bool]:
        """Fetch the result document of a job that failed while it ran, keep its good part, and say whether the answer is the last word."""
        record = self._state.record
        try:
            document = record.result if record.result is not None else self._download_result(record)
        except ApiError as err:
            logger.debug("The failed job %s has no result document: %s", self._job_id, err)
            return None, err.status_code is not None and 400 <= err.status_code < 500
        if document.get("results"):
            try:
                self._result = self._decoded(document)
            except IBMQJobError as err:
                logger.debug("The partial result of job %s cannot be read: %s", self._job_id, err)
        return document, True

    def _download_result(
        self, record: JobRecord, *, expected: bool = False, timeout: Optional[float] = None
    ) -> Mapping[str, Any]:
        return self._api_client.job_result(
            self._job_id,
            use_object_storage=record.kind != ApiJobKind.QOBJECT.value,
            expected=expected,
            timeout=timeout,
        )

    def _decoded(self, document: Mapping[str, Any]) -> Result:
        """Return the document as qiskit's result, with the version of the client that submitted the job."""
        record = self._if_possible(lambda: self._filled("client_info"))
        versions = client_versions(record.client_info)
        try:
            return decode_result({**document, "client_version": versions}, job_id=record.id)
        except ProtocolError as err:
            if record.kind is None:
                raise IBMQJobInvalidStateError(_old_form(self._job_id)) from err
            raise IBMQJobApiError(
                f"The result of job {self._job_id} cannot be read. {err} Ask for it again with refresh=True; if "
                "that does not help, whoever runs the service should know."
            ) from err


def _restored(
    kind: type[_Job],
    backend: BackendV1,
    record: JobRecord,
    outline: Mapping[str, Any],
    extra: Mapping[str, Any],
) -> _Job:
    """Return a job that was pickled."""
    client = backend._api_client  # noqa: SLF001 - the connection is that of the backend's project
    job = kind.from_record(backend, client, record, **outline)
    job._extra.update(extra)  # noqa: SLF001 - a part of the job's own making
    return job


def _old_form(job_id: str) -> str:
    return f"Job {job_id} is of an old form, without a kind, whose result cannot be read any more."


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
