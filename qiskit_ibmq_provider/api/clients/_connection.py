# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""One websocket connection. The only module that imports ``websocket``.

The library's plain socket is used, not its application object: that one reports the same close as an end or as an error, depending on its
version, and wants callbacks. Here a message, or the end and its code, is what :meth:`Connection.receive` returns.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider.api.exceptions import WebsocketError
from qiskit_ibmq_provider.api.redaction import Redactor, Secret

__all__ = ["CONNECT_TIMEOUT", "Closed", "Connection"]

CONNECT_TIMEOUT: Final = 5.0
"""Seconds for each step of opening a connection, and for the answer to a close."""

_PING_INTERVAL: Final = 30.0
"""Seconds of silence after which the server is asked for a sign of life."""

_PONG_TIMEOUT: Final = 10.0
"""Seconds that it has to answer."""

_SWITCHING_PROTOCOLS: Final = 101


@dataclasses.dataclass(frozen=True)
class Closed:
    """The end of a connection.

    Args:
        code: close code, if one arrived.
        reason: what happened, redacted.
    """

    code: Optional[int]
    reason: str


class Connection:
    """A connection that one thread reads and any thread may abort.

    Args:
        url: URL of the websocket.
        ssl_options: TLS settings of the library.
        proxy_options: proxy settings of the library.
        headers: headers of the opening request, where the server wants a token there.
        redactor: takes secrets out of texts.
        ping_interval: seconds of silence before a ping.
        time_scale: what this and the other times are multiplied by.
    """

    def __init__(
        self,
        url: str,
        *,
        ssl_options: Mapping[str, Any],
        proxy_options: Mapping[str, Any],
        redactor: Redactor,
        headers: Optional[Mapping[str, Secret]] = None,
        ping_interval: float = _PING_INTERVAL,
        time_scale: float = 1.0,
    ) -> None:
        import websocket

        self._url = url
        self._proxy_options = dict(proxy_options)
        self._headers = dict(headers or {})
        self._redactor = redactor
        self._ping_interval = ping_interval * time_scale
        self._time_scale = time_scale
        self._socket: Any = websocket.WebSocket(
            sslopt=dict(ssl_options), enable_multithread=True, skip_utf8_validation=True
        )
        self._failures = _failures()
        self._text, self._binary = websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY
        self._close, self._timeout = websocket.ABNF.OPCODE_CLOSE, websocket.WebSocketTimeoutException
        self._lock = threading.Lock()

    def open(self) -> None:
        """Connect.

        Redirects are not followed: the token that is sent next is for this host alone.

        Raises:
            WebsocketError: there is no connection.
        """
        try:
            self._socket.connect(
                self._url,
                timeout=CONNECT_TIMEOUT * self._time_scale,
                redirect_limit=0,
                http_proxy_timeout=CONNECT_TIMEOUT * self._time_scale,
                header={name: value.reveal() for name, value in self._headers.items()},
                **self._proxy_options,
            )
        except self._failures as err:
            failure = WebsocketError(f"The websocket cannot be opened: {self._describe(err)}.")
        else:
            status = self._socket.getstatus()
            if status == _SWITCHING_PROTOCOLS:
                return
            self.abort()
            failure = WebsocketError(
                f"The websocket cannot be opened: the server answers with status {status}."
            )
        raise failure

    def send(self, text: Secret) -> None:
        """Send a text frame. That it does not arrive shows when an answer is read."""
        with contextlib.suppress(*self._failures):
            self._socket.send(text.reveal())

    def receive(self) -> Union[str, bytes, Closed]:
        """Return the next message, or how the connection ended.

        While nothing comes, the server is pinged; if it does not answer, the connection counts as broken.
        """
        awaiting_pong = False
        patience = _PONG_TIMEOUT * self._time_scale
        while True:
            self._socket.settimeout(patience if awaiting_pong else self._ping_interval)
            try:
                code, data = self._socket.recv_data(control_frame=True)
            except self._timeout:
                if awaiting_pong:
                    return Closed(None, f"the server does not answer a ping within {patience:g} s")
                self._ping()
                awaiting_pong = True
                continue
            except self._failures as err:
                return Closed(None, self._describe(err))
            if code == self._text or code == self._binary:
                message: Union[str, bytes] = data
                return message
            if code == self._close:
                return _closed(data)
            awaiting_pong = False

    def close(self) -> None:
        """Close the connection in an orderly way: say so, and give the server a moment to agree."""
        with contextlib.suppress(*self._failures):
            self._socket.close(timeout=1)

    def abort(self) -> None:
        """Break the connection off, whoever is using it. The reader gets its end at once."""
        with self._lock:
            # The library's own handle may be replaced or gone at any moment.
            handle = self._socket.sock
        if handle is not None:
            with contextlib.suppress(OSError):
                # Not the method of the object: that of a TLS socket would pull it from under the reader.
                socket.socket.shutdown(handle, socket.SHUT_RDWR)

    def release(self) -> None:
        """Let go of the socket. For the reader, once it no longer reads."""
        with contextlib.suppress(*self._failures):
            self._socket.shutdown()

    def _ping(self) -> None:
        """Ask for a sign of life."""
        with contextlib.suppress(*self._failures):
            self._socket.ping()

    def _describe(self, err: BaseException) -> str:
        """Return the text of a failure, without the headers that the library appends to it."""
        text = str(err).partition(" -+-+- ")[0].strip() or type(err).__name__
        return self._redactor.clean(text).splitlines()[0].rstrip(".")


def _closed(data: bytes) -> Closed:
    """Read a close frame."""
    if len(data) < 2:
        return Closed(None, "the server closed the connection")
    code: int = struct.unpack("!H", data[:2])[0]
    return Closed(code, f"the server closed the connection with code {code}")


def _failures() -> tuple[type[BaseException], ...]:
    """Return the exceptions that the library lets out.

    Its own and those of sockets; for URLs, headers and frames that it cannot read these others; and ``AttributeError`` where its socket
    has gone meanwhile.
    """
    import websocket

    library: type[BaseException] = websocket.WebSocketException
    kinds = (library, OSError, ValueError, LookupError, AttributeError, struct.error)
    try:
        socks = importlib.import_module("python_socks")
    except ImportError:
        return kinds
    return (*kinds, socks.ProxyError)
