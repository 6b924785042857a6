# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From instructions that the device accepts to instructions that the simulator runs as the device would."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service.executor.circuits.device_noise import CalibrationNoise, GateKey, delay_label
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules

__all__ = ["NormalisedCircuit", "keep_final_state", "normalise"]

_STATE_QUBITS: Final = 20
"""Qubits of a state that is returned without being asked for."""

_SAVES: Final[Mapping[str, str]] = {
    "statevector": "save_statevector",
    "density_matrix": "save_density_matrix",
    "probabilities": "save_probabilities_dict",
    "stabilizer": "save_stabilizer",
}
"""The instruction that does what a snapshot of each type did in Aer before 0.9."""

_HALF_PI: Final = math.pi / 2


@dataclasses.dataclass
class NormalisedCircuit:
    """Instructions of one circuit for the simulator, and what the noise model must cover.

    ``snapshots`` maps the keys under which saved data comes back to type and label of the snapshot that asked for it.
    """

    instructions: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    gates: set[GateKey] = dataclasses.field(default_factory=set)
    measured: set[int] = dataclasses.field(default_factory=set)
    delays: set[tuple[int, float]] = dataclasses.field(default_factory=set)
    snapshots: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)

    @property
    def saves(self) -> bool:
        """Whether it saves anything from inside the simulator."""
        return any(entry["name"].startswith("save_") for entry in self.instructions)


def normalise(
    instructions: Sequence[dict[str, Any]], rules: DeviceRules, noise: Optional[CalibrationNoise]
) -> NormalisedCircuit:
    """Return the instructions that the simulator runs. ``noise`` is that of the device; ``None`` on a simulator or without calibration."""
    circuit = NormalisedCircuit()
    for instruction in instructions:
        name = instruction["name"]
        if name == "snapshot":
            circuit.instructions.append(_save(instruction, circuit.snapshots))
        elif name == "initialize":
            circuit.instructions.extend(_initialize(instruction))
        elif rules.simulator:
            # Labels stay: a noise model of the job may be tied to them.
            circuit.instructions.extend(_simulable(instruction))
        else:
            for physical in _physical(instruction, rules, noise):
                _append(circuit, physical)
    return circuit


def keep_final_state(circuit: NormalisedCircuit, qubits: int) -> None:
    """Let a circuit that would return nothing return its final state, under the name that Qiskit looks for.

    Beyond 20 qubits the circuit stays as it is: a state of 2 ** 21 numbers is asked for by name.
    """
    returns = circuit.saves or any(entry["name"] == "measure" for entry in circuit.instructions)
    if not returns and 0 < qubits <= _STATE_QUBITS:
        circuit.instructions.append(
            {
                "name": "save_statevector",
                "qubits": list(range(qubits)),
                "label": "statevector",
                "snapshot_type": "single",
            }
        )


def _append(circuit: NormalisedCircuit, instruction: dict[str, Any]) -> None:
    """Add an instruction of a device, and note what noise it needs."""
    name = instruction["name"]
    qubits = tuple(instruction.get("qubits", ()))
    if name == "measure":
        circuit.measured.update(qubits)
    elif name == "delay":
        duration = instruction["params"][0]
        instruction["label"] = delay_label(duration)
        circuit.delays.update((qubit, duration) for qubit in qubits)
    elif name != "barrier":
        circuit.gates.add((name, qubits))
    circuit.instructions.append(instruction)


def _physical(
    instruction: dict[str, Any], rules: DeviceRules, noise: Optional[CalibrationNoise]
) -> Iterator[dict[str, Any]]:
    """Yield what the device does for an instruction.

    The simulator looks for noise under the label if there is one, so a label of the user's would make a gate perfect; it is taken off.
    A delay of several qubits is one of each: errors are tied to single qubits. Devices that list u1, u2 and u3 without having calibrated
    them do them by ``rz`` and ``sx``; so do we, or they would run without noise.
    """
    name = instruction["name"]
    plain = {key: value for key, value in instruction.items() if key != "label"}
    calibrated = name in rules.basis if noise is None else noise.has_gate(name)
    if name == "delay" and len(plain["qubits"]) > 1:
        for qubit in plain["qubits"]:
            yield {**plain, "qubits": [qubit]}
    elif name in _EULER and not calibrated and {"rz", "sx"} <= rules.basis:
        for gate, angle in _EULER[name](*plain.get("params", ())):
            step = {**plain, "name": gate}
            step.pop("params", None)
            if angle is not None:
                step["params"] = [angle]
            yield step
    else:
        yield plain


def _u2(phi: float, lam: float) -> Sequence[tuple[str, Optional[float]]]:
    return ("rz", lam - _HALF_PI), ("sx", None), ("rz", phi + _HALF_PI)


def _u3(theta: float, phi: float, lam: float) -> Sequence[tuple[str, Optional[float]]]:
    return ("rz", lam), ("sx", None), ("rz", theta + math.pi), ("sx", None), ("rz", phi + math.pi)


def _u1(angle: float) -> Sequence[tuple[str, Optional[float]]]:
    return (("rz", angle),)


_EULER: Final[Mapping[str, Any]] = {"p": _u1, "u": _u3, "u1": _u1, "u2": _u2, "u3": _u3}
"""Gates that older Qiskit releases transpile to, written by ``rz`` and ``sx`` in the order in which they are applied, up to a global phase."""


def _initialize(instruction: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the preparation of a state; one for each qubit if it was given by letters or a number."""
    params = instruction["params"]
    states = params[0]
    if not isinstance(states, list):
        yield instruction
        return
    for qubit, state in zip(instruction["qubits"], states):
        yield {**instruction, "qubits": [qubit], "params": [complex(amplitude) for amplitude in state]}


def _simulable(instruction: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an instruction in a form that the simulator takes.

    It knows no condition on a Pauli string or a barrier (which needs none), and crashes on a multiplexer without control qubits.
    """
    name = instruction["name"]
    if name == "multiplexer" and len(instruction["params"]) == 1:
        yield {**instruction, "name": "unitary"}
    elif name == "barrier" and instruction.get("conditional") is not None:
        yield {key: value for key, value in instruction.items() if key != "conditional"}
    elif name == "pauli" and instruction.get("conditional") is not None:
        plain = {key: value for key, value in instruction.items() if key != "params"}
        # The first letter is that of the last qubit.
        for qubit, letter in zip(instruction["qubits"], reversed(instruction["params"][0])):
            if letter != "I":
                yield {**plain, "name": letter.lower(), "qubits": [qubit]}
    else:
        yield instruction


def _save(instruction: dict[str, Any], snapshots: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the instruction that saves what a snapshot asks for, once for each shot."""
    kind = instruction["snapshot_type"]
    key = f"snapshot_{len(snapshots)}"
    snapshots[key] = (kind, instruction["label"])
    return {"name": _SAVES[kind], "qubits": instruction["qubits"], "label": key, "snapshot_type": "list"}
