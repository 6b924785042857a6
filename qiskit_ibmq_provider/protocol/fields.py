# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading typed fields out of decoded JSON objects, with one kind of error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional, TypeVar, Union

from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = ["as_object", "as_objects", "checked_number", "integer", "optional", "required", "sentence"]

T = TypeVar("T")


def as_object(data: Any, what: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object.

    Raises:
        ProtocolError: it is something else.
    """
    # The abstract class costs several times as much to ask for.
    if not isinstance(data, dict) and not isinstance(data, Mapping):
        raise ProtocolError(f"{sentence(what)} should be a JSON object, not {type(data).__name__}.")
    return data


def as_objects(data: Any, what: str) -> list[Mapping[str, Any]]:
    """Return the value if it is a JSON array of objects.

    Raises:
        ProtocolError: it is something else.
    """
    if not isinstance(data, list):
        raise ProtocolError(f"{sentence(what)} should be a JSON array, not {type(data).__name__}.")
    return [as_object(item, f"each entry of {what}") for item in data]


def required(data: Mapping[str, Any], key: str, kind: type[T], what: str) -> T:
    """Return a field that must be there.

    Raises:
        ProtocolError: it is missing, ``null`` or of another type.
    """
    value = optional(data, key, kind, what)
    if value is None:
        raise ProtocolError(f"{sentence(what)} lacks the field {key!r}.")
    return value


def optional(data: Mapping[str, Any], key: str, kind: type[T], what: str) -> Optional[T]:
    """Return a field that may be absent or ``null``; both give ``None``.

    Raises:
        ProtocolError: it is of another type. ``True`` is not an integer here.
    """
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ProtocolError(f"The field {key!r} of {what} should be a {kind.__name__}, not {value!r:.80}.")
    return value


def integer(data: Mapping[str, Any], key: str, what: str) -> Optional[int]:
    """Return an integer field, or ``None``. A float without fraction counts.

    Raises:
        ProtocolError: it is something else.
    """
    value = data.get(key)
    return None if value is None else int(checked_number(value, key, what, whole=True))


def checked_number(value: Any, key: str, what: str, *, whole: bool) -> Union[int, float]:
    """Return the value of a field if it is a finite number, and whole if that is wanted.

    Raises:
        ProtocolError: it is something else. ``True`` is not a number here.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ProtocolError(f"The field {key!r} of {what} should be a number, not {value!r:.80}.")
    if whole and value != int(value):
        raise ProtocolError(f"The field {key!r} of {what} should be an integer, not {value!r}.")
    return value


def sentence(what: str) -> str:
    """Return words with the capital letter that begins a sentence."""
    return what[:1].upper() + what[1:]
