# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Device documents that users saved: which of the three kinds each is, and what saving did to its numbers.

``backend.configuration().to_dict()`` and its like hold complex numbers and dates, for which JSON has no form. Whoever saves them turns
complex numbers into pairs ``[re, im]``, or, with ``json.dump(..., default=str)``, into text such as ``(0.1+0.2j)``. Both are read.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from qiskit_ibmq_provider.service.devices.files import DeviceFileError, read_object

__all__ = ["Kind", "SavedDocument", "read_saved"]

_COMPLEX: Final = frozenset({"amp", "samples", "scale", "val"})
"""Keys whose values are complex numbers, or lists of them."""


class Kind(enum.Enum):
    """What a document is, by the prefix of its file name."""

    CONFIGURATION = "conf"
    CALIBRATION = "props"
    DEFAULTS = "defs"


class SavedDocument:
    """One document of a user.

    Args:
        path: its file, for messages.
        content: what it holds, complex numbers as pairs.
        kind: what it is.
    """

    def __init__(self, path: Path, content: dict[str, Any], kind: Kind) -> None:
        self.path = path
        self.content = content
        self.kind = kind


def read_saved(path: Path) -> SavedDocument:
    """Read a document.

    Raises:
        DeviceFileError: the file cannot be read, or holds none of the three kinds.
    """
    content = read_object(path)
    return SavedDocument(
        path, {key: _revived(value, key) for key, value in content.items()}, _kind(content, path)
    )


def _kind(content: Mapping[str, Any], path: Path) -> Kind:
    """Tell the kinds apart by a key that only one of them has."""
    if "basis_gates" in content:
        return Kind.CONFIGURATION
    if "last_update_date" in content:
        return Kind.CALIBRATION
    if "cmd_def" in content or "pulse_library" in content:
        return Kind.DEFAULTS
    raise DeviceFileError(
        path,
        "it is no configuration (no key 'basis_gates'), no calibration (no key 'last_update_date') and no pulse defaults "
        "(no key 'cmd_def').",
    )


def _revived(value: Any, key: str) -> Any:
    """Return a value with its complex numbers as pairs."""
    if isinstance(value, dict):
        return {inner: _revived(item, inner) for inner, item in value.items()}
    if isinstance(value, list):
        return [_revived(item, key) for item in value]
    if key in _COMPLEX and isinstance(value, str):
        try:
            number = complex(value)
        except ValueError:
            return value
        return [number.real, number.imag]
    return value
