# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How good the calibrated gates of a device are under the model, with decay: numbers that the tests and the documentation state."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pulse_fit.gates import (
    IDEAL,
    CalibratedGates,
    Gate,
    controlled_not,
    fidelity,
    hadamard,
    half_turn,
)
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import PulseProgram
from qiskit_ibmq_provider.service.executor.pulse.propagators import Propagators
from qiskit_ibmq_provider.service.executor.pulse.slices import cut, steps_per_sample
from qiskit_ibmq_provider.service.executor.pulse.solver import ground_state, propagate

__all__ = ["PairQuality", "agreement", "final_states", "pair_quality", "turn_quality"]

ComplexArray = npt.NDArray[np.complex128]


@dataclasses.dataclass(frozen=True)
class PairQuality:
    """How good a ``cx`` is.

    Attributes:
        truth: the probability of the right outcome, averaged over the four inputs.
        worst: the smallest of the four.
        bell: the fidelity of the state that an ``h`` on the control and the ``cx`` make with a Bell state.
    """

    truth: float
    worst: float
    bell: float


def turn_quality(model: PulseModel, gates: CalibratedGates) -> tuple[float, float]:
    """Return what the turns of a qubit do to its ground state.

    Args:
        model: of one qubit.
        gates: of the device.

    Returns:
        The probability of the first level after ``x``, or after two times ``sx`` on a device without an ``x``, and the fidelity of the state
        after ``sx``.
    """
    (qubit,) = model.qubits
    turn = half_turn(gates, qubit)
    flip = [Gate("x", (qubit,))] if Gate("x", (qubit,)) in gates else [*turn, *turn]
    flipped, turned = (_states(model, gates, [sequence])[0] for sequence in (flip, turn))
    ideal = np.array([1, -1j]) / np.sqrt(2)
    return float(flipped[1, 1].real), float((ideal.conj() @ turned @ ideal).real)


def agreement(model: PulseModel, gates: CalibratedGates) -> float:
    """Return the lower of the average fidelities of a qubit's ``x`` and ``sx``, without decay.

    Args:
        model: of one qubit.
        gates: of the device.
    """
    (qubit,) = model.qubits
    found = [fidelity(gates.matrix(model, half_turn(gates, qubit)), IDEAL["sx"])]
    if Gate("x", (qubit,)) in gates:
        found.append(fidelity(gates.matrix(model, [Gate("x", (qubit,))]), IDEAL["x"]))
    return min(found)


def pair_quality(model: PulseModel, gates: CalibratedGates, control: int, target: int) -> PairQuality:
    """Return how good the ``cx`` of a pair is. The device must have it in this direction.

    Args:
        model: of the two qubits.
        gates: of the device.
        control: the first qubit of the gate.
        target: the second.
    """
    gate = controlled_not(gates, control, target)
    inputs = list(itertools.product((0, 1), repeat=2))
    sequences = [
        [
            *_flips(gates, control, first),
            *_flips(gates, target, second),
            *gate,
        ]
        for first, second in inputs
    ]
    states = _states(model, gates, [*sequences, [*hadamard(gates, control), *gate]])
    right: list[float] = []
    for (first, second), state in zip(inputs, states):
        outcome = {control: first, target: first ^ second}
        place = 2 * outcome[min(outcome)] + outcome[max(outcome)]
        right.append(float(state[place, place].real))
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    return PairQuality(
        truth=float(np.mean(right)), worst=min(right), bell=float((bell @ states[-1] @ bell).real)
    )


def final_states(model: PulseModel, programs: Sequence[PulseProgram]) -> ComplexArray:
    """Return the density matrices at the end of programs of the same ``dt``, with decay, in the frame of each qubit. Measurements are ignored."""
    if not programs:
        return np.empty((0, model.dimension, model.dimension), dtype=complex)
    dt = programs[0].dt
    propagators = Propagators(model, dt * 1e9 / steps_per_sample(dt))
    parts = [list(cut(model, program, 0, program.duration)) for program in programs]
    states = propagate(model, np.array([ground_state(model)] * len(programs)), parts, propagators)
    for state, program in zip(states, programs):
        frame = model.to_qubit_frames(program.duration * dt * 1e9)
        state *= np.outer(frame, frame.conj())
    return states


def _flips(gates: CalibratedGates, qubit: int, times: int) -> list[Gate]:
    """Return ``x``, or nothing."""
    if not times:
        return []
    return [Gate("x", (qubit,))] if Gate("x", (qubit,)) in gates else half_turn(gates, qubit) * 2


def _states(model: PulseModel, gates: CalibratedGates, sequences: list[list[Gate]]) -> list[ComplexArray]:
    """Return the density matrices of the lower two levels after gates, as the textbook has them."""
    programs, phases = zip(*(gates.program(sequence) for sequence in sequences))
    (kept,) = np.nonzero(np.all(model.levels < 2, axis=0))
    result: list[ComplexArray] = []
    for state, left in zip(final_states(model, programs), phases):
        frames = np.array([left.get(f"d{qubit}", 0.0) for qubit in model.qubits]) @ model.levels
        factor = np.exp(1j * frames) * (-1.0) ** model.excitations
        result.append((factor[:, None] * state * factor.conj()[None, :]).conj()[np.ix_(kept, kept)])
    return result
