# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Client of one project: devices, jobs, results.

Every method raises a subclass of :class:`~qiskit_ibmq_provider.api.exceptions.ApiError` when it fails, and nothing else.
"""

from __future__ import annotations

import copy
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping
from queue import Queue
from typing import Any, Optional, Protocol, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.clients._submit import Submission
from qiskit_ibmq_provider.api.clients.auth import connect
from qiskit_ibmq_provider.api.clients.base import BaseClient, WebsocketClientCloseCode
from qiskit_ibmq_provider.api.clients.final_status import FinalStatusWait
from qiskit_ibmq_provider.api.clients.storage import download, fetch_result, inline
from qiskit_ibmq_provider.api.clients.websocket import StreamEvent, WebsocketClient
from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.rest.account import ID_FIELDS, Account, page_filter
from qiskit_ibmq_provider.api.rest.base import json_body
from qiskit_ibmq_provider.api.rest.root import Api
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord, ReservationRecord
from qiskit_ibmq_provider.protocol.filters import Clause
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest, JobRecord, JobStatusRecord
from qiskit_ibmq_provider.protocol.status import ApiJobStatus, is_final

__all__ = ["AccountClient", "DeferredAccountClient", "StatusQueue"]

logger = get_logger(__name__)


class StatusQueue(Protocol):
    """What gets the statuses of a job that is waited for: a queue, or whatever has its method."""

    def put(self, item: JobStatusRecord, /) -> None:
        """Take a status."""


class AccountClient(BaseClient):
    """Talks to one project of an account.

    Args:
        credentials: the account, with hub, group, project, and the URLs of its services.
        session: the account's connection; by default a new one, with the credentials' access token.
        request_kwargs: settings of a new connection beside the credentials' own.
    """

    def __init__(
        self, credentials: Credentials, *, session: Optional[RetrySession] = None, **request_kwargs: Any
    ) -> None:
        self._credentials = credentials
        base = credentials.base_url
        if session is None:
            session = connect(credentials, request_kwargs)
        self.session = session.at(base)
        self.base_api = Api(self.session)
        self.account_api = Account(
            self.session, credentials.hub or "", credentials.group or "", credentials.project or ""
        )

    @property
    def _session(self) -> RetrySession:
        """The connection, under the name by which other programs read it."""
        return self.session

    # Devices.

    def list_backends(self, timeout: Optional[float] = None) -> list[dict[str, Any]]:
        """Return the configurations of all devices, as the server sends them.

        Args:
            timeout: seconds that this may take at most.
        """
        return self.account_api.backends(timeout=timeout)

    def backend_status(self, backend_name: str) -> BackendStatusRecord:
        """Return the state of a device and of its queue."""
        return self.account_api.backend(backend_name).status()

    def backend_properties(
        self, backend_name: str, datetime: Optional[dt.datetime] = None
    ) -> Optional[dict[str, Any]]:
        """Return the calibration of a device, the newest before ``datetime`` if that is given, ``None`` if there is none."""
        return self.account_api.backend(backend_name).properties(datetime=datetime)

    def backend_pulse_defaults(self, backend_name: str) -> Optional[dict[str, Any]]:
        """Return the pulse defaults of a device, ``None`` if there are none."""
        return self.account_api.backend(backend_name).pulse_defaults()

    def backend_job_limit(self, backend_name: str) -> JobLimitRecord:
        """Return how many unfinished jobs the account may have on a device."""
        return self.account_api.backend(backend_name).job_limit()

    def backend_reservations(
        self,
        backend_name: str,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
    ) -> list[ReservationRecord]:
        """Return the reservations of a device that overlap a window. Naive values are local time."""
        return self.account_api.backend(backend_name).reservations(start_datetime, end_datetime)

    def my_reservations(self) -> list[ReservationRecord]:
        """Return the user's own reservations."""
        return self.base_api.reservations()

    # Jobs.

    def list_jobs_statuses(
        self,
        limit: int = 10,
        skip: int = 0,
        descending: bool = True,
        extra_filter: Union[Clause, Mapping[str, Any], None] = None,
    ) -> list[JobRecord]:
        """Return one page of jobs.

        Args:
            limit: most entries; the server may give fewer.
            skip: how many to leave out first.
            descending: whether the newest come first.
            extra_filter: what the jobs have to meet.
        """
        return self.account_api.jobs(page_filter(limit, skip, descending, extra_filter))

    def list_jobs_ids(
        self,
        limit: int = 10,
        skip: int = 0,
        descending: bool = True,
        extra_filter: Union[Clause, Mapping[str, Any], None] = None,
    ) -> list[dict[str, Any]]:
        """Return one page of ``{"id", "creationDate", "liveDataEnabled"}``; arguments as for :meth:`list_jobs_statuses`."""
        return self.account_api.jobs_ids(page_filter(limit, skip, descending, extra_filter, ID_FIELDS))

    def job_submit(
        self,
        backend_name: str,
        qobj_dict: Union[Mapping[str, Any], bytes, Iterable[bytes]],
        job_name: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        experiment_id: Optional[str] = None,
        live_data_enabled: Optional[bool] = None,
    ) -> JobRecord:
        """Submit a job.

        Args:
            backend_name: the device.
            qobj_dict: the payload: a dictionary, one that is encoded already (with ``parts``), or JSON bytes, in one piece or in parts.
            job_name: name of the job.
            job_tags: tags of the job.
            experiment_id: tag of the experiment that it belongs to.
            live_data_enabled: whether live data is wanted.

        Raises:
            ApiError: it is not submitted, or, if ``outcome_unknown`` is set, may be; ``job_id`` is set once there is one, and
                ``idempotency_key`` where only that can be asked for.
        """
        request = JobCreateRequest(
            backend_name=backend_name,
            name=job_name,
            tags=tuple(job_tags or ()),
            experiment_tag=experiment_id,
            live_data_enabled=live_data_enabled,
        )
        return Submission(self.account_api).run(request, _payload(qobj_dict))

    def job_get(self, job_id: str) -> JobRecord:
        """Return all that the server says of a job."""
        return self.account_api.job(job_id).get()

    def job_of_key(self, idempotency_key: str) -> Optional[JobRecord]:
        """Return the job that was submitted with a key, ``None`` if there is none."""
        return self.account_api.job_of_key(idempotency_key)

    def job_status(self, job_id: str) -> JobStatusRecord:
        """Return the status of a job."""
        return self.account_api.job(job_id).status()

    def job_final_status(
        self,
        job_id: str,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        status_queue: Optional[StatusQueue] = None,
        *,
        tick: Optional[float] = None,
        on_tick: Optional[Callable[[], None]] = None,
    ) -> JobStatusRecord:
        """Wait until a job is over.

        The status comes by websocket; where there is none, or it is silent, by requests.

        Args:
            job_id: id of the job.
            timeout: seconds after which the wait is given up; ``None`` for never, 0 for now.
            wait: seconds between two requests where there is no websocket; by default more and more.
            status_queue: its method ``put`` is called from this thread with each new status that is not final.
            tick: seconds between two calls of ``on_tick``.
            on_tick: called from this thread every ``tick`` seconds while the status is not final.

        Raises:
            UserTimeoutExceededError: the timeout is over.
            ApiError: the server refuses to tell, or cannot be asked again and again.
        """
        return FinalStatusWait(
            job_id,
            ask=lambda seconds: self._status_within(job_id, seconds),
            open_stream=lambda on_event: self._websocket(job_id, on_event=on_event),
            limits=self.session.time_limits,
            timeout=timeout,
            wait=wait,
            on_status=None if status_queue is None else status_queue.put,
            tick=tick,
            on_tick=on_tick,
        ).run()

    def _status_within(self, job_id: str, seconds: float) -> JobStatusRecord:
        """Ask for the status by :meth:`job_status`, which other programs replace, in so many seconds."""
        client = copy.copy(self)
        client.account_api = self.account_api.within(seconds)
        return client.job_status(job_id)

    def _websocket(
        self,
        job_id: str,
        message_queue: Optional[Queue[Any]] = None,
        on_event: Optional[Callable[[StreamEvent], None]] = None,
    ) -> WebsocketClient:
        return WebsocketClient(
            self.session.located(self._credentials.websockets_url or ""),
            self._credentials,
            job_id,
            message_queue,
            tokens=self.session.tokens,
            redactor=self.session.redactor,
            on_event=on_event,
            time_limits=self.session.time_limits,
        )

    # The two halves of a wait, which other programs call by these names. Neither is part of job_final_status.

    def _job_final_status_websocket(
        self, job_id: str, timeout: Optional[float] = None, status_queue: Optional[Queue[Any]] = None
    ) -> dict[str, Any]:
        stream = self._websocket(job_id, status_queue)
        timer = threading.Timer(timeout or 0, stream.disconnect, [WebsocketClientCloseCode.TIMEOUT])
        timer.daemon = True
        if timeout is not None:
            timer.start()
        try:
            return stream.get_job_status()
        finally:
            timer.cancel()

    def _job_final_status_polling(
        self,
        job_id: str,
        timeout: Optional[float] = None,
        wait: float = 5,
        status_queue: Optional[StatusQueue] = None,
    ) -> dict[str, Any]:
        polling = FinalStatusWait(
            job_id,
            ask=lambda seconds: self._status_within(job_id, seconds),
            open_stream=None,
            limits=self.session.time_limits,
            timeout=timeout,
            wait=wait,
            on_status=None if status_queue is None else status_queue.put,
        )
        return polling.run().to_json()

    def job_result(
        self,
        job_id: str,
        use_object_storage: bool = True,
        *,
        expected: bool = False,
        timeout: Optional[float] = None,
    ) -> dict[str, Any]:
        """Return the result document of a job. The data of its experiments may be text still: see :mod:`~.protocol.results`.

        Args:
            job_id: id of the job.
            use_object_storage: whether the result is in storage; otherwise it is part of the job.
            expected: whether the job has completed, so that a missing result is looked for again in a moment.
            timeout: seconds that the caller still has; a minute is taken at least. By default only each request has its bounds.

        Raises:
            UserTimeoutExceededError: this time is over.
            ApiError: the result cannot be had.
        """
        job = self.account_api.job(job_id)
        return fetch_result(job, job_id, in_storage=use_object_storage, expected=expected, timeout=timeout)

    def job_download_qobj(self, job_id: str, use_object_storage: bool = True) -> dict[str, Any]:
        """Return the payload of a job.

        Args:
            job_id: id of the job.
            use_object_storage: whether the payload is in storage; otherwise it is part of the job.
        """
        job = self.account_api.job(job_id)
        if not use_object_storage:
            return inline(job.get().qobj, f"The payload of job {job_id}")
        return download(job.download_url, job.get_object_storage)

    def job_cancel(self, job_id: str) -> bool:
        """Cancel a job.

        Returns:
            ``False`` if the server refuses in its answer, because the job is over.

        Raises:
            ApiError: the request was refused, or, if ``outcome_unknown`` is set, nobody can say what became of it.
        """
        job = self.account_api.job(job_id)
        try:
            return job.cancel()
        except ApiError as err:
            if not err.outcome_unknown:
                raise
            failure = err
        # The answer is lost: the status says what became of the job; if nothing did, it is cancelled once more.
        try:
            status = job.status().status
        except ApiError as err:
            logger.debug("The status of job %s cannot be asked for: %s", job_id, err.message)
        else:
            if is_final(status):
                return status == ApiJobStatus.CANCELLED.value
            logger.debug("The cancellation of job %s failed (%s) and is repeated.", job_id, failure.message)
            return job.cancel()
        raise failure

    def job_update_attribute(self, job_id: str, attr_name: str, attr_value: Any) -> dict[str, Any]:
        """Change the name or the tags of a job, and return what the server has made of it."""
        return self.account_api.job(job_id).update_attribute(attr_name, attr_value)

    def job_delete(self, job_id: str) -> None:
        """Delete a job."""
        self.account_api.job(job_id).delete()

    def job_properties(self, job_id: str) -> Optional[dict[str, Any]]:
        """Return the calibration under which a job ran, ``None`` if there is none."""
        return self.account_api.job(job_id).properties()


class DeferredAccountClient(AccountClient):
    """A client of a project whose account is opened at the first request, and again at the next one if that has failed.

    Args:
        connect: opens the account and gives the client whose connection is used. May raise :class:`.IBMQError`.
    """

    def __init__(self, connect: Callable[[], AccountClient]) -> None:
        # Not the constructor above: the parts that it sets are what is not there yet.
        self._connect = connect

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there: the parts of a client that is connected.
        if name.startswith("__") or "_connect" not in self.__dict__:
            raise AttributeError(name)
        parts = vars(self._connect())
        if name not in parts:
            raise AttributeError(name)
        vars(self).update(parts)
        return parts[name]


def _payload(qobj: Union[Mapping[str, Any], bytes, Iterable[bytes]]) -> Body:
    """Return the payload as a body.

    Raises:
        ApiError: it cannot be written as JSON.
    """
    if isinstance(qobj, bytes):
        return Body([qobj])
    parts = getattr(qobj, "parts", qobj)
    if not isinstance(parts, Mapping):
        return Body(list(parts))
    return json_body(qobj, "The payload of the job")
