# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Devices and calibrations that users add to a service, also while it runs.

They lie in one directory, a folder for each device, in the form in which :class:`~qiskit_ibmq_provider.service.devices.fleet.Fleet` reads
them. What is added appears in one step. A file in that directory is written anew at each change; a service that runs sees by it that it has
to look again.

The documents are those that users saved. ``backend.configuration().to_dict()`` and its like hold complex numbers, for which JSON has no form;
saved, they are pairs ``[re, im]``, or, with ``json.dump(..., default=str)``, text such as ``(0.1+0.2j)``. Both are read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import enum
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider._atomic import AtomicFile, sync_directory
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.devices.documents import (
    normalise_configuration,
    normalise_defaults,
    normalise_properties,
)
from qiskit_ibmq_provider.service.devices.files import CHANGES_NAME, DeviceFileError, check_name, read_object
from qiskit_ibmq_provider.service.devices.fleet import Fleet
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

__all__ = ["ADDED_NAME", "AddedDevices", "Addition", "NotAdded", "added_directory"]

ADDED_NAME: Final = "devices"
"""The directory of added devices in the data directory of a service."""

_COMPLEX: Final = frozenset({"amp", "samples", "scale", "val"})
"""Keys whose values are complex numbers, or lists of them."""


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


class _Kind(enum.Enum):
    """What a document is, by the prefix of its file name."""

    CONFIGURATION = "conf"
    CALIBRATION = "props"
    DEFAULTS = "defs"


@dataclasses.dataclass(frozen=True)
class _Document:
    """One document of a user: its file, for messages, and what it holds, with complex numbers as pairs."""

    path: Path
    content: dict[str, Any]
    kind: _Kind

    @property
    def device(self) -> str:
        return str(self.content["backend_name"])

    def error(self, problem: str) -> DeviceFileError:
        return DeviceFileError(self.path, problem)


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
        documents = [_read(path, name) for path in files]
        configurations, calibrations, defaults = (
            [document for document in documents if document.kind is kind] for kind in _Kind
        )
        for several in (configurations[1:], defaults[1:]):
            if several:
                raise several[0].error(
                    "there is another one of its kind before it; add one device at a time."
                )
        if configurations:
            return [self._add_device(configurations[0], calibrations, defaults, overwrite)]
        if defaults:
            raise defaults[0].error(
                "pulse defaults are added together with the configuration of their device."
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
            _discard(folder)
        else:
            path = folder / _calibration_name(name, date)
            if not path.exists():
                raise NotAdded(f"No calibration of {format_utc(date)} was added to {name}.")
            path.unlink()
            if not any(folder.glob("*.json")):
                _discard(folder)
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

    def _add_device(
        self,
        configuration: _Document,
        calibrations: Sequence[_Document],
        defaults: Sequence[_Document],
        overwrite: bool,
    ) -> Addition:
        name = configuration.device
        normalise_configuration(configuration.content, configuration.path, None)
        qubits: int = configuration.content["n_qubits"]
        if not overwrite and name in self._fleet().names():
            raise configuration.error(
                f"its key 'backend_name' is {name!r}, and there is a device of this name. Give it another one by --name, "
                "or replace the device by --overwrite."
            )
        files = {f"{_Kind.CONFIGURATION.value}_{name}.json": configuration.content}
        updated = []
        for calibration in calibrations:
            if calibration.device != name:
                raise calibration.error(
                    f"its key 'backend_name' is {calibration.device!r}, but the configuration is of {name!r}. "
                    f"If they belong together, give their name by --name."
                )
            date = _check_calibration(calibration, qubits)
            files[_calibration_name(name, date)] = calibration.content
            updated.append(date)
        for document in defaults:
            pulses = normalise_defaults(document.content, document.path)
            _check_length(document, "qubit_freq_est", pulses, qubits)
            files[f"{_Kind.DEFAULTS.value}_{name}.json"] = document.content
        with self._folder(name) as folder:
            for file_name, content in files.items():
                _write(folder / file_name, content)
        self._announce()
        return Addition(name, True, tuple(sorted(updated)))

    def _add_calibrations(self, calibrations: Sequence[_Document], overwrite: bool) -> list[Addition]:
        fleet = self._fleet()
        wanted: dict[str, dict[datetime.datetime, dict[str, Any]]] = {}
        for calibration in calibrations:
            name = calibration.device
            try:
                configuration = fleet.configuration(name)
            except UnknownDevice:
                raise calibration.error(
                    f"its key 'backend_name' is {name!r}, and there is no device of this name. "
                    "Add its configuration, too, or name the device by --name."
                ) from None
            if configuration["simulator"]:
                raise calibration.error(
                    f"its key 'backend_name' is {name!r}, a simulator, which has no calibration."
                )
            date = _check_calibration(calibration, configuration["n_qubits"])
            if not overwrite and date in fleet.calibration_dates(name):
                raise calibration.error(
                    f"its key 'last_update_date' is {format_utc(date)}, and {name} has a calibration of this date. "
                    "Replace it by --overwrite."
                )
            wanted.setdefault(name, {})[date] = calibration.content
        for name, contents in wanted.items():
            folder = self._directory / name
            folder.mkdir(parents=True, exist_ok=True)
            for date, content in contents.items():
                _write(folder / _calibration_name(name, date), content)
        self._announce()
        return [Addition(name, False, tuple(sorted(contents))) for name, contents in wanted.items()]

    def _fleet(self) -> Fleet:
        directories = (*self._other_dirs, self._directory)
        return Fleet([path for path in directories if path.is_dir()], check=False)

    @contextlib.contextmanager
    def _folder(self, name: str) -> Iterator[Path]:
        """Give a folder to fill, which then takes the place of the device's folder in one step."""
        self._directory.mkdir(parents=True, exist_ok=True)
        fresh = self._directory / f".{name}.{secrets.token_hex(8)}"
        fresh.mkdir()
        try:
            yield fresh
            if (self._directory / name).exists():
                _discard(self._directory / name)
            fresh.rename(self._directory / name)
            sync_directory(self._directory)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _announce(self) -> None:
        """Let a service that runs look again."""
        with AtomicFile(self._directory / CHANGES_NAME) as file:
            file.write(secrets.token_hex(16).encode())


def _read(path: Path, name: Optional[str]) -> _Document:
    """Read a document, and give it the name that its device has here."""
    content = {key: _revived(value, key) for key, value in read_object(path).items()}
    kind = _kind(content, path)
    if kind is not _Kind.DEFAULTS:
        if name is not None:
            content["backend_name"] = name
        check_name(content.get("backend_name"), path)
    return _Document(path, content, kind)


def _kind(content: Mapping[str, Any], path: Path) -> _Kind:
    # Each has a key that the others do not have.
    if "basis_gates" in content:
        return _Kind.CONFIGURATION
    if "last_update_date" in content:
        return _Kind.CALIBRATION
    if "cmd_def" in content or "pulse_library" in content:
        return _Kind.DEFAULTS
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


def _check_calibration(document: _Document, qubits: int) -> datetime.datetime:
    """Check a calibration of a device with so many qubits; return its instant."""
    properties = normalise_properties(document.content, document.path)
    _check_length(document, "qubits", properties, qubits)
    return parse_utc(properties["last_update_date"])


def _check_length(document: _Document, key: str, checked: Mapping[str, Any], qubits: int) -> None:
    if len(checked[key]) != qubits:
        raise document.error(
            f"the key {key!r} has {len(checked[key])} entries, but the device has {qubits} qubits."
        )


def _calibration_name(name: str, date: datetime.datetime) -> str:
    stamp = date.astimezone(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
    return f"{_Kind.CALIBRATION.value}_{name}_{stamp}.json"


def _discard(folder: Path) -> None:
    """Take a folder away in one step, and delete it then."""
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    folder.rename(aside)
    shutil.rmtree(aside)


def _write(path: Path, content: dict[str, Any]) -> None:
    with AtomicFile(path) as file:
        file.write(json.dumps(content).encode())
