# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the service itself and of the account: what it is, login, the user, and the user's projects."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol.accounts import ProjectEntry, UserInfo, encode_network
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.extensions import (
    DIRECT_JOB_LIMIT,
    DIRECT_JOBS,
    DIRECT_RESULTS,
    IDEMPOTENCY,
)
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.routes.context import (
    authenticate,
    in_thread,
    json_response,
    origin_of,
    read_json,
    services_of,
)
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE
from qiskit_ibmq_provider.service.routes.urls import api_url, websocket_url
from qiskit_ibmq_provider.version import __version__

__all__ = ["about", "log_in", "network", "openapi", "user_info", "version"]


async def about(request: Request) -> Response:
    """Say what answers here, to a person with a browser and to a client that looks for its own service."""
    config = services_of(request).config
    answer = {
        "name": "qiskit-ibmq-provider",
        "description": "A self-hosted service for the IBM Quantum Experience API. Not affiliated with IBM.",
        "version": __version__,
        "api": api_url(origin_of(request)),
    }
    if config.instance_id is not None:
        answer["instance_id"] = config.instance_id
    return json_response(answer)


async def version(request: Request) -> Response:
    """Answer the version probe. ``api-auth`` tells a client that it has the right URL."""
    return json_response({"api-auth": __version__, "api-app": __version__, "api-utils": __version__})


async def log_in(request: Request) -> Response:
    """Give an access token for an API token."""
    body = await read_json(request)
    api_token = body.get("apiToken") if isinstance(body, dict) else None
    if not isinstance(api_token, str):
        # What was sent instead is not repeated: it may hold the token.
        raise InvalidRequest("Login needs the API token as text in 'apiToken'.", ErrorCode.BAD_REQUEST)
    token = await in_thread(services_of(request).accounts.login, api_token)
    return json_response(token.to_json())


async def user_info(request: Request) -> Response:
    """Say who the caller is, and where the other services are."""
    principal = await authenticate(request)
    origin = origin_of(request)
    largest = services_of(request).submissions.largest_direct
    direct: dict[str, Any] = {DIRECT_JOBS: 2} if largest else {}
    info = UserInfo(
        http_url=api_url(origin),
        ws_url=websocket_url(origin),
        capabilities={IDEMPOTENCY: 1, **direct, DIRECT_RESULTS: 1},
        limits={DIRECT_JOB_LIMIT: largest} if largest else {},
        id=principal.user_id,
        email=principal.email,
    )
    return json_response(info.to_json())


async def network(request: Request) -> Response:
    """List the caller's projects."""
    principal = await authenticate(request)
    entries = [ProjectEntry(p.hub, p.group, p.project, p.is_default) for p in principal.projects]
    return json_response(encode_network(entries))


async def openapi(request: Request) -> Response:
    """Give the OpenAPI description of the service."""
    return Response(request.app.state.description, media_type=JSON_TYPE)
