# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which devices there are, and in which files; how these are opened.

A device is described by up to three kinds of JSON files, named as in terra: ``conf_*.json`` (configuration), ``props_*.json``
(calibration; several of them are calibrations of several dates) and ``defs_*.json`` (pulse defaults). The index of all devices is made
without parsing them. The directory's name is not the device's name (``yorktown`` holds ``ibmqx2``), so the files are asked.
"""

from __future__ import annotations

import dataclasses
import datetime
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = [
    "CHANGES_NAME",
    "Calibration",
    "DeviceFileError",
    "DeviceFiles",
    "FleetIndex",
    "changes",
    "check_name",
    "peek",
    "profile_directory",
    "read_object",
    "snapshot_directory",
]

logger = get_logger(__name__)

CHANGES_NAME: Final = ".changes"
"""The file of a device directory that is written anew whenever a device is added to it or removed."""

_HEAD: Final = 2048
"""Bytes in which the two keys that the index needs nearly always stand."""

_SNAPSHOTS: Final = Path("providers", "fake_provider", "backends")

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
"""Device names stand in URL paths, and clients do not escape them."""


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


def _device_directories(parent: Path) -> Sequence[Path]:
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


@dataclasses.dataclass(frozen=True)
class Calibration:
    """One calibration of a device: its file and the instant of its last update, aware, in UTC."""

    path: Path
    updated: datetime.datetime


@dataclasses.dataclass(frozen=True)
class DeviceFiles:
    """The files of one device. Calibrations are in the order of time; of two with the same date the later found one counts."""

    name: str
    configuration: Path
    calibrations: tuple[Calibration, ...] = ()
    defaults: Optional[Path] = None

    def calibration(self, before: Optional[datetime.datetime] = None) -> Optional[Calibration]:
        """Return the newest calibration strictly older than an instant, or the newest of all."""
        for calibration in reversed(self.calibrations):
            if before is None or calibration.updated < before:
                return calibration
        return None


class FleetIndex:
    """Collects the files of all devices, directory by directory.

    A directory with a configuration defines a device, and replaces a device of the same name from an earlier directory with all its files. A
    directory that holds only calibrations or defaults adds them to the device that they name.
    """

    def __init__(self) -> None:
        self._devices: dict[str, DeviceFiles] = {}

    @property
    def devices(self) -> dict[str, DeviceFiles]:
        """All devices by name, in the order in which they were added."""
        return dict(self._devices)

    def add_all(self, parent: Path, *, snapshots: bool = False) -> None:
        """Add the devices of all directories inside a directory, and of the directory itself.

        Args:
            parent: the directory.
            snapshots: these are terra's snapshots, which hold test variants of a calibration beside the real one, and calibrations of devices
                whose configuration is nowhere; both are left out without a word.

        Raises:
            DeviceFileError: a file cannot be read or lacks a key that the index needs.
        """
        for directory in _device_directories(parent):
            try:
                self._add_directory(directory, snapshots=snapshots)
            except DeviceFileError as err:
                # One bad snapshot in an installed package must not take the whole fleet away.
                if not snapshots:
                    raise
                logger.warning("A device snapshot is left out. %s", err)

    def _add_directory(self, directory: Path, *, snapshots: bool) -> None:
        configurations = sorted(directory.glob("conf_*.json"))
        if len(configurations) > 1:
            raise DeviceFileError(
                configurations[1],
                "its directory has another configuration already; use one directory per device.",
            )
        properties = sorted(directory.glob("props_*.json"))
        if snapshots:
            properties = [path for path in properties if path.stem == f"props_{directory.name}"]
        own: Optional[str] = None
        for path in configurations:
            own = _device_name(path)
            self._devices[own] = DeviceFiles(own, path)
        for path in properties:
            name = _device_name(path)
            if own is not None and name != own:
                raise DeviceFileError(
                    path,
                    f"its key 'backend_name' is {name!r}, but the configuration beside it is of {own!r}.",
                )
            if name in self._devices:
                self._add_calibration(name, Calibration(path, _updated(path)))
            elif not snapshots:
                raise DeviceFileError(
                    path, f"its key 'backend_name' is {name!r}, and no device of this name is configured."
                )
        for path in sorted(directory.glob("defs_*.json")):
            # Pulse defaults do not say whose they are, so they belong to the configuration beside them.
            if own is None:
                raise DeviceFileError(
                    path,
                    "pulse defaults need the device's configuration (conf_*.json) in the same directory.",
                )
            self._devices[own] = dataclasses.replace(self._devices[own], defaults=path)

    def _add_calibration(self, name: str, calibration: Calibration) -> None:
        device = self._devices[name]
        calibrations = sorted((*device.calibrations, calibration), key=lambda item: item.updated)
        self._devices[name] = dataclasses.replace(device, calibrations=tuple(calibrations))


def check_name(name: object, path: Path) -> str:
    """Return the name of a device if it can be one.

    Raises:
        DeviceFileError: it cannot.
    """
    if not isinstance(name, str):
        raise DeviceFileError(path, "the key 'backend_name' is missing, or is no text.")
    if not _NAME.fullmatch(name):
        raise DeviceFileError(
            path,
            f"the key 'backend_name' is {name!r}; use letters, digits, '_', '-' and '.', beginning with a letter.",
        )
    return name


def _device_name(path: Path) -> str:
    return check_name(peek(path, "backend_name"), path)


def _updated(path: Path) -> datetime.datetime:
    try:
        return parse_utc(peek(path, "last_update_date"))
    except ProtocolError as err:
        raise DeviceFileError(path, f"the key 'last_update_date' is no date: {err}") from err
