# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Pulse instructions, each read from the wire and held against the device.

The same instructions come in schedules, in the pulses of a circuit's own gates and in the commands of a device.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional, Union

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit.pulse.parser import parse_string_expr

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.waveforms import (
    AMPLITUDE_SLACK,
    MAX_PULSE,
    Waveform,
    read_complex,
    read_waveform,
)
from qiskit_ibmq_provider.service.executor.qobj.checks import (
    InstructionError,
    JobRejected,
    reject_instruction,
)
from qiskit_ibmq_provider.service.executor.qobj.device_rules import MAX_MEMORY_SLOTS

__all__ = ["Acquire", "Delay", "Frame", "Play", "PulseInstruction", "PulseInstructionReader"]

_LATEST: Final = 2**40
"""The last sample on which anything can happen: about four minutes at 0.22 ns a sample."""

_FRAMES: Final[Mapping[str, str]] = {
    "fc": "phase",
    "setf": "frequency",
    "setp": "phase",
    "shiftf": "frequency",
}
"""Instructions without duration, with the field that holds their value."""


@dataclasses.dataclass(frozen=True)
class Play:
    """A pulse on a channel. ``where`` names it in messages."""

    start: int
    channel: Channel
    pulse: Waveform
    where: str

    @property
    def duration(self) -> int:
        """Samples."""
        return self.pulse.duration


@dataclasses.dataclass(frozen=True)
class Frame:
    """A change of phase (``fc`` by, ``setp`` to; radians) or of frequency (``shiftf`` by, ``setf`` to; GHz) of a channel."""

    start: int
    channel: Channel
    kind: str
    value: float
    where: str
    duration: int = 0


@dataclasses.dataclass(frozen=True)
class Delay:
    """Silence on a channel."""

    start: int
    duration: int
    channel: Channel
    where: str


@dataclasses.dataclass(frozen=True)
class Acquire:
    """A measurement of one qubit, and where its outcome goes."""

    start: int
    duration: int
    qubit: int
    memory_slot: Optional[int]
    register_slot: Optional[int]
    where: str

    @property
    def channel(self) -> Channel:
        """The qubit's acquire channel."""
        return Channel("a", self.qubit)


PulseInstruction = Union[Acquire, Delay, Frame, Play]


class PulseInstructionReader:
    """Reads pulse instructions for a device, with the samples of named pulses."""

    def __init__(self, device: PulseDevice, library: Mapping[str, Any]) -> None:
        self._device = device
        self._library = library
        self._sampled: dict[str, Waveform] = {}

    def read(
        self,
        entries: Any,
        where: str,
        *,
        values: Optional[Sequence[float]] = None,
    ) -> list[PulseInstruction]:
        """Read a sequence of instructions. ``values`` are those of the parameters ``P0``, ``P1`` and so on of a command.

        Raises:
            JobRejected: one of them is none, or the device does not have what it needs. The message names it.
        """
        if not isinstance(entries, list):
            raise JobRejected(f"{where} has no list of instructions.", ErrorCode.INVALID_INSTRUCTION)
        read: list[PulseInstruction] = []
        for index, entry in enumerate(entries):
            place = f"{where}, instruction {index}"
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                reject_instruction(
                    place, f"an instruction should be a JSON object with a name, not {entry!r:.60}"
                )
            shown = entry.get("pulse_shape") if entry["name"] == "parametric_pulse" else entry["name"]
            place = f"{place} ({shown!r:.40}{_on(entry)})"
            try:
                read.extend(self._read_one(entry, place, values))
            except InstructionError as err:
                reject_instruction(place, err)
        return read

    def _read_one(
        self, entry: Mapping[str, Any], where: str, values: Optional[Sequence[float]]
    ) -> list[PulseInstruction]:
        """Read one instruction; an acquisition of several qubits is several of one qubit."""
        name = entry["name"]
        if entry.get("conditional") is not None:
            raise InstructionError(
                "it depends on a condition, which the devices of this service cannot test during a schedule"
            )
        if name == "snapshot":
            raise InstructionError("the state of a device cannot be looked at during a schedule; measure it")
        start = _whole(entry.get("t0"), "t0", 0, _LATEST)
        if name == "acquire":
            return self._acquire(entry, start, where)
        channel = self._device.channel(entry.get("ch"))
        if name == "delay":
            return [Delay(start, _whole(entry.get("duration"), "duration", 0, _LATEST), channel, where)]
        if channel.kind == "a":
            raise InstructionError("nothing can be played on an acquire channel")
        if name in _FRAMES:
            value = _frame_value(entry.get(_FRAMES[name]), _FRAMES[name], values)
            return [Frame(start, channel, name, value, where)]
        if name == "parametric_pulse":
            return [
                Play(start, channel, read_waveform(entry.get("pulse_shape"), entry.get("parameters")), where)
            ]
        return [Play(start, channel, self._sampled_pulse(name), where)]

    def _acquire(self, entry: Mapping[str, Any], start: int, where: str) -> list[PulseInstruction]:
        duration = _whole(entry.get("duration"), "duration", 1, _LATEST)
        qubits = entry.get("qubits")
        if not isinstance(qubits, list) or not qubits:
            raise InstructionError(f"'qubits' should be a list of qubits, not {qubits!r:.60}")
        slots = {key: _slots(entry, key, len(qubits)) for key in ("memory_slot", "register_slot")}
        for qubit in qubits:
            _whole(qubit, "qubits", 0, self._device.qubits - 1)
        if len(set(qubits)) < len(qubits):
            raise InstructionError(f"it names a qubit twice: {qubits!r:.60}")
        for key in ("kernels", "discriminators"):
            processors = entry.get(key)
            if processors is not None and not (
                isinstance(processors, list) and all(isinstance(item, dict) for item in processors)
            ):
                raise InstructionError(f"{key!r} should be a list of JSON objects, not {processors!r:.60}")
        return [
            Acquire(
                start,
                duration,
                qubit,
                None if slots["memory_slot"] is None else slots["memory_slot"][position],
                None if slots["register_slot"] is None else slots["register_slot"][position],
                where,
            )
            for position, qubit in enumerate(qubits)
        ]

    def _sampled_pulse(self, name: str) -> Waveform:
        if name not in self._sampled:
            if name not in self._library:
                raise InstructionError(
                    "this is no instruction, and there is no pulse of this name in 'pulse_library'"
                )
            self._sampled[name] = _read_samples(self._library[name])
        return self._sampled[name]


def _on(entry: Mapping[str, Any]) -> str:
    """Return on what an instruction acts, for messages."""
    if entry.get("ch") is not None:
        return f" on {entry['ch']!s:.20}"
    return f" on qubits {entry['qubits']!r:.40}" if entry.get("qubits") is not None else ""


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not is_whole(value, least, most + 1):
        raise InstructionError(f"{name!r} should be a whole number from {least} to {most}, not {value!r:.40}")
    return int(value)


def _slots(entry: Mapping[str, Any], key: str, qubits: int) -> Optional[list[int]]:
    slots = entry.get(key)
    if not slots:
        return None
    if not isinstance(slots, list) or len(slots) != qubits:
        raise InstructionError(
            f"{key!r} should list one slot for each of its {qubits} qubits, not {slots!r:.60}"
        )
    return [_whole(slot, key, 0, MAX_MEMORY_SLOTS - 1) for slot in slots]


def _frame_value(value: Any, field: str, values: Optional[Sequence[float]]) -> float:
    """Return a phase or frequency; in commands it may be a formula of their parameters."""
    if isinstance(value, str) and values is not None:
        try:
            # The parameters of a command are named by their position.
            formula = parse_string_expr(value)
            value = formula(**{name: values[int(name[1:])] for name in formula.params})
        except (QiskitError, ValueError, IndexError) as err:
            raise InstructionError(
                f"{field!r} is no formula of {len(values)} parameters: {value!r:.40}"
            ) from err
        value = value.real if isinstance(value, complex) else value
    if isinstance(value, list) and len(value) == 2 and value[1] == 0:
        value = value[0]
    if not is_number(value):
        raise InstructionError(f"{field!r} should be a number, not {value!r:.60}")
    if field == "phase":
        return math.remainder(value, 2 * math.pi)
    return float(value)


def _read_samples(samples: Any) -> Waveform:
    if not isinstance(samples, list) or not 1 <= len(samples) <= MAX_PULSE:
        raise InstructionError(f"its samples in 'pulse_library' should be a list of 1 to {MAX_PULSE} numbers")
    try:
        pairs = np.array(samples, dtype=float)
    except (TypeError, ValueError, OverflowError):
        pairs = np.empty(0)
    if pairs.shape == (len(samples), 2):
        values = pairs[:, 0] + 1j * pairs[:, 1]
    else:
        values = np.array([read_complex(sample, "a sample in 'pulse_library'") for sample in samples])
    if not np.all(np.isfinite(values)):
        raise InstructionError("its samples in 'pulse_library' are not all finite numbers")
    highest = float(np.abs(values).max())
    if highest > 1 + AMPLITUDE_SLACK:
        raise InstructionError(f"its largest sample is {highest:.6g}, but a device plays at most 1")
    values.flags.writeable = False
    return Waveform(len(values), lambda: values)
