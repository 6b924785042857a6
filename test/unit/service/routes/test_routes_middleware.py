# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What surrounds every request: plain paths, a trace id, and one answer for whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qiskit_ibmq_provider.service.routes.errors import EXCEPTION_HANDLERS
from qiskit_ibmq_provider.service.routes.middleware import RequestMiddleware
from qiskit_ibmq_provider.service.services import Activity


async def _path(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


async def _fault(request: Request) -> Response:
    raise ZeroDivisionError("the inside of the service")


def _call(
    path: str, *, activity: Activity | None = None, access_log: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Send one request through a small application; return status, headers and body."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"access_token=marker",
        "headers": [],
        "server": ("127.0.0.1", 80),
        "scheme": "http",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    app = Starlette(
        routes=[Route("/fault", _fault), Route("/a/b", _path)],
        middleware=[
            Middleware(RequestMiddleware, activity=activity or Activity(lambda: 0.0), access_log=access_log)
        ],
        exception_handlers=dict(EXCEPTION_HANDLERS),
    )
    try:
        asyncio.run(app(scope, receive, send))
    except ZeroDivisionError:
        # The framework answers and raises again, for the server's log.
        assert sent
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", ["/a/b", "//a/b", "/a//b", "/a/b/", "///a///b///"])
def test_paths_are_made_plain(path: str) -> None:
    status, _, body = _call(path)
    assert (status, body) == (200, b"/a/b")


def test_every_answer_has_a_trace_id_of_its_own() -> None:
    traces = [_call(path)[1]["uber-trace-id"] for path in ("/a/b", "/a/b", "/nothing", "/fault")]
    assert len(set(traces)) == 4


def test_a_fault_of_the_service_is_told_without_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status, headers, body = _call("/fault")
    error = json.loads(body)["error"]
    assert (status, error["code"], error["status"]) == (500, 2500, 500)
    assert headers["uber-trace-id"] in error["message"]
    assert b"inside" not in body
    assert headers["uber-trace-id"] in caplog.text


def test_the_access_log_leaves_out_the_query(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _call("/a/b", access_log=True)
    assert "GET /a/b 200" in caplog.text
    assert "marker" not in caplog.text


def test_a_request_counts_as_activity() -> None:
    instants = iter([0.0, 10.0, 15.0])
    activity = Activity(lambda: next(instants))
    _call("/a/b", activity=activity)
    assert activity.idle_seconds() == 5.0
