# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a route has at hand: the parts of the service, who is asking, and for which project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, Union

from anyio import to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest, TooLarge, Unauthenticated
from qiskit_ibmq_provider.service.domain.model import Principal, Project
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE
from qiskit_ibmq_provider.service.routes.urls import public_origin
from qiskit_ibmq_provider.service.services import Services

__all__ = [
    "TOKEN_HEADER",
    "authenticate",
    "check_depth",
    "decoded",
    "filter_of",
    "in_thread",
    "json_response",
    "origin_of",
    "project_of",
    "read_body",
    "read_json",
    "services_of",
]

T = TypeVar("T")

TOKEN_HEADER: Final = "x-access-token"  # noqa: S105 (a name, not a token)

TOKEN_PARAMETER: Final = "access_token"  # noqa: S105 (a name, not a token)
"""Where third-party clients of the original service put the token."""

_UNCOUNTED: Final = frozenset({"POST"})
"""Methods that are not counted: no generation of the client repeats a POST that was sent away with 429, and jobs are made by POST."""


def services_of(connection: HTTPConnection) -> Services:
    """Return the parts of the service that a request or websocket came to."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


def origin_of(connection: HTTPConnection) -> str:
    """Return the URL, without ``/api``, under which the caller sees the service."""
    config = services_of(connection).config
    return public_origin(
        connection.headers,
        configured=config.public_url,
        fallback=connection.app.state.origin,
        peer=connection.client.host if connection.client else None,
        trusted_proxies=config.trusted_proxies,
    )


async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a call that may wait for a disk or a database, without holding up other requests."""
    return await to_thread.run_sync(lambda: function(*args, **kwargs))


async def authenticate(request: Request) -> Principal:
    """Return who is asking, by the access token in the header or in the query, and count the request.

    Raises:
        Unauthenticated: If there is none, or it is not valid.
        RateLimited: If the user makes too many requests.
    """
    token = request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN_PARAMETER)
    if not token:
        raise Unauthenticated(
            f"The request has no access token: log in, and send it in the header {TOKEN_HEADER!r}.",
            ErrorCode.NOT_AUTHENTICATED,
        )
    services = services_of(request)
    principal = await in_thread(services.accounts.authenticate, token)
    if request.method not in _UNCOUNTED:
        services.throttle.admit(principal.user_id)
    return principal


async def project_of(request: Request) -> tuple[Principal, Project]:
    """Return who is asking and the project that the path names.

    Raises:
        Unauthenticated: If the access token is not valid.
        NotFound: If there is no such project among those of the caller.
    """
    principal = await authenticate(request)
    names = request.path_params
    # Only looks at what the principal holds: not worth a change of thread.
    project = services_of(request).accounts.project(principal, names["hub"], names["group"], names["project"])
    return principal, project


async def read_body(request: Request, limit: int) -> bytearray:
    """Return the body, whatever ``Content-Type`` says.

    Raises:
        TooLarge: If it has more bytes than the limit.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(
                f"The body is larger than {limit} bytes. Payloads of jobs go to the upload URL.",
                ErrorCode.PAYLOAD_TOO_LARGE,
            )
    return body


async def read_json(request: Request) -> Any:
    """Return the JSON value in the body. Payloads of jobs are streamed and have their own limit.

    Raises:
        TooLarge: If the body is larger than any that the API knows.
        InvalidRequest: If it is not JSON, or nested too deeply.
    """
    config = services_of(request).config
    return decoded(await read_body(request, config.max_body_bytes), "body", config.max_json_depth)


def decoded(document: Union[bytearray, str], what: str, max_depth: int) -> Any:
    """Return the JSON value that a part of a request holds.

    Raises:
        InvalidRequest: If it is not JSON, or nested too deeply.
    """
    try:
        value = codec.loads(document)
    except ProtocolError:
        # Its text shows how the document begins, and that may be a token.
        raise InvalidRequest(f"The {what} is not JSON.", ErrorCode.BAD_REQUEST) from None
    check_depth(value, max_depth, what, ErrorCode.BAD_REQUEST)
    return value


def filter_of(request: Request, code: ErrorCode = ErrorCode.BAD_REQUEST) -> Any:
    """Return the JSON object in the query parameter ``filter``, or ``None`` where there is none.

    Args:
        request: The request.
        code: The code of a refusal.

    Raises:
        InvalidRequest: If it is no JSON object, or nested too deeply.
    """
    text = request.query_params.get("filter")
    if not text:
        return None
    try:
        value = as_object(codec.loads(text), "the filter")
    except ProtocolError as exc:
        raise InvalidRequest(str(exc), code) from None
    check_depth(value, services_of(request).config.max_json_depth, "filter", code)
    return value


def check_depth(value: Any, limit: int, what: str, code: ErrorCode) -> None:
    """Refuse a value that is nested too deeply: what walks through it, also to show it, would need that much stack.

    Args:
        value: A value as JSON gives it.
        limit: How many arrays and objects may stand in each other.
        what: What the value is, for the message.
        code: The code of the refusal.

    Raises:
        InvalidRequest: If it is.
    """
    level, depth = [value], 0
    while level:
        inside = [item for item in level if isinstance(item, (dict, list))]
        depth += bool(inside)
        if depth > limit:
            raise InvalidRequest(f"The {what} is nested more than {limit} levels deep.", code)
        level = [child for item in inside for child in (item.values() if isinstance(item, dict) else item)]


def json_response(value: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    return Response(codec.dumps(value), status_code=status, media_type=JSON_TYPE)
