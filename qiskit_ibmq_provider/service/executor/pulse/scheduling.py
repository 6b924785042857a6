# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits with gates that are defined by pulses: read, and scheduled as late as possible.

The rules are those of Qiskit's scheduler: every gate comes as late as the gates after it allow, measurements that follow each other begin
together, and barriers separate what is before from what is after.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.operands import OperandError, read_real
from qiskit_ibmq_provider.service.executor.pulse.budget import SampleBudget
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.gates import Block, GatePulses, read_calibrations
from qiskit_ibmq_provider.service.executor.pulse.job import PulseExperiment, PulseJob, RunSettings
from qiskit_ibmq_provider.service.executor.pulse.reader import read_library, slots_used
from qiskit_ibmq_provider.service.executor.pulse.settings import read_drives, read_settings, read_slots
from qiskit_ibmq_provider.service.executor.pulse.steps import Delay, Step, StepReader
from qiskit_ibmq_provider.service.executor.pulse.timeline import read_timeline
from qiskit_ibmq_provider.service.executor.qobj_head import experiment_place, json_object, read_experiments
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import MAX_MEMORY_SLOTS, DeviceRules

__all__ = ["CIRCUITS", "has_pulse_gates", "read_circuits"]

CIRCUITS: Final = "QASM"
"""The type of a Qobj of circuits."""

_LONGEST_DELAY: Final = 2**40

_NOT_RUN: Final[Mapping[str, str]] = {
    "bfunc": "conditions are not tested where gates are defined by pulses",
    "reset": "a qubit cannot be reset in the middle of a circuit with gates that are defined by pulses",
    "snapshot": "the state of a device cannot be looked at; measure it",
}


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
    budget: SampleBudget,
    *,
    max_experiments: Optional[int] = None,
) -> PulseJob:
    """Return the job that a Qobj document of circuits with pulse gates describes.

    Args:
        document: the decoded payload.
        rules: what the device accepts.
        device: what it offers to schedules.
        budget: how much the job may play.
        max_experiments: the service's own limit of circuits, if it is lower than the device's.

    Raises:
        Refusal: the document cannot be read, or the device does not run it.
    """
    config = json_object(document.get("config") or {}, "The field 'config' of the payload")
    settings = read_settings(config, rules)
    reader = StepReader(device, {**device.library, **read_library(config)})
    common = read_calibrations(config, reader, device, "The job")
    shared = GatePulses(device, reader, common)
    experiments = [
        _experiment(index, entry, config, settings, _Shared(device, reader, common, shared, budget))
        for index, entry in enumerate(read_experiments(document, rules, max_experiments))
    ]
    header = document.get("header")
    qobj_id = document.get("qobj_id")
    return PulseJob(
        kind=CIRCUITS,
        qobj_id=qobj_id if isinstance(qobj_id, str) else "",
        header=header if isinstance(header, dict) else None,
        experiments=experiments,
        settings=settings,
    )


@dataclasses.dataclass(frozen=True)
class _Shared:
    """What the circuits of a job have in common."""

    device: PulseDevice
    reader: StepReader
    calibrations: Mapping[Any, Block]
    pulses: GatePulses
    budget: SampleBudget


def _calibrations(holder: Any) -> Any:
    """Return the gates that a job or an experiment defines by pulses, whatever they look like."""
    config = holder.get("config") if isinstance(holder, dict) else None
    calibrations = config.get("calibrations") if isinstance(config, dict) else None
    return calibrations.get("gates") if isinstance(calibrations, dict) else calibrations


def _experiment(
    index: int, entry: Any, job_config: Mapping[str, Any], settings: RunSettings, shared: _Shared
) -> PulseExperiment:
    """Read and schedule one circuit."""
    experiment = json_object(entry, f"Experiment {index}")
    header = json_object(experiment.get("header") or {}, f"The header of experiment {index}")
    where = experiment_place(index, header)
    config = json_object(experiment.get("config") or {}, f"{where}: the field 'config'")
    own = read_calibrations(config, shared.reader, shared.device, where)
    pulses = (
        GatePulses(shared.device, shared.reader, {**shared.calibrations, **own}) if own else shared.pulses
    )
    instructions = experiment.get("instructions")
    if not isinstance(instructions, list):
        raise Refusal(f"{where} has no list 'instructions'.")
    blocks = _Blocks(shared.device, pulses, where).read(instructions)
    drives = read_drives(config, job_config, shared.device, where)
    steps = _as_late_as_possible(blocks)
    shared.budget.take(steps, where)
    timeline = read_timeline(shared.device, steps, where, drives)
    slots = read_slots((config, header, job_config), slots_used(timeline), settings, where)
    return PulseExperiment(header=header, timeline=timeline, slots=slots, where=where)


class _Blocks:
    """Turns the instructions of a circuit into blocks of pulses."""

    def __init__(self, device: PulseDevice, pulses: GatePulses, where: str) -> None:
        self._device = device
        self._pulses = pulses
        self._where = where
        self._measured: dict[int, Optional[int]] = {}
        self._blocks: list[Block] = []

    def read(self, instructions: Sequence[Any]) -> list[Block]:
        """Return the blocks in the order of the circuit."""
        for index, entry in enumerate(instructions):
            place = f"{self._where}, instruction {index}"
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                _refuse(place, f"an instruction should be a JSON object with a name, not {entry!r:.60}")
            self._read_one(entry, f"{place} ({entry['name']!r:.40})")
        self._measure()
        return self._blocks

    def _read_one(self, entry: Mapping[str, Any], where: str) -> None:
        """Read one instruction."""
        name = entry["name"]
        if name in _NOT_RUN:
            _refuse(where, _NOT_RUN[name])
        if entry.get("conditional") is not None:
            _refuse(where, _NOT_RUN["bfunc"])
        qubits = self._qubits(entry.get("qubits"), where)
        if not self._measured.keys().isdisjoint(qubits):
            self._measure()
        if name == "measure":
            self._measured.update(zip(qubits, self._slots(entry.get("memory"), len(qubits), where)))
        elif name == "barrier":
            self._blocks.append(Block((), 0, frozenset(qubits)))
        elif name == "delay":
            self._blocks.append(self._delay(entry, qubits, where))
        else:
            self._blocks.append(self._pulses.gate(name, qubits, entry.get("params"), where))

    def _measure(self) -> None:
        """Measure, all at once, the qubits that are waiting for it."""
        if self._measured:
            self._blocks.append(self._pulses.measurement(self._measured, f"{self._where}, a measurement"))
            self._measured = {}

    def _qubits(self, qubits: Any, where: str) -> list[int]:
        """Check the qubits of an instruction."""
        if not isinstance(qubits, list) or not qubits:
            _refuse(where, f"'qubits' should be a list of qubits, not {qubits!r:.60}")
        for qubit in qubits:
            if isinstance(qubit, bool) or not isinstance(qubit, int) or not 0 <= qubit < self._device.qubits:
                _refuse(
                    where,
                    f"its qubits should be numbers from 0 to {self._device.qubits - 1}, not {qubit!r:.40}",
                )
        if len(set(qubits)) < len(qubits):
            _refuse(where, f"it names a qubit twice: {qubits!r:.60}")
        return list(qubits)

    @staticmethod
    def _slots(slots: Any, count: int, where: str) -> list[Optional[int]]:
        """Check where the outcomes of a measurement go."""
        if slots is None:
            return [None] * count
        if not isinstance(slots, list) or len(slots) != count:
            _refuse(
                where, f"'memory' should list one number for each of its {count} qubits, not {slots!r:.60}"
            )
        for slot in slots:
            if isinstance(slot, bool) or not isinstance(slot, int) or not 0 <= slot < MAX_MEMORY_SLOTS:
                _refuse(
                    where, f"a classical bit should be a number below {MAX_MEMORY_SLOTS}, not {slot!r:.40}"
                )
        return list(slots)

    @staticmethod
    def _delay(entry: Mapping[str, Any], qubits: Sequence[int], where: str) -> Block:
        """Return a delay, which is given in samples."""
        params = entry.get("params")
        try:
            duration = read_real(params[0] if isinstance(params, list) and len(params) == 1 else params)
        except OperandError:
            _refuse(where, f"it takes one number of samples, not {params!r:.60}")
        if not 0 <= duration <= _LONGEST_DELAY:
            _refuse(where, f"its duration should be from 0 to {_LONGEST_DELAY} samples, not {duration:.6g}")
        steps = tuple(Delay(0, round(duration), Channel("d", qubit), where) for qubit in qubits)
        return Block(steps, round(duration), frozenset(qubits))


def _as_late_as_possible(blocks: Sequence[Block]) -> list[Step]:
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
        dataclasses.replace(step, start=step.start + total - end)
        for block, end in zip(blocks, reversed(ends))
        for step in block.steps
    ]


def _refuse(where: str, problem: str) -> NoReturn:
    raise Refusal(f"{where}: {problem}.", ErrorCode.INVALID_INSTRUCTION)
