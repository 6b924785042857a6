# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job and its payload in one request: one JSON object with the fields of job creation, and ``qObject`` as its last field.

Because the payload comes last, neither side ever has the whole as Python objects: the client puts the payload's bytes behind the fields, and
the service passes them on as they arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Optional

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest

__all__ = ["DirectBodyReader", "FIELDS_BYTES", "direct_body"]

FIELDS_BYTES: Final = 1024 * 1024
"""Largest part of a body before the payload, in bytes: as much as the body of job creation alone may have."""

_PAYLOAD_KEY: Final = b'"qObject"'
_SPACE: Final = b" \t\r\n"
_IN_TEXT: Final = re.compile(rb'["\\]')
_BETWEEN_TEXTS: Final = re.compile(rb'["{}\[\]:]')


def direct_body(request: JobCreateRequest, payload: Iterable[bytes]) -> list[bytes]:
    """Return the body of a request for a job, in parts.

    Args:
        request: what the job is to be.
        payload: its Qobj as JSON, in parts. They are not copied.

    Raises:
        ProtocolError: the request holds something that JSON has no form for.
    """
    fields = codec.dumps(request.to_json())
    return [fields[:-1] + b"," + _PAYLOAD_KEY + b":", *payload, b"}"]


class DirectBodyReader:
    """Takes a body as it arrives apart: into the request, which is read, and the payload, which is passed on.

    The payload is not read as JSON: that it begins and ends as an object does is all that is looked at. Each byte is looked at once, so feed
    large parts.
    """

    def __init__(self) -> None:
        self.request: Optional[JobCreateRequest] = None
        """What the job is to be, as soon as that is known."""
        self._fields = bytearray()
        self._scanned = 0
        self._depth = 0
        self._text_start: Optional[int] = None
        self._last_text = (0, 0)
        self._held = b""
        self._last = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next part of the body; return the next part of the payload, which may be empty.

        Raises:
            ProtocolError: the body is not what it should be.
        """
        if self.request is not None:
            return self._passed_on(data)
        self._fields += data
        begins = self._payload_begins()
        if begins is None:
            if len(self._fields) > FIELDS_BYTES:
                raise ProtocolError(
                    f"The fields of the job before 'qObject' are larger than {FIELDS_BYTES} bytes."
                )
            return b""
        rest = bytes(self._fields[begins:])
        self.request = _request(bytes(self._fields[: self._last_text[0]]))
        self._fields.clear()
        return self._passed_on(rest)

    def finish(self) -> None:
        """Take note that the body is complete.

        Raises:
            ProtocolError: it is not.
        """
        if self.request is None:
            raise ProtocolError("The job has no 'qObject', or is cut off before it.")
        if self._held.rstrip(_SPACE) != b"}" or self._last != b"}":
            raise ProtocolError("The job is cut off, or its last field is not an object 'qObject'.")

    def _payload_begins(self) -> Optional[int]:
        """Look on for the key of the payload; return where its value begins, ``None`` if it has not come yet."""
        fields = self._fields
        while True:
            if self._text_start is not None:
                found = _IN_TEXT.search(fields, self._scanned)
                if found is None:
                    self._scanned = len(fields)
                    return None
                if found[0] == b"\\":
                    if found.end() == len(fields):
                        self._scanned = found.start()
                        return None
                    self._scanned = found.end() + 1
                    continue
                self._scanned = found.end()
                self._last_text, self._text_start = (self._text_start, found.end()), None
                continue
            found = _BETWEEN_TEXTS.search(fields, self._scanned)
            self._scanned = len(fields) if found is None else found.end()
            if found is None:
                return None
            if self._is_payload_key(found):
                return found.end()

    def _is_payload_key(self, found: re.Match[bytes]) -> bool:
        """Take note of a mark of the outer structure; return whether it is the colon behind the payload's key."""
        mark = found[0]
        if mark == b'"':
            self._text_start = found.start()
        elif mark in b"{[":
            self._depth += 1
        elif mark in b"}]":
            self._depth -= 1
            if self._depth <= 0:
                raise ProtocolError("The job has no field 'qObject'.")
        else:
            start, end = self._last_text
            return self._depth == 1 and self._fields[start:end] == _PAYLOAD_KEY
        return False

    def _passed_on(self, data: bytes) -> bytes:
        """Return what is certainly payload: all but the last mark, which may be the end of the body."""
        data = self._held + data
        if not self._last:
            data = data.lstrip(_SPACE)
            if data and data[:1] != b"{":
                raise ProtocolError("The field 'qObject' of the job should be a JSON object.")
        end = max(0, len(data.rstrip(_SPACE)) - 1)
        passed, self._held = data[:end], data[end:]
        self._last = passed.rstrip(_SPACE)[-1:] or self._last
        return passed


def _request(fields: bytes) -> JobCreateRequest:
    """Read the fields before the payload, the comma behind them included."""
    text = fields.strip(_SPACE)
    try:
        if text != b"{" and not text.endswith(b","):
            raise ProtocolError("A comma is missing.")
        document = codec.loads(text.removesuffix(b",") + b"}")
    except ProtocolError:
        # Its text would show how the body begins.
        raise ProtocolError("The fields of the job before 'qObject' are not JSON.") from None
    return JobCreateRequest.from_json(document)
