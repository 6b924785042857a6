# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Dates between local time and UTC, and durations.

A date without zone is local time where a user gives it, and UTC where the server does. A date with a zone keeps its instant.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, Optional, Union

from dateutil import parser

__all__ = [
    "convert_tz",
    "duration_difference",
    "local_to_utc",
    "local_to_utc_str",
    "seconds_to_duration",
    "str_to_utc",
    "utc_to_local",
    "utc_to_local_all",
]

_Date = Union[dt.datetime, str]


def utc_to_local(utc_dt: _Date) -> dt.datetime:
    """Return an instant as an aware datetime in the local zone. Without a zone it is taken for UTC.

    Args:
        utc_dt: the datetime, or a text that names one.

    Raises:
        TypeError: the value is neither.

    Example:

        >>> utc_to_local("2021-06-01T09:31:02Z").utcoffset() is not None
        True
    """
    instant = _as_datetime(utc_dt, "utc_dt")
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.timezone.utc)
    return instant.astimezone()


def local_to_utc(local_dt: _Date) -> dt.datetime:
    """Return an instant as an aware datetime in UTC. Without a zone it is taken for local time.

    Args:
        local_dt: the datetime, or a text that names one.

    Raises:
        TypeError: the value is neither.
    """
    instant = _as_datetime(local_dt, "local_dt")
    try:
        return instant.astimezone(dt.timezone.utc)
    except (OverflowError, ValueError):
        # datetime.min and datetime.max, which stand for no limit, have no counterpart in other zones.
        return instant.replace(tzinfo=dt.timezone.utc)


def local_to_utc_str(local_dt: _Date, suffix: str = "Z") -> str:
    """Return an instant as an ISO 8601 text in UTC.

    Args:
        local_dt: the datetime, or a text that names one; without a zone it is taken for local time.
        suffix: ``Z`` for a text that ends in ``Z``, anything else for ``+00:00``.
    """
    text = local_to_utc(local_dt).isoformat()
    return text.replace("+00:00", "Z") if suffix == "Z" else text


def convert_tz(input_dt: Optional[dt.datetime], to_utc: bool) -> Optional[dt.datetime]:
    """Return a datetime in UTC or in the local zone; None stays None."""
    if input_dt is None:
        return None
    return local_to_utc(input_dt) if to_utc else utc_to_local(input_dt)


def utc_to_local_all(data: Any) -> Any:
    """Return the data with every datetime in its lists and dictionaries in the local zone."""
    if isinstance(data, dt.datetime):
        return utc_to_local(data)
    if isinstance(data, list):
        return [utc_to_local_all(item) for item in data]
    if isinstance(data, dict):
        return {key: utc_to_local_all(item) for key, item in data.items()}
    return data


def str_to_utc(utc_dt: Optional[str]) -> Optional[dt.datetime]:
    """Return the instant that an ISO 8601 text names, aware, in UTC; None for None and for an empty text."""
    if not utc_dt:
        return None
    instant = parser.isoparse(utc_dt)
    if instant.tzinfo is None:
        return instant.replace(tzinfo=dt.timezone.utc)
    return instant.astimezone(dt.timezone.utc)


def seconds_to_duration(seconds: float) -> tuple[int, int, int, int, int]:
    """Split a number of seconds.

    Args:
        seconds: the duration in seconds.

    Returns:
        Days, hours, minutes, seconds and milliseconds. Milliseconds (rounded up) are only given where the seconds are 0.

    Example:

        >>> seconds_to_duration(90061)
        (1, 1, 1, 1, 0)
        >>> seconds_to_duration(0.25)
        (0, 0, 0, 0, 250)
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    if rest < 1:
        return days, hours, minutes, 0, math.ceil(rest * 1000)
    return days, hours, minutes, int(rest), 0


def duration_difference(date_time: dt.datetime) -> str:
    """Say how long it is until a datetime, in its two largest units: ``2 hrs 5 min``. Empty for one that is past.

    Args:
        date_time: the datetime; without a zone it is taken for local time.
    """
    remaining = (date_time.astimezone(dt.timezone.utc) - dt.datetime.now(dt.timezone.utc)).total_seconds()
    days, hours, minutes, seconds, _ = seconds_to_duration(max(0.0, remaining))
    if days:
        return f"{days} days {hours} hrs"
    if hours:
        return f"{hours} hrs {minutes} min"
    if minutes:
        return f"{minutes} min {seconds} sec"
    return f"{seconds} sec" if seconds else ""


def _as_datetime(value: Any, name: str) -> dt.datetime:
    if isinstance(value, str):
        parsed: dt.datetime = parser.parse(value)
        return parsed
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{name} should be a datetime or a text, not {value!r:.80}.")
    return value
