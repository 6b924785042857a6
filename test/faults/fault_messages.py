# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Requests and answers as the proxy of the fault tests sees them."""

from __future__ import annotations

import dataclasses
import re
import socket
from typing import Optional
from urllib.parse import urlsplit

from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["Answer", "Request", "read_request"]

Headers = list[tuple[str, str]]

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclasses.dataclass
class Request:
    """A request as it arrived; ``WS`` is the method of one that opens a websocket."""

    method: str
    target: str
    headers: Headers
    body: bytes
    head: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def is_of(self, method: str, route: Route) -> bool:
        """Tell whether it is a request of a kind, whatever stands in the places of the path."""
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route.template))
        return self.method == method and re.search(pattern + "$", self.path) is not None

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclasses.dataclass
class Answer:
    """An answer of the service."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def with_body(self, body: bytes) -> Answer:
        return dataclasses.replace(self, body=body)

    def head(self, length: Optional[int] = None) -> bytes:
        """The status line and the headers, with any length."""
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in _HOP_BY_HOP]
        lines.append(f"Content-Length: {len(self.body) if length is None else length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read_request(sock: socket.socket) -> Optional[Request]:
    """Return the next request of a connection, ``None`` at its end."""
    reader = sock.makefile("rb", buffering=0)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline(65536)
        if not line:
            return None
        head += line
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in lines if ":" in line)
    ]
    request = Request(method, target, headers, b"", head)
    if request.header("upgrade").lower() == "websocket":
        request.method = "WS"
    length = int(request.header("content-length") or 0)
    pieces = bytearray()
    while len(pieces) < length:
        piece = sock.recv(min(1 << 20, length - len(pieces)))
        if not piece:
            return None
        pieces += piece
    request.body = bytes(pieces)
    return request
