# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Connections whose request heads are bounded in size and in time, and that end when nothing moves on them.

The HTTP server reads request line and headers before any of our code sees the request, and of its own accord takes
a hundred megabytes of them, or waits for ever for their end. It also waits for ever for a body that drips, and for a
client that asks for a result and does not read it. Such a client costs no thread, but a connection, a file and memory,
and there may be thousands of them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Final, Optional

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, encode_error

__all__ = ["BoundedHttp", "SturdySocket", "bounded_http"]

HEAD_BYTES: Final = 256 * 1024
"""Largest request line with headers. Filters of job lists stand in the request line."""

PROGRESS_BYTES: Final = 16 * 1024
"""So much of a body has to move within the time that is allowed without progress."""


class BoundedHttp(HttpToolsProtocol):
    """An HTTP connection that ends if a request head is too large or too slow, or a body stands still.

    Args:
        *args: what the server gives to each connection.
        head_seconds: how long a request head may take from its first byte, and the first byte of a connection.
        stall_seconds: how long the other side may take for ``PROGRESS_BYTES`` of a request's or an answer's body.
        **kwargs: what the server gives to each connection.
    """

    def __init__(self, *args: Any, head_seconds: float, stall_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_seconds = head_seconds
        self._stall_seconds = stall_seconds
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: Optional[asyncio.TimerHandle] = None
        self._in_body = False
        self._body_bytes = 0
        self._unsent = 0
        self._stall_timer: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._start_timer()
        self._stall_timer = self.loop.call_later(self._stall_seconds, self._look)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """Stop to wait."""
        self._stop_timer()
        self._stop_looking()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the protocol of websockets, which looks after itself."""
        self._stop_looking()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and refuse a head that has grown too large by them."""
        super().data_received(data)
        # Looked at afterwards: what arrives at once may be a small head and much of its body.
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431, f"The request line and headers are larger than {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """Begin to count a request head."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._start_timer()

    def on_headers_complete(self) -> None:
        """End the count: the size of the body is counted by whoever reads it, its speed here."""
        self._in_head, self._in_body, self._body_bytes = False, True, 0
        self._stop_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request in the form that all errors have."""
        self._refuse(400, msg)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(self._head_seconds, self._end)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end(self) -> None:
        self.transport.close()

    def _stop_looking(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _look(self) -> None:
        """End the connection if the other side let too little move since the last look; else look again later."""
        # While the service itself does not take what has come, nobody else is to blame.
        sends_nothing = self._in_body and not self.flow.read_paused and self._body_bytes < PROGRESS_BYTES
        unsent = self.transport.get_write_buffer_size()
        reads_nothing = self._unsent > 0 and unsent > self._unsent - PROGRESS_BYTES
        # More may have been written meanwhile, but only after what was there had been read.
        reads_nothing = reads_nothing and (self.flow.write_paused or self.transport.is_closing())
        self._body_bytes, self._unsent = 0, unsent
        if sends_nothing or reads_nothing:
            # Not "close", which would wait for the rest to be read.
            self.transport.abort()
        else:
            self._stall_timer = self.loop.call_later(self._stall_seconds, self._look)

    def _refuse(self, status: int, message: str) -> None:
        body = codec.dumps(encode_error(ErrorCode.BAD_REQUEST, message, status))
        phrase = {400: "Bad Request", 431: "Request Header Fields Too Large"}[status]
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"uber-trace-id: {secrets.token_hex(8)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


def bounded_http(head_seconds: float, stall_seconds: float) -> Callable[..., BoundedHttp]:
    """Return what makes the connections of a server, with these limits; see ``BoundedHttp``."""

    def connection(*args: Any, **kwargs: Any) -> BoundedHttp:
        return BoundedHttp(*args, head_seconds=head_seconds, stall_seconds=stall_seconds, **kwargs)

    return connection


class SturdySocket(WebSocketsSansIOProtocol):
    """A websocket that just ends where the other side breaks the rules while it is being closed.

    The server would answer text that is no UTF-8 with a close frame, also where one was sent already, and leave what comes
    of that to the event loop, which writes a page into the log each time.
    """

    def data_received(self, data: bytes) -> None:
        """Take bytes, and close the connection if they come too late to be answered."""
        try:
            super().data_received(data)
        except InvalidState:
            self.transport.close()
