# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the clients have in common: a websocket connection, and a websocket that is opened again when it breaks.

Of the library ``websocket``, which only this module imports, the plain socket is used, not its application object: that one reports the same
close as an end or as an error, depending on its version, and wants callbacks. Here a message, or the end and its code, is what
:meth:`WebsocketConnection.receive` returns.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import importlib
import socket
import struct
import threading
from collections.abc import Mapping
from queue import Queue
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.backoff import reconnect_delay
from qiskit_ibmq_provider.api.clients.utils import ws_proxy_params, ws_ssl_options
from qiskit_ibmq_provider.api.exceptions import (
    WebsocketError,
    WebsocketIBMQProtocolError,
    WebsocketTimeoutError,
)
from qiskit_ibmq_provider.api.redaction import Redactor, Secret
from qiskit_ibmq_provider.api.time_limits import TimeLimits
from qiskit_ibmq_provider.api.tokens import TokenHolder
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = [
    "BaseClient",
    "BaseWebsocketClient",
    "Closed",
    "Ending",
    "WebsocketClientCloseCode",
    "WebsocketConnection",
]

logger = get_logger(__name__)

_UNREADABLE_LIMIT: Final = 3
"""A server that sends this many messages that cannot be read will send more of them."""

_SWITCHING_PROTOCOLS: Final = 101


class WebsocketClientCloseCode(enum.IntEnum):
    """Why a client closed its websocket."""

    NORMAL = 1
    TIMEOUT = 2
    PROTOCOL_ERROR = 3
    CANCEL = 4


class BaseClient:
    """A client of the API."""


@dataclasses.dataclass(frozen=True)
class Closed:
    """The end of a connection.

    Args:
        code: close code, if one arrived.
        reason: what happened, redacted.
    """

    code: Optional[int]
    reason: str


class WebsocketConnection:
    """A connection that one thread reads and any thread may abort.

    Args:
        url: URL of the websocket.
        ssl_options: TLS settings of the library.
        proxy_options: proxy settings of the library.
        redactor: takes secrets out of texts.
        time_limits: how long its steps may take.
    """

    def __init__(
        self,
        url: str,
        *,
        ssl_options: Mapping[str, Any],
        proxy_options: Mapping[str, Any],
        redactor: Redactor,
        time_limits: TimeLimits,
    ) -> None:
        import websocket

        self._url = url
        self._proxy_options = dict(proxy_options)
        self._redactor = redactor
        self._limits = time_limits
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
                timeout=self._limits.websocket_connect,
                redirect_limit=0,
                http_proxy_timeout=self._limits.websocket_connect,
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
        pong = self._limits.websocket_pong
        while True:
            self._socket.settimeout(pong if awaiting_pong else self._limits.websocket_ping)
            try:
                code, data = self._socket.recv_data(control_frame=True)
            except self._timeout:
                if awaiting_pong:
                    return Closed(None, f"the server does not answer a ping within {pong:g} s")
                with contextlib.suppress(*self._failures):
                    self._socket.ping()
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
            self._socket.close(timeout=self._limits.websocket_close)

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

    def _describe(self, err: BaseException) -> str:
        """Return the text of a failure, without the headers that the library appends to it."""
        text = str(err).partition(" -+-+- ")[0].strip() or type(err).__name__
        return self._redactor.clean(text).splitlines()[0].rstrip(".")


def _closed(data: bytes) -> Closed:
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


@dataclasses.dataclass(frozen=True)
class Ending:
    """How one connection ended.

    Args:
        error: what to raise if no further connection is tried; ``None`` if all is well.
        retry: whether another connection may last.
    """

    error: Optional[WebsocketError] = None
    retry: bool = False


class BaseWebsocketClient(BaseClient):
    """A websocket that is opened again when it breaks. What goes over it is the subclass's affair.

    The calling thread reads; :meth:`disconnect` may come from any other. No event loop is involved.

    Args:
        websocket_url: base URL of the websocket server.
        credentials: the account: token, proxies, ``verify``.
        job_id: id of the job that the websocket is about.
        message_queue: gets each message, decoded.
        tokens: holder of the access token; by default that of the credentials.
        redactor: takes secrets out of texts.
        time_limits: how long everything may take.
    """

    BACKOFF_MAX: Final = TimeLimits.reconnect_longest
    """Longest wait before the websocket is opened again, in seconds."""

    def __init__(
        self,
        websocket_url: str,
        credentials: Credentials,
        job_id: str,
        message_queue: Optional[Queue[Any]] = None,
        *,
        tokens: Optional[TokenHolder] = None,
        redactor: Optional[Redactor] = None,
        time_limits: Optional[TimeLimits] = None,
    ) -> None:
        self._websocket_url = websocket_url.rstrip("/")
        self._job_id = job_id
        self._message_queue = message_queue
        self._redactor = redactor or Redactor()
        self._tokens = tokens or TokenHolder(self._redactor, credentials.access_token)
        self._credentials = credentials
        self._limits = time_limits or TimeLimits()
        self._lock = threading.Lock()
        self._connection: Optional[WebsocketConnection] = None
        self._stopped = threading.Event()
        self._close_code = WebsocketClientCloseCode.NORMAL
        self.connected = False

    def disconnect(self, close_code: WebsocketClientCloseCode = WebsocketClientCloseCode.NORMAL) -> None:
        """Close the websocket, for good.

        Args:
            close_code: why; after ``TIMEOUT`` the reader raises :class:`WebsocketTimeoutError`.
        """
        with self._lock:
            self._close_code = close_code
            self._stopped.set()
            connection = self._connection
        # With everything received, the reader is about to close in an orderly way.
        if connection is not None and not self._is_complete():
            connection.abort()

    def stream(self, url: str, retries: int = 5, backoff_factor: float = 0.5) -> None:
        """Read until the end.

        Args:
            url: URL of the websocket.
            retries: how often at most it is opened again in a row without anything new in between.
            backoff_factor: seconds before it is opened again; doubled each time.

        Raises:
            WebsocketTimeoutError: :meth:`disconnect` was called with ``TIMEOUT``.
            WebsocketError: the connection cannot be had, or breaks again and again.
        """
        attempt = unreadable = 0
        while not self._stopped.is_set():
            progress, ending = self._run_once(url)
            attempt = 1 if progress else attempt + 1
            unreadable += isinstance(ending.error, WebsocketIBMQProtocolError)
            if ending.error is None or self._stopped.is_set():
                break
            if not ending.retry or attempt > retries or unreadable >= _UNREADABLE_LIMIT:
                raise ending.error
            self._interrupted()
            delay = reconnect_delay(attempt, backoff_factor, self._limits.reconnect_longest)
            logger.debug(
                "The websocket for job %s broke: %s It is opened again after %.1f s.",
                self._job_id,
                ending.error.message,
                delay,
            )
            self._stopped.wait(delay)
        if self._close_code is WebsocketClientCloseCode.TIMEOUT and self._stopped.is_set():
            raise WebsocketTimeoutError(f"The time to wait for messages about job {self._job_id} is over.")

    def _run_once(self, url: str) -> tuple[bool, Ending]:
        """Open a connection and read it to its end; return whether it brought anything new, and how it ended."""
        connection = WebsocketConnection(
            url,
            ssl_options=ws_ssl_options(self._credentials.verify),
            proxy_options=ws_proxy_params(self._credentials, url),
            redactor=self._redactor,
            time_limits=self._limits,
        )
        with self._lock:
            self._connection = connection
        progress = False
        try:
            if not self._stopped.is_set():
                connection.open()
                for frame in self._opened():
                    connection.send(frame)
            while not self._stopped.is_set():
                item = connection.receive()
                if isinstance(item, Closed):
                    return progress, self._ended(item)
                progress = self._received(item) or progress
                if self._is_complete():
                    connection.close()
                    break
            return progress, Ending()
        except ProtocolError as err:
            return progress, self._misunderstood(err)
        except WebsocketError as err:
            return progress, Ending(err)
        finally:
            self.connected = False
            with self._lock:
                self._connection = None
            connection.release()

    def _opened(self) -> list[Secret]:
        """Return the frames to send first."""
        return []

    def _received(self, message: Union[str, bytes]) -> bool:
        """Take a message; return whether it says anything new.

        Raises:
            ProtocolError: it cannot be read.
        """
        raise NotImplementedError

    def _interrupted(self) -> None:
        """The connection broke; it is opened again in a moment."""

    def _is_complete(self) -> bool:
        """Return whether everything that is wanted has come."""
        raise NotImplementedError

    def _ended(self, closed: Closed) -> Ending:
        """Return what the end of the connection means."""
        raise NotImplementedError

    def _misunderstood(self, err: ProtocolError) -> Ending:
        """Return what it means that a message cannot be read."""
        raise NotImplementedError
