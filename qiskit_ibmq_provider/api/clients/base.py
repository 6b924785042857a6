# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the clients have in common, and a websocket that is opened again when it breaks."""

from __future__ import annotations

import dataclasses
import enum
import threading
from queue import Queue
from typing import TYPE_CHECKING, Any, Final, Optional, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.backoff import RECONNECT_LONGEST, reconnect_delay
from qiskit_ibmq_provider.api.clients._connection import Closed, Connection
from qiskit_ibmq_provider.api.clients.utils import ws_proxy_params, ws_ssl_options
from qiskit_ibmq_provider.api.exceptions import (
    WebsocketError,
    WebsocketIBMQProtocolError,
    WebsocketTimeoutError,
)
from qiskit_ibmq_provider.api.redaction import Redactor, Secret
from qiskit_ibmq_provider.api.tokens import TokenHolder
from qiskit_ibmq_provider.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.credentials import Credentials

__all__ = ["BaseClient", "BaseWebsocketClient", "Ending", "WebsocketClientCloseCode"]

logger = get_logger(__name__)

_UNREADABLE_LIMIT: Final = 3
"""A server that sends this many messages that cannot be read will send more of them."""


class WebsocketClientCloseCode(enum.IntEnum):
    """Why a client closed its websocket."""

    NORMAL = 1
    TIMEOUT = 2
    PROTOCOL_ERROR = 3
    CANCEL = 4


class BaseClient:
    """A client of the API."""


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
        time_scale: what all times of the websocket are multiplied by.
    """

    BACKOFF_MAX: Final = RECONNECT_LONGEST
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
        time_scale: float = 1.0,
    ) -> None:
        self._websocket_url = websocket_url.rstrip("/")
        self._job_id = job_id
        self._message_queue = message_queue
        self._redactor = redactor or Redactor()
        self._tokens = tokens or TokenHolder(self._redactor, credentials.access_token)
        self._credentials = credentials
        self._time_scale = time_scale
        self._lock = threading.Lock()
        self._connection: Optional[Connection] = None
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
            delay = reconnect_delay(attempt, backoff_factor) * self._time_scale
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
        connection = Connection(
            url,
            ssl_options=ws_ssl_options(self._credentials.verify),
            proxy_options=ws_proxy_params(self._credentials, url),
            redactor=self._redactor,
            time_scale=self._time_scale,
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
