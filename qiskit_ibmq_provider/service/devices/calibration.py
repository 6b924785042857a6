# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From calibration and pulse-default files to the documents on the wire.

Clients discard the offset of a date and take its digits for UTC, so dates are shifted here. A named value has exactly the four keys
``date``, ``name``, ``unit`` and ``value``; clients fail on a fifth.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.instructions import PULSE_INSTRUCTION_FIELDS
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.devices.files import DeviceFileError
from qiskit_ibmq_provider.service.devices.shapes import DEFAULTS_FIELDS, check_fields

__all__ = ["normalise_defaults", "normalise_properties"]

_HERTZ: Final = 1e6
"""Frequencies above this are in Hz, not in GHz: one snapshot is in SI units."""


def normalise_properties(raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return a calibration as clients read it.

    Args:
        raw: what the file holds; not changed.
        path: the file, for errors.

    Raises:
        DeviceFileError: a field is missing or has the wrong type.
    """
    for key in ("backend_name", "backend_version", "last_update_date"):
        if not isinstance(raw.get(key), str):
            raise DeviceFileError(path, f"the key {key!r} is missing, or is no text.")
    for key in ("qubits", "gates"):
        if not isinstance(raw.get(key), list):
            raise DeviceFileError(path, f"the key {key!r} is missing, or is no list.")
    dates: dict[str, str] = {}
    properties = dict(raw)
    properties["last_update_date"] = _date(raw["last_update_date"], dates, "last_update_date", path)
    properties["qubits"] = [_values(qubit, dates, "qubits", path) for qubit in raw["qubits"]]
    properties["gates"] = [_gate(gate, len(raw["qubits"]), dates, path) for gate in raw["gates"]]
    properties["general"] = _values(raw.get("general") or [], dates, "general", path)
    return properties


def normalise_defaults(raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return pulse defaults as clients read them, with frequencies in GHz.

    Args:
        raw: what the file holds; not changed.
        path: the file, for errors.

    Raises:
        DeviceFileError: a field is missing or has the wrong type.
    """
    for key in ("qubit_freq_est", "meas_freq_est", "pulse_library", "cmd_def"):
        if not isinstance(raw.get(key), list):
            raise DeviceFileError(path, f"the key {key!r} is missing, or is no list.")
    check_fields(raw, DEFAULTS_FIELDS, path)
    defaults = {key: value for key, value in raw.items() if value is not None and not key.startswith("_")}
    defaults.setdefault("buffer", 0)
    for key in ("qubit_freq_est", "meas_freq_est"):
        defaults[key] = [value * 1e-9 if value > _HERTZ else value for value in raw[key]]
    defaults["cmd_def"] = [_command(command) for command in raw["cmd_def"]]
    for key in ("meas_kernel", "discriminator"):
        if key in defaults:
            defaults[key] = {"name": defaults[key]["name"], "params": defaults[key].get("params", {})}
    return defaults


def _values(values: Any, dates: dict[str, str], key: str, path: Path) -> list[dict[str, Any]]:
    """Return a list of named values, without those that have no value."""
    if not isinstance(values, list):
        raise DeviceFileError(path, f"the key {key!r} should hold lists of named values, not {values!r:.60}.")
    return [
        _value(value, dates, key, path)
        for value in values
        if not (isinstance(value, dict) and value.get("value") is None)
    ]


def _value(value: Any, dates: dict[str, str], key: str, path: Path) -> dict[str, Any]:
    """Return one named value with exactly its four keys."""
    if not isinstance(value, dict) or not {"date", "name", "unit", "value"} <= value.keys():
        raise DeviceFileError(
            path, f"the key {key!r} has a value without date, name, unit and value: {value!r:.60}."
        )
    if not isinstance(value["name"], str) or not isinstance(value["unit"], str):
        raise DeviceFileError(
            path, f"the key {key!r} has a value whose name or unit is no text: {value!r:.60}."
        )
    if isinstance(value["value"], bool) or not isinstance(value["value"], (int, float)):
        raise DeviceFileError(path, f"the key {key!r} has a value that is no number: {value!r:.60}.")
    return {
        "date": _date(value["date"], dates, key, path),
        "name": value["name"],
        "unit": value["unit"],
        "value": value["value"],
    }


def _gate(gate: Any, qubits: int, dates: dict[str, str], path: Path) -> dict[str, Any]:
    """Return the calibration of one gate on some of the qubits."""
    if not isinstance(gate, dict) or not isinstance(gate.get("gate"), str):
        raise DeviceFileError(path, f"the key 'gates' has an entry without the name of a gate: {gate!r:.60}.")
    acted = gate.get("qubits")
    if not isinstance(acted, list) or not acted or not all(_is_below(qubit, qubits) for qubit in acted):
        raise DeviceFileError(
            path,
            f"the key 'gates' has an entry whose 'qubits' are no list of qubits below {qubits}: {gate!r:.60}.",
        )
    entry = dict(gate)
    entry["parameters"] = _values(gate.get("parameters") or [], dates, "gates", path)
    entry.setdefault("name", "_".join([gate["gate"] + str(acted[0]), *map(str, acted[1:])]))
    return entry


def _is_below(qubit: Any, qubits: int) -> bool:
    """Tell whether a value is the number of one of so many qubits."""
    return isinstance(qubit, int) and not isinstance(qubit, bool) and 0 <= qubit < qubits


def _date(text: Any, dates: dict[str, str], key: str, path: Path) -> str:
    """Return a date in UTC; the few dates of a file are read once each."""
    known = dates.get(text) if isinstance(text, str) else None
    if known is not None:
        return known
    try:
        dates[text] = format_utc(parse_utc(text))
    except ProtocolError as err:
        raise DeviceFileError(path, f"the key {key!r} holds what is no date: {err}") from err
    return dates[text]


def _command(command: dict[str, Any]) -> dict[str, Any]:
    """Return one command definition, its instructions with the keys that clients accept."""
    sequence = [
        {key: value for key, value in step.items() if key in PULSE_INSTRUCTION_FIELDS}
        for step in command["sequence"]
    ]
    return {**command, "sequence": sequence}
