# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The description of the service says what the table of routes holds, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import WebSocketRoute

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.service.app import openapi_document
from qiskit_ibmq_provider.service.routes.table import Resource, all_routes

DESCRIPTION: dict[str, Any] = json.loads(openapi_document())
METHODS = {"get", "post", "put", "delete", "patch", "head", "options"}


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DESCRIPTION["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_every_route_is_described_and_every_described_route_exists() -> None:
    described = {(path, method.upper()) for path, method, _ in _operations()}
    routes = {
        (route.path, method)
        for route in all_routes()
        if not isinstance(route, WebSocketRoute)
        for method in (route.methods or set()) - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert described == routes
    sockets = {route.path for route in all_routes() if isinstance(route, WebSocketRoute)}
    assert set(DESCRIPTION["x-websockets"]) == sockets and len(sockets) == 2
    assert all(isinstance(route, (Resource, WebSocketRoute)) for route in all_routes())


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for _, _, operation in _operations()]
    assert len(set(names)) == len(names) > 30
    for path, method, operation in _operations():
        assert operation["summary"].endswith("."), (method, path)
        assert "200" in operation["responses"] and "400" in operation["responses"]


def test_every_place_of_a_path_is_a_parameter() -> None:
    for path, item in DESCRIPTION["paths"].items():
        named = [each["name"] for each in item.get("parameters", []) if each["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path)


def test_references_lead_to_components_and_all_components_are_used() -> None:
    used = set(_references(DESCRIPTION))
    there = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in DESCRIPTION["components"][kind]
    }
    assert used == there


@pytest.mark.parametrize("marker", ["create_job", "create_job_directly", "announce_job"])
def test_what_submits_a_job_is_never_refused_for_too_many_requests(marker: str) -> None:
    (operation,) = [each for _, _, each in _operations() if each["operationId"] == marker]
    assert "429" not in operation["responses"]


def test_only_what_everybody_may_ask_is_without_a_token() -> None:
    free = {path for path, _, operation in _operations() if not operation["security"]}
    assert free == {
        "/",
        "/api",
        "/api/openapi.json",
        "/api/version",
        "/api/users/loginWithToken",
        "/api/storage/{purpose}/{job_id}",
    }


def test_the_command_line_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--openapi"]) == 0
    assert json.loads(capsys.readouterr().out) == DESCRIPTION
