# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Websocket messages about a job's status, and what to do with them.

A connection goes: the client sends its token, the server answers ``authenticated``, then sends the present status and each change. After
a final status the client closes; the server closes with ``NO_MORE_UPDATES`` if the client does not. Messages are JSON objects with ``type``
and ``data``, as text or as UTF-8 bytes.

:class:`StatusStream` is the client's side of this as a state machine: messages go in, events come out, no socket is touched. A clean close
is told apart from a failure by what was received before, never by the close code alone, because libraries report codes differently.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, ClassVar, Final, Optional, Union

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.records import Record
from qiskit_ibmq_provider.protocol.status import is_final

__all__ = [
    "AUTHENTICATED",
    "AUTHENTICATION",
    "Authenticated",
    "CloseCode",
    "CloseDecision",
    "JOB_STATUS",
    "StatusEvent",
    "StatusStream",
    "StatusUpdate",
    "StreamMessage",
]

AUTHENTICATION: Final = "authentication"
"""Type of the client's first message; its data is the access token."""

AUTHENTICATED: Final = "authenticated"
"""Type of the server's first message."""

JOB_STATUS: Final = "job-status"
"""Type of each status message; its data is a job status object."""


class CloseCode(enum.IntEnum):
    """Close codes of the status websocket."""

    NORMAL = 1000
    INTERNAL_ERROR = 4001
    NO_MORE_UPDATES = 4002
    JOB_NOT_FOUND = 4003


class CloseDecision(enum.Enum):
    """What a client does after a connection has ended."""

    DONE = "done"
    """A final status was received; nothing is left to do."""
    RETRY = "retry"
    """The connection broke; another one may last."""
    GIVE_UP = "give up"
    """Another connection would end the same way; the status has to be asked for by HTTP."""


class StreamMessage(Record, frozen=True):
    """One message, either way."""

    WHAT: ClassVar[str] = "the websocket message"
    HIDDEN: ClassVar[frozenset[str]] = frozenset({"data", "extra"})

    type: str
    data: Any = None

    @classmethod
    def from_text(cls, text: Union[str, bytes]) -> StreamMessage:
        """Read a message.

        Raises:
            ProtocolError: it is not a JSON object with a ``type``.
        """
        return cls.from_json(codec.loads(text))

    def to_text(self) -> str:
        """Return the message as JSON text."""
        return codec.dumps(self.to_json()).decode()


@dataclasses.dataclass(frozen=True)
class Authenticated:
    """The server has accepted the token."""


@dataclasses.dataclass(frozen=True)
class StatusUpdate:
    """The server has sent a status."""

    record: JobStatusRecord


StatusEvent = Union[Authenticated, StatusUpdate]


class StatusStream:
    """The client's side of one status connection.

    Args:
        access_token: the token that authenticates the connection.
    """

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token
        self._authenticated = False
        self._last: Optional[JobStatusRecord] = None

    @property
    def authenticated(self) -> bool:
        """Whether the server has accepted the token."""
        return self._authenticated

    @property
    def last_record(self) -> Optional[JobStatusRecord]:
        """The last status received on this connection."""
        return self._last

    def opened(self) -> str:
        """Return the message to send once the connection is open."""
        return StreamMessage(AUTHENTICATION, self._access_token).to_text()

    def received(self, text: Union[str, bytes]) -> Optional[StatusEvent]:
        """Take a message and return what it means, or ``None`` where it means nothing, as for a keep-alive.

        Raises:
            ProtocolError: the message cannot be read, or the first one does not say ``authenticated``.
        """
        message = StreamMessage.from_text(text)
        if not self._authenticated:
            if message.type != AUTHENTICATED:
                raise ProtocolError(
                    f"The first websocket message is {message.type!r} where {AUTHENTICATED!r} is due."
                )
            self._authenticated = True
            return Authenticated()
        if message.type != JOB_STATUS and not (isinstance(message.data, dict) and "status" in message.data):
            return None
        self._last = JobStatusRecord.from_json(message.data)
        return StatusUpdate(self._last)

    def closed(self, code: Optional[int]) -> CloseDecision:
        """Return what to do after the connection has ended.

        Args:
            code: the close code, if one arrived. Some library versions lose it.
        """
        if self._last is not None and is_final(self._last.status):
            return CloseDecision.DONE
        if not self._authenticated or code == CloseCode.JOB_NOT_FOUND:
            return CloseDecision.GIVE_UP
        if code in (CloseCode.NORMAL, CloseCode.NO_MORE_UPDATES):
            return CloseDecision.GIVE_UP
        return CloseDecision.RETRY
