# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From programs to the probabilities of what their measurements find.

The density matrix starts in the ground state. It is turned by the unitary matrix of each slice and relaxes for half of the slice before and half
after (Strang splitting; the halves of neighbours are one step). A measurement projects on the levels of a qubit; what comes after it is
computed for each level that was found.

Each qubit is an oscillator at zero temperature with the Lindblad operators ``sqrt(1/T1) b`` and ``sqrt(2/Tphi) n`` (for instance Krantz et al.,
"A quantum engineer's guide to superconducting qubits", Appl. Phys. Rev. 6, 021318, 2019, sections III.B and III.C), with
``1/T2 = 1/(2 T1) + 1/Tphi``. With ``s = exp(-t/T1)`` and ``p = 1 - s`` the solution is

    populations   rho_22 -> s^2 rho_22,  rho_11 -> s rho_11 + 2 p s rho_22,  rho_00 -> rho_00 + p rho_11 + p^2 rho_22
    coherences    rho_mn -> s^((m + n) / 2) exp(-(m - n)^2 t / Tphi) rho_mn

where what a coherence of the upper two levels would add to that of the lower two is left out: the two turn against each other by the
anharmonicity, some 10^4 times faster than they decay.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from qiskit_ibmq_provider.service.executor.pulse.model import LEVELS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import (
    Acquisition,
    ComplexArray,
    PulseProgram,
    RealArray,
)
from qiskit_ibmq_provider.service.executor.pulse.propagators import Propagators
from qiskit_ibmq_provider.service.executor.pulse.slices import Slice, cut, steps_per_sample

__all__ = ["estimate", "evolve", "ground_state", "propagate", "relax"]

_NEGLIGIBLE: Final = 1e-12
"""An outcome that is less probable is not followed."""

_ELEMENTS: Final = 2**22
"""Elements of the density matrices that are evolved at a time."""

_STEP_COST: Final = (3e-6, 1e-5, 7e-5, 1.5e-3, 2e-2)
_SLICE_COST: Final = (3e-5, 1e-4, 4e-4, 5e-3, 1e-1)
"""Seconds of one step and of one slice by the number of qubits, measured on one core of a server of 2023."""


@dataclasses.dataclass
class _Leg:
    """What happens up to an instant of measurement, and the measurements there, by their place among the program's acquisitions."""

    slices: list[Slice]
    measured: tuple[tuple[int, Acquisition], ...]


@dataclasses.dataclass
class _Branch:
    """A state of one of the programs after the levels that were found so far. Its trace is the probability of these."""

    program: int
    found: tuple[int, ...]
    state: ComplexArray


def evolve(model: PulseModel, programs: Sequence[PulseProgram]) -> list[RealArray]:
    """Return the joint probabilities of the levels that the measurements of each program find.

    Args:
        model: of the qubits that the programs move. A qubit that is measured but not in the model is in its ground state.
        programs: with the same length of a sample.

    Returns:
        For each program an array of shape ``(3,) * len(program.acquisitions)``, whose axes are the acquisitions in their order.
    """
    results: list[RealArray] = []
    size = max(1, _ELEMENTS // model.dimension**2)
    for dt, group in itertools.groupby(programs, key=lambda program: program.dt):
        batch = list(group)
        propagators = Propagators(model, dt * 1e9 / steps_per_sample(dt))
        for begin in range(0, len(batch), size):
            results.extend(_evolve(model, batch[begin : begin + size], propagators))
    return results


def estimate(model: PulseModel, program: PulseProgram) -> float:
    """Return about how many seconds a program takes, from above: steps of which the machine is in the middle may be known already."""
    place = len(model.qubits) - 1
    seconds = 0.0
    branches = 1
    for leg in _legs(model, program):
        for part in leg.slices:
            if part.channels and not part.flat:
                seconds += part.length * _STEP_COST[place]
            seconds += branches * _SLICE_COST[place]
        branches *= LEVELS ** len({acquisition.qubit for _, acquisition in leg.measured} & set(model.qubits))
    return seconds


def _evolve(model: PulseModel, programs: Sequence[PulseProgram], propagators: Propagators) -> list[RealArray]:
    """Return the probabilities for programs that are evolved together."""
    legs = [list(_legs(model, program)) for program in programs]
    results = [np.zeros((LEVELS,) * len(program.acquisitions)) for program in programs]
    branches = [_Branch(number, (), ground_state(model)) for number in range(len(programs))]
    for count in range(max(map(len, legs), default=0)):
        branches = [branch for branch in branches if count < len(legs[branch.program])]
        parts = [legs[branch.program][count].slices for branch in branches]
        states = propagate(model, np.array([branch.state for branch in branches]), parts, propagators)
        following: list[_Branch] = []
        for branch, state in zip(branches, states):
            last = count + 1 == len(legs[branch.program])
            measured = legs[branch.program][count].measured
            for found, reached in _measure(
                model, state, [acquisition for _, acquisition in measured], last=last
            ):
                if last:
                    results[branch.program][branch.found + found] += float(np.trace(reached).real)
                else:
                    following.append(_Branch(branch.program, branch.found + found, reached))
        branches = following
    return [result / result.sum() if result.ndim else np.ones(()) for result in results]


def ground_state(model: PulseModel) -> ComplexArray:
    """Return the density matrix of the ground state."""
    state = np.zeros((model.dimension, model.dimension), dtype=complex)
    state[0, 0] = 1
    return state


def _legs(model: PulseModel, program: PulseProgram) -> Iterator[_Leg]:
    """Yield the parts of a program between its measurements."""
    begin = 0
    ordered = sorted(enumerate(program.acquisitions), key=lambda pair: pair[1].start)
    if [place for place, _ in ordered] != list(range(len(ordered))):
        raise ValueError("The acquisitions of a program must stand in the order of their start.")
    for start, group in itertools.groupby(ordered, key=lambda pair: pair[1].start):
        yield _Leg(list(cut(model, program, begin, start)) if start > begin else [], tuple(group))
        begin = start


def propagate(
    model: PulseModel, states: ComplexArray, parts: Sequence[Sequence[Slice]], propagators: Propagators
) -> ComplexArray:
    """Return density matrices after slices, with decay.

    Args:
        model: of the qubits.
        states: of shape ``(count, dimension, dimension)``; changed in place.
        parts: the slices of each of them. States with the very same list share what is computed of it.
        propagators: of the model.
    """
    distinct: dict[int, int] = {}
    for row in parts:
        distinct.setdefault(id(row), len(distinct))
    rows = {id(row): row for row in parts}
    matrices = [propagators.unitaries(rows[key]) for key in distinct]
    own = [distinct[id(row)] for row in parts]
    step = propagators.step
    waited = np.zeros(len(states))
    for place in range(max(map(len, parts), default=0)):
        active = [number for number, row in enumerate(parts) if place < len(row)]
        times = np.array([parts[number][place].length * step / 2 for number in active])
        current = relax(states[active], waited[active] + times, model.lifetimes)
        turns = np.array([matrices[own[number]][place] for number in active])
        states[active] = turns @ current @ turns.conj().transpose(0, 2, 1)
        waited[active] = times
    return relax(states, waited, model.lifetimes)


def _measure(
    model: PulseModel, state: ComplexArray, acquisitions: Sequence[Acquisition], *, last: bool
) -> Iterator[tuple[tuple[int, ...], ComplexArray]]:
    """Yield the levels that acquisitions at one instant may find, each with the projected state."""
    known = [acquisition.qubit in model.qubits for acquisition in acquisitions]
    rows = [
        model.qubits.index(acquisition.qubit) for acquisition, inside in zip(acquisitions, known) if inside
    ]
    digits = model.levels[rows]
    weights = np.diag(state).real
    for levels in itertools.product(range(LEVELS), repeat=len(rows)):
        chosen = np.all(digits == np.array(levels, dtype=int)[:, None], axis=0)
        if weights[chosen].sum() <= _NEGLIGIBLE:
            continue
        inner = iter(levels)
        found = tuple(next(inner) if inside else 0 for inside in known)
        yield found, np.diag(np.where(chosen, weights, 0)) if last else state * np.outer(chosen, chosen)


def relax(states: ComplexArray, times: RealArray, lifetimes: Sequence[tuple[float, float]]) -> ComplexArray:
    """Return density matrices after a time without drives, in the frame of the free evolution.

    Args:
        states: of shape ``(count, dimension, dimension)``; not changed.
        times: ns for each of them.
        lifetimes: T1 and the pure dephasing time of each qubit in ns.
    """
    level = np.arange(LEVELS)
    total = (level[:, None] + level[None, :]) / 2
    distance = (level[:, None] - level[None, :]) ** 2
    shape = states.shape
    for place, (relaxation, dephasing) in enumerate(lifetimes):
        left, right = LEVELS**place, LEVELS ** (len(lifetimes) - 1 - place)
        kept = np.exp(-times / relaxation)
        lost = -np.expm1(-times / relaxation)
        factors = np.exp(-times[:, None, None] * (total / relaxation + distance / dephasing))
        old = states.reshape(-1, left, LEVELS, right, left, LEVELS, right)
        new = old * factors[:, None, :, None, None, :, None]
        for lower, upper, share in ((0, 1, lost), (0, 2, lost**2), (1, 2, 2 * lost * kept)):
            new[:, :, lower, :, :, lower] += share[:, None, None, None, None] * old[:, :, upper, :, :, upper]
        states = new.reshape(shape)
    return states
