# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Single values on the wire: what Qiskit objects hold, as plain JSON, and back.

A complex number is a pair ``[re, im]``, an array is a list, a bound parameter expression is its number, a noise model is its
dictionary, and every key of an object is a text.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Any

import numpy as np
from qiskit.circuit import ParameterExpression

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = ["encode_value", "to_complex", "to_wire", "wire_leaf"]

_PLAIN = (str, int, float, type(None))
_CONSTANT_KEYS = {None: "null", True: "true", False: "false"}


def to_wire(value: Any) -> Any:
    """Return a value as plain JSON types: objects with text keys, lists, texts, numbers, booleans and None.

    The order of keys is kept. The value itself is not changed.

    Raises:
        TypeError: the value, or something inside it, has no form on the wire.
    """
    if isinstance(value, _PLAIN) and not isinstance(value, (enum.Enum, np.generic)):
        return value
    if isinstance(value, Mapping):
        return {_key(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return to_wire(wire_leaf(value))


def wire_leaf(value: Any) -> Any:
    """Return one object that JSON does not know in terms of objects that are nearer to it: the ``default`` of an encoder.

    Raises:
        TypeError: the object has no form on the wire.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, np.ndarray):
        return (
            np.stack([value.real, value.imag], axis=-1).tolist()
            if value.dtype.kind == "c"
            else value.tolist()
        )
    if isinstance(value, ParameterExpression):
        return _bound_number(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_dict"):
        return _dictionary(value)
    raise TypeError(f"A value of type {type(value).__name__} cannot be sent: {value!r:.80}")


def encode_value(value: Any) -> bytes:
    """Return a value as JSON bytes, by the same rules as :func:`to_wire` but without building the plain tree where possible.

    Raises:
        TypeError: the value, or something inside it, has no form on the wire.
    """
    try:
        return codec.dumps(value, default=wire_leaf)
    except ProtocolError:
        # Most often a key that is not a text; the slow way knows what to do, or names the value that has no form.
        plain = to_wire(value)
    try:
        return codec.dumps(plain)
    except ProtocolError as err:
        raise TypeError(str(err)) from err


def to_complex(value: Any) -> complex:
    """Return the complex number that a pair ``[re, im]``, or a plain number, stands for.

    Raises:
        TypeError: the value is neither.
    """
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(_is_number(part) for part in value):
        return complex(value[0], value[1])
    if isinstance(value, complex) or _is_number(value):
        return complex(value)
    raise TypeError(f"{value!r:.80} is not a complex number; a pair [re, im] is expected.")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _key(key: Any) -> str:
    """Return a dictionary key as the text that JSON wants, as Python's own encoder spells it where that has a spelling."""
    if isinstance(key, str):
        return str(key.value) if isinstance(key, enum.Enum) else key
    if key is None or isinstance(key, bool):
        return _CONSTANT_KEYS[key]
    if isinstance(key, np.generic):
        return _key(key.item())
    if isinstance(key, float):
        return float.__repr__(key)
    if isinstance(key, int):
        return int.__repr__(key)
    return str(key)


def _bound_number(expression: ParameterExpression) -> Any:
    if expression.parameters:
        names = ", ".join(sorted(parameter.name for parameter in expression.parameters))
        raise TypeError(f"The expression {expression} has parameters without a value: {names}")
    number = complex(expression)
    # An expression of real numbers may come back with an imaginary part of zero.
    return number.real if number.imag == 0 else [number.real, number.imag]


def _dictionary(value: Any) -> Any:
    """Return the dictionary of an object that has one. Aer's noise models give a serializable one only if asked."""
    try:
        return value.to_dict(serializable=True)
    except TypeError:
        return value.to_dict()
