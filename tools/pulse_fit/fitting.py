# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Computing the corrections of a device: factors of its channels under which its calibrated gates are what they are called.

Two numbers for each drive channel are fitted to ``x`` and ``sx`` of its qubit: a factor, and a shift of the qubit's frequency with the square
of the envelope (what a calibration compensates by the shape of its pulses). Where the calibrated ``sx`` is not half of the ``x`` under any
such numbers, its pulse gets a complex factor and a shift of its own. Then the complex factor of each control channel is fitted to the
shorter of the two directions of its two-qubit gate. Where that is not enough, the channel also gets shifts of both frequencies and a
crosstalk onto the drive of the other qubit; a penalty keeps these small.

Only the parts of a gate in which a fitted channel plays are computed anew for each trial, and without decay. Whether the outcome is good is a
question for the full solver.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Union

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from pulse_fit.gates import (
    IDEAL,
    CalibratedGates,
    Gate,
    fidelity,
    half_turn,
    mirrored,
)
from qiskit_ibmq_provider.service.executor.pulse.corrections import ChannelCorrection, Corrections, Gain
from qiskit_ibmq_provider.service.executor.pulse.model import Drive, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.propagators import Propagators
from qiskit_ibmq_provider.service.executor.pulse.slices import Slice, cut, steps_per_sample

__all__ = ["AGREE", "PairFit", "corrections_document", "fit_qubit", "ideal_gate"]

_GOOD: Final = 0.99
"""The fidelity with which a control channel's factor alone is enough."""

_PENALTY: Final = 0.02
"""What a shift or crosstalk of ``_SMALL`` costs, against errors of the elements of the gate's matrix."""

_SMALL: Final = 0.05

_AMPLITUDES: Final = (0.15, 0.3, 0.5, 0.8, 1.2, 2.0, 3.2)
_ANGLES: Final = 8
"""From where the search for a control channel's factor begins: the best of these moduli and so many angles."""

_STARTS: Final = 3
"""How many of the best are followed, with and without shifts and crosstalk."""

_TRIALS: Final = 120
"""How often the gate is computed at most in a search with shifts and crosstalk, derivatives not counted."""

_X_WEIGHT: Final = 3.0
"""How much more ``x`` counts than ``sx``. They disagree on a few devices, and a schedule that finds a turn looks for the full one."""

AGREE: Final = 0.998
"""The fidelity of both below which ``sx`` gets a gain of its own."""

_TURNS: Final = 8
"""From how many phases of that gain the search begins."""

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]


def fit_qubit(model: PulseModel, gates: CalibratedGates, *, gains: bool = True) -> ChannelCorrection:
    """Return the correction of a drive channel.

    Args:
        model: of one qubit, without corrections.
        gates: of the device.
        gains: whether an ``sx`` that is not half of ``x`` may get a gain of its own. The gates of pairs need both to be right; without pairs
            it is better that a turn is in proportion to the envelope.
    """
    (qubit,) = model.qubits
    channel = f"d{qubit}"
    turn = half_turn(gates, qubit)
    wanted = [(turn, IDEAL["sx"], 1.0)]
    if Gate("x", (qubit,)) in gates:
        wanted.append(([Gate("x", (qubit,))], IDEAL["x"], _X_WEIGHT))
    # Ascending: the pulse of the half turn is the weaker one.
    peaks = [_peak(gates, sequence, channel) for sequence, _, _ in wanted]

    def correction(values: RealArray) -> ChannelCorrection:
        own: tuple[Gain, ...] = ()
        if len(values) > 2:
            own = (Gain(peaks[0], complex(values[2], values[3]), float(values[4])), Gain(peaks[1]))
        return ChannelCorrection(float(values[0]), shifts={qubit: float(values[1])}, gains=own)

    def matrices(values: RealArray) -> list[ComplexArray]:
        found = correction(values)
        drive = model.drives[channel]
        changed = Drive(
            found.scale * drive.operator, drive.frequency, values[1] * model.levels[0], found.gains
        )
        trial = dataclasses.replace(model, drives={channel: changed})
        return [gates.matrix(trial, sequence) for sequence, _, _ in wanted]

    def errors(values: RealArray) -> RealArray:
        return np.concatenate(
            [weight * _errors(matrix, ideal) for matrix, (_, ideal, weight) in zip(matrices(values), wanted)]
        )

    best = least_squares(errors, [0.865, 0.0], x_scale=[0.1, 0.01]).x
    agree = min(fidelity(matrix, ideal) for matrix, (_, ideal, _) in zip(matrices(best), wanted))
    if gains and agree < AGREE and len(peaks) > 1 and peaks[0] < peaks[1]:
        phases = np.exp(2j * np.pi * np.arange(_TURNS) / _TURNS)
        starts = [[best[0], best[1], phase.real, phase.imag, 1.0] for phase in phases]
        best = min(
            (least_squares(errors, start, x_scale=[0.1, 0.01, 0.1, 0.1, 0.1]) for start in starts),
            key=lambda found: float(found.cost),
        ).x
    return correction(best)


def _peak(gates: CalibratedGates, sequence: Sequence[Gate], channel: str) -> float:
    """Return the largest modulus of the envelope that gates play on a channel."""
    program, _ = gates.program(sequence)
    return max(float(np.abs(segment.samples).max()) for segment in program.signals[channel])


def ideal_gate(gate: Gate) -> ComplexArray:
    """Return the textbook's matrix of a two-qubit gate, the qubit with the lower number being the most significant digit."""
    matrix = IDEAL[gate.name]
    if gate.qubits[0] < gate.qubits[1]:
        return matrix
    return np.asarray(matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4))


class PairFit:
    """The fit of the control channels of one two-qubit gate.

    Args:
        model: of the two qubits, with corrections of the drive channels alone.
        gates: of the device.
        gate: the gate.
    """

    def __init__(self, model: PulseModel, gates: CalibratedGates, gate: Gate) -> None:
        program, self._phases = gates.program([gate])
        self._model = model
        self._ideal = ideal_gate(gate)
        self._step = program.dt * 1e9 / steps_per_sample(program.dt)
        self._frames = model.to_qubit_frames(program.duration * program.dt * 1e9)
        self.channels = tuple(sorted(channel for channel in program.signals if channel.startswith("u")))
        self._parts: list[Union[Slice, ComplexArray]] = []
        self._others = {
            channel: next(
                other for other in model.drives if other.startswith("d") and self._is_other(channel, other)
            )
            for channel in self.channels
        }
        known = Propagators(model, self._step)
        for part in cut(model, program, 0, program.duration):
            if set(part.channels) & set(self.channels):
                self._parts.append(part)
            elif self._parts and not isinstance(self._parts[-1], Slice):
                self._parts[-1] = known.unitaries([part])[0] @ self._parts[-1]
            else:
                self._parts.append(known.unitaries([part])[0])

    def fit(self) -> dict[str, ChannelCorrection]:
        """Return the corrections of the control channels; none for a gate that plays none."""
        if not self.channels:
            return {}
        candidates = sorted(
            (float(np.sum(self._residuals(start) ** 2)), tuple(start)) for start in self._starts()
        )[:_STARTS]
        ends = [least_squares(self._residuals, start, x_scale=0.1, max_nfev=40) for _, start in candidates]
        best = min(ends, key=lambda end: float(end.cost)).x
        if self._fidelity(best) < _GOOD:
            more = 4 * len(self.channels)
            scale = np.concatenate((np.full(len(best), 0.1), np.full(more, 0.01)))
            begins = [np.concatenate((end.x, np.zeros(more))) for end in ends]
            found = (
                least_squares(self._residuals, begin, x_scale=scale, max_nfev=_TRIALS) for begin in begins
            )
            best = min(found, key=lambda end: float(end.cost)).x
        return self._corrections(best)

    def fidelity(self, corrections: Mapping[str, ChannelCorrection]) -> float:
        """Return the average fidelity of the gate without decay under some corrections of its control channels."""
        return fidelity(self._corrected_matrix(corrections), self._ideal)

    def _fidelity(self, values: RealArray) -> float:
        """Return the average fidelity of the gate with some values of the parameters."""
        return self.fidelity(self._corrections(values))

    def _is_other(self, channel: str, drive: str) -> bool:
        """Tell whether a drive channel plays on the qubit at whose frequency a control channel plays."""
        return bool(abs(self._model.drives[channel].frequency - self._model.drives[drive].frequency) < 1e-9)

    def _starts(self) -> list[RealArray]:
        """Return where the search begins."""
        points = [
            amplitude * np.exp(2j * np.pi * angle / _ANGLES)
            for amplitude in _AMPLITUDES
            for angle in range(_ANGLES)
        ]
        return [np.tile([point.real, point.imag], len(self.channels)) for point in points]

    def _corrections(self, values: RealArray) -> dict[str, ChannelCorrection]:
        """Return what the parameters mean: real and imaginary part of each factor, then two shifts and the crosstalk of each channel."""
        count = len(self.channels)
        extra = values[2 * count :].reshape(-1, 4)
        result: dict[str, ChannelCorrection] = {}
        for place, channel in enumerate(self.channels):
            scale = complex(values[2 * place], values[2 * place + 1])
            if not len(extra):
                result[channel] = ChannelCorrection(scale)
                continue
            first, second = self._model.qubits
            result[channel] = ChannelCorrection(
                scale,
                {self._others[channel]: complex(extra[place, 2], extra[place, 3])},
                {first: float(extra[place, 0]), second: float(extra[place, 1])},
            )
        return result

    def _drives(self, corrections: Mapping[str, ChannelCorrection]) -> Mapping[str, Drive]:
        """Return the drives with corrections of the control channels."""
        model = self._model
        changed = dict(model.drives)
        for channel, correction in corrections.items():
            drive = model.drives[channel]
            operator = correction.scale * drive.operator
            for other, factor in correction.crosstalk.items():
                operator = operator + factor * model.drives[other].operator
            shift = sum(
                (rate * model.levels[model.qubits.index(qubit)] for qubit, rate in correction.shifts.items()),
                np.zeros(model.dimension),
            )
            changed[channel] = Drive(operator, drive.frequency, shift if correction.shifts else None)
        return changed

    def _corrected_matrix(self, corrections: Mapping[str, ChannelCorrection]) -> ComplexArray:
        """Return the gate's matrix under some corrections of its control channels."""
        trial = dataclasses.replace(self._model, drives=self._drives(corrections))
        played = [part for part in self._parts if isinstance(part, Slice)]
        matrices = iter(Propagators(trial, self._step).unitaries(played))
        total = np.eye(self._model.dimension, dtype=complex)
        for part in self._parts:
            total = (next(matrices) if isinstance(part, Slice) else part) @ total
        return mirrored(self._model, self._frames[:, None] * total, self._phases)

    def _residuals(self, values: npt.ArrayLike) -> RealArray:
        """Return the errors of the gate's matrix, and the penalty of shifts and crosstalk."""
        array = np.asarray(values, dtype=float)
        extra = array[2 * len(self.channels) :]
        matrix = self._corrected_matrix(self._corrections(array))
        return np.concatenate((_errors(matrix, self._ideal), _PENALTY / _SMALL * extra))


def _errors(matrix: ComplexArray, ideal: ComplexArray) -> RealArray:
    """Return the errors of the elements of a matrix whose phase does not matter."""
    phase = np.angle(np.trace(ideal.conj().T @ matrix))
    errors = (matrix * np.exp(-1j * phase) - ideal).ravel()
    return np.concatenate((errors.real, errors.imag))


def corrections_document(corrections: Corrections) -> dict[str, Any]:
    """Return the corrections of a device as they stand in the file, with seven significant digits."""
    document: dict[str, Any] = {
        "channels": {channel: _channel_document(value) for channel, value in corrections.channels.items()}
    }
    if corrections.assumed:
        document["assumed"] = dict(corrections.assumed)
    return document


def _channel_document(correction: ChannelCorrection) -> dict[str, Any]:
    """Return the entry of a channel."""
    document: dict[str, Any] = {"scale": _pair(correction.scale)}
    if correction.crosstalk:
        document["crosstalk"] = {channel: _pair(value) for channel, value in correction.crosstalk.items()}
    if correction.shifts:
        document["shifts"] = {str(qubit): float(f"{value:.7g}") for qubit, value in correction.shifts.items()}
    if correction.gains:
        document["gains"] = [
            [float(f"{gain.peak:.7g}"), *_pair(gain.factor), float(f"{gain.shifts:.7g}")]
            for gain in correction.gains
        ]
    return document


def _pair(value: complex) -> list[float]:
    """Return a complex number as it stands in JSON."""
    value = complex(value)
    return [float(f"{value.real:.7g}"), float(f"{value.imag:.7g}")]
