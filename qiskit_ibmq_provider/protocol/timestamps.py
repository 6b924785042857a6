# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Instants on the wire: ISO 8601 in UTC with microseconds and a ``Z``."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from dateutil import parser

from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = ["format_utc", "parse_utc", "utc_now"]


_USUAL_LENGTHS: Final = (20, 24, 27)
"""Of ``2021-06-01T09:31:02Z``, of the same with milliseconds and with microseconds: Python's own reader is many times as fast."""


def utc_now() -> dt.datetime:
    """Return the present instant, aware, in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def format_utc(instant: dt.datetime) -> str:
    """Return an instant as ``2021-06-01T09:31:02.417123Z``. A naive value is local time, as everywhere in Qiskit."""
    try:
        # Python's own local time: that of dateutil knows only the present rules of a zone, not those of the date.
        utc = instant.astimezone(dt.timezone.utc)
    except (OverflowError, ValueError):
        utc = instant  # datetime.min and datetime.max, which stand for no limit, have no counterpart in other zones.
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_utc(text: Any) -> dt.datetime:
    """Return the instant that an ISO 8601 text names, aware, in UTC. A text without offset is UTC.

    Raises:
        ProtocolError: the value is not such a text.
    """
    if not isinstance(text, str):
        raise ProtocolError(f"A date is expected, not {text!r}.")
    if text[10:11] == "T" and text[-1:] == "Z" and len(text) in _USUAL_LENGTHS:
        try:
            return dt.datetime.fromisoformat(text[:-1]).replace(tzinfo=dt.timezone.utc)
        except ValueError:
            pass  # What is rarely seen, such as 24:00, only the other one knows.
    try:
        instant = parser.isoparse(text)
    except (ValueError, OverflowError) as err:
        raise ProtocolError(f"{text!r} is not an ISO 8601 date.") from err
    if instant.tzinfo is None:
        return instant.replace(tzinfo=dt.timezone.utc)
    try:
        return instant.astimezone(dt.timezone.utc)
    except OverflowError as err:
        raise ProtocolError(f"{text!r} is out of range.") from err
