# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the object storage: payloads come in, payloads and results go out.

A storage URL is its own permission: signed for one purpose and one job, valid for a while. The token that
clients send along is not looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import BinaryIO, Final, Optional, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qiskit_ibmq_provider.service.domain.signed_urls import Purpose
from qiskit_ibmq_provider.service.domain.submission import PayloadWriter
from qiskit_ibmq_provider.service.routes.context import in_thread, json_response, services_of
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE

__all__ = ["blob_response", "body_parts", "content_length", "download", "keep", "upload"]

T = TypeVar("T")

_CHUNK_BYTES: Final = 1024 * 1024
"""How much is gathered before a thread writes it: fewer changes of thread than packets."""


async def upload(request: Request) -> Response:
    """Take the payload of a job that is being created. A payload sent again replaces the one before."""
    job_id = _checked_job_id(request, Purpose.UPLOAD)
    submissions = services_of(request).submissions
    size = await keep(body_parts(request), lambda: submissions.open_payload(job_id, content_length(request)))
    return json_response({"size": size})


async def download(request: Request) -> Response:
    """Send a payload or a result. May be repeated while the URL is valid."""
    jobs = services_of(request).jobs
    wants_result = request.path_params["purpose"] == Purpose.RESULT.value
    job_id = _checked_job_id(request, Purpose.RESULT if wants_result else Purpose.PAYLOAD)
    ref_of = jobs.result_ref if wants_result else jobs.payload_ref
    return await blob_response(request, lambda: ref_of(jobs.by_id(job_id)))


def _checked_job_id(request: Request, purpose: Purpose) -> str:
    names = request.path_params
    services_of(request).signer.check_url(purpose, names["purpose"], names["job_id"], request.query_params)
    return str(names["job_id"])


async def keep(parts: AsyncIterator[bytes], begin: Callable[[], PayloadWriter[T]]) -> T:
    """Keep a payload as it comes, and return what becomes of it. Nothing is left half-written, whatever ends the transfer.

    Args:
        parts: The payload.
        begin: Opens what takes it; called in a thread.
    """
    writer: Optional[PayloadWriter[T]] = None
    part = b""

    def write() -> PayloadWriter[T]:
        nonlocal writer
        if writer is None:
            writer = begin()
        writer.write(part)
        return writer

    try:
        async for following in parts:
            if part:
                await in_thread(write)
            part = following
        # Syncs the disk: not a matter for the event loop. For a small payload this is the only change of thread.
        return await in_thread(lambda: write().commit())
    finally:
        if writer is not None:
            # After the commit this does nothing.
            writer.abort()


def content_length(request: Request) -> Optional[int]:
    """Return how many bytes the body has, if the request says it beforehand."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else None


async def body_parts(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes, in parts of about a megabyte."""
    part = bytearray()
    async for chunk in request.stream():
        part += chunk
        if len(part) >= _CHUNK_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


async def blob_response(request: Request, find: Callable[[], str]) -> Response:
    """Answer with a stored document.

    Args:
        request: GET or HEAD.
        find: returns its ref; called in a thread.
    """
    blobs = services_of(request).blobs

    def begin() -> Response:
        ref = find()
        size = blobs.size(ref)
        headers = {"Content-Length": str(size)}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=JSON_TYPE)
        stream = blobs.open_reader(ref)
        if size > _CHUNK_BYTES:
            return StreamingResponse(_chunks(stream), headers=headers, media_type=JSON_TYPE)
        # A small one takes one change of thread instead of one for each step.
        with stream:
            return Response(stream.read(), media_type=JSON_TYPE)

    return await in_thread(begin)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
