# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a job would be, before it is submitted: how many circuits, how many bytes, how many seconds of a device.

The seconds are those of the quantum device that a backend describes::

    seconds = shots x sum over the circuits of (length of the circuit + repetition delay)

The length of a circuit is that of the longest chain of gates that wait for each other, with the lengths of gates and readout in the
calibration of the device. The delay is ``rep_delay`` if it is given, else the device's default. Where ``rep_time`` is given, or the device has
fixed repetition times, each shot takes that time, or the length of the circuit if that is longer. Reset, waiting in the queue, and the time
that a simulation of the device takes are not in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit.circuit import QuantumCircuit
from qiskit.providers.exceptions import BackendPropertyError
from qiskit.providers.models import BackendProperties
from qiskit.qobj import PulseQobj, QasmQobj
from qiskit.utils.units import apply_prefix

from qiskit_ibmq_provider._backend.programs import circuits_or_schedules

__all__ = ["RunEstimate", "run_seconds"]

_REP_DELAY: Final = 250e-6
"""Seconds between two shots where neither the run nor the device says."""

_Operation = tuple[str, Sequence[int], Sequence[Any]]
"""Name, qubits and parameters of a gate."""


@dataclasses.dataclass(frozen=True)
class RunEstimate:
    """What a job would be.

    Attributes:
        circuits: number of circuits or schedules, all repetitions for parameters and frequencies counted.
        bytes: exact size of what would be uploaded.
        seconds: rough time on the device, in seconds; ``None`` for a simulator, where it depends on the machine.

    Example:

        >>> backend.estimate(circuit)
        RunEstimate(circuits=1, bytes=..., seconds=None)
    """

    circuits: int
    bytes: int
    seconds: Optional[float]


def run_seconds(
    programs: Any, config: Mapping[str, Any], configuration: Any, properties: Optional[BackendProperties]
) -> float:
    """Return the rough time that a device needs for programs, in seconds.

    Args:
        programs: circuits, schedules or a Qobj.
        config: ``shots``, and ``rep_delay`` or ``rep_time`` in microseconds, as a Qobj has them.
        configuration: what the device is made of.
        properties: its calibration.
    """
    lengths = _lengths(programs, properties, getattr(configuration, "dt", None))
    rep_time, rep_delay = config.get("rep_time"), config.get("rep_delay")
    if (
        rep_time is None
        and rep_delay is None
        and not getattr(configuration, "dynamic_reprate_enabled", False)
    ):
        times = getattr(configuration, "rep_times", None)
        rep_time = times[0] * 1e6 if times else None
    if rep_time is not None:
        per_shot = sum(max(length, rep_time * 1e-6) for length in lengths)
    else:
        default = getattr(configuration, "default_rep_delay", None)
        delay = rep_delay * 1e-6 if rep_delay is not None else _REP_DELAY if default is None else default
        per_shot = sum(length + delay for length in lengths)
    return float(config.get("shots", 1)) * per_shot


def _lengths(programs: Any, properties: Optional[BackendProperties], dt: Optional[float]) -> list[float]:
    times = _GateTimes(properties, dt)
    if isinstance(programs, PulseQobj):
        library = {pulse.name: len(pulse.samples) for pulse in programs.config.pulse_library}
        return [_pulse_length(item.instructions, library) * (dt or 0.0) for item in programs.experiments]
    if isinstance(programs, QasmQobj):
        return [
            times.longest_chain(
                (None, (item.name, getattr(item, "qubits", ()), getattr(item, "params", ())))
                for item in experiment.instructions
            )
            for experiment in programs.experiments
        ]
    circuits, schedules = circuits_or_schedules(programs)
    if schedules:
        return [schedule.duration * (dt or 0.0) for schedule in schedules]
    return [times.of_circuit(circuit) for circuit in circuits]


class _GateTimes:
    """Lengths of gates in seconds: those of pulse gates, of delays, and of the calibration; what is not known takes no time."""

    def __init__(self, properties: Optional[BackendProperties], dt: Optional[float]) -> None:
        self._properties = properties
        self._dt = dt or 0.0
        self._known: dict[tuple[str, tuple[int, ...]], float] = {}

    def of_circuit(self, circuit: QuantumCircuit) -> float:
        place = {qubit: index for index, qubit in enumerate(circuit.qubits)}
        own = circuit.calibrations
        operations: list[tuple[Optional[float], _Operation]] = []
        for item in circuit.data:
            gate, qubits = item.operation, tuple(place[qubit] for qubit in item.qubits)
            length = None
            if gate.name == "delay":
                length = self._delay(gate.duration, gate.unit)
            elif gate.name in own and (qubits, tuple(gate.params)) in own[gate.name]:
                length = own[gate.name][qubits, tuple(gate.params)].duration * self._dt
            operations.append((length, (gate.name, qubits, gate.params)))
        return self.longest_chain(operations)

    def longest_chain(self, operations: Iterable[tuple[Optional[float], _Operation]]) -> float:
        """Return the length of the longest chain of gates, each of which waits for those before it on its qubits.

        Args:
            operations: the gates, each behind its length where that is known already.
        """
        clock: dict[int, float] = {}
        for length, (name, qubits, params) in operations:
            if length is None:
                length = self._of(name, tuple(qubits), params)
            ends = max((clock.get(qubit, 0.0) for qubit in qubits), default=0.0) + length
            clock.update(dict.fromkeys(qubits, ends))
        return max(clock.values(), default=0.0)

    def _of(self, name: str, qubits: tuple[int, ...], params: Sequence[Any]) -> float:
        if name == "delay":
            return self._delay(params[0], "dt")
        if (name, qubits) not in self._known:
            self._known[name, qubits] = self._look_up(name, qubits)
        return self._known[name, qubits]

    def _look_up(self, name: str, qubits: tuple[int, ...]) -> float:
        if self._properties is None:
            return 0.0
        try:
            if name == "measure":
                return max(float(self._properties.readout_length(qubit)) for qubit in qubits)
            return float(self._properties.gate_length(name, list(qubits)))
        except (BackendPropertyError, ValueError):
            return 0.0

    def _delay(self, duration: Any, unit: str) -> float:
        try:
            value = float(duration)
        except (TypeError, RuntimeError):  # A parameter without a value.
            return 0.0
        if unit == "dt":
            return value * self._dt
        return value if unit == "s" else float(apply_prefix(value, unit))


def _pulse_length(instructions: Iterable[Any], library: Mapping[str, int]) -> int:
    """Return the length of the instructions of a pulse Qobj, in samples."""
    ends = [0]
    for item in instructions:
        parameters: Union[Mapping[str, Any], Any] = getattr(item, "parameters", None) or {}
        length = getattr(item, "duration", None) or parameters.get("duration") or library.get(item.name, 0)
        ends.append(item.t0 + int(length))
    return max(ends)
