# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The calibrated gates of a device as programs and as matrices: what its commands do under the model of its qubits.

Fields are ``Re[s exp(+i w t)]``, and the commands turn their frames by ``fc(-theta)`` for ``rz(theta)``. Together the two give the mirror
image of the textbook: the complex conjugate of each matrix, with a ``Z`` on every qubit before and after. No sequence of calibrated gates and
measurements can tell the two apart. The matrices here are mirrored back.
"""

from __future__ import annotations

import cmath
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.service.executor.pulse.device import PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.instructions import PulseInstruction, PulseInstructionReader
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import PulseProgram
from qiskit_ibmq_provider.service.executor.pulse.propagators import Propagators
from qiskit_ibmq_provider.service.executor.pulse.slices import cut, steps_per_sample
from qiskit_ibmq_provider.service.executor.pulse.timeline import channel_signals

__all__ = [
    "CalibratedGates",
    "Gate",
    "IDEAL",
    "controlled_not",
    "fidelity",
    "hadamard",
    "half_turn",
    "mirrored",
    "unitary",
]

ComplexArray = npt.NDArray[np.complex128]

_X: Final = np.array([[0, 1], [1, 0]], dtype=complex)
_Y: Final = np.array([[0, -1j], [1j, 0]], dtype=complex)
_ONE: Final = np.eye(2, dtype=complex)

IDEAL: Final[Mapping[str, ComplexArray]] = {
    "x": _X,
    "sx": np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]]),
    "cx": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], dtype=complex),
    "ecr": np.asarray((np.kron(_X, _ONE) - np.kron(_Y, _X)) / 2**0.5, dtype=complex),
}
"""The textbook's matrices; the first qubit of the gate is the most significant digit."""


@dataclasses.dataclass(frozen=True)
class Gate:
    """A command with its qubits and the values of its parameters."""

    name: str
    qubits: tuple[int, ...]
    values: tuple[float, ...] = ()


class CalibratedGates:
    """The commands of a device.

    Args:
        configuration: of the device, as on the wire.
        defaults: its pulse defaults.
    """

    def __init__(self, configuration: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        self._device = PulseDevice.from_documents(configuration, defaults)
        self._reader = PulseInstructionReader(self._device, self._device.library)
        self._read = functools.lru_cache(maxsize=4096)(self._steps)

    def __contains__(self, gate: Gate) -> bool:
        return (gate.name, gate.qubits) in self._device.commands

    def program(self, gates: Sequence[Gate]) -> tuple[PulseProgram, dict[str, float]]:
        """Return gates one after the other as a program without measurements, and the phase in radians that each channel is left with."""
        steps: list[PulseInstruction] = []
        start = 0
        for gate in gates:
            own = self._read(gate)
            steps += [dataclasses.replace(step, start=step.start + start) for step in own]
            start += max((step.start + step.duration for step in own), default=0)
        signals, phases = channel_signals(self._device, steps)
        qubits = tuple(sorted({qubit for gate in gates for qubit in gate.qubits}))
        return PulseProgram(start, self._device.dt * 1e-9, signals, (), qubits), phases

    def matrix(
        self, model: PulseModel, gates: Sequence[Gate], propagators: Optional[Propagators] = None
    ) -> ComplexArray:
        """Return what gates do without decay to the lower two levels of the model's qubits, the first being the most significant digit.

        The matrix is not unitary if something leaks into the third level.
        """
        program, phases = self.program(gates)
        return mirrored(model, unitary(model, program, propagators), phases)

    def _steps(self, gate: Gate) -> list[PulseInstruction]:
        """Return the steps of a gate."""
        sequence = self._device.commands[gate.name, gate.qubits]
        return self._reader.read(sequence, f"{gate.name} on {gate.qubits}", values=gate.values)


def unitary(
    model: PulseModel, program: PulseProgram, propagators: Optional[Propagators] = None
) -> ComplexArray:
    """Return the matrix of a whole program without decay, in the frame in which each qubit turns at its own dressed frequency.

    Args:
        model: of the qubits.
        program: measurements are ignored.
        propagators: of the same model, to share what they know.
    """
    step = program.dt * 1e9 / steps_per_sample(program.dt)
    propagators = propagators or Propagators(model, step)
    result = np.eye(model.dimension, dtype=complex)
    for matrix in propagators.unitaries(list(cut(model, program, 0, program.duration))):
        result = matrix @ result
    return model.to_qubit_frames(program.duration * program.dt * 1e9)[:, None] * result


def mirrored(model: PulseModel, matrix: ComplexArray, phases: Mapping[str, float]) -> ComplexArray:
    """Return the textbook's form of a matrix in the dressed basis, reduced to the lower two levels.

    Args:
        model: of the qubits.
        matrix: in the frame in which each qubit turns at its own frequency.
        phases: of the channels at the end, in radians.
    """
    frames = np.array([phases.get(f"d{qubit}", 0.0) for qubit in model.qubits]) @ model.levels
    turned = np.exp(1j * frames)[:, None] * matrix
    signs = (-1.0) ** model.excitations
    (kept,) = np.nonzero(np.all(model.levels < 2, axis=0))
    return np.asarray((signs[:, None] * turned * signs[None, :]).conj()[np.ix_(kept, kept)])


def fidelity(matrix: ComplexArray, ideal: ComplexArray) -> float:
    """Return the average fidelity of a gate that may leak (Pedersen, Moller and Molmer, Phys. Lett. A 367, 47, 2007)."""
    size = len(ideal)
    overlap = abs(np.trace(ideal.conj().T @ matrix)) ** 2
    return float((overlap + np.trace(matrix @ matrix.conj().T).real) / (size * (size + 1)))


def half_turn(gates: CalibratedGates, qubit: int) -> list[Gate]:
    """Return ``sx`` in the gates that a device has."""
    if Gate("sx", (qubit,)) in gates:
        return [Gate("sx", (qubit,))]
    return [Gate("u2", (qubit,), (-cmath.pi / 2, cmath.pi / 2))]


def controlled_not(gates: CalibratedGates, control: int, target: int) -> list[Gate]:
    """Return ``cx`` in the gates that a device has for these qubits in this order; nothing if it has none."""
    if Gate("cx", (control, target)) in gates:
        return [Gate("cx", (control, target))]
    if Gate("ecr", (control, target)) in gates:
        turn = Gate("rz", (control,), (cmath.pi / 2,))
        return [
            turn,
            Gate("x", (control,)),
            *half_turn(gates, target),
            Gate("ecr", (control, target)),
        ]
    return []


def hadamard(gates: CalibratedGates, qubit: int) -> list[Gate]:
    """Return ``h`` in the gates that a device has."""
    if Gate("sx", (qubit,)) in gates:
        turn = Gate("rz", (qubit,), (cmath.pi / 2,))
        return [turn, *half_turn(gates, qubit), turn]
    return [Gate("u2", (qubit,), (0.0, cmath.pi))]
