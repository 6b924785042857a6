# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The route of the description that programs read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE

__all__ = ["openapi"]


async def openapi(request: Request) -> Response:
    """Give the OpenAPI description of the service."""
    return Response(request.app.state.description, media_type=JSON_TYPE)
