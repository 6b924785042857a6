# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From a configuration file to the configuration on the wire.

Clients drop a device without a word when its configuration lacks a field or has one too many, so everything that they need is checked or
filled in here. Snapshots of different years lack different fields.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.devices.files import DeviceFileError
from qiskit_ibmq_provider.service.devices.shapes import CONFIGURATION_FIELDS, check_fields, is_qubit_list

__all__ = ["normalise_configuration"]

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

_SHAPES: Final = ("gaussian", "gaussian_square", "drag", "constant")
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
    configuration["online_date"] = _date(raw["online_date"], path)
    configuration["gates"] = [_gate(gate, path) for gate in raw["gates"]]
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
        configuration["parametric_pulses"] = list(_SHAPES)


def _check(raw: Mapping[str, Any], path: Path) -> None:
    """Check the fields that clients need, and those that would make them drop the device."""
    for key, types in _REQUIRED.items():
        if key not in raw:
            raise DeviceFileError(path, f"the key {key!r} is missing.")
        value = raw[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            expected = " or ".join("null" if kind is type(None) else kind.__name__ for kind in types)
            raise DeviceFileError(path, f"the key {key!r} should be {expected}, not {value!r:.60}.")
    for key in ("n_qubits", "max_shots", "max_experiments"):
        value = raw.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise DeviceFileError(path, f"the key {key!r} should be a positive integer, not {value!r:.60}.")
    for key in ("basis_gates", "supported_instructions"):
        names = raw.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DeviceFileError(path, f"the key {key!r} should be a list of names, not {names!r:.60}.")
    _check_couplings(raw["coupling_map"], raw["n_qubits"], "coupling_map", path)
    check_fields(raw, CONFIGURATION_FIELDS, path)


def _check_couplings(couplings: Any, qubits: int, key: str, path: Path) -> None:
    """Check a list of lists of qubits."""
    for coupling in couplings or []:
        inside = isinstance(coupling, list) and all(
            isinstance(qubit, int) and not isinstance(qubit, bool) and 0 <= qubit < qubits
            for qubit in coupling
        )
        if not inside:
            raise DeviceFileError(
                path,
                f"the key {key!r} has an entry that is no list of qubits below {qubits}: {coupling!r:.60}.",
            )


def _gate(gate: Any, path: Path) -> dict[str, Any]:
    """Return an entry of ``gates`` with the keys that clients accept."""
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


def _date(text: str, path: Path) -> str:
    """Return the date on which the device came up, in UTC: clients throw the offset away."""
    try:
        return format_utc(parse_utc(text))
    except ProtocolError as err:
        raise DeviceFileError(path, f"the key 'online_date' is no date: {err}") from err


def _describe(configuration: Mapping[str, Any], calibrated: Optional[datetime.datetime]) -> str:
    """Return the description, which says that the device is simulated, and from what."""
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
