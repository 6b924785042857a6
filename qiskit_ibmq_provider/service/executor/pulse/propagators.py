# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The unitary matrices of slices, computed for many slices at a time.

A slice's matrix is the product of one matrix exponential per step. The exponentials are Taylor polynomials of degree 8 in the scheme of
Bader, Blanes and Casas (Mathematics 7, 1174, 2019), which takes three products of matrices, after scaling by a power of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import ComplexArray, RealArray
from qiskit_ibmq_provider.service.executor.pulse.slices import Slice

__all__ = ["Propagators", "exponentials"]

_ROOT: Final = math.sqrt(177)
_X3: Final = 2 / 3
_X1: Final = _X3 * (1 + _ROOT) / 88
_X2: Final = _X3 * (1 + _ROOT) / 352
_X4: Final = (-271 + 29 * _ROOT) / (315 * _X3)
_X5: Final = 11 * (-1 + _ROOT) / (1260 * _X3)
_X6: Final = 11 * (-9 + _ROOT) / (5040 * _X3)
_X7: Final = (89 - _ROOT) / (5040 * _X3**2)
_Y2: Final = (857 - 58 * _ROOT) / 630

_NORM: Final = 0.6
"""The largest norm that the polynomial is used for: its error is below 3e-8 there."""

_BLOCK: Final = 2**21
"""Matrix elements that are worked on at a time: few enough to stay in the cache of a processor."""


def exponentials(matrices: ComplexArray) -> ComplexArray:
    """Return the exponentials of matrices.

    Args:
        matrices: of shape ``(count, dimension, dimension)``, anti-Hermitian.
    """
    norm = float(np.abs(matrices).sum(axis=-1).max(initial=0))
    halvings = max(0, math.ceil(math.log2(norm / _NORM))) if norm > 0 else 0
    first = matrices / 2**halvings
    second = first @ first
    fourth = second @ (_X1 * first + _X2 * second)
    unit = np.eye(matrices.shape[-1])
    result = (_X3 * second + fourth) @ (_X4 * unit + _X5 * first + _X6 * second + _X7 * fourth)
    result += unit + first + _Y2 * second
    for _ in range(halvings):
        result = result @ result
    return np.asarray(result)


class Propagators:
    """The matrices of slices with steps of so many ns, each distinct one computed once."""

    def __init__(self, model: PulseModel, step: float) -> None:
        self._model = model
        self._step = step
        self._known: dict[tuple[object, ...], ComplexArray] = {}

    @property
    def step(self) -> float:
        """Nanoseconds of a step."""
        return self._step

    def unitaries(self, slices: Sequence[Slice]) -> ComplexArray:
        """Return the matrices of slices in the frame of the model's first qubit. Shape ``(slices, dimension, dimension)``."""
        keys = [_key(part) for part in slices]
        missing = {key: part for key, part in zip(keys, slices) if key not in self._known}
        groups: dict[tuple[object, ...], list[tuple[tuple[object, ...], Slice]]] = {}
        for key, part in missing.items():
            groups.setdefault((part.channels, part.shifts, part.frame, part.flat, part.length), []).append(
                (key, part)
            )
        for group in groups.values():
            self._compute(group)
        model = self._model
        result = np.empty((len(slices), model.dimension, model.dimension), dtype=complex)
        for place, key in enumerate(keys):
            result[place] = self._known[key]
        number = model.excitations
        turning = np.array([part.frame for part in slices]) - model.frequencies[0]
        starts = np.array([part.start for part in slices]) * self._step
        ends = starts + np.array([part.length for part in slices]) * self._step
        phases = np.array([part.phase for part in slices])
        left = np.exp(-1j * np.outer(turning * ends + phases, number))
        right = np.exp(1j * np.outer(turning * starts + phases, number))
        result *= left[:, :, None]
        result *= right[:, None, :]
        return result

    def _compute(self, group: Sequence[tuple[tuple[object, ...], Slice]]) -> None:
        model = self._model
        first = group[0][1]
        rest = model.energies - first.frame * model.excitations
        if not first.channels:
            self._known[group[0][0]] = np.diag(np.exp(-1j * rest * first.length * self._step))
            return
        size = max(1, _BLOCK // (model.dimension**2 * first.values.shape[1]))
        for begin in range(0, len(group), size):
            block = group[begin : begin + size]
            values = np.array([part.values for _, part in block])
            if first.flat:
                matrices = self._powers(values[:, :, 0], first, rest)
            else:
                matrices = _chain(self._steps(values, first, rest))
            for (key, _), matrix in zip(block, matrices):
                self._known[key] = matrix

    def _hamiltonians(self, values: ComplexArray, part: Slice, rest: RealArray) -> ComplexArray:
        """Return the Hamiltonians at some values of the envelopes. Shape of the values: ``(count, channels)``."""
        model = self._model
        dimension = model.dimension
        operators = np.array([model.drives[channel].operator.ravel() for channel in part.channels])
        driven = (values / 2 @ operators).reshape(-1, dimension, dimension)
        total = driven + driven.conj().transpose(0, 2, 1)
        places = np.arange(dimension)
        total[:, places, places] += rest - (rest.max() + rest.min()) / 2
        for place, channel in enumerate(part.channels):
            shift = model.drives[channel].shift
            if shift is not None:
                own = part.shifts[place] * shift if part.shifts else shift
                total[:, places, places] += np.abs(values[:, place, None]) ** 2 * own
        return np.asarray(total)

    def _steps(self, values: ComplexArray, part: Slice, rest: RealArray) -> ComplexArray:
        """Return the matrix of each step. Shape of the values: ``(count, channels, steps)``."""
        count, channels, steps = values.shape
        flat = values.transpose(0, 2, 1).reshape(count * steps, channels)
        matrices = exponentials(-1j * self._step * self._hamiltonians(flat, part, rest))
        return np.asarray(matrices.reshape(count, steps, *matrices.shape[1:]))

    def _powers(self, values: ComplexArray, part: Slice, rest: RealArray) -> ComplexArray:
        energies, states = np.linalg.eigh(self._hamiltonians(values, part, rest))
        turned = states * np.exp(-1j * energies * part.length * self._step)[:, None, :]
        return np.asarray(turned @ states.conj().transpose(0, 2, 1))


def _chain(matrices: ComplexArray) -> ComplexArray:
    """Return the product of each row of matrices, the first being the rightmost factor. Shape ``(count, steps, dimension, dimension)``."""
    while matrices.shape[1] > 1:
        odd = matrices[:, -1:] if matrices.shape[1] % 2 else None
        pairs = matrices[:, 1::2] @ matrices[:, 0 : matrices.shape[1] - 1 : 2]
        matrices = pairs if odd is None else np.concatenate((pairs, odd), axis=1)
    return matrices[:, 0]


def _key(part: Slice) -> tuple[object, ...]:
    """Return what the matrix of a slice depends on, in its own frame."""
    return (part.channels, part.shifts, part.frame, part.length, part.values.tobytes())
