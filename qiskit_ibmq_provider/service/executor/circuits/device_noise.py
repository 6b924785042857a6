# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The noise of a device, out of its calibration.

The model is the one that Aer's ``NoiseModel.from_backend`` makes of the same calibration (a test holds the two together):

* a gate is followed by thermal relaxation of its qubits over the gate's length, and by as much depolarisation as brings its average error to
  the calibrated one;
* a measurement is misread with the calibrated probabilities;
* a delay is followed by thermal relaxation over its length.

Aer builds the whole model at once and adds the noise of delays only to circuit objects, not to a Qobj. Here an error is built when a circuit
first needs it, and a delay is labelled by its length so that it can have an error of its own. Loading only the errors that a job needs takes
milliseconds where the whole model of a 127-qubit device takes more than a second in each run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, Optional

from qiskit_aer.noise import QuantumError, ReadoutError, depolarizing_error, thermal_relaxation_error

__all__ = ["CalibrationNoise", "delay_label"]

_NANOSECONDS: Final[Mapping[str, float]] = {"s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3, "μs": 1e3, "ns": 1.0}

_DELAYS_KEPT: Final = 20_000
"""Delay errors kept for later jobs. Sweeps come back with the same lengths."""

GateKey = tuple[str, tuple[int, ...]]


def delay_label(duration: float) -> str:
    """Return the label under which delays of a length, in dt, have their noise."""
    return f"delay_{duration:.12g}"


class CalibrationNoise:
    """The noise of one device in one calibration. ``dt`` is the unit of delays in ns; without it delays have no noise."""

    def __init__(self, properties: Mapping[str, Any], dt: Optional[float]) -> None:
        self.calibrated: str = properties["last_update_date"]
        self._dt = dt
        qubits = [_named(qubit) for qubit in properties["qubits"]]
        self._relaxation = [_relaxation_times(values) for values in qubits]
        self._readout = [_readout_rows(values) for values in qubits]
        self._gates: dict[GateKey, Mapping[str, tuple[float, str]]] = {
            (gate["gate"], tuple(gate["qubits"])): _named(gate["parameters"]) for gate in properties["gates"]
        }
        self._names = frozenset(name for name, _ in self._gates)
        self._gate_errors: dict[GateKey, Optional[dict[str, Any]]] = {}
        self._delay_errors: dict[tuple[int, float], Optional[dict[str, Any]]] = {}

    def has_gate(self, name: str) -> bool:
        """Tell whether the calibration knows a gate, on whatever qubits."""
        return name in self._names

    def model(
        self, gates: Iterable[GateKey], measured: Iterable[int], delays: Iterable[tuple[int, float]]
    ) -> dict[str, Any]:
        """Return the dictionary of a noise model that covers gates and resets, measured qubits, and delays of qubits by so many dt.

        The delays must be labelled by :func:`delay_label`.
        """
        errors = [self._gate_error(key) for key in sorted(set(gates))]
        errors += [self._delay_error(key) for key in sorted(set(delays))]
        errors += [self._readout_error(qubit) for qubit in sorted(set(measured))]
        return {"errors": [error for error in errors if error is not None]}

    def _gate_error(self, key: GateKey) -> Optional[dict[str, Any]]:
        if key not in self._gate_errors:
            self._gate_errors[key] = _local(self._build_gate_error(key), *key)
        return self._gate_errors[key]

    def _build_gate_error(self, key: GateKey) -> Optional[QuantumError]:
        """Build depolarisation followed by relaxation, as strong as the calibration says."""
        values = self._gates.get(key)
        if values is None:
            return None
        _, qubits = key
        length = _duration(values.get("gate_length"))
        relaxation, fidelity = self._relax(qubits, length or 0.0)
        if "gate_error" not in values:
            return relaxation
        dimension = 2 ** len(qubits)
        # A calibrated error is 1 minus the average fidelity of the whole gate, so relaxation takes its part first. It cannot be more than that
        # of a gate which forgets its input and returns the most different state.
        error = min(values["gate_error"][0], dimension / (dimension + 1))
        if error <= 1 - fidelity:
            return relaxation
        strength = dimension * (error - (1 - fidelity)) / (dimension * fidelity - 1)
        strength = min(strength, 4 ** len(qubits) / (4 ** len(qubits) - 1))
        depolarisation = depolarizing_error(strength, len(qubits))
        return depolarisation if relaxation is None else depolarisation.compose(relaxation)

    def _relax(self, qubits: tuple[int, ...], duration: float) -> tuple[Optional[QuantumError], float]:
        """Return the relaxation of some qubits over a time in ns, and its average fidelity."""
        if duration <= 0:
            return None, 1.0
        error: Optional[QuantumError] = None
        process = 1.0
        for qubit in qubits:
            t1, t2 = self._relaxation[qubit] if qubit < len(self._relaxation) else (math.inf, math.inf)
            single = thermal_relaxation_error(t1, t2, duration, 0)
            error = single if error is None else error.expand(single)
            process *= (1 + math.exp(-duration / t1) + 2 * math.exp(-duration / t2)) / 4
        dimension = 2 ** len(qubits)
        return error, (dimension * process + 1) / (dimension + 1)

    def _delay_error(self, key: tuple[int, float]) -> Optional[dict[str, Any]]:
        if key not in self._delay_errors:
            qubit, ticks = key
            error = None if self._dt is None else self._relax((qubit,), ticks * self._dt)[0]
            if len(self._delay_errors) >= _DELAYS_KEPT:
                self._delay_errors.clear()
            self._delay_errors[key] = _local(error, delay_label(ticks), (qubit,))
        return self._delay_errors[key]

    def _readout_error(self, qubit: int) -> Optional[dict[str, Any]]:
        rows = self._readout[qubit] if qubit < len(self._readout) else None
        if rows is None:
            return None
        error: dict[str, Any] = ReadoutError(rows).to_dict()
        error["gate_qubits"] = [(qubit,)]
        return error


def _local(
    error: Optional[QuantumError], operation: str, qubits: tuple[int, ...]
) -> Optional[dict[str, Any]]:
    """Return the entry of a noise model that ties an error to an operation on some qubits."""
    if error is None or error.ideal():
        return None
    entry: dict[str, Any] = error.to_dict()
    entry["operations"] = [operation]
    entry["gate_qubits"] = [qubits]
    return entry


def _named(values: Iterable[Mapping[str, Any]]) -> dict[str, tuple[float, str]]:
    """Return named values with their units, by name; of two values of one name the first counts."""
    named: dict[str, tuple[float, str]] = {}
    for value in values:
        named.setdefault(value["name"], (value["value"], value["unit"]))
    return named


def _duration(value: Optional[tuple[float, str]]) -> Optional[float]:
    """Return a time in ns."""
    return None if value is None else value[0] * _NANOSECONDS.get(value[1], 1.0)


def _relaxation_times(values: Mapping[str, tuple[float, str]]) -> tuple[float, float]:
    """Return T1 and T2 of a qubit in ns; infinite where the calibration does not know them, T2 at most twice T1."""
    t1 = _duration(values.get("T1"))
    t2 = _duration(values.get("T2"))
    t1 = math.inf if t1 is None or t1 <= 0 else t1
    t2 = math.inf if t2 is None or t2 <= 0 else t2
    return t1, min(t2, 2 * t1)


def _readout_rows(values: Mapping[str, tuple[float, str]]) -> Optional[list[list[float]]]:
    """Return the probabilities of reading 0 and 1 for a prepared 0 and a prepared 1."""
    if "prob_meas1_prep0" in values and "prob_meas0_prep1" in values:
        wrong = values["prob_meas1_prep0"][0], values["prob_meas0_prep1"][0]
    elif "readout_error" in values:
        wrong = values["readout_error"][0], values["readout_error"][0]
    else:
        return None
    wrong = min(max(wrong[0], 0.0), 1.0), min(max(wrong[1], 0.0), 1.0)
    if max(wrong) == 0:
        return None
    return [[1 - wrong[0], wrong[0]], [wrong[1], 1 - wrong[1]]]
