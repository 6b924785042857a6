# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes beyond the original protocol: a job in one request, a result in one request, and the job of an idempotency key."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.extensions import (
    DIRECT_JOB_LIMIT,
    DIRECT_JOBS,
    DIRECT_RESULTS,
    IDEMPOTENCY,
    IDEMPOTENCY_HEADER,
)
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.routes.context import in_thread, json_response, project_of, services_of
from qiskit_ibmq_provider.service.routes.jobs import CLIENT_HEADER, client_info, submitted
from qiskit_ibmq_provider.service.routes.storage import blob_response, body_parts

__all__ = ["capabilities", "create_job_directly", "get_keyed_job", "get_result", "limits"]


def capabilities(largest: int) -> dict[str, Any]:
    """Return what this service offers beyond the original protocol, by name and version.

    Args:
        largest: the largest payload that may come in one request with its job, in bytes.
    """
    return {IDEMPOTENCY: 1, **({DIRECT_JOBS: 1} if largest else {}), DIRECT_RESULTS: 1}


def limits(largest: int) -> dict[str, Any]:
    """Return the limits that are announced beside it; the argument is the same."""
    return {DIRECT_JOB_LIMIT: largest} if largest else {}


async def create_job_directly(request: Request) -> Response:
    """Take a job together with its payload, and queue it. With a key it may be repeated."""
    principal, project = await project_of(request)
    announced = request.headers.get("content-length", "")
    incoming = services_of(request).jobs.direct.begin(
        principal,
        project,
        client_info(request.headers.get(CLIENT_HEADER, "")),
        idempotency_key=request.headers.get(IDEMPOTENCY_HEADER),
        size=int(announced) if announced.isdecimal() else None,
    )
    last = b""
    try:
        async for part in body_parts(request):
            if last:
                await in_thread(incoming.write, last)
            last = part
        # For a small job this is the only change of thread.
        job = await in_thread(incoming.finish, last)
    finally:
        # Nothing is left half-written, whatever ended the transfer.
        incoming.abort()
    return submitted(job)


async def get_keyed_job(request: Request) -> Response:
    """Give the job that was made with the idempotency key in the header.

    Raises:
        NotFound: If there is none, or none yet.
    """
    _, project = await project_of(request)
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is None:
        raise InvalidRequest(
            f"Jobs are listed at {request.url.path}/status/v/1. Here the header {IDEMPOTENCY_HEADER!r} names the key of a job.",
            ErrorCode.BAD_REQUEST,
        )
    job = await in_thread(services_of(request).jobs.made_with, project, key)
    return json_response(job.to_record().to_json())


async def get_result(request: Request) -> Response:
    """Send the result of a job. May be repeated.

    Raises:
        NotFound: If there is none, or not yet.
    """
    _, project = await project_of(request)
    jobs, job_id = services_of(request).jobs, request.path_params["job_id"]
    return await blob_response(request, lambda: jobs.result_ref(jobs.get(project, job_id)))
