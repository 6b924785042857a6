# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which devices there are, and in which files: an index made without parsing the files.

The directory's name is not the device's name (``yorktown`` holds ``ibmqx2``), so the files are asked.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.devices.files import DeviceFileError, device_directories, peek

__all__ = ["Calibration", "DeviceFiles", "FleetIndex", "check_name"]

logger = get_logger(__name__)

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
"""Device names stand in URL paths, and clients do not escape them."""


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
        for directory in device_directories(parent):
            try:
                self._add_directory(directory, snapshots=snapshots)
            except DeviceFileError as err:
                # One bad snapshot in an installed package must not take the whole fleet away.
                if not snapshots:
                    raise
                logger.warning("A device snapshot is left out. %s", err)

    def _add_directory(self, directory: Path, *, snapshots: bool) -> None:
        """Add what one directory holds."""
        configurations = sorted(directory.glob("conf_*.json"))
        if len(configurations) > 1:
            raise DeviceFileError(
                configurations[1],
                "its directory has another configuration already; use one directory per device.",
            )
        properties = sorted(directory.glob("props_*.json"))
        if snapshots:
            properties = [path for path in properties if path.stem == f"props_{directory.name}"]
        self._add(configurations, properties, sorted(directory.glob("defs_*.json")), strict=not snapshots)

    def _add(
        self,
        configurations: Iterable[Path],
        properties: Iterable[Path],
        defaults: Iterable[Path],
        *,
        strict: bool,
    ) -> None:
        """Add the files of one directory."""
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
            elif strict:
                raise DeviceFileError(
                    path, f"its key 'backend_name' is {name!r}, and no device of this name is configured."
                )
        for path in defaults:
            # Pulse defaults do not say whose they are, so they belong to the configuration beside them.
            if own is None:
                raise DeviceFileError(
                    path,
                    "pulse defaults need the device's configuration (conf_*.json) in the same directory.",
                )
            self._devices[own] = dataclasses.replace(self._devices[own], defaults=path)

    def _add_calibration(self, name: str, calibration: Calibration) -> None:
        """Add a calibration to a device, in the order of time."""
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
    """Return the name of the device that a file is about."""
    return check_name(peek(path, "backend_name"), path)


def _updated(path: Path) -> datetime.datetime:
    """Return the instant of a calibration file."""
    try:
        return parse_utc(peek(path, "last_update_date"))
    except ProtocolError as err:
        raise DeviceFileError(path, f"the key 'last_update_date' is no date: {err}") from err
