# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From pulse instructions to signals: what each channel plays when, with phases and frequencies multiplied in, and when qubits are measured."""

from __future__ import annotations

import cmath
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Optional

import numpy as np

from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.instructions import (
    Acquire,
    Delay,
    Frame,
    Play,
    PulseInstruction,
)
from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition, Segment
from qiskit_ibmq_provider.service.executor.qobj.checks import reject_instruction

__all__ = ["Timeline", "channel_signals", "check_frequency", "read_timeline"]

_SAME: Final = 1e-12
"""GHz below which two frequencies are one; they were divided and multiplied by 1e9 on their way."""

_RANGE_SLACK: Final = 1e-6
"""GHz by which a frequency may be outside of a range, by rounding."""

Signals = Mapping[str, tuple[Segment, ...]]


@dataclasses.dataclass(frozen=True)
class Timeline:
    """A schedule, ready to be run: signals of drive and control channels, and acquisitions in the order of their start.

    ``instructions`` is how many instructions it was made of.
    """

    signals: Signals
    acquisitions: tuple[Acquisition, ...]
    instructions: int

    @property
    def qubits(self) -> frozenset[int]:
        """The qubits that are driven by a channel of their own, or measured."""
        driven = {int(name[1:]) for name in self.signals if name.startswith("d")}
        return frozenset(driven.union(item.qubit for item in self.acquisitions))


def read_timeline(
    device: PulseDevice,
    instructions: Sequence[PulseInstruction],
    where: str,
    drives: Optional[Sequence[float]] = None,
) -> Timeline:
    """Return the timeline of a schedule, whose drives start at such frequencies in GHz, or else at the calibrated ones.

    Raises:
        JobRejected: instructions overlap that cannot, or a channel is tuned out of its range. The message names instruction and channel.
    """
    acquires = [item for item in instructions if isinstance(item, Acquire)]
    _check_acquires(device, acquires)
    signals, _ = channel_signals(device, instructions, drives)
    measured = _by_channel(
        item for item in instructions if isinstance(item, Play) and item.channel.kind == "m"
    )
    acquisitions = [
        Acquisition(
            qubit=item.qubit,
            start=_instant(item, measured.get(Channel("m", item.qubit), ())),
            duration=item.duration,
            memory_slot=item.memory_slot,
            register_slot=item.register_slot,
        )
        for item in acquires
    ]
    return Timeline(
        signals=signals,
        acquisitions=tuple(sorted(acquisitions, key=lambda found: (found.start, found.qubit))),
        instructions=len(instructions),
    )


def channel_signals(
    device: PulseDevice, instructions: Sequence[PulseInstruction], drives: Optional[Sequence[float]] = None
) -> tuple[dict[str, tuple[Segment, ...]], dict[str, float]]:
    """Return what drive and control channels play, and the phase in radians that each is left with."""
    signals: dict[str, tuple[Segment, ...]] = {}
    phases: dict[str, float] = {}
    for channel, timed in _by_channel(instructions).items():
        line = _ChannelLine(device, channel, device.frequencies if drives is None else drives)
        segments = [segment for item in timed for segment in line.follow(item)]
        if segments:
            signals[channel.name] = tuple(segments)
        if channel.moves_qubits:
            phases[channel.name] = line.phase
    return signals, phases


def check_frequency(device: PulseDevice, channel: Channel, frequency: float, where: str) -> None:
    """Refuse a frequency in GHz to which a drive or control channel cannot be tuned."""
    low, high = device.range(channel)
    if not low - _RANGE_SLACK <= frequency <= high + _RANGE_SLACK:
        reject_instruction(
            where,
            f"{channel.name} of {device.name} can be tuned from {low:.6f} to {high:.6f} GHz, not to {frequency:.6g} GHz",
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

    def follow(self, item: PulseInstruction) -> list[Segment]:
        """Take the next instruction; return what it plays."""
        if isinstance(item, Frame):
            if self._channel.moves_qubits:
                self._turn(item)
            return []
        if not isinstance(item, Play):
            return []
        if item.start < self._free:
            reject_instruction(
                item.where, f"{self._channel.name} still plays another pulse until sample {self._free}"
            )
        self._free = item.start + item.duration
        if not self._channel.moves_qubits:
            return []
        samples = item.pulse.samples() * cmath.exp(1j * self.phase)
        if abs(self._offset) > _SAME or self._ahead:
            middles = np.arange(item.start, item.start + item.duration) + 0.5
            samples = samples * np.exp(
                2j * math.pi * (self._offset * self._device.dt * middles + self._ahead)
            )
        return [Segment(item.start, samples)] if samples.any() else []

    def _turn(self, item: Frame) -> None:
        if item.kind == "fc":
            self.phase += item.value
            return
        if item.kind == "setp":
            self.phase = item.value
            return
        offset = self._offset + item.value if item.kind == "shiftf" else item.value - self._calibrated
        check_frequency(self._device, self._channel, self._calibrated + offset, item.where)
        self._ahead += (self._offset - offset) * self._device.dt * item.start
        self._offset = offset


def _by_channel(instructions: Iterable[PulseInstruction]) -> dict[Channel, list[PulseInstruction]]:
    """Return the instructions of each channel in time. Where several begin at once, those without duration come first."""
    channels: dict[Channel, list[PulseInstruction]] = {}
    for item in instructions:
        if not isinstance(item, (Acquire, Delay)):
            channels.setdefault(item.channel, []).append(item)
    for timed in channels.values():
        timed.sort(key=lambda item: (item.start, item.duration > 0))
    return channels


def _instant(item: Acquire, pulses: Sequence[PulseInstruction]) -> int:
    """Return when a measured qubit collapses: when its measure pulse begins, or when it is listened to where there is no such pulse."""
    for pulse in pulses:
        if pulse.start < item.start + item.duration and item.start < pulse.start + pulse.duration:
            return pulse.start
    return item.start


def _check_acquires(device: PulseDevice, acquires: Sequence[Acquire]) -> None:
    """Refuse to listen to a qubit twice at once, or differently to qubits that are read out together."""
    groups = {qubit: group for group in device.measure_groups for qubit in group}
    ordered = sorted(acquires, key=lambda item: item.start)
    last: dict[frozenset[int], Acquire] = {}
    listened: dict[int, int] = {}
    for item in ordered:
        if item.start < listened.get(item.qubit, 0):
            reject_instruction(
                item.where, f"qubit {item.qubit} is still being acquired until sample {listened[item.qubit]}"
            )
        listened[item.qubit] = item.start + item.duration
        group = groups.get(item.qubit, frozenset((item.qubit,)))
        before = last.get(group)
        alike = before is not None and (before.start, before.duration) == (item.start, item.duration)
        if before is not None and not alike and item.start < before.start + before.duration:
            reject_instruction(
                item.where,
                f"the qubits {before.qubit} and {item.qubit} are read out together ('meas_map'), so acquisitions of them that overlap "
                "should begin and end together",
            )
        last[group] = item
