# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What goes into one HTTP exchange and what comes out of it.

None of these objects shows a token, a signed URL or a body when it is printed: they are the local variables of frames that raise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider.api.backoff import Trouble, parse_retry_after
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.timestamps import utc_now

__all__ = ["Answer", "Body", "BodyReader", "Problem", "Url", "reveal_url"]

Url = Union[str, Secret]
"""A path below the base URL, an absolute URL, or an absolute URL that is signed and must not show."""

_PIECE: Final = 64 * 1024
"""Bodies up to this many bytes are handed over in one piece; longer ones in pieces, each with a timeout of its own."""


def reveal_url(url: Url) -> str:
    """Return the text of a URL."""
    return url.reveal() if isinstance(url, Secret) else url


class BodyReader:
    """Reads a body that is kept in parts.

    Not a file object: the HTTP library asks those for their position, and sends one without a position in chunks, without a length.
    """

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._length = sum(len(part) for part in parts)
        self._pending = iter(parts)
        self._rest = memoryview(b"")

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_PIECE), b"")

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, all that is left if it is negative, ``b""`` at the end."""
        if size < 0:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return b"".join([rest, *self._pending])
        while not self._rest:
            part = next(self._pending, None)
            if part is None:
                return b""
            self._rest = memoryview(part)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


class Body:
    """The body of a request. It can be sent more than once.

    Args:
        parts: the bytes, in one or more pieces.
    """

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = tuple(parts)
        self._length = sum(len(part) for part in self._parts)

    @classmethod
    def json(cls, value: Any) -> Body:
        """Return a value as JSON.

        Raises:
            ProtocolError: the value holds something that JSON has no form for.
        """
        return cls([codec.dumps(value)])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def __repr__(self) -> str:
        return f"<Body of {self._length} bytes>"

    def open(self) -> Union[bytes, BodyReader]:
        """Return the body in a form that the HTTP library takes."""
        return b"".join(self._parts) if self._length <= _PIECE else BodyReader(self._parts)


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer of the server. Header names are in lower case."""

    status: int
    reason: str = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    body: bytes = dataclasses.field(default=b"", repr=False)


@dataclasses.dataclass(frozen=True)
class Problem:
    """A request that failed.

    Args:
        trouble: what kind of failure.
        detail: what happened and what to do, redacted. Empty where the answer says it.
        answer: the answer, where there was one.
        cause: what the HTTP library raised, redacted and without traceback.
    """

    trouble: Trouble
    detail: str = ""
    answer: Optional[Answer] = None
    cause: Optional[Exception] = None

    @property
    def status(self) -> Optional[int]:
        """HTTP status of the answer, if there was one."""
        return None if self.answer is None else self.answer.status

    @property
    def retry_after(self) -> Optional[float]:
        """Seconds that the server asked to wait, if it did."""
        if self.answer is None:
            return None
        return parse_retry_after(self.answer.headers.get("retry-after"), utc_now())
