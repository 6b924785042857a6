# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""From a failure to an answer: the one place where errors get their HTTP form.

Whatever goes wrong, the body is ``{"error": {"message", "code", "status", "name"}}`` and the header
``uber-trace-id`` is there, because the original client repeats the raw body without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Optional
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.codec import dumps
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError, encode_error
from qiskit_ibmq_provider.service.domain import errors as domain

__all__ = ["EXCEPTION_HANDLERS", "JSON_TYPE", "error_response", "status_of"]

logger = get_logger(__name__)

JSON_TYPE: Final = "application/json"

RETRY_SECONDS: Final = 5
"""What an answer 503 asks the client to wait."""

_STATUS: Final[Mapping[type[domain.DomainError], int]] = {
    domain.InvalidRequest: 400,
    domain.Unauthenticated: 401,
    domain.Forbidden: 403,
    domain.NotFound: 404,
    domain.Conflict: 409,
    # The original client looks for the code in a 400; a 429 it raises at once, without looking.
    domain.LimitReached: 400,
    domain.RateLimited: 429,
    domain.TooLarge: 413,
    # Not among the statuses that the original client retries for 15 seconds.
    domain.StorageFull: 507,
    domain.Unavailable: 503,
}

_CODES: Final[Mapping[int, ErrorCode]] = {
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.PAYLOAD_TOO_LARGE,
}
"""Codes of the refusals that come from the web framework."""


def status_of(exc: domain.DomainError) -> int:
    """Return the HTTP status of a refusal: that of the nearest class that has one."""
    return next((_STATUS[kind] for kind in type(exc).__mro__ if kind in _STATUS), 400)


def error_response(
    code: ErrorCode, message: str, status: int, headers: Optional[Mapping[str, str]] = None
) -> Response:
    """Return the answer that tells of a failure."""
    body = dumps(encode_error(code, message, status))
    return Response(body, status_code=status, headers=dict(headers or {}), media_type=JSON_TYPE)


async def _domain_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, domain.DomainError)
    status = status_of(exc)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    if isinstance(exc, domain.RateLimited):
        headers = {"Retry-After": str(exc.retry_after)}
    return error_response(exc.code, exc.message, status, headers)


async def _protocol_error(request: Request, exc: Exception) -> Response:
    return error_response(ErrorCode.BAD_REQUEST, str(exc), 400)


async def _framework_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    messages = {
        404: f"There is no {request.url.path!r:.200} here.",
        405: f"{request.method} is not possible on {request.url.path!r:.200}.",
    }
    code = _CODES.get(exc.status_code, ErrorCode.BAD_REQUEST)
    return error_response(code, messages.get(exc.status_code, exc.detail), exc.status_code, exc.headers)


async def _client_gone(request: Request, exc: Exception) -> Response:
    """Answer somebody who has left in the middle of a request: nobody reads this, and it is no fault of ours."""
    return error_response(ErrorCode.BAD_REQUEST, "The request ended before its body did.", 400)


async def _unexpected_error(request: Request, exc: Exception) -> Response:
    """Answer a failure of our own. The server logs the traceback; the client is told where to look."""
    trace_id = request.scope.get("state", {}).get("trace_id", "")
    logger.error("Request %s failed: %s %s", trace_id, request.method, quote(request.url.path))
    message = f"The service failed on this request. Its log tells more under {trace_id}."
    # This answer is made outside of the middleware that adds the header to all others.
    return error_response(ErrorCode.INTERNAL, message, 500, {"uber-trace-id": trace_id})


EXCEPTION_HANDLERS: Final[Mapping[Any, Any]] = {
    domain.DomainError: _domain_error,
    ProtocolError: _protocol_error,
    HTTPException: _framework_error,
    ClientDisconnect: _client_gone,
    Exception: _unexpected_error,
}
"""What the application does with an exception, by its class."""
