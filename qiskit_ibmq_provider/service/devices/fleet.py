# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The device catalogue: all devices, read from their files when they are asked for."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.devices.documents import (
    normalise_configuration,
    normalise_defaults,
    normalise_properties,
)
from qiskit_ibmq_provider.service.devices.files import (
    DeviceFileError,
    DeviceFiles,
    FleetIndex,
    changes,
    profile_directory,
    read_object,
    snapshot_directory,
)
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

__all__ = ["Fleet"]

logger = get_logger(__name__)

_KEPT: Final = 16
"""Calibrations and pulse defaults kept in memory; all of them together would take hundreds of megabytes."""


class Fleet:
    """All devices, as :class:`~qiskit_ibmq_provider.service.domain.devices.DeviceCatalogue` asks.

    Profiles of this package come first, then terra's snapshots, then the user's directories; a later device replaces an earlier one of the
    same name. Nothing is parsed before it is asked for, but for the user's files, whose mistakes should show at the start. What is added to
    the user's directories by :class:`~qiskit_ibmq_provider.service.devices.added.AddedDevices` is seen at the next question. Answers are
    shared: do not change them. Safe in any thread.

    Args:
        extra_dirs: directories of the user. Each holds the files of one device, or directories that do.
        check: read the user's files now, to report mistakes in them.
        caps: what the service allows, where a device allows more: numbers of the configuration by their keys.

    Raises:
        DeviceFileError: a file of the user cannot be used; the message names file and key.
    """

    def __init__(
        self, extra_dirs: Sequence[Path] = (), *, check: bool = True, caps: Optional[Mapping[str, int]] = None
    ) -> None:
        self._extra_dirs = tuple(extra_dirs)
        self._caps = dict(caps or {})
        self._lock = threading.RLock()
        self._index: Optional[dict[str, DeviceFiles]] = None
        self._configurations: dict[str, dict[str, Any]] = {}
        self._documents: OrderedDict[Path, dict[str, Any]] = OrderedDict()
        self._encoded: Optional[bytes] = None
        self._changes = self._look()
        self.generation = 0
        """Counts how often devices were added or removed while this object lived: what was derived from an answer before may be out of date."""
        if check and self._extra_dirs:
            self._check_user_files()

    def names(self) -> Sequence[str]:
        """Return the names of all devices, in the order in which they are listed."""
        return tuple(self._devices())

    def configuration(self, name: str) -> dict[str, Any]:
        """Return the configuration of a device as it is on the wire.

        Raises:
            UnknownDevice: if there is no device of this name, or its files cannot be used.
        """
        device = self._device(name)
        with self._usable(name):
            return self._configuration(device)

    def configurations(self) -> list[dict[str, Any]]:
        """Return the configurations of all devices, in the order of ``names``. A device with a broken file is left out, and logged."""
        found = []
        for name in self.names():
            try:
                found.append(self.configuration(name))
            except UnknownDevice:
                continue
        return found

    def encoded_configurations(self) -> bytes:
        """Return ``configurations`` as a JSON document, encoded once as long as no device is added."""
        with self._lock:
            self._devices()
            if self._encoded is not None:
                return self._encoded
            found = self.configurations()
            encoded = codec.dumps(found)
            # A file that is broken now may be mended.
            if len(found) == len(self.names()):
                self._encoded = encoded
            return encoded

    def properties(self, name: str, before: Optional[datetime.datetime] = None) -> Optional[dict[str, Any]]:
        """Return the calibration of a device, or ``None`` if it has none.

        Args:
            name: the device.
            before: the newest set strictly older than this instant; the newest of all by default.

        Raises:
            UnknownDevice: if there is no device of this name, or its files cannot be used.
        """
        calibration = self._device(name).calibration(before)
        if calibration is None:
            return None
        with self._usable(name):
            return self._document(calibration.path, normalise_properties)

    def calibration_dates(self, name: str) -> list[datetime.datetime]:
        """Return the different instants of a device's calibrations, aware, the oldest first.

        Raises:
            UnknownDevice: if there is no device of this name.
        """
        return sorted({calibration.updated for calibration in self._device(name).calibrations})

    def properties_at(self, name: str, instant: datetime.datetime) -> Optional[dict[str, Any]]:
        """Return the calibration of a device that was in force at an instant: the newest that is not younger.

        Raises:
            UnknownDevice: if there is no device of this name, or its files cannot be used.
        """
        # Calibrations are dated to the microsecond.
        return self.properties(name, instant + datetime.timedelta(microseconds=1))

    def defaults(self, name: str) -> Optional[dict[str, Any]]:
        """Return the pulse defaults of a device, or ``None`` if it has none.

        Raises:
            UnknownDevice: if there is no device of this name, or its files cannot be used.
        """
        path = self._device(name).defaults
        if path is None:
            return None
        with self._usable(name):
            return self._document(path, normalise_defaults)

    @contextlib.contextmanager
    def _usable(self, name: str) -> Iterator[None]:
        """Log what is wrong with a device file, and tell the user as much as the user needs."""
        try:
            yield
        except DeviceFileError as err:
            logger.warning("Device %s is not available. %s", name, err)
            # Not an answer that asks to try again: trying does not mend a file.
            raise UnknownDevice(
                f"The device {name} is not available: one of its files cannot be used. The service's log says which and why.",
                ErrorCode.DEVICE_NOT_FOUND,
            ) from err

    def _configuration(self, device: DeviceFiles) -> dict[str, Any]:
        with self._lock:
            if device.name not in self._configurations:
                calibration = device.calibration()
                configuration = normalise_configuration(
                    read_object(device.configuration),
                    device.configuration,
                    None if calibration is None else calibration.updated,
                    has_pulses=device.defaults is not None,
                )
                for key, most in self._caps.items():
                    configuration[key] = min(most, configuration[key])
                self._configurations[device.name] = configuration
            return self._configurations[device.name]

    def _devices(self) -> dict[str, DeviceFiles]:
        """Return the index, made once and again when devices were added."""
        with self._lock:
            if self._index is None:
                self._index = self._make_index()
                return self._index
            changes_now = self._look()
            if changes_now != self._changes:
                self._changes = changes_now
                try:
                    self._index = self._make_index()
                except DeviceFileError as err:
                    logger.error("The devices stay as they were. %s", err)
                    return self._index
                self._configurations.clear()
                self._documents.clear()
                self._encoded = None
                self.generation += 1
            return self._index

    def _make_index(self) -> dict[str, DeviceFiles]:
        index = FleetIndex()
        index.add_all(profile_directory())
        snapshots = snapshot_directory()
        if snapshots is not None:
            index.add_all(snapshots, snapshots=True)
        for directory in self._extra_dirs:
            index.add_all(directory)
        return index.devices

    def _look(self) -> tuple[bytes, ...]:
        """Return something that is different after devices were added to one of the user's directories."""
        return tuple(changes(directory) for directory in self._extra_dirs)

    def _device(self, name: str) -> DeviceFiles:
        device = self._devices().get(name)
        if device is None:
            raise UnknownDevice(f"There is no device {name!r}.", ErrorCode.DEVICE_NOT_FOUND)
        return device

    def _document(
        self, path: Path, normalise: Callable[[dict[str, Any], Path], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return a file's document, from memory if it was read lately."""
        with self._lock:
            document = self._documents.pop(path, None)
            if document is None:
                document = normalise(read_object(path), path)
                while len(self._documents) >= _KEPT:
                    self._documents.popitem(last=False)
            self._documents[path] = document
            return document

    def _check_user_files(self) -> None:
        for device in self._devices().values():
            if self._is_users(device.configuration):
                self._configuration(device)
            for calibration in device.calibrations:
                if self._is_users(calibration.path):
                    normalise_properties(read_object(calibration.path), calibration.path)
            if device.defaults is not None and self._is_users(device.defaults):
                normalise_defaults(read_object(device.defaults), device.defaults)

    def _is_users(self, path: Path) -> bool:
        return any(directory in path.parents for directory in self._extra_dirs)
