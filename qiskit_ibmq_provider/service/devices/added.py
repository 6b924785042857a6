# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Devices and calibrations that users add to a service, also while it runs.

They lie in one directory, a folder for each device, in the form in which :class:`~qiskit_ibmq_provider.service.devices.fleet.Fleet` reads
them. What is added appears in one step. A file in that directory is written anew at each change; a service that runs sees by it that it has
to look again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.devices.calibration import normalise_defaults, normalise_properties
from qiskit_ibmq_provider.service.devices.configuration import normalise_configuration
from qiskit_ibmq_provider.service.devices.files import CHANGES_NAME, DeviceFileError
from qiskit_ibmq_provider.service.devices.fleet import Fleet
from qiskit_ibmq_provider.service.devices.index import check_name
from qiskit_ibmq_provider.service.devices.saved import Kind, SavedDocument, read_saved
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

__all__ = ["ADDED_NAME", "AddedDevices", "Addition", "NotAdded", "added_directory"]

ADDED_NAME: Final = "devices"
"""The directory of added devices in the data directory of a service."""


def added_directory(data_dir: Path) -> Path:
    """Return where a service with this data directory has the devices that were added to it."""
    return data_dir / ADDED_NAME


class NotAdded(LookupError):
    """What is to be removed was not added."""


@dataclasses.dataclass(frozen=True)
class Addition:
    """What was added: a device, with ``device``, or else calibrations of one that was there, by their instants."""

    name: str
    device: bool
    calibrations: tuple[datetime.datetime, ...]


class AddedDevices:
    """The added devices of one service.

    Args:
        directory: where they are; made when the first is added.
        other_dirs: other device directories of the same service.

    Example::

        AddedDevices(added_directory(data_dir)).add([Path("conf.json"), Path("props.json")])
    """

    def __init__(self, directory: Path, other_dirs: Sequence[Path] = ()) -> None:
        self._directory = directory
        self._other_dirs = tuple(other_dirs)

    def add(
        self, files: Sequence[Path], *, name: Optional[str] = None, overwrite: bool = False
    ) -> list[Addition]:
        """Check documents and add what they describe: one device, or calibrations of devices that are there.

        Args:
            files: at most one configuration and its pulse defaults, and any number of calibrations.
            name: the device's name, if not the one in the documents.
            overwrite: replace a device or calibration that is there.

        Raises:
            DeviceFileError: a document cannot be used, or describes what is there already. Nothing is added then.
        """
        documents = [read_saved(path) for path in files]
        for document in documents:
            self._name_document(document, name)
        configurations = [item for item in documents if item.kind is Kind.CONFIGURATION]
        calibrations = [item for item in documents if item.kind is Kind.CALIBRATION]
        defaults = [item for item in documents if item.kind is Kind.DEFAULTS]
        for several in (configurations[1:], defaults[1:]):
            if several:
                raise DeviceFileError(
                    several[0].path, "there is another one of its kind before it; add one device at a time."
                )
        if configurations:
            return [self._add_device(configurations[0], calibrations, defaults, overwrite)]
        if defaults:
            raise DeviceFileError(
                defaults[0].path, "pulse defaults are added together with the configuration of their device."
            )
        return self._add_calibrations(calibrations, overwrite)

    def remove(self, name: str, date: Optional[datetime.datetime] = None) -> None:
        """Remove what was added of a device, or one calibration of it.

        Args:
            name: the device.
            date: the instant of the calibration; everything that was added of the device by default.

        Raises:
            NotAdded: nothing of that was added.
        """
        folder = self._directory / name
        if name not in self.names():
            raise NotAdded(
                f"Nothing was added of a device {name!r} in {self._directory}. Devices that come with the service stay."
            )
        if date is None:
            self._discard(folder)
        else:
            path = self._calibration_file(name, date)
            if not path.exists():
                raise NotAdded(f"No calibration of {format_utc(date)} was added to {name}.")
            path.unlink()
            if not any(folder.glob("*.json")):
                self._discard(folder)
        self._announce()

    def names(self) -> list[str]:
        """Return the names of the devices of which anything was added, sorted."""
        if not self._directory.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self._directory.iterdir()
            if entry.is_dir() and not entry.name.startswith(".")
        )

    def _name_document(self, document: SavedDocument, name: Optional[str]) -> None:
        """Give a document the name that its device has here."""
        if document.kind is not Kind.DEFAULTS:
            if name is not None:
                document.content["backend_name"] = name
            check_name(document.content.get("backend_name"), document.path)

    def _add_device(
        self,
        configuration: SavedDocument,
        calibrations: Sequence[SavedDocument],
        defaults: Sequence[SavedDocument],
        overwrite: bool,
    ) -> Addition:
        """Add a device with all its documents."""
        name: str = configuration.content["backend_name"]
        normalise_configuration(configuration.content, configuration.path, None)
        qubits: int = configuration.content["n_qubits"]
        if not overwrite and name in self._fleet().names():
            raise DeviceFileError(
                configuration.path,
                f"its key 'backend_name' is {name!r}, and there is a device of this name. Give it another one by --name, "
                "or replace the device by --overwrite.",
            )
        files = {f"{Kind.CONFIGURATION.value}_{name}.json": configuration.content}
        updated = []
        for calibration in calibrations:
            if calibration.content["backend_name"] != name:
                raise DeviceFileError(
                    calibration.path,
                    f"its key 'backend_name' is {calibration.content['backend_name']!r}, but the configuration is of {name!r}. "
                    f"If they belong together, give their name by --name.",
                )
            date = _check_calibration(calibration, qubits)
            files[self._calibration_file(name, date).name] = calibration.content
            updated.append(date)
        for document in defaults:
            _check_defaults(document, qubits)
            files[f"{Kind.DEFAULTS.value}_{name}.json"] = document.content
        with self._folder(name) as folder:
            for file_name, content in files.items():
                _write(folder / file_name, content)
        self._announce()
        return Addition(name, True, tuple(sorted(updated)))

    def _add_calibrations(self, calibrations: Sequence[SavedDocument], overwrite: bool) -> list[Addition]:
        """Add calibrations to devices that are there."""
        fleet = self._fleet()
        wanted: dict[str, dict[datetime.datetime, dict[str, Any]]] = {}
        for calibration in calibrations:
            name: str = calibration.content["backend_name"]
            try:
                configuration = fleet.configuration(name)
            except UnknownDevice:
                raise DeviceFileError(
                    calibration.path,
                    f"its key 'backend_name' is {name!r}, and there is no device of this name. "
                    "Add its configuration, too, or name the device by --name.",
                ) from None
            if configuration["simulator"]:
                raise DeviceFileError(
                    calibration.path,
                    f"its key 'backend_name' is {name!r}, a simulator, which has no calibration.",
                )
            date = _check_calibration(calibration, configuration["n_qubits"])
            if not overwrite and date in fleet.calibration_dates(name):
                raise DeviceFileError(
                    calibration.path,
                    f"its key 'last_update_date' is {format_utc(date)}, and {name} has a calibration of this date. "
                    "Replace it by --overwrite.",
                )
            wanted.setdefault(name, {})[date] = calibration.content
        for name, contents in wanted.items():
            folder = self._directory / name
            folder.mkdir(parents=True, exist_ok=True)
            for date, content in contents.items():
                _write(self._calibration_file(name, date), content)
        self._announce()
        return [Addition(name, False, tuple(sorted(contents))) for name, contents in wanted.items()]

    def _fleet(self) -> Fleet:
        """Return all devices of the service."""
        directories = (*self._other_dirs, self._directory)
        return Fleet([path for path in directories if path.is_dir()], check=False)

    def _calibration_file(self, name: str, date: datetime.datetime) -> Path:
        """Return the file of one calibration of a device."""
        stamp = date.astimezone(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        return self._directory / name / f"{Kind.CALIBRATION.value}_{name}_{stamp}.json"

    @contextlib.contextmanager
    def _folder(self, name: str) -> Iterator[Path]:
        """Give a folder to fill, which then takes the place of the device's folder in one step."""
        self._directory.mkdir(parents=True, exist_ok=True)
        fresh = self._directory / f".{name}.{secrets.token_hex(8)}"
        fresh.mkdir()
        try:
            yield fresh
            if (self._directory / name).exists():
                self._discard(self._directory / name)
            fresh.rename(self._directory / name)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _discard(self, folder: Path) -> None:
        """Take a folder away in one step, and delete it then."""
        aside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
        folder.rename(aside)
        shutil.rmtree(aside)

    def _announce(self) -> None:
        """Let a service that runs look again."""
        fresh = self._directory / f"{CHANGES_NAME}.{secrets.token_hex(8)}"
        fresh.write_text(secrets.token_hex(16), encoding="ascii")
        os.replace(fresh, self._directory / CHANGES_NAME)


def _check_calibration(document: SavedDocument, qubits: int) -> datetime.datetime:
    """Check a calibration of a device with so many qubits; return its instant."""
    properties = normalise_properties(document.content, document.path)
    if len(properties["qubits"]) != qubits:
        raise DeviceFileError(
            document.path,
            f"the key 'qubits' has {len(properties['qubits'])} entries, but the device has {qubits} qubits.",
        )
    return parse_utc(properties["last_update_date"])


def _check_defaults(document: SavedDocument, qubits: int) -> None:
    """Check pulse defaults of a device with so many qubits."""
    defaults = normalise_defaults(document.content, document.path)
    if len(defaults["qubit_freq_est"]) != qubits:
        raise DeviceFileError(
            document.path,
            f"the key 'qubit_freq_est' has {len(defaults['qubit_freq_est'])} entries, but the device has {qubits} qubits.",
        )


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a document so that it is whole or absent."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    os.replace(fresh, path)
