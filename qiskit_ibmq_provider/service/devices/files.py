# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where device files lie, and how they are opened.

A device is described by up to three kinds of JSON files, named as in terra: ``conf_*.json`` (configuration), ``props_*.json``
(calibration; several of them are calibrations of several dates) and ``defs_*.json`` (pulse defaults).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = [
    "CHANGES_NAME",
    "DeviceFileError",
    "changes",
    "device_directories",
    "peek",
    "profile_directory",
    "read_object",
    "snapshot_directory",
]

CHANGES_NAME: Final = ".changes"
"""The file of a device directory that is written anew whenever a device is added to it or removed."""

_HEAD: Final = 2048
"""Bytes in which the two keys that the index needs nearly always stand."""

_SNAPSHOTS: Final = Path("providers", "fake_provider", "backends")


class DeviceFileError(Exception):
    """A device file cannot be used. The message names the file and the key.

    Args:
        path: the file.
        problem: what is wrong, with the key and the value.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"The device file {path} cannot be used: {problem}")
        self.path = path
        self.problem = problem

    def __reduce__(self) -> tuple[type[DeviceFileError], tuple[Path, str]]:
        return type(self), (self.path, self.problem)


def profile_directory() -> Path:
    """Return the directory of the profiles that this package ships."""
    return Path(__file__).parent / "profiles"


def snapshot_directory() -> Optional[Path]:
    """Return the directory of terra's device snapshots, or ``None`` without terra. Does not import it."""
    spec = importlib.util.find_spec("qiskit")
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        directory = Path(location) / _SNAPSHOTS
        if directory.is_dir():
            return directory
    return None


def device_directories(parent: Path) -> Sequence[Path]:
    """Return the directories that may hold one device each: those inside ``parent``, sorted, and ``parent`` itself.

    Raises:
        DeviceFileError: ``parent`` is not a directory that can be read.
    """
    try:
        inside = sorted(
            entry for entry in parent.iterdir() if entry.is_dir() and not entry.name.startswith(("_", "."))
        )
    except OSError as err:
        raise DeviceFileError(parent, f"the directory cannot be read ({err.strerror}).") from err
    return [parent, *inside]


def changes(directory: Path) -> bytes:
    """Return something that is different after devices were added to a directory or removed from it."""
    try:
        return (directory / CHANGES_NAME).read_bytes()
    except OSError:
        return b""


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        DeviceFileError: the file cannot be read, or holds something else.
    """
    try:
        document = codec.loads(path.read_bytes())
    except OSError as err:
        raise DeviceFileError(path, f"it cannot be read ({err.strerror}).") from err
    except ProtocolError as err:
        raise DeviceFileError(path, str(err)) from err
    if not isinstance(document, dict):
        raise DeviceFileError(path, f"a JSON object is expected, not {type(document).__name__}.")
    return document


def peek(path: Path, key: str) -> str:
    """Return the text value of one top-level key without parsing the file, which may be large.

    The key is looked for in the head of the file first. Keys of this name further inside do not occur in device files.

    Raises:
        DeviceFileError: the file cannot be read, or has no such key.
    """
    pattern = re.compile(rb'"' + key.encode() + rb'"\s*:\s*"((?:[^"\\]|\\.)*)"')
    try:
        with path.open("rb") as file:
            found = pattern.search(file.read(_HEAD)) or pattern.search(path.read_bytes())
    except OSError as err:
        raise DeviceFileError(path, f"it cannot be read ({err.strerror}).") from err
    if found is None:
        raise DeviceFileError(path, f"the key {key!r} is missing, or is no text.")
    return found.group(1).decode("utf-8", errors="replace")
