# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From device files to the documents on the wire: configurations, calibrations and pulse defaults.

Clients drop a device without a word when its configuration lacks a field or has one too many, so everything that they need is checked or
filled in here. Snapshots of different years lack different fields. Clients discard the offset of a date and take its digits for UTC, so
dates are shifted here. A named value has exactly the four keys ``date``, ``name``, ``unit`` and ``value``; clients fail on a fifth.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_whole
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.instructions import PULSE_INSTRUCTION_FIELDS
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.devices.fields import (
    CONFIGURATION_FIELDS,
    DEFAULTS_FIELDS,
    check_fields,
    is_qubit_list,
)
from qiskit_ibmq_provider.service.devices.files import DeviceFileError

__all__ = ["normalise_configuration", "normalise_defaults", "normalise_properties"]

_REQUIRED: Final[Mapping[str, tuple[type, ...]]] = {
    "backend_name": (str,),
    "backend_version": (str,),
    "n_qubits": (int,),
    "basis_gates": (list,),
    "gates": (list,),
    "simulator": (bool,),
    "conditional": (bool,),
    "open_pulse": (bool,),
    "memory": (bool,),
    "max_shots": (int,),
    "coupling_map": (list, type(None)),
    "online_date": (str,),
}
"""What every client needs, by key. ``coupling_map`` may be null, but not absent."""

_GATE_KEYS: Final = (
    "name",
    "parameters",
    "qasm_def",
    "coupling_map",
    "latency_map",
    "conditional",
    "description",
)
"""The keys that clients accept in an entry of ``gates``; any other one makes them drop the device."""

_DROPPED: Final = frozenset({"url", "rep_delays", "parallel_compilation", "live_data", "clops"})
"""Keys of snapshots that speak of the retired service, or of hardware that is not there."""

_NOT_RUN: Final = frozenset({"if_else", "for_loop", "while_loop", "switch_case"})
"""Control flow has no form in a Qobj, so no device of this service takes it."""

_SAMPLE_TIME: Final = 0.2222222222222222
"""``dt`` in ns of the control electronics of 2019, for the five snapshots of that year that do not say it."""

_SIMULATED: Final = "Simulated"
"""Begins the sentence that is added to the description of a device."""

_MEASURED: Final = (1, 2)
"""The measurement levels that are simulated: points in the IQ plane, and bits."""

_PARAMETRIC_PULSES: Final = ("gaussian", "gaussian_square", "drag", "constant")
"""The parametric pulses that are played."""

_LARGEST_GHZ: Final = 1e6
"""Frequencies above this are in Hz: one snapshot is in SI units throughout."""

_SMALLEST_NS: Final = 1e-6
"""A ``dt`` below this is in seconds."""


def normalise_configuration(
    raw: Mapping[str, Any],
    path: Path,
    calibrated: Optional[datetime.datetime],
    *,
    has_pulses: bool = False,
) -> dict[str, Any]:
    """Return the configuration of a device as clients read it.

    Args:
        raw: what the file holds; not changed.
        path: the file, for errors.
        calibrated: the instant of the newest calibration, or ``None`` without one. The description names it.
        has_pulses: whether there are pulse defaults.

    Raises:
        DeviceFileError: a field that clients need is missing or has the wrong type.
    """
    _check(raw, path)
    configuration = {key: value for key, value in raw.items() if value is not None and key not in _DROPPED}
    simulator = raw["simulator"]
    configuration["coupling_map"] = raw["coupling_map"]
    configuration["online_date"] = _date(raw["online_date"], {}, "online_date", path)
    configuration["gates"] = [_instruction(gate, path) for gate in raw["gates"]]
    configuration["local"] = False
    # What this service takes, whatever the device took in its time.
    configuration["input_allowed"] = ["job"]
    configuration["allow_object_storage"] = True
    configuration["allow_q_object"] = True
    configuration["supported_features"] = ["qobj"]
    configuration["credits_required"] = False
    configuration.setdefault("max_experiments", 300)
    configuration.setdefault("n_registers", 1)
    configuration.setdefault("sample_name", configuration["backend_name"])
    if "supported_instructions" in raw:
        configuration["supported_instructions"] = [
            name for name in raw["supported_instructions"] if name not in _NOT_RUN
        ]
    if not simulator:
        configuration.setdefault("dt", _SAMPLE_TIME)
        configuration.setdefault("dtm", configuration["dt"])
        configuration.setdefault("dynamic_reprate_enabled", False)
        configuration.setdefault("multi_meas_enabled", False)
        # Measurement is simulated in one way only.
        configuration["measure_esp_enabled"] = False
        _announce_pulses(configuration, has_pulses)
        configuration["description"] = _describe(configuration, calibrated)
        _to_wire_units(configuration)
    configuration.setdefault("description", configuration["backend_name"])
    return configuration


def _announce_pulses(configuration: dict[str, Any], has_pulses: bool) -> None:
    """Say whether schedules run, and what of them: that is a matter of this service, whatever the device took in its time."""
    runs = has_pulses and bool(configuration.get("hamiltonian"))
    configuration["open_pulse"] = runs
    if "meas_levels" in configuration:
        configuration["meas_levels"] = list(_MEASURED)
    if runs and not configuration.get("parametric_pulses"):
        configuration["parametric_pulses"] = list(_PARAMETRIC_PULSES)


def _check(raw: Mapping[str, Any], path: Path) -> None:
    for key, types in _REQUIRED.items():
        if key not in raw:
            raise DeviceFileError(path, f"the key {key!r} is missing.")
        value = raw[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            expected = " or ".join("null" if kind is type(None) else kind.__name__ for kind in types)
            raise DeviceFileError(path, f"the key {key!r} should be {expected}, not {value!r:.60}.")
    for key in ("n_qubits", "max_shots", "max_experiments"):
        value = raw.get(key, 1)
        if not is_whole(value, 1):
            raise DeviceFileError(path, f"the key {key!r} should be a positive integer, not {value!r:.60}.")
    for key in ("basis_gates", "supported_instructions"):
        names = raw.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DeviceFileError(path, f"the key {key!r} should be a list of names, not {names!r:.60}.")
    for coupling in raw["coupling_map"] or []:
        if not is_qubit_list(coupling, raw["n_qubits"]):
            raise DeviceFileError(
                path,
                f"the key 'coupling_map' has an entry that is no list of qubits below {raw['n_qubits']}: {coupling!r:.60}.",
            )
    check_fields(raw, CONFIGURATION_FIELDS, path)


def _instruction(gate: Any, path: Path) -> dict[str, Any]:
    if not isinstance(gate, dict) or not isinstance(gate.get("name"), str):
        raise DeviceFileError(path, f"the key 'gates' has an entry without a name: {gate!r:.60}.")
    entry = {key: gate[key] for key in _GATE_KEYS if key in gate}
    couplings = entry.get("coupling_map")
    if couplings is not None and not (isinstance(couplings, list) and all(map(is_qubit_list, couplings))):
        raise DeviceFileError(
            path,
            f"the key 'gates' has an entry whose 'coupling_map' is no list of lists of qubits: {couplings!r:.60}.",
        )
    # Both must be there, though resets, for one, have neither.
    entry["parameters"] = gate.get("parameters") or []
    entry.setdefault("qasm_def", None)
    return entry


def _describe(configuration: Mapping[str, Any], calibrated: Optional[datetime.datetime]) -> str:
    text = str(configuration.get("description") or configuration["backend_name"]).rstrip(".")
    # A configuration that was saved from this service says it already.
    text = text.partition(_SIMULATED)[0].rstrip(". ")
    if calibrated is None:
        return f"{text}. {_SIMULATED} without noise: there is no calibration of it."
    source = configuration.get("calibration_source")
    whose = f"a calibration {source}, dated" if source else "its calibration of"
    return f"{text}. {_SIMULATED} with noise from {whose} {calibrated:%Y-%m-%d %H:%M} UTC."


def _to_wire_units(configuration: dict[str, Any]) -> None:
    """Turn a configuration in SI units into ns, us and GHz, as they are on the wire."""
    if configuration["dt"] < _SMALLEST_NS:
        configuration["dt"] *= 1e9
        configuration["dtm"] *= 1e9
        configuration["rep_times"] = [time * 1e6 for time in configuration.get("rep_times", [])]
    for key in ("qubit_lo_range", "meas_lo_range"):
        ranges = configuration.get(key)
        if ranges and ranges[0][0] > _LARGEST_GHZ:
            configuration[key] = [[frequency * 1e-9 for frequency in limits] for limits in ranges]


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
    properties["gates"] = [_calibrated_gate(gate, len(raw["qubits"]), dates, path) for gate in raw["gates"]]
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
        defaults[key] = [value * 1e-9 if value > _LARGEST_GHZ else value for value in raw[key]]
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


def _calibrated_gate(gate: Any, qubits: int, dates: dict[str, str], path: Path) -> dict[str, Any]:
    if not isinstance(gate, dict) or not isinstance(gate.get("gate"), str):
        raise DeviceFileError(path, f"the key 'gates' has an entry without the name of a gate: {gate!r:.60}.")
    acted = gate.get("qubits")
    if not acted or not is_qubit_list(acted, qubits):
        raise DeviceFileError(
            path,
            f"the key 'gates' has an entry whose 'qubits' are no list of qubits below {qubits}: {gate!r:.60}.",
        )
    entry = dict(gate)
    entry["parameters"] = _values(gate.get("parameters") or [], dates, "gates", path)
    entry.setdefault("name", "_".join([gate["gate"] + str(acted[0]), *map(str, acted[1:])]))
    return entry


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
