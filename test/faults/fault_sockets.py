# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What can happen to a websocket on its way: acts of the fault proxy that count the service's messages."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import Any, Optional

from fault_proxy import Act, Exchange

__all__ = [
    "Tunnel",
    "at",
    "bad_frame",
    "broken_utf8",
    "close",
    "cut_frame",
    "deaf",
    "drip_frame",
    "drop_socket",
    "expire_and_pass",
    "huge_frame",
    "message",
    "reset_socket",
    "silence",
    "tunnel",
]

_TEXT, _BINARY, _CLOSE = 1, 2, 8

Deed = Callable[["Tunnel"], None]


class Tunnel:
    """Both directions of one websocket. Frames of the service are counted; the client's pass, but for an expired token.

    Args:
        exchange: the client's request.
        number: at which message of the service something is done, counted from 1: the first says that the token is accepted.
        deed: what is done.
    """

    def __init__(self, exchange: Exchange, number: int = 0, deed: Optional[Deed] = None) -> None:
        self.exchange = exchange
        self.client = exchange.sock
        self.server = socket.create_connection(exchange.proxy.upstream, timeout=60)
        self.server.settimeout(None)
        self.muted = self.deaf = self.over = False
        self._number, self._deed, self._seen = number, deed, 0

    def run(self) -> None:
        """Pass frames on until one side has ended."""
        proxy = self.exchange.proxy
        proxy.track(self.server)
        try:
            self.server.sendall(self.exchange.request.head)
            head = _read_head(self.server)
            self.client.sendall(head)
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                return
            upwards = proxy.start(self._upwards)
            self._downwards()
            if self.muted and not self.over:
                upwards.join()  # The service has gone; the client is not to notice.
            _end(self.client)
            _end(self.server)
            upwards.join(10)
        finally:
            proxy.release(self.server)

    def send(self, data: bytes, opcode: int = _BINARY) -> None:
        """Send a frame to the client."""
        self.client.sendall(frame(opcode, data))

    def _downwards(self) -> None:
        while not self.over:
            found = _read_frame(self.server)
            if found is None:
                return
            opcode, whole = found
            if opcode in (_TEXT, _BINARY):
                self._seen += 1
                if self._seen == self._number and self._deed is not None:
                    self._deed(self)
                    self.exchange.proxy.tell(1)
                    continue
                if self.muted:
                    continue
            if self.deaf or (self.muted and opcode == _CLOSE):
                continue
            self.client.sendall(whole)
            self.exchange.proxy.tell(opcode in (_TEXT, _BINARY))

    def _upwards(self) -> None:
        with contextlib.suppress(OSError):
            first = _read_frame(self.client)
            if first is not None:
                self.server.sendall(self._with_valid_token(*first))
            while True:
                data = self.client.recv(65536)
                if not data:
                    break
                with contextlib.suppress(OSError):
                    self.server.sendall(data)
        _end(self.server)

    def _with_valid_token(self, opcode: int, whole: bytes) -> bytes:
        """Return the client's first frame, which holds its token; an expired one is replaced."""
        payload = _unmasked(whole)
        try:
            said = json.loads(payload)
            token = self.exchange.proxy.valid(said["data"])
        except (ValueError, LookupError, TypeError):
            return whole
        return (
            whole
            if token == said["data"]
            else frame(opcode, json.dumps({**said, "data": token}).encode(), True)
        )


def tunnel(exchange: Exchange) -> None:
    """Let the websocket pass."""
    exchange.keep = False
    Tunnel(exchange).run()


def at(number: int, deed: Deed) -> Act:
    """Do something in place of the service's message of this number."""

    def act(exchange: Exchange) -> None:
        exchange.keep = False
        Tunnel(exchange, number, deed).run()

    return act


def expire_and_pass(exchange: Exchange) -> None:
    """Let all access tokens expire before the websocket is opened."""
    exchange.proxy.expire_tokens()
    tunnel(exchange)


def drop_socket(self: Tunnel) -> None:
    """End the TCP connection without a close frame: the client sees code 1006."""
    self.over = True


def reset_socket(self: Tunnel) -> None:
    """Break the TCP connection."""
    self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The thread that reads the client would keep the handle open.
    _end(self.server)
    self.over = True


def close(code: int) -> Deed:
    """Close with a code."""

    def deed(self: Tunnel) -> None:
        self.send(struct.pack("!H", code), _CLOSE)
        self.over = True

    return deed


def silence(self: Tunnel) -> None:
    """From now on no message comes; pings are answered."""
    self.muted = True


def deaf(self: Tunnel) -> None:
    """From now on nothing comes, not even an answer to a ping."""
    self.muted = self.deaf = True


def message(value: Any) -> Deed:
    """Send another message in place of this one; later ones pass. Bytes go as they are."""

    def deed(self: Tunnel) -> None:
        self.send(value if isinstance(value, bytes) else json.dumps(value).encode())

    return deed


def broken_utf8(self: Tunnel) -> None:
    """Send text that is no text."""
    self.send(b'{"type": "job-status", "data": "\xff\xfe"}', _TEXT)


def bad_frame(self: Tunnel) -> None:
    """Break the rules of frames: reserved bits and an unknown opcode."""
    self.client.sendall(b"\xfb\x05hello")


def cut_frame(self: Tunnel) -> None:
    """Promise a long frame, send its beginning, and end."""
    self.client.sendall(frame(_BINARY, b"x" * 4000)[:100])
    self.over = True


def drip_frame(self: Tunnel) -> None:
    """Send a long frame byte by byte, without end."""
    self.muted = True
    self.client.sendall(b"\x82\x7f" + struct.pack("!Q", 1 << 20))
    self.exchange.proxy.start(_drip, self)


def huge_frame(self: Tunnel) -> None:
    """Announce a frame of more bytes than any machine holds, and send them."""
    self.muted = True
    self.client.sendall(b"\x82\x7f" + struct.pack("!Q", 1 << 42))
    self.exchange.proxy.start(_flood, self)


def _drip(self: Tunnel) -> None:
    with contextlib.suppress(OSError):
        for _ in range(1 << 20):
            self.client.sendall(b"x")
            if _ended(self.client, 0.05):
                return


def _flood(self: Tunnel) -> None:
    with contextlib.suppress(OSError):
        while True:
            self.client.sendall(b"x" * (1 << 20))


def frame(opcode: int, data: bytes, masked: bool = False) -> bytes:
    """Return a whole frame."""
    size = len(data)
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([0x80 | opcode, bit | size])
    elif size < 65536:
        head = bytes([0x80 | opcode, bit | 126]) + struct.pack("!H", size)
    else:
        head = bytes([0x80 | opcode, bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + data
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def _read_frame(sock: socket.socket) -> Optional[tuple[int, bytes]]:
    """Return opcode and bytes of the next frame, ``None`` at the end."""
    with contextlib.suppress(OSError):
        head = _exactly(sock, 2)
        length = head[1] & 0x7F
        if length >= 126:
            more = _exactly(sock, 2 if length == 126 else 8)
            head, length = head + more, int.from_bytes(more, "big")
        if head[1] & 0x80:
            length += 4
        return head[0] & 0x0F, head + _exactly(sock, length)
    return None


def _unmasked(whole: bytes) -> bytes:
    """Return the content of a client's frame."""
    start = 2 + {126: 2, 127: 8}.get(whole[1] & 0x7F, 0)
    mask, data = whole[start : start + 4], whole[start + 4 :]
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionError("the connection has ended")
        data += piece
    return data


def _read_head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(sock, 1)
    return head


def _ended(sock: socket.socket, seconds: float) -> bool:
    readable, _, _ = select.select([sock], [], [], seconds)
    return bool(readable) and sock.recv(1, socket.MSG_PEEK) == b""


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
