# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits with gates that are defined by pulses: read, and scheduled as late as possible.

The pulses of a gate come with the circuit, or else are the device's own. The rules are those of Qiskit's scheduler: every gate comes as late as
the gates after it allow, measurements that follow each other begin together, and barriers separate what is before from what is after.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_whole
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.instructions import (
    Acquire,
    Delay,
    PulseInstruction,
    PulseInstructionReader,
)
from qiskit_ibmq_provider.service.executor.pulse.pulse_job import PulseJob, PulseJobReader, SampleLimit
from qiskit_ibmq_provider.service.executor.qobj.checks import (
    ExperimentParts,
    InstructionError,
    JobRejected,
    check_qubits,
    json_object,
    reject_instruction,
)
from qiskit_ibmq_provider.service.executor.qobj.device_rules import MAX_MEMORY_SLOTS, DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.operands import read_real

__all__ = ["CIRCUITS", "has_pulse_gates", "read_circuits"]

CIRCUITS: Final = "QASM"
"""The type of a Qobj of circuits."""

_LONGEST_DELAY: Final = 2**40

_NOT_RUN: Final[Mapping[str, str]] = {
    "bfunc": "conditions are not tested where gates are defined by pulses",
    "reset": "a qubit cannot be reset in the middle of a circuit with gates that are defined by pulses",
    "snapshot": "the state of a device cannot be looked at; measure it",
}

_DIGITS: Final = 10
"""Decimals to which the parameters of a gate are compared with those that its pulses are for."""

_MEASURE: Final = "measure"

Key = tuple[str, tuple[int, ...], tuple[float, ...]]


def has_pulse_gates(document: Any) -> bool:
    """Tell whether a payload of circuits defines gates by pulses, for all of its circuits or for one."""
    if not isinstance(document, dict) or document.get("type", CIRCUITS) != CIRCUITS:
        return False
    experiments = document.get("experiments")
    holders = [document, *(experiments if isinstance(experiments, list) else ())]
    return any(_calibrations(holder) for holder in holders)


def read_circuits(
    document: Mapping[str, Any],
    rules: DeviceRules,
    device: PulseDevice,
    limit: SampleLimit,
    *,
    max_experiments: Optional[int] = None,
) -> PulseJob:
    """Return the job that a Qobj document of circuits with pulse gates describes.

    Raises:
        JobRejected: the document cannot be read, or the device does not run it.
    """
    reader = PulseJobReader(document, rules, device, limit)
    common = _read_calibrations(reader.config, reader, "The job")
    shared = _GatePulses(device, reader.instructions, common)
    experiments = []
    for parts in reader.entries(max_experiments):
        own = _read_calibrations(parts.config, reader, parts.where)
        pulses = _GatePulses(device, reader.instructions, {**common, **own}) if own else shared
        blocks = _CircuitBlocks(device, pulses, parts).blocks()
        experiments.append(reader.experiment(parts, _as_late_as_possible(blocks)))
    return reader.job(CIRCUITS, experiments)


@dataclasses.dataclass(frozen=True)
class _Block:
    """Pulse instructions that belong together, counted from their own start, and the qubits that are busy meanwhile."""

    instructions: tuple[PulseInstruction, ...]
    duration: int
    qubits: frozenset[int]

    @classmethod
    def of_gate(cls, instructions: Sequence[PulseInstruction], qubits: Sequence[int]) -> _Block:
        """Return a block of such instructions for a gate on these qubits."""
        # A control channel belongs to the gate; phases that are set on those of neighbours do not make these busy.
        touched = {item.channel.index for item in instructions if item.channel.kind != "u"}
        return cls(
            instructions=tuple(instructions),
            duration=max((item.start + item.duration for item in instructions), default=0),
            qubits=frozenset(touched.union(qubits)),
        )


def _calibrations(holder: Any) -> Any:
    """Return the gates that a job or an experiment defines by pulses, whatever they look like."""
    config = holder.get("config") if isinstance(holder, dict) else None
    calibrations = config.get("calibrations") if isinstance(config, dict) else None
    return calibrations.get("gates") if isinstance(calibrations, dict) else calibrations


def _read_calibrations(config: Mapping[str, Any], reader: PulseJobReader, where: str) -> dict[Key, _Block]:
    """Return the pulses of gates that the configuration of a job or an experiment defines, by name, qubits and parameters."""
    calibrations = config.get("calibrations")
    if calibrations is None:
        return {}
    gates = json_object(calibrations, f"{where}: the field 'calibrations'").get("gates")
    if not isinstance(gates, list):
        raise JobRejected(f"{where}: 'calibrations' has no list 'gates'.")
    device = reader.device
    blocks = {}
    for index, entry in enumerate(gates):
        gate = json_object(entry, f"{where}: entry {index} of 'calibrations'")
        name, qubits = gate.get("name"), gate.get("qubits")
        if not isinstance(name, str) or not isinstance(qubits, list) or not all(map(is_whole, qubits)):
            raise JobRejected(
                f"{where}: entry {index} of 'calibrations' should have a name and a list of qubits."
            )
        place = f"{where}, the pulses of the gate {name!r:.40} on qubits {qubits!r:.40}"
        outside = [qubit for qubit in qubits if qubit >= device.qubits]
        if outside:
            reject_instruction(place, f"there is no qubit {outside[0]}; {device.name} has {device.qubits}")
        pulses = reader.instructions.read(gate.get("instructions"), place)
        try:
            key = (name, tuple(qubits), _parameters(gate.get("params")))
        except InstructionError as err:
            reject_instruction(place, err)
        blocks[key] = _Block.of_gate(pulses, qubits)
    return blocks


class _GatePulses:
    """Finds the pulses of gates: those that came with the circuit, and the device's own for what has no others."""

    def __init__(
        self, device: PulseDevice, reader: PulseInstructionReader, calibrations: Mapping[Key, _Block]
    ) -> None:
        self._device = device
        self._reader = reader
        self._calibrations = calibrations
        self._known: dict[Key, _Block] = {}

    def gate(self, name: str, qubits: Sequence[int], params: Any, where: str) -> _Block:
        """Return the pulses of a gate.

        Raises:
            InstructionError: neither the circuit nor the device has any.
        """
        values = _parameters(params)
        key = (name, tuple(qubits), values)
        block = self._calibrations.get(key) or self._known.get(key)
        if block is not None:
            return block
        sequence = self._device.commands.get((name, tuple(qubits)))
        if sequence is None or name == _MEASURE:
            shown = f" with the parameters {list(values)!r:.60}" if values else ""
            raise InstructionError(
                f"neither the circuit nor {self._device.name} defines pulses for this gate on the qubits {list(qubits)}"
                f"{shown}. Transpile the circuit for this device, or add a calibration for exactly these qubits and parameters"
            )
        block = _Block.of_gate(self._reader.read(list(sequence), where, values=values), qubits)
        self._known[key] = block
        return block

    def measurement(self, slots: Mapping[int, Optional[int]], where: str) -> _Block:
        """Return the pulses that measure some qubits at once, each into its memory slot."""
        instructions = [
            item for qubit, slot in slots.items() for item in self._measure_one(qubit, slot, where)
        ]
        return _Block.of_gate(instructions, list(slots))

    def _measure_one(self, qubit: int, slot: Optional[int], where: str) -> list[PulseInstruction]:
        block = self._calibrations.get((_MEASURE, (qubit,), ()))
        instructions = self._device_measurement(qubit, where) if block is None else block.instructions
        found = [
            dataclasses.replace(item, memory_slot=slot, register_slot=None)
            if isinstance(item, Acquire)
            else item
            for item in instructions
            if not isinstance(item, Acquire) or item.qubit == qubit
        ]
        if not any(isinstance(item, Acquire) for item in found):
            reject_instruction(where, f"{self._device.name} has no pulses to measure qubit {qubit} with")
        return found

    def _device_measurement(self, qubit: int, where: str) -> Sequence[PulseInstruction]:
        """Return the device's own pulses that measure a qubit; its command may be for it alone or for all qubits together."""
        together = next((sorted(group) for group in self._device.measure_groups if qubit in group), [])
        for qubits in (tuple(together), (qubit,)):
            sequence = self._device.commands.get((_MEASURE, qubits))
            if sequence is None:
                continue
            key = (_MEASURE, qubits, ())
            if key not in self._known:
                self._known[key] = _Block.of_gate(self._reader.read(list(sequence), where), qubits)
            measuring = (Channel("m", qubit), Channel("a", qubit))
            return [item for item in self._known[key].instructions if item.channel in measuring]
        return []


def _parameters(params: Any) -> tuple[float, ...]:
    if params is None:
        return ()
    if not isinstance(params, list):
        raise InstructionError(f"'params' should be a list, not {params!r:.60}")
    return tuple(round(read_real(value), _DIGITS) for value in params)


class _CircuitBlocks:
    def __init__(self, device: PulseDevice, pulses: _GatePulses, parts: ExperimentParts) -> None:
        self._device = device
        self._pulses = pulses
        self._parts = parts
        self._measured: dict[int, Optional[int]] = {}
        self._blocks: list[_Block] = []

    def blocks(self) -> list[_Block]:
        """Return the blocks in the order of the circuit."""
        where, instructions = self._parts.where, self._parts.instructions
        if not isinstance(instructions, list):
            raise JobRejected(f"{where} has no list 'instructions'.")
        for index, entry in enumerate(instructions):
            place = f"{where}, instruction {index}"
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                reject_instruction(
                    place, f"an instruction should be a JSON object with a name, not {entry!r:.60}"
                )
            place = f"{place} ({entry['name']!r:.40})"
            try:
                self._read_one(entry, place)
            except InstructionError as err:
                reject_instruction(place, err)
        self._measure()
        return self._blocks

    def _read_one(self, entry: Mapping[str, Any], where: str) -> None:
        name, qubits = entry["name"], entry.get("qubits")
        if name in _NOT_RUN:
            raise InstructionError(_NOT_RUN[name])
        if entry.get("conditional") is not None:
            raise InstructionError(_NOT_RUN["bfunc"])
        if not isinstance(qubits, list) or not qubits:
            raise InstructionError(f"'qubits' should be a list of qubits, not {qubits!r:.60}")
        check_qubits(qubits, self._device.qubits)
        if not self._measured.keys().isdisjoint(qubits):
            self._measure()
        if name == "measure":
            self._measured.update(zip(qubits, _measured_slots(entry.get("memory"), len(qubits))))
        elif name == "barrier":
            self._blocks.append(_Block((), 0, frozenset(qubits)))
        elif name == "delay":
            duration = _delay_duration(entry.get("params"))
            silence = tuple(Delay(0, duration, Channel("d", qubit), where) for qubit in qubits)
            self._blocks.append(_Block(silence, duration, frozenset(qubits)))
        else:
            self._blocks.append(self._pulses.gate(name, qubits, entry.get("params"), where))

    def _measure(self) -> None:
        """Measure, all at once, the qubits that are waiting for it."""
        if self._measured:
            where = f"{self._parts.where}, a measurement"
            self._blocks.append(self._pulses.measurement(self._measured, where))
            self._measured = {}


def _measured_slots(slots: Any, count: int) -> Sequence[Optional[int]]:
    if slots is None:
        return [None] * count
    if not isinstance(slots, list) or len(slots) != count:
        raise InstructionError(
            f"'memory' should list one number for each of its {count} qubits, not {slots!r:.60}"
        )
    for slot in slots:
        if not is_whole(slot, 0, MAX_MEMORY_SLOTS):
            raise InstructionError(
                f"a classical bit should be a number below {MAX_MEMORY_SLOTS}, not {slot!r:.40}"
            )
    return slots


def _delay_duration(params: Any) -> int:
    try:
        duration = read_real(params[0] if isinstance(params, list) and len(params) == 1 else params)
    except InstructionError as err:
        raise InstructionError(f"it takes one number of samples, not {params!r:.60}") from err
    if not 0 <= duration <= _LONGEST_DELAY:
        raise InstructionError(
            f"its duration should be from 0 to {_LONGEST_DELAY} samples, not {duration:.6g}"
        )
    return round(duration)


def _as_late_as_possible(blocks: Sequence[_Block]) -> list[PulseInstruction]:
    """Return the instructions of all blocks, each block as late as those after it allow."""
    # Counted from the end of the circuit towards its start.
    taken: dict[int, int] = {}
    ends: list[int] = []
    for block in reversed(blocks):
        end = max((taken.get(qubit, 0) for qubit in block.qubits), default=0) + block.duration
        taken.update(dict.fromkeys(block.qubits, end))
        ends.append(end)
    total = max(ends, default=0)
    return [
        dataclasses.replace(item, start=item.start + total - end)
        for block, end in zip(blocks, reversed(ends))
        for item in block.instructions
    ]
