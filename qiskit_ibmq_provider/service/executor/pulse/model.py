# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The physics of some qubits of a device: energies, drives and lifetimes, as matrices.

Each qubit is an oscillator of three levels. The basis is that of the *dressed* states: the eigenstates of the Hamiltonian without drives,
each named after the product state that it resembles most. In it the free evolution is a diagonal matrix, measurement tells the name, and
the frequency of a qubit is the one at which it is driven while its neighbours are in the ground state. That frequency is taken for the
calibrated one of the pulse defaults, so that a pulse without frequency shift is always resonant.

Everything that changes the number of excitations other than one drive photon at a time is dropped (the rotating wave approximation): a field
``Re[s exp(i w t)]`` on ``b + b^+`` becomes ``(s b + s* b^+) / 2`` in the frame that turns at ``w``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.corrections import Corrections, Gain, find_corrections
from qiskit_ibmq_provider.service.executor.pulse.hamiltonian import Term, read_terms
from qiskit_ibmq_provider.service.executor.pulse.program import ComplexArray, RealArray
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

__all__ = ["Drive", "LEVELS", "MAX_QUBITS", "PulseModel"]

LEVELS: Final = 3
"""Levels of a qubit."""

MAX_QUBITS: Final = 5
"""Qubits of one model; the matrices of one more would take minutes for a gate."""

_MICROSECOND: Final = 1e3
_UNITS: Final = {"s": 1e9, "ms": 1e6, "us": _MICROSECOND, "µs": _MICROSECOND, "ns": 1.0}
"""Nanoseconds of the units of time in a calibration."""


@dataclasses.dataclass(frozen=True)
class Drive:
    """What a channel does.

    Attributes:
        operator: the part that lowers the number of excitations, in rad/ns at an envelope of 1. Shape ``(dimension, dimension)``.
        frequency: the carrier at which the channel is calibrated, in rad/ns.
        shift: the shift of the energies in rad/ns at an envelope of 1; it grows with the square of the envelope. Shape ``(dimension,)``, or
            ``None`` without one.
        gains: of pulses by their peak, if they differ.
    """

    operator: ComplexArray
    frequency: float
    shift: Optional[RealArray] = None
    gains: tuple[Gain, ...] = ()


@dataclasses.dataclass(frozen=True)
class PulseModel:
    """Some qubits of a device in the basis of their dressed states, the first qubit being the most significant digit of a state's number.

    Attributes:
        qubits: the numbers of the qubits on the device.
        energies: of the dressed states in rad/ns, the ground state at 0. Shape ``(dimension,)``.
        levels: the level of each qubit in each dressed state. Shape ``(qubits, dimension)``.
        drives: by channel, for all channels that act on these qubits.
        lifetimes: ``T1`` and the pure dephasing time of each qubit in ns, infinite where the calibration has none.
        corrected: whether corrections of the drives were found for this device and calibration.
    """

    qubits: tuple[int, ...]
    energies: RealArray
    levels: npt.NDArray[np.int64]
    drives: Mapping[str, Drive]
    lifetimes: tuple[tuple[float, float], ...]
    corrected: bool

    @property
    def dimension(self) -> int:
        """The number of states."""
        return len(self.energies)

    @property
    def excitations(self) -> npt.NDArray[np.int64]:
        """The number of excitations in each state."""
        return np.asarray(self.levels.sum(axis=0))

    @property
    def frequencies(self) -> RealArray:
        """The dressed frequency of each qubit in rad/ns."""
        return np.array([self.energies[LEVELS**place] for place in reversed(range(len(self.qubits)))])

    def to_qubit_frames(self, time: float) -> ComplexArray:
        """Return the factors of the states that lead from the frame of the first qubit to one in which each qubit turns at its own frequency.

        Args:
            time: ns since the start.
        """
        turning = (self.frequencies - self.frequencies[0]) @ self.levels
        return np.asarray(np.exp(1j * turning * time))

    @classmethod
    def from_device(
        cls,
        configuration: Mapping[str, Any],
        properties: Optional[Mapping[str, Any]],
        defaults: Mapping[str, Any],
        qubits: Sequence[int],
        *,
        corrections: Optional[Corrections] = None,
    ) -> PulseModel:
        """Make the model of some qubits of a device.

        Args:
            configuration: of the device, as on the wire (GHz, ns, rad/ns in the Hamiltonian).
            properties: the calibration, for T1 and T2; without one the qubits live for ever.
            defaults: the pulse defaults, for the frequencies of qubits outside of the model.
            qubits: the qubits, at most five.
            corrections: of the drives; by default those that this package ships for the device.

        Raises:
            JobRejected: the device has no Hamiltonian that can be read, or there are too many qubits.
        """
        chosen = tuple(sorted(qubits))
        if not 1 <= len(chosen) <= MAX_QUBITS:
            raise JobRejected(
                f"The schedule needs {len(chosen)} coupled qubits in one simulation; at most {MAX_QUBITS} are simulated. Use fewer.",
                ErrorCode.SCHEDULES_UNSUPPORTED,
            )
        if corrections is None:
            corrections = find_corrections(configuration)
        terms = read_terms(configuration, None if corrections is None else corrections.assumed)
        operators = _Operators(chosen)
        energies, basis = _dress(_operator(terms, None, operators), operators.levels)
        lowering = {
            channel: _lowering(_operator(terms, channel, operators), basis, operators.levels)
            for channel in {term.channel for term in terms if term.channel and term.qubits <= set(chosen)}
        }
        frequencies = 2 * math.pi * np.array(defaults["qubit_freq_est"], dtype=float)
        for place, qubit in enumerate(chosen):
            frequencies[qubit] = energies[LEVELS ** (len(chosen) - 1 - place)]
        drives = {
            channel: _drive(channel, lowering, frequencies, configuration, corrections, operators)
            for channel in sorted(lowering)
        }
        return cls(
            qubits=chosen,
            energies=energies,
            levels=operators.levels,
            drives=drives,
            lifetimes=tuple(_lifetimes(properties, qubit) for qubit in chosen),
            corrected=corrections is not None,
        )


class _Operators:
    """The operators of oscillators with three levels, on some qubits together."""

    def __init__(self, qubits: tuple[int, ...]) -> None:
        self.qubits = qubits
        self.dimension = LEVELS ** len(qubits)
        self.levels = np.array(np.unravel_index(np.arange(self.dimension), (LEVELS,) * len(qubits)))
        lower = np.diag(np.sqrt(np.arange(1, LEVELS)), 1).astype(complex)
        number = np.diag(np.arange(LEVELS)).astype(complex)
        self._single = {
            "I": np.eye(LEVELS, dtype=complex),
            "O": number,
            "N": number,
            "Z": np.eye(LEVELS) - 2 * number,
            "Sm": lower,
            "Sp": lower.conj().T,
            "X": lower + lower.conj().T,
            "Y": -1j * (lower - lower.conj().T),
        }

    def product(self, factors: Sequence[tuple[str, int]]) -> ComplexArray:
        """Return the matrix of a product of operators."""
        result = np.eye(self.dimension, dtype=complex)
        for name, qubit in factors:
            place = self.qubits.index(qubit)
            single = np.kron(np.eye(LEVELS**place), self._single[name])
            result = result @ np.kron(single, np.eye(LEVELS ** (len(self.qubits) - 1 - place)))
        return result


def _operator(terms: Sequence[Term], channel: Optional[str], operators: _Operators) -> ComplexArray:
    """Return the operator that a channel drives; without a channel, the Hamiltonian without drives."""
    total = np.zeros((operators.dimension, operators.dimension), dtype=complex)
    for term in terms:
        if term.channel == channel and term.qubits <= set(operators.qubits):
            total += term.coefficient * operators.product(term.factors)
    return total


def _dress(hamiltonian: ComplexArray, levels: npt.NDArray[np.int64]) -> tuple[RealArray, ComplexArray]:
    """Return the energies of the dressed states and, as columns, the states, in the order of the product states that they resemble.

    Only what keeps the number of excitations counts.
    """
    number = levels.sum(axis=0)
    energies = np.zeros(len(number))
    basis = np.zeros_like(hamiltonian)
    for count in range(number.max() + 1):
        (sector,) = np.nonzero(number == count)
        values, states = np.linalg.eigh(hamiltonian[np.ix_(sector, sector)])
        columns = _match(np.abs(states))
        chosen = states[:, columns]
        chosen = chosen * np.exp(-1j * np.angle(np.diag(chosen)))
        energies[sector] = values[columns]
        basis[np.ix_(sector, sector)] = chosen
    return energies - energies[0], basis


def _match(overlaps: RealArray) -> list[int]:
    """Return a column for each row, each column once, those that overlap most first."""
    result = [0] * len(overlaps)
    remaining = overlaps.copy()
    for _ in range(len(overlaps)):
        row, column = divmod(int(remaining.argmax()), len(overlaps))
        result[row] = column
        remaining[row] = -1
        remaining[:, column] = -1
    return result


def _lowering(operator: ComplexArray, basis: ComplexArray, levels: npt.NDArray[np.int64]) -> ComplexArray:
    """Return the part of an operator that takes one excitation away, in the basis of the dressed states."""
    number = levels.sum(axis=0)
    dressed = basis.conj().T @ operator @ basis
    return np.where(number[:, None] == number[None, :] - 1, dressed, 0)


def _drive(
    channel: str,
    lowering: Mapping[str, ComplexArray],
    frequencies: RealArray,
    configuration: Mapping[str, Any],
    corrections: Optional[Corrections],
    operators: _Operators,
) -> Drive:
    """Return what a channel does, with its corrections."""
    number = int(channel[1:])
    if channel.startswith("u"):
        parts = configuration["u_channel_lo"][number]
        frequency = float(sum(part["scale"][0] * frequencies[part["q"]] for part in parts))
    else:
        frequency = float(frequencies[number])
    operator = lowering[channel]
    correction = None if corrections is None else corrections.channels.get(channel)
    if correction is None:
        return Drive(operator, frequency)
    operator = correction.scale * operator
    for other, factor in correction.crosstalk.items():
        if other in lowering:
            base = corrections.channels.get(other) if corrections is not None else None
            operator = operator + factor * (1.0 if base is None else base.scale) * lowering[other]
    shift = np.zeros(operators.dimension)
    for qubit, rate in correction.shifts.items():
        if qubit in operators.qubits:
            shift += rate * operators.levels[operators.qubits.index(qubit)]
    return Drive(operator, frequency, shift if shift.any() else None, correction.gains)


def _lifetimes(properties: Optional[Mapping[str, Any]], qubit: int) -> tuple[float, float]:
    """Return T1 and the pure dephasing time of a qubit in ns, from ``1/T2 = 1/(2 T1) + 1/Tphi``.

    A T2 above twice T1 is an error of the measurement; there is no dephasing then.
    """
    values: dict[str, float] = {}
    if properties is not None and qubit < len(properties["qubits"]):
        for entry in properties["qubits"][qubit]:
            if entry["name"] in ("T1", "T2") and entry["value"] > 0:
                values[entry["name"]] = entry["value"] * _UNITS.get(entry["unit"], _MICROSECOND)
    relaxation = values.get("T1", math.inf)
    rate = 1 / values.get("T2", math.inf) - 1 / (2 * relaxation)
    return relaxation, 1 / rate if rate > 0 else math.inf
