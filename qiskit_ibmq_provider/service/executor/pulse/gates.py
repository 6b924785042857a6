# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The pulses of gates: those that come with a circuit, and else the device's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.operands import OperandError, read_real
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.steps import Acquire, Step, StepReader
from qiskit_ibmq_provider.service.executor.qobj_head import json_object
from qiskit_ibmq_provider.service.executor.refusal import Refusal

__all__ = ["Block", "GatePulses", "read_calibrations"]

_DIGITS: Final = 10
"""Decimals to which the parameters of a gate are compared with those that its pulses are for."""

_MEASURE: Final = "measure"

Key = tuple[str, tuple[int, ...], tuple[float, ...]]


@dataclasses.dataclass(frozen=True)
class Block:
    """Pulse instructions that belong together, counted from their own start, and the qubits that are busy meanwhile."""

    steps: tuple[Step, ...]
    duration: int
    qubits: frozenset[int]

    @classmethod
    def from_steps(cls, steps: Sequence[Step], qubits: Sequence[int]) -> Block:
        """Return a block of such instructions for a gate on these qubits."""
        # A control channel belongs to the gate; phases that are set on those of neighbours do not make these busy.
        touched = {step.channel.index for step in steps if step.channel.kind != "u"}
        return cls(
            steps=tuple(steps),
            duration=max((step.start + step.duration for step in steps), default=0),
            qubits=frozenset(touched.union(qubits)),
        )


def read_calibrations(
    config: Mapping[str, Any], reader: StepReader, device: PulseDevice, where: str
) -> dict[Key, Block]:
    """Return the pulses of gates that a configuration defines, by name, qubits and parameters.

    Args:
        config: of a job or of one of its experiments.
        reader: of pulse instructions.
        device: the device.
        where: whose configuration it is, to begin messages with.

    Raises:
        Refusal: they cannot be read.
    """
    calibrations = config.get("calibrations")
    if calibrations is None:
        return {}
    gates = json_object(calibrations, f"{where}: the field 'calibrations'").get("gates")
    if not isinstance(gates, list):
        raise Refusal(f"{where}: 'calibrations' has no list 'gates'.")
    blocks = {}
    for index, entry in enumerate(gates):
        gate = json_object(entry, f"{where}: entry {index} of 'calibrations'")
        name, qubits = gate.get("name"), gate.get("qubits")
        if not isinstance(name, str) or not isinstance(qubits, list) or not all(map(_is_index, qubits)):
            raise Refusal(
                f"{where}: entry {index} of 'calibrations' should have a name and a list of qubits."
            )
        place = f"{where}, the pulses of the gate {name!r:.40} on qubits {qubits!r:.40}"
        outside = [qubit for qubit in qubits if qubit >= device.qubits]
        if outside:
            raise Refusal(
                f"{place}: there is no qubit {outside[0]}; {device.name} has {device.qubits}.",
                ErrorCode.INVALID_INSTRUCTION,
            )
        steps = reader.read(gate.get("instructions"), place)
        blocks[name, tuple(qubits), _parameters(gate.get("params"), place)] = Block.from_steps(steps, qubits)
    return blocks


class GatePulses:
    """Finds the pulses of gates.

    Args:
        device: whose own pulses are taken for what has no others.
        reader: of pulse instructions.
        calibrations: pulses that came with the circuit.
    """

    def __init__(self, device: PulseDevice, reader: StepReader, calibrations: Mapping[Key, Block]) -> None:
        self._device = device
        self._reader = reader
        self._calibrations = calibrations
        self._known: dict[Key, Block] = {}

    def gate(self, name: str, qubits: Sequence[int], params: Any, where: str) -> Block:
        """Return the pulses of a gate.

        Raises:
            Refusal: neither the circuit nor the device has any.
        """
        values = _parameters(params, where)
        key = (name, tuple(qubits), tuple(round(value, _DIGITS) for value in values))
        block = self._calibrations.get(key) or self._known.get(key)
        if block is not None:
            return block
        sequence = self._device.commands.get((name, tuple(qubits)))
        if sequence is None or name == _MEASURE:
            raise Refusal(
                f"{where}: neither the circuit nor {self._device.name} defines pulses for this gate on the qubits {list(qubits)}"
                f"{_with(values)}. Transpile the circuit for this device, or add a calibration for exactly these qubits and parameters.",
                ErrorCode.INVALID_INSTRUCTION,
            )
        block = Block.from_steps(self._reader.read(list(sequence), where, values=values), qubits)
        self._known[key] = block
        return block

    def measurement(self, slots: Mapping[int, Optional[int]], where: str) -> Block:
        """Return the pulses that measure some qubits at once.

        Args:
            slots: the memory slot of each qubit.
            where: the instruction, to begin messages with.

        Raises:
            Refusal: a qubit cannot be measured.
        """
        steps: list[Step] = []
        for qubit, slot in slots.items():
            steps.extend(self._measure_one(qubit, slot, where))
        return Block.from_steps(steps, list(slots))

    def _measure_one(self, qubit: int, slot: Optional[int], where: str) -> list[Step]:
        """Return the pulses that measure one qubit; the device's command may be for it alone or for all together."""
        block = self._calibrations.get((_MEASURE, (qubit,), ()))
        steps = self._device_measurement(qubit, where) if block is None else block.steps
        found = [
            dataclasses.replace(step, memory_slot=slot, register_slot=None)
            if isinstance(step, Acquire)
            else step
            for step in steps
            if not isinstance(step, Acquire) or step.qubit == qubit
        ]
        if not any(isinstance(step, Acquire) for step in found):
            raise Refusal(
                f"{where}: {self._device.name} has no pulses to measure qubit {qubit} with.",
                ErrorCode.INVALID_INSTRUCTION,
            )
        return found

    def _device_measurement(self, qubit: int, where: str) -> list[Step]:
        """Return the device's own pulses that measure a qubit; its command may be for all qubits together."""
        together = next((sorted(group) for group in self._device.measure_groups if qubit in group), [])
        for qubits in (tuple(together), (qubit,)):
            sequence = self._device.commands.get((_MEASURE, qubits))
            if sequence is None:
                continue
            key = (_MEASURE, qubits, ())
            if key not in self._known:
                self._known[key] = Block.from_steps(self._reader.read(list(sequence), where), qubits)
            return [step for step in self._known[key].steps if step.channel in _measuring(qubit)]
        return []


def _measuring(qubit: int) -> tuple[Channel, Channel]:
    """Return the channels that measure a qubit."""
    return Channel("m", qubit), Channel("a", qubit)


def _parameters(params: Any, where: str) -> tuple[float, ...]:
    """Return the parameters of a gate, rounded."""
    if params is None:
        return ()
    if not isinstance(params, list):
        raise Refusal(
            f"{where}: 'params' should be a list, not {params!r:.60}.", ErrorCode.INVALID_INSTRUCTION
        )
    try:
        return tuple(round(read_real(value), _DIGITS) for value in params)
    except OperandError as err:
        raise Refusal(f"{where}: it {err}.", ErrorCode.INVALID_INSTRUCTION) from err


def _with(values: Sequence[float]) -> str:
    return f" with the parameters {list(values)!r:.60}" if values else ""


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
