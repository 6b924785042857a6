# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A meter around a service: counts what arrives, and makes the way longer."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any, Final, Optional
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONTROL_PATH", "Meter", "Settings"]

CONTROL_PATH: Final = "/bench"
"""Requests below it are the runner's; they are neither counted nor delayed."""


@dataclasses.dataclass
class Settings:
    """How the meter changes what passes.

    Args:
        rtt: seconds added to each round trip.
        page: most jobs in one answer to a listing; ``None`` for what is asked for.
        websocket: whether websockets are accepted.
        plain: whether the service passes for one that knows the original protocol only.
    """

    rtt: float = 0.0
    page: Optional[int] = None
    websocket: bool = True
    plain: bool = False


class Meter:
    """Middleware around a whole application. For one event loop.

    Args:
        app: the application.
        control: answers the runner's own requests: takes the path below :data:`CONTROL_PATH` and a document, returns a document.
    """

    def __init__(self, app: ASGIApp, control: Callable[[str, Any], Any]) -> None:
        self._app = app
        self._control = control
        self.settings = Settings()
        self._connections: set[tuple[str, int]] = set()
        self.reset()

    def reset(self) -> None:
        """Begin to count anew. Connections that are open stay known."""
        self._requests: list[str] = []
        self._spans: list[tuple[float, float, int]] = []
        self._new = self._sockets = self._received = self._sent = 0

    def counts(self) -> dict[str, Any]:
        """Return what has passed since the last :meth:`reset`."""
        return {
            "requests": len(self._requests),
            "connections": self._new,
            "websockets": self._sockets,
            "round_trips": sum(trips for _, _, trips in self._spans),
            "sequential": self._longest_chain(),
            "bytes_in": self._received,
            "bytes_out": self._sent,
            "paths": self._requests,
        }

    def _longest_chain(self) -> int:
        """Return the most round trips of which each began after the one before had ended."""
        best: list[tuple[float, int]] = []
        for begin, end, trips in sorted(self._spans, key=lambda span: span[1]):
            before = max((length for ended, length in best if ended <= begin), default=0)
            best.append((end, before + trips))
        return max((length for _, length in best), default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request or websocket."""
        if scope["type"] == "http" and scope["path"].startswith(CONTROL_PATH):
            await self._command(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _arrived(self, scope: Scope) -> int:
        """Return how many round trips the client has made to get here: one, or two over a new connection."""
        peer = tuple(scope["client"])
        if peer in self._connections:
            return 1
        self._connections.add(peer)
        self._new += 1
        return 2

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        trips = self._arrived(scope)
        begin = time.monotonic()
        self._requests.append(f"{scope['method']} {scope['path']}")
        await asyncio.sleep(trips * self.settings.rtt)
        if self.settings.page is not None and scope["path"].endswith(("/Jobs/status/v/1", "/Jobs/v/1")):
            scope["query_string"] = _smaller_page(scope["query_string"], self.settings.page)

        async def counted_receive() -> Message:
            message = await receive()
            self._received += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            self._sent += len(message.get("body", b""))
            await send(message)

        hide = self.settings.plain and scope["path"].endswith("/users/me")
        try:
            await self._app(
                scope, counted_receive, _without_capabilities(counted_send) if hide else counted_send
            )
        finally:
            self._spans.append((begin, time.monotonic(), trips))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a websocket: a connection, its opening request, and the first message, which authenticates, are a round trip each."""
        self._arrived(scope)
        self._sockets += 1
        begin = time.monotonic()
        await asyncio.sleep(2 * self.settings.rtt)
        if not self.settings.websocket:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            self._spans.append((begin, time.monotonic(), 2))
            return
        authenticated = False

        async def delayed_receive() -> Message:
            nonlocal authenticated
            message = await receive()
            if message["type"] == "websocket.receive" and not authenticated:
                authenticated = True
                await asyncio.sleep(self.settings.rtt)
                self._spans.append((begin, time.monotonic(), 3))
            return message

        await self._app(scope, delayed_receive, send)

    async def _command(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = await asyncio.to_thread(
            self._control, scope["path"][len(CONTROL_PATH) :], json.loads(body or b"{}")
        )
        data = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": data})


def _without_capabilities(send: Send) -> Send:
    """Return what sends an answer on without the extensions that it announces."""
    start: Message = {}

    async def changed(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        document = json.loads(message["body"])
        document.pop("capabilities", None)
        body = json.dumps(document).encode()
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({**message, "body": body})

    return changed


def _smaller_page(query: bytes, page: int) -> bytes:
    """Return a query whose filter asks for no more than a page."""
    pairs = dict(parse_qsl(query.decode()))
    wanted = json.loads(pairs.get("filter") or "{}")
    wanted["limit"] = min(wanted.get("limit") or page, page)
    pairs["filter"] = json.dumps(wanted)
    return urlencode(pairs).encode()
