# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the object storage: payloads come in, payloads and results go out.

A storage URL is its own permission: signed for one purpose and one job, valid for a while. The token that
clients send along is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qiskit_ibmq_provider.service.domain.blobs import BlobWriter
from qiskit_ibmq_provider.service.routes.context import in_thread, json_response, services_of
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE
from qiskit_ibmq_provider.service.routes.signed_urls import Purpose, check_url

__all__ = ["download", "upload"]

_CHUNK_BYTES: Final = 1024 * 1024
"""How much is gathered before a thread writes it: fewer changes of thread than packets."""


async def upload(request: Request) -> Response:
    """Take the payload of a job that is being created. A payload sent again replaces the one before."""
    job_id = _checked_job_id(request, Purpose.UPLOAD)
    announced = request.headers.get("content-length", "")
    expected = int(announced) if announced.isdecimal() else None
    writer = await in_thread(services_of(request).jobs.open_payload, job_id, expected)
    try:
        await _receive(request, writer)
        # Syncs the disk: not a matter for the event loop.
        size = await in_thread(writer.commit)
    finally:
        # Nothing is left half-written, whatever ended the transfer; after the commit this does nothing.
        writer.abort()
    return json_response({"size": size})


async def download(request: Request) -> Response:
    """Send a payload or a result. May be repeated while the URL is valid."""
    services = services_of(request)
    wants_result = request.path_params["purpose"] == Purpose.RESULT.value
    job_id = _checked_job_id(request, Purpose.RESULT if wants_result else Purpose.PAYLOAD)
    job = await in_thread(services.jobs.by_id, job_id)
    ref = await in_thread(services.jobs.result_ref if wants_result else services.jobs.payload_ref, job)
    headers = {"Content-Length": str(await in_thread(services.blobs.size, ref))}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=JSON_TYPE)
    stream = await in_thread(services.blobs.open_reader, ref)
    return StreamingResponse(_chunks(stream), headers=headers, media_type=JSON_TYPE)


def _checked_job_id(request: Request, purpose: Purpose) -> str:
    """Return the job of a storage URL.

    Raises:
        Forbidden: If the URL is for another purpose, its signature does not hold, or its time is over.
    """
    names = request.path_params
    check_url(services_of(request).signer, purpose, names["purpose"], names["job_id"], request.query_params)
    return str(names["job_id"])


async def _receive(request: Request, writer: BlobWriter) -> None:
    """Write the body as it comes, in parts of about a megabyte."""
    part = bytearray()
    async for chunk in request.stream():
        part += chunk
        if len(part) >= _CHUNK_BYTES:
            await in_thread(writer.write, bytes(part))
            part.clear()
    if part:
        await in_thread(writer.write, bytes(part))


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
