# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the two job lists."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.routes.context import in_thread, json_response, project_of, services_of

__all__ = ["job_ids", "job_statuses"]


async def job_statuses(request: Request) -> Response:
    """List jobs as whole job objects."""
    return json_response([job.to_record().to_json() for job in await _jobs_of(request)])


async def job_ids(request: Request) -> Response:
    """List jobs by what a client needs to page and to choose: id, date, and whether there is live data."""
    records = [job.to_record() for job in await _jobs_of(request)]
    return json_response(
        [
            {"id": r.id, "creationDate": r.creation_date, "liveDataEnabled": bool(r.live_data_enabled)}
            for r in records
        ]
    )


async def _jobs_of(request: Request) -> list[Job]:
    _, project = await project_of(request)
    try:
        wanted = Filter.from_json(request.query_params.get("filter") or "{}")
    except ProtocolError as exc:
        raise InvalidRequest(str(exc), ErrorCode.INVALID_FILTER) from None
    return await in_thread(services_of(request).jobs.list, project, wanted)
