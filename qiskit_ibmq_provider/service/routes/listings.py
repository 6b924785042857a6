# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the two job lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.routes.context import filter_of, in_thread, project_of, services_of
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE

__all__ = ["job_ids", "job_statuses"]


async def job_statuses(request: Request) -> Response:
    """List jobs as whole job objects."""
    return await _listing(request, _whole)


async def job_ids(request: Request) -> Response:
    """List jobs by what a client needs to page and to choose: id, date, and whether there is live data."""
    return await _listing(request, _brief)


async def _listing(request: Request, show: Callable[[Job], dict[str, Any]]) -> Response:
    """Answer with the jobs that the filter in the query asks for."""
    principal, project = await project_of(request)
    services = services_of(request)

    def encoded() -> bytes:
        return codec.dumps([show(job) for job in services.jobs.list(project, _filter_of(request))])

    async with services.listings.turn(principal.user_id):
        # Reading a long filter and writing a thousand jobs take a while, too.
        return Response(await in_thread(encoded), media_type=JSON_TYPE)


def _whole(job: Job) -> dict[str, Any]:
    return job.to_record().to_json()


def _brief(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "creationDate": format_utc(job.created),
        "liveDataEnabled": bool(job.live_data_enabled),
    }


def _filter_of(request: Request) -> Filter:
    try:
        return Filter.from_json(filter_of(request, ErrorCode.INVALID_FILTER) or {})
    except ProtocolError as exc:
        raise InvalidRequest(str(exc), ErrorCode.INVALID_FILTER) from None
