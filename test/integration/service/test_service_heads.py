# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the service makes of requests that are none, or that never end."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from service_api import DEADLINE, Api

# Where only the client is installed, the service runs in another interpreter.
connections = pytest.importorskip("qiskit_ibmq_provider.service.connections")


def _connect(api: Api) -> socket.socket:
    return socket.create_connection(
        (urlsplit(api.service.url).hostname, urlsplit(api.service.url).port), DEADLINE
    )


def _answer(connection: socket.socket) -> tuple[bytes, dict[str, Any]]:
    """Return the head and the JSON body of the answer after which the service closes the connection."""
    received = bytearray()
    while part := connection.recv(65536):
        received += part
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    document: dict[str, Any] = json.loads(body)
    return head, document


def _resident_mib(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize("begin", [b"GET /api/version?", b"GET /api/version HTTP/1.1\r\nHost: x\r\nX-Long: "])
def test_an_endless_head_is_refused_and_fills_no_memory(api: Api, begin: bytes) -> None:
    before = _resident_mib(api.service.pid)
    with _connect(api) as connection:
        connection.sendall(begin)
        with pytest.raises(OSError):
            for _ in range(200):
                connection.sendall(b"a" * 1_000_000)
    assert _resident_mib(api.service.pid) - before < 50


def test_a_head_that_is_too_large_is_told_so(api: Api) -> None:
    with _connect(api) as connection:
        connection.sendall(b"GET /api/version?" + b"a" * (connections.HEAD_BYTES + 1))
        head, document = _answer(connection)
    assert head.startswith(b"HTTP/1.1 431 ") and b"uber-trace-id: " in head
    assert document["error"]["code"] == 2000 and document["error"]["status"] == 431


def test_a_long_filter_and_a_large_body_in_one_piece_are_no_large_head(api: Api) -> None:
    long = json.dumps({"where": {"name": {"inq": ["x" * 100] * 400}}})
    assert api.filtered("/Network/ibm-q/Groups/open/Projects/main/Jobs/status/v/1", **json.loads(long)) == []
    with _connect(api) as connection:
        body = b'{"apiToken": "' + b"x" * 500_000 + b'"}'
        head = f"POST /api/users/loginWithToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        _, document = _answer(connection)
    assert document["error"]["code"] == 3446


@pytest.mark.parametrize(
    "request_line",
    [
        b"BREW /api/version HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /api HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_an_error_of_the_usual_form(api: Api, request_line: bytes) -> None:
    with _connect(api) as connection:
        connection.sendall(request_line)
        head, document = _answer(connection)
    assert head.startswith(b"HTTP/1.1 400 ") and b"uber-trace-id: " in head
    assert set(document["error"]) == {"message", "code", "status", "name"}


def test_a_connection_without_a_request_is_closed_in_time() -> None:
    """In this process, where the time can be made short."""
    import uvicorn

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("no request was made")

    async def main() -> list[float]:
        make = connections.bounded_http(head_seconds=0.2, stall_seconds=60)
        server = uvicorn.Config(app, http=make, log_config=None, lifespan="off")
        server.load()
        state = uvicorn.Server(server).server_state
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            lambda: make(config=server, server_state=state, app_state={}), "127.0.0.1", 0
        )
        port = listener.sockets[0].getsockname()[1]
        waited = []
        for begin in (b"", b"GET /api", b"GET /api HTTP/1.1\r\nHost: x\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            started = time.monotonic()
            writer.write(begin)
            assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
            waited.append(time.monotonic() - started)
            writer.close()
        listener.close()
        return waited

    assert all(0.1 < seconds < 10 for seconds in asyncio.run(main()))
