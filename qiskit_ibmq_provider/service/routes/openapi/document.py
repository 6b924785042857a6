# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The whole description, made from the table of routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.routing import BaseRoute, WebSocketRoute

from qiskit_ibmq_provider.service.routes.openapi.operations import OPERATIONS, STATUS
from qiskit_ibmq_provider.service.routes.openapi.schemas import ERROR, Access, Schema, text
from qiskit_ibmq_provider.service.routes.table import Endpoint, Resource
from qiskit_ibmq_provider.version import __version__

__all__ = ["document"]

_NAMES: Final = text(pattern="^[A-Za-z0-9_.-]+$")
_PLACES: Final[Mapping[str, Schema]] = {
    "hub": _NAMES,
    "group": _NAMES,
    "project": _NAMES,
    "device": _NAMES,
    "job_id": text(pattern="^[0-9a-f]{24}$"),
    "purpose": text(enum=["upload", "payload", "result"]),
}
_TOKEN: Final[list[dict[str, list[str]]]] = [{"token": []}, {"tokenInQuery": []}]
_SCHEMES: Final[Mapping[str, Any]] = {
    "token": {"type": "apiKey", "in": "header", "name": "X-Access-Token"},
    "tokenInQuery": {"type": "apiKey", "in": "query", "name": "access_token"},
}
_ABOUT: Final = (
    "The API of the IBM Quantum Experience, as a self-hosted service offers it. Not affiliated with IBM. Every answer of 400 "
    "or more has an error body. HEAD is GET without a body. docs/protocol.md tells more."
)


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of a table of routes.

    Args:
        routes: the table; what it holds besides resources and websockets is left out.
    """
    components: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    sockets: dict[str, Any] = {}
    seen: Counter[Endpoint] = Counter()
    for route in routes:
        if isinstance(route, Resource):
            paths[route.path] = _path(route, seen, components)
        elif isinstance(route, WebSocketRoute):
            sockets[route.path] = {
                "description": (route.endpoint.__doc__ or "").strip(),
                "x-first-frame": {"type": "authentication", "data": "the access token"},
                "x-status": _referring(STATUS, components),
            }
    refused = _json(ERROR, components, "What is wrong, and what to do.")
    return {
        "openapi": "3.1.0",
        "info": {"title": "qiskit-ibmq-provider", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {"Refused": refused},
            "securitySchemes": _SCHEMES,
        },
        # What OpenAPI has no form for.
        "x-websockets": sockets,
    }


def _path(route: Resource, seen: Counter[Endpoint], components: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of one path."""
    item: dict[str, Any] = {}
    places = [
        {"name": place, "in": "path", "required": True, "schema": _PLACES[place]} for place in route.places
    ]
    if places:
        item["parameters"] = places
    for method, endpoint in route.endpoints.items():
        form = _method(method.lower(), endpoint, components)
        seen[endpoint] += 1
        if seen[endpoint] > 1:
            # The newer path of the same thing stands first in the table.
            form.update(deprecated=True, operationId=f"{form['operationId']}_{seen[endpoint]}")
        item[method.lower()] = form
    return item


def _method(method: str, endpoint: Any, components: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of one method of a path."""
    operation = OPERATIONS[endpoint]
    lines = (endpoint.__doc__ or "").strip().partition("\n\n")
    answers = {
        str(status): {"$ref": "#/components/responses/Refused"} for status in operation.statuses(method)
    }
    form: dict[str, Any] = {
        "operationId": endpoint.__name__,
        "summary": lines[0],
        "security": [] if operation.access in (Access.EVERYBODY, Access.HOLDER) else _TOKEN,
        "responses": {"200": _json(operation.answer, components, "Done."), **answers},
    }
    if operation.parameters:
        form["parameters"] = [_referring(each.to_openapi(), components) for each in operation.parameters]
    if operation.body is not None:
        form["requestBody"] = {"required": True, **_content(operation.body, components)}
    return form


def _json(schema: Schema, components: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, **_content(schema, components)}


def _content(schema: Schema, components: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": _referring(schema, components)}}}


def _referring(value: Any, components: dict[str, Any]) -> Any:
    """Return a schema with references in place of the named ones in it, which become components."""
    if isinstance(value, (list, tuple)):
        return [_referring(item, components) for item in value]
    if not isinstance(value, Mapping):
        return value
    name: Any = value.get("title")
    if not isinstance(name, str):
        return {key: _referring(item, components) for key, item in value.items()}
    plain = {key: _referring(item, components) for key, item in value.items() if key != "title"}
    components[name] = plain
    return {"$ref": f"#/components/schemas/{name}"}
