# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From pulse instructions to signals: what each channel plays when, with phases and frequencies multiplied in, and when qubits are measured."""

from __future__ import annotations

import cmath
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, Optional

import numpy as np

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition, Segment
from qiskit_ibmq_provider.service.executor.pulse.steps import Acquire, Delay, Frame, Play, Step
from qiskit_ibmq_provider.service.executor.refusal import Refusal

__all__ = ["Timeline", "channel_signals", "check_frequency", "read_timeline"]

_SAME: Final = 1e-12
"""GHz below which two frequencies are one; they were divided and multiplied by 1e9 on their way."""

_RANGE_SLACK: Final = 1e-6
"""GHz by which a frequency may be outside of a range, by rounding."""

Signals = Mapping[str, tuple[Segment, ...]]


@dataclasses.dataclass(frozen=True)
class Timeline:
    """A schedule, ready to be run: signals of drive and control channels, and acquisitions in the order of their start."""

    signals: Signals
    acquisitions: tuple[Acquisition, ...]
    steps: int

    @property
    def qubits(self) -> frozenset[int]:
        """The qubits that are driven by a channel of their own, or measured."""
        driven = {int(name[1:]) for name in self.signals if name.startswith("d")}
        return frozenset(driven.union(item.qubit for item in self.acquisitions))


def read_timeline(
    device: PulseDevice, steps: Sequence[Step], where: str, drives: Optional[Sequence[float]] = None
) -> Timeline:
    """Return the timeline of a schedule.

    Args:
        device: the device.
        steps: the instructions, in the order in which they came.
        where: the schedule, to begin messages with.
        drives: GHz of the drive of each qubit at the start; the calibrated ones by default.

    Raises:
        Refusal: instructions overlap that cannot, or a channel is tuned out of its range. The message names instruction and channel.
    """
    acquires = [step for step in steps if isinstance(step, Acquire)]
    _check_acquires(device, acquires)
    signals, _ = channel_signals(device, steps, drives)
    measures = _plays_by_channel(step for step in steps if _channel_kind(step) == "m")
    acquisitions = [
        Acquisition(
            qubit=step.qubit,
            start=_instant(step, measures.get(f"m{step.qubit}", ())),
            duration=step.duration,
            memory_slot=step.memory_slot,
            register_slot=step.register_slot,
        )
        for step in acquires
    ]
    return Timeline(
        signals=signals,
        acquisitions=tuple(sorted(acquisitions, key=lambda item: (item.start, item.qubit))),
        steps=len(steps),
    )


def channel_signals(
    device: PulseDevice, steps: Sequence[Step], drives: Optional[Sequence[float]] = None
) -> tuple[dict[str, tuple[Segment, ...]], dict[str, float]]:
    """Return what drive and control channels play, and the phase in radians that each is left with.

    Args:
        device: the device.
        steps: the instructions.
        drives: GHz of the drive of each qubit at the start; the calibrated ones by default.

    Raises:
        Refusal: pulses overlap, or a channel is tuned out of its range.
    """
    signals: dict[str, tuple[Segment, ...]] = {}
    phases: dict[str, float] = {}
    for channel, timed in _by_channel(steps).items():
        line = _ChannelLine(device, channel, device.frequencies if drives is None else drives)
        segments = [segment for step in timed for segment in line.follow(step)]
        if segments:
            signals[channel.name] = tuple(segments)
        if channel.moves_qubits:
            phases[channel.name] = line.phase
    return signals, phases


def check_frequency(device: PulseDevice, channel: Channel, frequency: float, where: str) -> None:
    """Check that a drive or control channel can be tuned to a frequency in GHz.

    Raises:
        Refusal: it cannot.
    """
    low, high = device.range(channel)
    if not low - _RANGE_SLACK <= frequency <= high + _RANGE_SLACK:
        raise Refusal(
            f"{where}: {channel.name} of {device.name} can be tuned from {low:.6f} to {high:.6f} GHz, not to {frequency:.6g} GHz.",
            ErrorCode.INVALID_INSTRUCTION,
        )


class _ChannelLine:
    """Follows the instructions of one channel in time, with its phase and frequency."""

    def __init__(self, device: PulseDevice, channel: Channel, drives: Sequence[float]) -> None:
        self._device = device
        self._channel = channel
        self._free = 0
        self.phase = 0.0
        if channel.moves_qubits:
            self._calibrated = device.frequency(channel, device.frequencies)
            self._offset = device.frequency(channel, drives) - self._calibrated
        # Turns by which the carrier is ahead: its phase does not jump where its frequency does.
        self._ahead = 0.0

    def follow(self, step: Step) -> list[Segment]:
        """Take the next instruction; return what it plays."""
        if isinstance(step, Frame):
            if self._channel.moves_qubits:
                self._turn(step)
            return []
        if not isinstance(step, Play):
            return []
        if step.start < self._free:
            _refuse(step, f"{self._channel.name} still plays another pulse until sample {self._free}")
        self._free = step.start + step.duration
        if not self._channel.moves_qubits:
            return []
        samples = step.pulse.samples() * cmath.exp(1j * self.phase)
        if abs(self._offset) > _SAME or self._ahead:
            middles = np.arange(step.start, step.start + step.duration) + 0.5
            samples = samples * np.exp(
                2j * math.pi * (self._offset * self._device.dt * middles + self._ahead)
            )
        return [Segment(step.start, samples)] if samples.any() else []

    def _turn(self, step: Frame) -> None:
        """Change phase or frequency."""
        if step.kind == "fc":
            self.phase += step.value
            return
        if step.kind == "setp":
            self.phase = step.value
            return
        offset = self._offset + step.value if step.kind == "shiftf" else step.value - self._calibrated
        check_frequency(self._device, self._channel, self._calibrated + offset, step.where)
        self._ahead += (self._offset - offset) * self._device.dt * step.start
        self._offset = offset


def _by_channel(steps: Iterable[Step]) -> dict[Channel, list[Step]]:
    """Return the instructions of each channel in time. Where several begin at once, those without duration come first."""
    channels: dict[Channel, list[Step]] = {}
    for step in steps:
        if not isinstance(step, (Acquire, Delay)):
            channels.setdefault(step.channel, []).append(step)
    for timed in channels.values():
        timed.sort(key=lambda step: (step.start, step.duration > 0))
    return channels


def _plays_by_channel(steps: Iterable[Step]) -> dict[str, list[Play]]:
    """Return the pulses of each channel in time."""
    return {
        channel.name: [step for step in timed if isinstance(step, Play)]
        for channel, timed in _by_channel(steps).items()
    }


def _channel_kind(step: Step) -> str:
    return step.channel.kind


def _instant(step: Acquire, pulses: Sequence[Play]) -> int:
    """Return when a measured qubit collapses: when its measure pulse begins, or when it is listened to where there is no such pulse."""
    for pulse in pulses:
        if pulse.start < step.start + step.duration and step.start < pulse.start + pulse.duration:
            return pulse.start
    return step.start


def _check_acquires(device: PulseDevice, acquires: Sequence[Acquire]) -> None:
    """Refuse to listen to a qubit twice at once, or differently to qubits that are read out together."""
    groups = {qubit: group for group in device.measure_groups for qubit in group}
    ordered = sorted(acquires, key=lambda step: step.start)
    last: dict[frozenset[int], Acquire] = {}
    listened: dict[int, int] = {}
    for step in ordered:
        if step.start < listened.get(step.qubit, 0):
            _refuse(step, f"qubit {step.qubit} is still being acquired until sample {listened[step.qubit]}")
        listened[step.qubit] = step.start + step.duration
        group = groups.get(step.qubit, frozenset((step.qubit,)))
        before = last.get(group)
        alike = before is not None and (before.start, before.duration) == (step.start, step.duration)
        if before is not None and not alike and step.start < before.start + before.duration:
            _refuse(
                step,
                f"the qubits {before.qubit} and {step.qubit} are read out together ('meas_map'), so acquisitions of them that overlap "
                "should begin and end together",
            )
        last[group] = step


def _refuse(step: Step, problem: str) -> NoReturn:
    raise Refusal(f"{step.where}: {problem}.", ErrorCode.INVALID_INSTRUCTION)
