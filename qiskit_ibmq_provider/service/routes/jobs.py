# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of jobs: from their creation to their results, and lists of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError, encode_error
from qiskit_ibmq_provider.protocol.extensions import (
    IDEMPOTENCY_HEADER,
    JOB_HEADER,
    JOB_HEADER_BYTES,
    split_older_direct_body,
)
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project
from qiskit_ibmq_provider.service.domain.signed_urls import Purpose
from qiskit_ibmq_provider.service.domain.submission import RequestedJob
from qiskit_ibmq_provider.service.routes.context import (
    check_depth,
    decoded,
    filter_of,
    in_thread,
    json_response,
    origin_of,
    project_of,
    read_body,
    read_json,
    services_of,
)
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE
from qiskit_ibmq_provider.service.routes.storage import blob_response, body_parts, content_length, keep
from qiskit_ibmq_provider.service.routes.urls import api_url

__all__ = [
    "announce_job",
    "cancel_job",
    "client_info",
    "create_job",
    "create_job_directly",
    "delete_job",
    "get_job",
    "get_keyed_job",
    "get_result",
    "get_status",
    "job_ids",
    "job_properties",
    "job_statuses",
    "payload_url",
    "result_downloaded",
    "result_url",
    "update_job",
    "upload_url",
]

_CLIENT_HEADER: Final = "x-qx-client-application"
"""``names/versions``, both separated by commas, and possibly more after another slash."""


def client_info(header: str) -> dict[str, str]:
    """Return what a job tells of the client that made it; never empty, because clients rely on it."""
    name, _, rest = header.partition("/")
    return {"name": name or "unknown", "version": rest.partition("/")[0] or "unknown"}


async def create_job(request: Request) -> Response:
    """Make a job and say where its payload goes. With a key it may be repeated."""
    caller = await project_of(request)
    requested = _requested(request, caller, JobCreateRequest.from_json(await read_json(request)))
    job = await in_thread(services_of(request).submissions.create, requested)
    storage = {"jobId": job.id, "uploadUrl": _storage_url(request, Purpose.UPLOAD, job)}
    return json_response({**job.to_record().to_json(), "objectStorageInfo": storage})


async def create_job_directly(request: Request) -> Response:
    """Take a job together with its payload, and queue it. With a key it may be repeated."""
    caller = await project_of(request)
    fields, size = request.headers.get(JOB_HEADER), content_length(request)
    if fields is None:
        wanted, payload = await _older_form(request)
        size = None
    else:
        wanted, payload = _wanted(request, fields), body_parts(request)
    requested = _requested(request, caller, wanted)
    submissions = services_of(request).submissions
    return _submitted(await keep(payload, lambda: submissions.open_direct(requested, size)))


def _requested(request: Request, caller: tuple[Principal, Project], wanted: JobCreateRequest) -> RequestedJob:
    info, key = client_info(request.headers.get(_CLIENT_HEADER, "")), request.headers.get(IDEMPOTENCY_HEADER)
    return RequestedJob(*caller, wanted, info, key)


def _wanted(request: Request, fields: str) -> JobCreateRequest:
    if len(fields) > JOB_HEADER_BYTES:
        raise HTTPException(
            431,
            f"The header {JOB_HEADER!r} is larger than {JOB_HEADER_BYTES} bytes. Send the job in several requests.",
        )
    if not fields.isascii():
        # In which encoding it is meant nobody can know.
        raise InvalidRequest(
            f"The header {JOB_HEADER!r} is not ASCII: escape what is not.", ErrorCode.BAD_REQUEST
        )
    depth = services_of(request).config.max_json_depth
    return JobCreateRequest.from_json(decoded(fields, f"header {JOB_HEADER!r}", depth))


# Version 1, for clients that logged in before the service was updated. To be removed in 0.22.
async def _older_form(request: Request) -> tuple[JobCreateRequest, AsyncIterator[bytes]]:
    services = services_of(request)
    largest = services.submissions.largest_direct + services.config.max_body_bytes
    fields, payload = split_older_direct_body(bytes(await read_body(request, largest)))
    check_depth(fields, services.config.max_json_depth, "body", ErrorCode.BAD_REQUEST)

    async def parts() -> AsyncIterator[bytes]:
        yield payload

    return JobCreateRequest.from_json(fields), parts()


async def announce_job(request: Request) -> Response:
    """Take the payload as complete and queue the job. May be repeated."""
    _, project = await project_of(request)
    job = await in_thread(services_of(request).submissions.announce, project, request.path_params["job_id"])
    return _submitted(job)


def _submitted(job: Job) -> Response:
    # With the key 'error' the original client takes a job as not submitted.
    record = job.to_record().replaced(error=None)
    return json_response({"job": record.to_json()})


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
    job = await in_thread(services_of(request).submissions.made_with, project, key)
    return json_response(job.to_record().to_json())


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


async def get_result(request: Request) -> Response:
    """Send the result of a job. May be repeated.

    Raises:
        NotFound: If there is none, or not yet.
    """
    _, project = await project_of(request)
    jobs, job_id = services_of(request).jobs, request.path_params["job_id"]
    return await blob_response(request, lambda: jobs.result_ref(jobs.get(project, job_id)))


async def result_downloaded(request: Request) -> Response:
    """Take note that the result arrived. Nothing follows: clients read results again."""
    await _job_of(request)
    return json_response({})


async def job_statuses(request: Request) -> Response:
    """List jobs as whole job objects."""
    return await _listing(request, _whole)


async def job_ids(request: Request) -> Response:
    """List jobs by what a client needs to page and to choose: id, date, and whether there is live data."""
    return await _listing(request, _brief)


async def _listing(request: Request, show: Callable[[Job], dict[str, Any]]) -> Response:
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


async def _job_of(request: Request) -> Job:
    _, project = await project_of(request)
    return await in_thread(services_of(request).jobs.get, project, request.path_params["job_id"])


def _storage_url(request: Request, purpose: Purpose, job: Job) -> str:
    services = services_of(request)
    path = services.signer.signed_path(purpose, job.id, services.config.url_seconds)
    return api_url(origin_of(request)) + path
