# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of one job: from its creation to its result."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol.errors import ErrorCode, encode_error
from qiskit_ibmq_provider.protocol.extensions import IDEMPOTENCY_HEADER
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.routes.context import (
    in_thread,
    json_response,
    origin_of,
    project_of,
    read_json,
    services_of,
)
from qiskit_ibmq_provider.service.routes.signed_urls import Purpose, signed_path
from qiskit_ibmq_provider.service.routes.urls import api_url

__all__ = [
    "CLIENT_HEADER",
    "announce_job",
    "cancel_job",
    "client_info",
    "create_job",
    "delete_job",
    "get_job",
    "get_status",
    "job_properties",
    "payload_url",
    "result_downloaded",
    "result_url",
    "submitted",
    "update_job",
    "upload_url",
]

CLIENT_HEADER: Final = "x-qx-client-application"
"""``names/versions``, both separated by commas, and possibly more after another slash."""


def client_info(header: str) -> dict[str, str]:
    """Return what a job tells of the client that made it; never empty, because clients rely on it."""
    name, _, rest = header.partition("/")
    return {"name": name or "unknown", "version": rest.partition("/")[0] or "unknown"}


async def create_job(request: Request) -> Response:
    """Make a job and say where its payload goes. With a key it may be repeated."""
    principal, project = await project_of(request)
    wanted = JobCreateRequest.from_json(await read_json(request))
    job = await in_thread(
        services_of(request).jobs.create,
        principal,
        project,
        wanted,
        client_info(request.headers.get(CLIENT_HEADER, "")),
        idempotency_key=request.headers.get(IDEMPOTENCY_HEADER),
    )
    storage = {"jobId": job.id, "uploadUrl": _storage_url(request, Purpose.UPLOAD, job)}
    return json_response({**job.to_record().to_json(), "objectStorageInfo": storage})


async def announce_job(request: Request) -> Response:
    """Take the payload as complete and queue the job. May be repeated."""
    _, project = await project_of(request)
    job = await in_thread(services_of(request).jobs.announce, project, request.path_params["job_id"])
    return submitted(job)


def submitted(job: Job) -> Response:
    """Return the answer to a submission that is complete."""
    # With the key 'error' the original client takes a job as not submitted.
    record = job.to_record().replaced(error=None)
    return json_response({"job": record.to_json()})


async def get_job(request: Request) -> Response:
    """Give a job with all that is known of it."""
    return json_response((await _job_of(request)).to_record().to_json())


async def get_status(request: Request) -> Response:
    """Give the status of a job."""
    return json_response((await _job_of(request)).to_status_record().to_json())


async def cancel_job(request: Request) -> Response:
    """Cancel a job that is not over yet; refuse otherwise, which is no error of the request."""
    _, project = await project_of(request)
    job_id = request.path_params["job_id"]
    if await in_thread(services_of(request).jobs.cancel, project, job_id):
        # Only without the key 'error' does a client take this as success.
        return json_response({"cancelled": True})
    refusal = encode_error(ErrorCode.CANCEL_REFUSED, "The job is over and cannot be cancelled.", 200)
    return json_response({"cancelled": False, **refusal})


async def update_job(request: Request) -> Response:
    """Set the name or the tags of a job, and repeat what was set."""
    _, project = await project_of(request)
    jobs = services_of(request).jobs
    job_id = request.path_params["job_id"]
    body = as_object(await read_json(request), "the update")
    name, tags = body.get("name"), body.get("tags")
    if isinstance(name, str) and tags is None:
        job = await in_thread(jobs.update_name, project, job_id, name)
        return json_response({"name": job.name or ""})
    if name is None and isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        job = await in_thread(jobs.update_tags, project, job_id, tuple(tags))
        return json_response({"tags": list(job.tags)})
    raise InvalidRequest(
        "An update sets either 'name' to a text or 'tags' to an array of texts.", ErrorCode.INVALID_ATTRIBUTE
    )


async def delete_job(request: Request) -> Response:
    """Remove a job with its data."""
    _, project = await project_of(request)
    await in_thread(services_of(request).jobs.delete, project, request.path_params["job_id"])
    return json_response({})


async def job_properties(request: Request) -> Response:
    """Give the calibration that the job ran with; ``{}`` for none."""
    _, project = await project_of(request)
    job_id = request.path_params["job_id"]
    return json_response(await in_thread(services_of(request).jobs.device_properties, project, job_id) or {})


async def upload_url(request: Request) -> Response:
    """Say again where the payload goes, for clients that do not read it from the answer to creation."""
    return json_response({"url": _storage_url(request, Purpose.UPLOAD, await _job_of(request))})


async def payload_url(request: Request) -> Response:
    """Say where the payload can be read.

    Raises:
        NotFound: If it was never uploaded.
    """
    job = await _job_of(request)
    await in_thread(services_of(request).jobs.payload_ref, job)
    return json_response({"url": _storage_url(request, Purpose.PAYLOAD, job)})


async def result_url(request: Request) -> Response:
    """Say where the result can be read.

    Raises:
        NotFound: If there is none, or not yet.
    """
    job = await _job_of(request)
    await in_thread(services_of(request).jobs.result_ref, job)
    return json_response({"url": _storage_url(request, Purpose.RESULT, job)})


async def result_downloaded(request: Request) -> Response:
    """Take note that the result arrived. Nothing follows: clients read results again."""
    await _job_of(request)
    return json_response({})


async def _job_of(request: Request) -> Job:
    """Return the job that the path names."""
    _, project = await project_of(request)
    return await in_thread(services_of(request).jobs.get, project, request.path_params["job_id"])


def _storage_url(request: Request, purpose: Purpose, job: Job) -> str:
    """Return an absolute URL that allows one thing with one blob for a while."""
    services = services_of(request)
    return api_url(origin_of(request)) + signed_path(
        services.signer, purpose, job.id, services.config.url_seconds
    )
