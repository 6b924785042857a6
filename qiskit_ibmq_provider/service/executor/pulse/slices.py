# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Cutting a program into slices in which the same channels play.

A slice is idle, flat (one value per channel for its whole length) or sampled (one value per channel and step). The evolution over an idle or a
flat slice is one matrix, however long it is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from qiskit_ibmq_provider.service.executor.pulse.corrections import gain_at
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import ComplexArray, PulseProgram, RealArray

__all__ = ["SLICE", "Slice", "cut", "steps_per_sample"]

SLICE: Final = 16
"""Steps of a sampled slice at most: between slices the qubits decay, and the decay must be fine against the turns that a pulse makes."""

_FLAT: Final = 24
"""Equal steps that are worth a slice of their own."""

_TURN: Final = 1.0
"""Radians that a flat slice may turn a qubit by, for the same reason."""

_STEP: Final = 0.25
"""The longest step in ns. Carriers of different qubits turn against each other by up to two radians per ns."""

_SAME: Final = 1e-9
"""Carriers that differ by less, in rad/ns, are the same."""


@dataclasses.dataclass(frozen=True)
class Slice:
    """A part of a program.

    Attributes:
        start: its first step.
        length: how many steps it has.
        channels: what plays.
        values: the envelopes, of shape ``(channels, length)``, or ``(channels, 1)`` if they are constant, in the frame that turns at
            ``frame``.
        frame: rad/ns.
        phase: what ``values`` have to be multiplied by, as an angle.
        shifts: the factor of each channel's shift of the energies; nothing where all are 1.
    """

    start: int
    length: int
    channels: tuple[str, ...]
    values: ComplexArray
    frame: float
    phase: float
    shifts: tuple[float, ...] = ()

    @property
    def flat(self) -> bool:
        """Whether the values are constant."""
        return len(self.values.T) < self.length


def steps_per_sample(dt: float) -> int:
    """Return into how many steps a sample of ``dt`` seconds is divided."""
    return max(1, math.ceil(dt * 1e9 / _STEP - 1e-9))


def cut(model: PulseModel, program: PulseProgram, start: int, stop: int) -> Iterator[Slice]:
    """Yield the slices of a program from one sample to another. Channels that do not act on the qubits of the model are left out."""
    signals = {
        channel: program.signals[channel] for channel in sorted(program.signals) if channel in model.drives
    }
    gains = {
        channel: [
            gain_at(model.drives[channel].gains, float(np.abs(segment.samples).max(initial=0.0)))
            for segment in segments
        ]
        for channel, segments in signals.items()
        if model.drives[channel].gains
    }
    marks = {start, stop}
    for segments in signals.values():
        for segment in segments:
            marks.update(mark for mark in (segment.start, segment.stop) if start < mark < stop)
    borders = sorted(marks)
    steps = steps_per_sample(program.dt)
    step = program.dt * 1e9 / steps
    cursors = dict.fromkeys(signals, 0)
    for begin, end in zip(borders, borders[1:]):
        playing: dict[str, ComplexArray] = {}
        shifts: dict[str, float] = {}
        for channel, segments in signals.items():
            while cursors[channel] < len(segments) and segments[cursors[channel]].stop <= begin:
                cursors[channel] += 1
            if cursors[channel] < len(segments) and segments[cursors[channel]].start <= begin:
                segment = segments[cursors[channel]]
                playing[channel] = segment.samples[begin - segment.start : end - segment.start]
                if channel in gains:
                    gain = gains[channel][cursors[channel]]
                    playing[channel] = playing[channel] * gain.factor
                    shifts[channel] = gain.shifts
        for part in _interval(model, playing, begin * steps, (end - begin) * steps, steps, step):
            own = tuple(shifts.get(channel, 1.0) for channel in part.channels) if shifts else ()
            yield dataclasses.replace(part, shifts=own) if own else part


def _interval(
    model: PulseModel, playing: Mapping[str, ComplexArray], start: int, length: int, steps: int, step: float
) -> Iterator[Slice]:
    """Yield the slices of a part of a program in which the same channels play."""
    channels = tuple(channel for channel, samples in playing.items() if np.any(samples))
    if not channels:
        yield Slice(start, length, (), np.empty((0, 1), dtype=complex), float(model.frequencies[0]), 0.0)
        return
    values = np.array([np.repeat(playing[channel], steps) for channel in channels])
    carriers = np.array([model.drives[channel].frequency for channel in channels])
    frame = float(carriers[0])
    turning = carriers - frame
    if np.any(np.abs(turning) > _SAME):
        middles = (np.arange(start, start + length) + 0.5) * step
        # The mean of the carrier over a step, which is what the first order of the Magnus expansion takes.
        values = values * (
            np.sinc(turning * step / (2 * math.pi))[:, None] * np.exp(1j * np.outer(turning, middles))
        )
    strength = sum(2 * float(np.abs(model.drives[channel].operator).max()) for channel in channels) * step
    # The common phase of each slice is taken out, so that pulses that differ in nothing else are computed once.
    for begin, end, flat in _runs(values):
        if flat:
            peak = float(np.abs(values[:, begin]).max())
            size = max(SLICE, int(_TURN / max(strength * peak, 1e-12)))
            parts, phases = _without_phase(values[:, begin : begin + 1], 1)
            for first in range(begin, end, size):
                yield Slice(start + first, min(size, end - first), channels, parts, frame, float(phases[0]))
        else:
            turned, phases = _without_phase(values[:, begin:end], SLICE)
            for number, first in enumerate(range(0, end - begin, SLICE)):
                part = turned[:, first : first + SLICE]
                yield Slice(
                    start + begin + first, part.shape[1], channels, part, frame, float(phases[number])
                )


def _without_phase(values: ComplexArray, size: int) -> tuple[ComplexArray, RealArray]:
    """Return values turned so that the largest of each slice is real, rounded to hide how they came about, and by how much each was turned."""
    length = values.shape[1]
    count = -(-length // size)
    padded = np.zeros((len(values), count * size), dtype=complex)
    padded[:, :length] = values
    blocks = padded.reshape(len(values), count, size).transpose(1, 0, 2).reshape(count, -1)
    phases = np.angle(blocks[np.arange(count), np.abs(blocks).argmax(axis=1)])
    turned = values * np.exp(-1j * np.repeat(phases, size))[:length]
    return np.round(turned, 12), phases


def _runs(values: ComplexArray) -> Sequence[tuple[int, int, bool]]:
    """Return where values are constant for long and where not, as first step, first step after, and whether constant."""
    length = values.shape[1]
    changes = np.flatnonzero(np.any(values[:, 1:] != values[:, :-1], axis=0)) + 1
    borders = np.concatenate(([0], changes, [length]))
    runs: list[tuple[int, int, bool]] = []
    done = 0
    for index in np.flatnonzero(np.diff(borders) >= _FLAT):
        begin, end = int(borders[index]), int(borders[index + 1])
        if begin > done:
            runs.append((done, begin, False))
        runs.append((begin, end, True))
        done = end
    if done < length:
        runs.append((done, length, False))
    return runs
