# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Connections whose request heads are bounded in size and in time.

The HTTP server reads request line and headers before any of our code sees the request, and of its own accord takes
a hundred megabytes of them, or waits for ever for their end.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Final, Optional

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, encode_error

__all__ = ["BoundedHttp"]

HEAD_BYTES: Final = 256 * 1024
"""Largest request line with headers. Filters of job lists stand in the request line."""

HEAD_SECONDS: Final = 30.0
"""How long a request head may take from its first byte, and the first byte of a connection."""


class BoundedHttp(HttpToolsProtocol):
    """An HTTP connection that ends if a request head is too large or too slow."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """Stop to wait."""
        self._stop_timer()
        super().connection_lost(exc)

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
        """End the count: the body is counted by whoever reads it."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request in the form that all errors have."""
        self._refuse(400, msg)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._end)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end(self) -> None:
        """Close a connection on which no request came in time."""
        self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        body = codec.dumps(encode_error(ErrorCode.BAD_REQUEST, message, status))
        phrase = {400: "Bad Request", 431: "Request Header Fields Too Large"}[status]
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"uber-trace-id: {secrets.token_hex(8)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
