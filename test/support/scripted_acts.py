# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a scripted server can do at a request: the acts, and its end of a websocket."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, Union

if TYPE_CHECKING:
    from support.scripted_server import Exchange

__all__ = [
    "Act",
    "Frame",
    "Peer",
    "answer",
    "drip",
    "drip_headers",
    "drop",
    "hang",
    "raw",
    "read_exactly",
    "redirect",
    "reset",
    "status",
    "talk",
    "truncated",
]

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
}

Act = Callable[["Exchange"], None]


@dataclasses.dataclass(frozen=True)
class Frame:
    """A websocket frame."""

    opcode: int
    data: bytes

    @property
    def close_code(self) -> Optional[int]:
        return struct.unpack("!H", self.data[:2])[0] if len(self.data) >= 2 else None


class Peer:
    """The server's end of a websocket."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.sock = exchange.sock

    def send(self, message: Union[dict[str, Any], str, bytes], opcode: int = 1) -> None:
        data = json.dumps(message).encode() if isinstance(message, dict) else message
        self.frame(opcode, data.encode() if isinstance(data, str) else data)

    def frame(self, opcode: int, data: bytes) -> None:
        length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
        self.sock.sendall(bytes([0x80 | opcode]) + length + data)

    def close(self, code: int) -> None:
        self.frame(8, struct.pack("!H", code))

    def receive(self) -> Optional[Frame]:
        """Return the next frame, ``None`` when the connection is over."""
        head = read_exactly(self.sock, 2)
        if head is None:
            return None
        length = head[1] & 0x7F
        if length == 126:
            length = struct.unpack("!H", read_exactly(self.sock, 2) or b"\0\0")[0]
        mask = read_exactly(self.sock, 4) if head[1] & 0x80 else b"\0\0\0\0"
        data = read_exactly(self.sock, length) if length else b""
        if mask is None or data is None:
            return None
        return Frame(head[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def authenticate(self) -> str:
        """Take the client's first frame, accept it, and return its token."""
        first = self.receive()
        if first is None:
            raise ConnectionError("the client has gone before it sent its token")
        self.send({"type": "authenticated"})
        return json.loads(first.data)["data"]

    def status(self, value: str, **fields: Any) -> None:
        self.send({"type": "job-status", "data": {"status": value, **fields}})

    def until_closed(self) -> Optional[int]:
        """Read until the client closes; return its close code."""
        code = None
        while True:
            frame = self.receive()
            if frame is None:
                return code
            if frame.opcode == 8:
                code = frame.close_code
                with contextlib.suppress(OSError):
                    self.frame(8, frame.data)
            elif frame.opcode == 9:
                self.frame(10, frame.data)


def answer(body: Any, code: int = 200, headers: Optional[dict[str, str]] = None) -> Act:
    """Answer with a JSON value, or with bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(exchange: Exchange) -> None:
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"HTTP/1.1 {code} {_REASONS.get(code, 'Some Reason')}\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
        exchange.send(head.encode() + data)

    return act


def status(code: int, body: Any = b"", headers: Optional[dict[str, str]] = None) -> Act:
    """Answer with a status."""
    return answer(body, code, headers)


def redirect(location: str, code: int = 302) -> Act:
    """Send the client elsewhere."""
    return answer(b"", code, {"Location": location})


def raw(data: bytes) -> Act:
    """Send bytes that may be anything, and close."""

    def act(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.keep = False

    return act


def truncated(body: Any, length: int) -> Act:
    """Promise a whole body, send its first bytes, and close."""
    data = json.dumps(body).encode()
    return raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[:length])


def drop(exchange: Exchange) -> None:
    """Close without an answer."""
    exchange.keep = False


def reset(exchange: Exchange) -> None:
    """Break the connection."""
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.keep = False


def hang(exchange: Exchange) -> None:
    """Say nothing until the client goes."""
    while not exchange.wait_for_end():
        pass
    exchange.keep = False


def drip(body: Any, interval: float) -> Act:
    """Send a body byte by byte."""
    data = json.dumps(body).encode()
    return _dripping(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode(), data, interval)


def drip_headers(interval: float) -> Act:
    """Send headers byte by byte, without end."""
    return _dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: yes\r\n" * 10_000, interval)


def _dripping(at_once: bytes, slowly: bytes, interval: float) -> Act:
    def act(exchange: Exchange) -> None:
        exchange.keep = False
        exchange.send(at_once)
        for position in range(len(slowly)):
            exchange.send(slowly[position : position + 1])
            if exchange.wait_for_end(interval):
                return
        exchange.keep = True

    return act


def talk(script: Callable[[Peer], None]) -> Act:
    """Accept a websocket and play a script with it."""

    def act(exchange: Exchange) -> None:
        key = exchange.request.headers["sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        exchange.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        exchange.keep = False
        script(Peer(exchange))

    return act


def read_exactly(sock: socket.socket, count: int) -> Optional[bytes]:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return data
