# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Adapter for one project: its devices and jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Optional, TypeVar, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.backend import Backend
from qiskit_ibmq_provider.api.rest.base import RestAdapterBase, json_body, json_text
from qiskit_ibmq_provider.api.rest.job import Job, read_submitted
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.api.time_limits import Timeouts
from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.extensions import IDEMPOTENCY_HEADER, JOB_HEADER
from qiskit_ibmq_provider.protocol.fields import as_objects
from qiskit_ibmq_provider.protocol.filters import All, Clause, Filter, Order
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest, JobRecord, UploadTicket, decode_job_list
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["Account", "ID_FIELDS", "page_filter"]

logger = get_logger(__name__)

T = TypeVar("T")

ID_FIELDS: Final = ("id", "liveDataEnabled", "creationDate")
"""What a list of ids holds of each job."""


class Account(RestAdapterBase):
    """One project of an account.

    Args:
        session: the connection.
        hub: hub of the project.
        group: group of the project.
        project: name of the project.
    """

    def __init__(self, session: RetrySession, hub: str, group: str, project: str) -> None:
        super().__init__(session, {"hub": hub, "group": group, "project": project})

    def backend(self, backend_name: str) -> Backend:
        """Return the adapter for a device."""
        return Backend(self.session, {**self.places, "device": str(backend_name)})

    def job(self, job_id: str) -> Job:
        """Return the adapter for a job."""
        return Job(self.session, {**self.places, "job_id": str(job_id)})

    def backends(self, timeout: Optional[float] = None) -> list[dict[str, Any]]:
        """Return the configurations of all devices as the server sends them.

        Args:
            timeout: seconds that this may take at most.
        """
        session = self.session.within(timeout)
        return session.request("GET", self.get_url(routes.DEVICES), read=_read_backends)

    def create_remote_job(
        self, request: JobCreateRequest, *, idempotency_key: Optional[str]
    ) -> tuple[str, Secret]:
        """Create a job without payload.

        Args:
            request: what the job is to be.
            idempotency_key: key that makes the request safe to repeat, on a server that honours it.

        Returns:
            the job's id, and the address that takes its payload.
        """
        return self.session.request(
            "POST",
            self.get_url(routes.JOBS),
            read=_read_ticket,
            body=json_body(request.to_json(), "The job"),
            headers={IDEMPOTENCY_HEADER: idempotency_key} if idempotency_key else None,
            replayable=idempotency_key is not None,
        )

    def submit_directly(
        self, job_header: str, payload: Body, *, idempotency_key: str, timeouts: Timeouts
    ) -> JobRecord:
        """Create a job, give it its payload and start it, in one request that may be repeated.

        Args:
            job_header: what the job is to be, as a header.
            payload: its Qobj.
            idempotency_key: key that makes the request safe to repeat.
            timeouts: bounds.
        """
        return self.session.request(
            "POST",
            self.get_url(routes.JOBS_DIRECT),
            read=read_submitted,
            body=payload,
            headers={IDEMPOTENCY_HEADER: idempotency_key, JOB_HEADER: job_header},
            replayable=True,
            timeouts=timeouts,
        )

    def job_of_key(self, idempotency_key: str) -> Optional[JobRecord]:
        """Return the job that was made with a key, ``None`` if there is none."""
        try:
            return self.session.request(
                "GET",
                self.get_url(routes.JOBS),
                read=JobRecord.from_json,
                headers={IDEMPOTENCY_HEADER: idempotency_key},
            )
        except RequestsApiError as err:
            # With another code it is the path that is not there, which says nothing of the job.
            if err.status_code != 404 or err.code != ErrorCode.JOB_NOT_FOUND:
                raise
        return None

    def jobs(self, chosen: Mapping[str, Any]) -> list[JobRecord]:
        """Return one page of the jobs that a filter, in its wire form, chooses. An entry that cannot be read is left out, with a warning in the log."""
        return self._listing(routes.JOB_STATUSES, chosen, _read_jobs)

    def jobs_ids(self, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return one page of ids, with creation date and live data flag, as the server sends them."""
        return self._listing(routes.JOB_IDS, chosen, _read_ids)

    def _listing(self, route: Route, chosen: Mapping[str, Any], read: Callable[[Any], T]) -> T:
        params = {"filter": json_text(chosen, "The filter")}
        return self.session.request("GET", self.get_url(route), read=read, params=params)


def page_filter(
    limit: int,
    skip: int,
    descending: bool,
    extra: Union[Clause, Mapping[str, Any], None],
    fields: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the filter of a page, in its wire form.

    Args:
        limit: most entries; 0 for the server's own bound.
        skip: how many to leave out first.
        descending: whether the newest come first.
        extra: what the jobs have to meet. An object goes as it is: servers know more clauses than we do.
        fields: what each entry is to hold; everything if empty.
    """
    where = extra if extra is not None and not isinstance(extra, Mapping) else All()
    order = Order.NEWEST_FIRST if descending else Order.OLDEST_FIRST
    document = Filter(where=where, order=order, limit=limit or None, skip=skip, fields=fields).to_json()
    if isinstance(extra, Mapping) and extra:
        document["where"] = dict(extra)
    return document


def _read_ticket(data: Any) -> tuple[str, Secret]:
    ticket = UploadTicket.from_json(data)
    return ticket.job_id, Secret(ticket.upload_url)


def _read_backends(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, list):
        raise ProtocolError(f"The list of devices should be a JSON array, not {type(data).__name__}.")
    odd = [entry for entry in data if not isinstance(entry, dict)]
    if odd:
        logger.warning(
            "The list of devices holds %d entries that are not JSON objects; they are left out.", len(odd)
        )
    return [entry for entry in data if isinstance(entry, dict)]


def _read_jobs(data: Any) -> list[JobRecord]:
    records, problems = decode_job_list(data)
    for problem in problems:
        logger.warning("A job is left out of the list, because its description cannot be read: %s", problem)
    return records


def _read_ids(data: Any) -> list[dict[str, Any]]:
    return [dict(entry) for entry in as_objects(data, "the list of job ids")]
