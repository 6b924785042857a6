# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Websocket that tells a job's status."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from queue import Queue
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider.api.clients.base import BaseWebsocketClient, Closed, Ending
from qiskit_ibmq_provider.api.exceptions import (
    WebsocketAuthenticationError,
    WebsocketError,
    WebsocketIBMQProtocolError,
    WebsocketRetryableError,
)
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.messages import (
    AUTHENTICATION,
    Authenticated,
    CloseCode,
    CloseDecision,
    StatusEvent,
    StatusStream,
    StatusUpdate,
    StreamMessage,
)
from qiskit_ibmq_provider.protocol.routes import WS_JOB_STATUS
from qiskit_ibmq_provider.protocol.status import is_final

__all__ = [
    "Interrupted",
    "StreamEvent",
    "WebsocketAuthenticationMessage",
    "WebsocketClient",
    "WebsocketMessage",
    "WebsocketResponseMethod",
]


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """The connection broke; it is opened again in a moment."""


StreamEvent = Union[StatusEvent, Interrupted]

_CLEAN_CODES: Final = (CloseCode.NORMAL, CloseCode.NO_MORE_UPDATES)


class WebsocketMessage:
    """A message, either way.

    Args:
        type_: its type.
        data: its content.
    """

    def __init__(self, type_: str, data: Any) -> None:
        self._frame = StreamMessage(type_, data)

    @property
    def type(self) -> str:
        """Type of the message."""
        return self._frame.type

    @property
    def data(self) -> Any:
        """Content of the message."""
        return self._frame.data

    def as_json(self) -> str:
        """Return the message as it is sent."""
        return json.dumps({"type": self.type, "data": self.data})


class WebsocketAuthenticationMessage(WebsocketMessage):
    """The client's first message.

    Args:
        access_token: the access token.
    """

    def __init__(self, access_token: str) -> None:
        super().__init__(AUTHENTICATION, access_token)


class WebsocketResponseMethod(WebsocketMessage):
    """A message of the server."""

    @classmethod
    def from_json(cls, json_string: Union[str, bytes]) -> WebsocketResponseMethod:
        """Read a message.

        Raises:
            WebsocketIBMQProtocolError: it is not one.
        """
        try:
            frame = StreamMessage.from_text(json_string)
        except ProtocolError as err:
            raise WebsocketIBMQProtocolError(str(err)) from None
        return cls(frame.type, frame.data)


class WebsocketClient(BaseWebsocketClient):
    """Reads the status of one job until it is final.

    Args:
        websocket_url: base URL of the websocket server.
        credentials: the account.
        job_id: id of the job.
        message_queue: gets the record of each status.
        on_event: called from the reading thread when the server has accepted the token, with each status, and when the connection
            breaks.
        options: as for :class:`.BaseWebsocketClient`.
    """

    def __init__(
        self,
        websocket_url: str,
        credentials: Credentials,
        job_id: str,
        message_queue: Optional[Queue[Any]] = None,
        *,
        on_event: Optional[Callable[[StreamEvent], None]] = None,
        **options: Any,
    ) -> None:
        super().__init__(websocket_url, credentials, job_id, message_queue, **options)
        self._on_event = on_event
        self._status: Optional[StatusStream] = None
        self._last: Optional[JobStatusRecord] = None
        self._sent: Optional[Secret] = None

    @property
    def token_is_stale(self) -> bool:
        """Whether the account has another token by now than the one that was sent last."""
        return self._sent is not None and self._sent != self._tokens.current

    def get_job_status(self, retries: int = 5, backoff_factor: float = 0.5) -> dict[str, Any]:
        """Return what :meth:`read_status` does as the server sends it: ``{"status", …}``.

        Args:
            retries: how often at most the websocket is opened again in a row.
            backoff_factor: seconds before it is opened again; doubled each time.
        """
        return self.read_status(retries, backoff_factor).to_json()

    def read_status(self, retries: int = 5, backoff_factor: Optional[float] = None) -> JobStatusRecord:
        """Return the last status: the final one, or, after a clean close of the server, whatever came last.

        Args:
            retries: how often at most the websocket is opened again in a row.
            backoff_factor: seconds before it is opened again; doubled each time. By default as the time limits say.

        Raises:
            WebsocketTimeoutError: the websocket was closed because the caller's time is over.
            WebsocketError: it failed for good; ask by HTTP.
        """
        url = self._websocket_url + WS_JOB_STATUS.path(job_id=self._job_id)
        self.stream(
            url, retries, self._limits.reconnect_shortest if backoff_factor is None else backoff_factor
        )
        if self._last is None:
            raise WebsocketError(f"The websocket for job {self._job_id} was closed before a status came.")
        return self._last

    def _opened(self) -> list[Secret]:
        token = self._tokens.current
        if token is None:
            raise WebsocketAuthenticationError("There is no access token for the websocket: log in first.")
        self._sent = token
        self._status = StatusStream(token.reveal())
        return [Secret(WebsocketAuthenticationMessage(token.reveal()).as_json())]

    def _received(self, message: Union[str, bytes]) -> bool:
        assert self._status is not None
        event = self._status.received(message)
        # A server says the present status at each connection, which is nothing new.
        is_news = isinstance(event, StatusUpdate) and event.record != self._last
        if isinstance(event, Authenticated):
            self.connected = True
        elif isinstance(event, StatusUpdate):
            self._last = event.record
            if self._message_queue is not None:
                self._message_queue.put(event.record)
        if event is not None and self._on_event is not None:
            self._on_event(event)
        return is_news

    def _interrupted(self) -> None:
        if self._on_event is not None:
            self._on_event(Interrupted())

    def _is_complete(self) -> bool:
        return self._last is not None and is_final(self._last.status)

    def _ended(self, closed: Closed) -> Ending:
        assert self._status is not None
        text = f"The websocket for job {self._job_id} ended: {closed.reason}."
        if not self._status.authenticated:
            return Ending(WebsocketAuthenticationError(f"{text} The server had not accepted the token yet."))
        if closed.code in _CLEAN_CODES and self._status.last_record is not None:
            return Ending()
        decision = self._status.closed(closed.code)
        if decision is CloseDecision.DONE:
            return Ending()
        retry = decision is CloseDecision.RETRY
        return Ending(WebsocketRetryableError(text) if retry else WebsocketError(text), retry=retry)

    def _misunderstood(self, err: ProtocolError) -> Ending:
        text = self._redactor.clean(f"A websocket message about job {self._job_id} cannot be read: {err}")
        if self._status is None or not self._status.authenticated:
            return Ending(WebsocketAuthenticationError(text))
        return Ending(WebsocketIBMQProtocolError(text), retry=True)
