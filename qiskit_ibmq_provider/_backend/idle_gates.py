# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Idle gates of circuits, replaced by delays.

Devices have no ``id`` gate any more: it means waiting as long as an ``sx`` gate takes. Runs replace the gate in
copies of the circuits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, Optional

from qiskit.circuit import Delay, QuantumCircuit
from qiskit.providers.exceptions import BackendPropertyError
from qiskit.providers.models import BackendProperties
from qiskit.qobj import QasmQobj, QasmQobjExperiment, QasmQobjInstruction

__all__ = ["Delays", "IdleTimes", "qobj_with_delays", "takes_delays"]

_STAND_INS = ("sx", "id", "x", "u2")
"""Gates whose length is taken for that of the idle gate, in this order: old devices know no ``sx``."""


class IdleTimes:
    """How long each qubit of a device waits in an idle gate, in units of ``dt``.

    Args:
        properties: fetches the device's calibration data; called once, when the first length is asked for.
        dt: the unit of time in seconds; None if the device does not say.
    """

    def __init__(self, properties: Callable[[], Optional[BackendProperties]], dt: Optional[float]) -> None:
        self._properties = properties
        self._dt = dt
        self._known: dict[int, Optional[int]] = {}
        self._data: Optional[BackendProperties] = None

    def of(self, qubit: int) -> Optional[int]:
        """Return the length on a qubit, or None if the device does not say."""
        if qubit not in self._known:
            self._known[qubit] = self._length(qubit)
        return self._known[qubit]

    def _length(self, qubit: int) -> Optional[int]:
        if not self._dt:
            return None
        if self._data is None:
            self._data = self._properties()
        if self._data is None:
            return None
        for gate in _STAND_INS:
            try:
                seconds: float = self._data.gate_length(gate, qubit)
                return max(0, round(seconds / self._dt))
            except BackendPropertyError:
                continue
        return None


class Delays:
    """Puts delays in place of the idle gates whose length is known. A call copies a circuit if there is anything to replace.

    Attributes:
        times: lengths of the idle gates.
        used: whether a gate was replaced.
    """

    def __init__(self, times: IdleTimes) -> None:
        self.times = times
        self.used = False

    def __call__(self, circuit: QuantumCircuit) -> QuantumCircuit:
        if not any(self._found(circuit)):
            return circuit
        copied = circuit.copy()
        self.put_into(copied)
        return copied

    def put_into(self, circuit: QuantumCircuit) -> None:
        """Replace the gates in the circuit itself."""
        for index, length in self._found(circuit):
            circuit.data[index] = circuit.data[index].replace(operation=Delay(length))
            self.used = True

    def _found(self, circuit: QuantumCircuit) -> Iterator[tuple[int, int]]:
        """Yield place and length of each idle gate of known length."""
        for index, instruction in enumerate(circuit.data):
            if instruction.operation.name == "id":
                length = self.times.of(circuit.find_bit(instruction.qubits[0]).index)
                if length is not None:
                    yield index, length


def takes_delays(configuration: Any) -> bool:
    return not configuration.simulator and "delay" in getattr(configuration, "supported_instructions", ())


def qobj_with_delays(qobj: QasmQobj, times: IdleTimes) -> QasmQobj:
    """Return the Qobj, or one that shares all but the experiments that hold an idle gate of known length."""
    experiments = [_experiment_with_delays(experiment, times) for experiment in qobj.experiments]
    if all(new is old for new, old in zip(experiments, qobj.experiments)):
        return qobj
    return QasmQobj(qobj_id=qobj.qobj_id, config=qobj.config, experiments=experiments, header=qobj.header)


def _experiment_with_delays(experiment: Any, times: IdleTimes) -> Any:
    instructions = list(experiment.instructions)
    for index, instruction in enumerate(instructions):
        length = times.of(instruction.qubits[0]) if instruction.name == "id" else None
        if length is not None:
            instructions[index] = QasmQobjInstruction(
                "delay", params=[length], qubits=list(instruction.qubits)
            )
    if all(new is old for new, old in zip(instructions, experiment.instructions)):
        return experiment
    return QasmQobjExperiment(config=experiment.config, header=experiment.header, instructions=instructions)
