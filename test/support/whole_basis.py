# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits that use everything a device accepts, as payloads of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from support.circuit_jobs import payload

from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.instructions import INSTRUCTIONS, OperandKind

__all__ = ["circuit_of_everything", "one_circuit_for_each"]

_IDENTITY = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]
_FLIP = [[[0.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]]
_NO_CHANGE = [[[1.0 if row == column else 0.0, 0.0] for column in range(4)] for row in range(4)]

_PARAMS: Mapping[OperandKind, list[Any]] = {
    OperandKind.MATRIX: [_FLIP],
    OperandKind.SUPEROPERATOR: [_NO_CHANGE],
    OperandKind.MATRICES: [_IDENTITY, _FLIP],
    OperandKind.KRAUS: [_FLIP],
    OperandKind.VECTOR: [[1.0, 0.0], [-1.0, 0.0]],
    OperandKind.STATE: [[0.0, 0.0], [1.0, 0.0]],
    OperandKind.PAULI: ["Y"],
    OperandKind.INDICES: [0, 1],
    OperandKind.EXPECTATION: [["Z", [1.0, 0.0]]],
    OperandKind.DELAY: [320],
    OperandKind.NONE: [],
}
_SAVED_ONCE = {"save_amplitudes", "save_stabilizer", "save_statevector", "save_statevector_dict"}
_SNAPSHOT = {"label": "kept", "snapshot_type": "probabilities"}


def _instruction(name: str, rules: DeviceRules, width: int) -> dict[str, Any]:
    """An instruction with operands that suit it, where the device has it."""
    layout = INSTRUCTIONS[name]
    size = max(layout.qubits, 2 if layout.kind is OperandKind.MATRICES else 1)
    size = width if name.startswith(("save_state", "save_ampl", "save_stab")) else size
    coupled = sorted(rules.couplings.get(name, ()))
    qubits = list(coupled[0]) if coupled else list(range(size))
    entry: dict[str, Any] = {"name": name, "qubits": qubits}
    params = (
        [0.1 * (index + 1) for index in range(layout.numbers)]
        if layout.kind is OperandKind.NUMBERS
        else _PARAMS[layout.kind]
    )
    if name == "rz" and rules.method in ("stabilizer", "extended_stabilizer"):
        params = [1.5707963267948966]
    if params:
        entry["params"] = params
    if name == "measure":
        entry["memory"] = qubits
    elif name == "snapshot":
        entry.update(_SNAPSHOT)
    elif name.startswith("save_"):
        entry.update(label="kept", snapshot_type="single" if name in _SAVED_ONCE else "average")
    return entry


def circuit_of_everything(rules: DeviceRules, **config: Any) -> dict[str, Any]:
    """A payload with one circuit of all instructions that a device accepts, and the measurement of what they touched."""
    entries = [
        _instruction(name, rules, rules.qubits) for name in sorted(rules.instructions) if name != "measure"
    ]
    touched = sorted({qubit for entry in entries for qubit in entry["qubits"]})
    entries.append({"name": "measure", "qubits": touched, "memory": list(range(len(touched)))})
    return payload(entries, qubits=rules.qubits, slots=len(touched), **config)


def one_circuit_for_each(rules: DeviceRules, **config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each instruction that a device accepts, and a payload with a circuit of it alone."""
    width = min(rules.qubits, 3)
    for name in sorted(rules.instructions):
        entries = [_instruction(name, rules, width)]
        if name != "measure":
            entries.append({"name": "measure", "qubits": list(range(width)), "memory": list(range(width))})
        yield name, payload(entries, qubits=width, slots=width, **config)
