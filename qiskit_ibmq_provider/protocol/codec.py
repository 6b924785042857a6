# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""JSON bytes, exact in both directions.

Results and Qobj documents may hold integers past 64 bits (masks of wide registers) and NaN (a failed fit). The fast encoder keeps the
first and turns the second into ``null`` without a word, so documents with NaN go through the standard library.
"""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Final, Optional, Union

import msgspec

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = ["dumps", "loads"]

_SHOWN: Final = 120

_LARGE: Final = 256 * 1024
"""From this many bytes on, a document makes so many objects that the garbage collector would walk through them again and again."""


def dumps(value: Any, *, default: Optional[Callable[[Any], Any]] = None) -> bytes:
    """Return a value of plain Python types as JSON bytes.

    Args:
        value: the value.
        default: turns an object that JSON has no form for into one that it has; raises :class:`TypeError` for what it cannot turn.

    Raises:
        ProtocolError: the value holds something that JSON has no form for.
    """
    try:
        encoded = msgspec.json.encode(value, enc_hook=default)
        # With a ``default`` the numbers may hide in objects that only it can open, so any null goes the slow, exact way.
        if b"null" not in encoded or (default is None and not _holds_non_finite(value)):
            return encoded
        return json.dumps(value, separators=(",", ":"), default=default).encode()
    except (TypeError, ValueError, RecursionError) as err:
        raise ProtocolError(f"The value cannot be written as JSON: {err}") from err


def loads(document: Union[bytes, bytearray, memoryview, str]) -> Any:
    """Return the value that a JSON document holds. ``NaN`` and ``Infinity`` are read as Python writes them.

    Raises:
        ProtocolError: the document is not JSON.
    """
    try:
        if len(document) < _LARGE:
            return msgspec.json.decode(document)
        with collector_held():
            return msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeError):
        return _loads_lenient(document)
    except RecursionError as err:
        raise ProtocolError("The document is not usable: it is nested too deeply.") from err


def _loads_lenient(document: Union[bytes, bytearray, memoryview, str]) -> Any:
    """Read what the strict decoder refuses and Python's own JSON knows: NaN, infinities, lone surrogates."""
    try:
        text = document if isinstance(document, str) else bytes(document).decode("utf-8")
        return json.loads(text)
    except UnicodeDecodeError as err:
        raise ProtocolError("The document is not JSON: it is not UTF-8 text.") from err
    except (ValueError, RecursionError) as err:
        start = text[:_SHOWN] + ("…" if len(text) > _SHOWN else "")
        raise ProtocolError(f"The document is not JSON ({err}); it begins with {start!r}.") from err


def _holds_non_finite(value: Any) -> bool:
    """Tell whether NaN or an infinity stands anywhere in a value."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            if not math.isfinite(item):
                return True
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            stack.extend(item)
    return False
