# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The web application: the routes, the error renderer and what surrounds every request."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.middleware import Middleware

from qiskit_ibmq_provider.service.routes.errors import EXCEPTION_HANDLERS
from qiskit_ibmq_provider.service.routes.job_socket import StatusReader
from qiskit_ibmq_provider.service.routes.middleware import RequestMiddleware
from qiskit_ibmq_provider.service.routes.openapi.document import document as document_of
from qiskit_ibmq_provider.service.routes.table import all_routes
from qiskit_ibmq_provider.service.services import Services

__all__ = ["create_app", "openapi_document"]


def create_app(services: Services, *, origin: str) -> Starlette:
    """Return the application that serves the given parts.

    Args:
        services: The parts of the service, open and running; closing them is the caller's.
        origin: The URL that the service listens on, without ``/api``, e.g. ``http://127.0.0.1:8765``.
    """
    app = Starlette(
        routes=all_routes(),
        middleware=[
            Middleware(RequestMiddleware, activity=services.activity, access_log=services.config.access_log),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    # Another path than the one asked for is an error of the client, and a redirected POST may lose its body.
    app.router.redirect_slashes = False
    app.state.services = services
    app.state.origin = origin
    app.state.status_reader = StatusReader(services.accounts, services.jobs)
    app.state.description = openapi_document()
    return app


def openapi_document() -> bytes:
    """Return the OpenAPI description of the service, as JSON for programs and people."""
    return json.dumps(document_of(all_routes()), indent=1).encode()
