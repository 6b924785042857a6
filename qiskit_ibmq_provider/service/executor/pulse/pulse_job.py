# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job that is run by pulses, and reading one from a Qobj of schedules.

What cannot be run is refused with a message that says which experiment, which instruction and which channel it is about.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.instructions import (
    Play,
    PulseInstruction,
    PulseInstructionReader,
)
from qiskit_ibmq_provider.service.executor.pulse.timeline import Timeline, check_frequency, read_timeline
from qiskit_ibmq_provider.service.executor.qobj.checks import (
    ExperimentParts,
    JobRejected,
    read_experiment,
    read_qobj,
)
from qiskit_ibmq_provider.service.executor.qobj.device_rules import MAX_MEMORY_SLOTS, DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.options import (
    KERNELED,
    read_experiments,
    read_measurement,
    read_memory,
    read_seed,
    read_shots,
)

__all__ = [
    "PulseExperiment",
    "PulseJob",
    "PulseJobReader",
    "RunSettings",
    "SCHEDULES",
    "SampleLimit",
    "read_schedules",
]

SCHEDULES: Final = "PULSE"
"""The type of a Qobj of schedules."""

_BYTES: Final = 256
"""Bytes that one sample takes while it is evolved: itself, its Hamiltonian and its step."""

_MOST_POINTS: Final = 2**23
"""Points in the IQ plane in the result of one experiment: about 300 MB as text."""


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """How the experiments of a job are run.

    Attributes:
        shots: of each experiment.
        memory: whether the outcome of each shot is asked for, on level 2.
        level: of measurement, 1 or 2.
        average: on level 1, whether points are averaged over the shots.
        seed: of the random numbers, if one was given.
    """

    shots: int
    memory: bool
    level: int
    average: bool
    seed: Optional[int]

    @classmethod
    def from_config(cls, config: Mapping[str, Any], rules: DeviceRules) -> RunSettings:
        """Read the configuration of a job."""
        level, returned = read_measurement(config, rules)
        for name in ("rep_delay", "rep_time"):
            # Qubits are reset before each shot, so a time between shots has no effect.
            times = config.get(name)
            for item in times if isinstance(times, list) else [0 if times is None else times]:
                if not is_number(item) or item < 0:
                    raise JobRejected(f"{name!r} should be a time in microseconds, not {item!r:.40}.")
        return cls(
            shots=read_shots(config, rules),
            memory=read_memory(config),
            level=level,
            average=returned == "avg",
            seed=read_seed(config),
        )


@dataclasses.dataclass(frozen=True)
class PulseExperiment:
    """One experiment: its header, its timeline and how many memory slots it has. ``where`` names it in messages."""

    header: Mapping[str, Any]
    timeline: Timeline
    slots: int
    where: str


@dataclasses.dataclass(frozen=True)
class PulseJob:
    """All experiments of a job. ``kind`` is ``PULSE`` for schedules and ``QASM`` for circuits with gates defined by pulses."""

    kind: str
    qobj_id: str
    header: Optional[Mapping[str, Any]]
    experiments: list[PulseExperiment]
    settings: RunSettings


class SampleLimit:
    """Counts the samples that the schedules of one job play on drive and control channels, so that a job does not run out of memory."""

    def __init__(self, memory: int) -> None:
        self._limit = max(1, memory // _BYTES)
        self._counted = 0

    def count(self, instructions: Iterable[PulseInstruction], where: str) -> None:
        """Count a schedule. The job is rejected if it plays too much with this one."""
        self._counted += sum(
            item.duration for item in instructions if isinstance(item, Play) and item.channel.moves_qubits
        )
        if self._counted > self._limit:
            raise JobRejected(
                f"{where}: the schedules up to this one play {self._counted} samples on drive and control channels. A worker of this service has "
                f"memory for {self._limit} samples in one job. Use shorter pulses, or send the schedules in several jobs.",
                ErrorCode.TOO_MANY_EXPERIMENTS,
            )


class PulseJobReader:
    """Reads what schedules and circuits with gates that are defined by pulses have in common.

    Attributes:
        config: of the job.
        settings: how it is run.
        instructions: reads pulse instructions, with the pulses of the job and of the device.
    """

    def __init__(
        self, document: Mapping[str, Any], rules: DeviceRules, device: PulseDevice, limit: SampleLimit
    ) -> None:
        self._document = document
        self._rules = rules
        self._parts = read_qobj(document)
        self._limit = limit
        self.device = device
        self.config = self._parts.config
        self.settings = RunSettings.from_config(self.config, rules)
        self.instructions = PulseInstructionReader(device, {**device.library, **_read_library(self.config)})

    def entries(self, max_experiments: Optional[int]) -> Iterator[ExperimentParts]:
        """Yield the experiments of the job, with their instructions still unread."""
        for index, entry in enumerate(read_experiments(self._document, self._rules, max_experiments)):
            yield read_experiment(index, entry)

    def experiment(self, parts: ExperimentParts, instructions: Sequence[PulseInstruction]) -> PulseExperiment:
        """Return an experiment with such instructions."""
        drives = self._drives(parts)
        self._limit.count(instructions, parts.where)
        timeline = read_timeline(self.device, instructions, parts.where, drives)
        slots = self._slots(parts, timeline)
        return PulseExperiment(parts.header, timeline, slots, parts.where)

    def job(self, kind: str, experiments: list[PulseExperiment]) -> PulseJob:
        """Return the job with such experiments."""
        return PulseJob(kind, self._parts.qobj_id, self._parts.header, experiments, self.settings)

    def _drives(self, parts: ExperimentParts) -> tuple[float, ...]:
        """Return the frequency in GHz of each qubit's drive at the start of an experiment: its own, the job's or the calibrated one."""
        sources = (parts.config, self.config)
        for source in sources:
            self._check_frequencies(source, "meas_lo_freq", parts.where)
        for source in sources:
            self._check_frequencies(source, "qubit_lo_freq", parts.where)
            frequencies = source.get("qubit_lo_freq")
            if frequencies is not None:
                for qubit, frequency in enumerate(frequencies):
                    where = f"{parts.where}: 'qubit_lo_freq'"
                    check_frequency(self.device, Channel("d", qubit), frequency, where)
                return tuple(map(float, frequencies))
        return self.device.frequencies

    def _check_frequencies(self, source: Mapping[str, Any], name: str, where: str) -> None:
        values, count = source.get(name), self.device.qubits
        if values is not None and not (
            isinstance(values, list) and len(values) == count and all(map(is_number, values))
        ):
            raise JobRejected(
                f"{where}: {name!r} should list a frequency in GHz for each of the {count} qubits of {self.device.name}, not {values!r:.80}."
            )

    def _slots(self, parts: ExperimentParts, timeline: Timeline) -> int:
        used = max(
            (item.memory_slot + 1 for item in timeline.acquisitions if item.memory_slot is not None),
            default=0,
        )
        given = (source.get("memory_slots") for source in (parts.config, parts.header, self.config))
        slots = next((value for value in given if value is not None), used)
        if not is_whole(slots, 0, MAX_MEMORY_SLOTS + 1):
            raise JobRejected(
                f"{parts.where}: 'memory_slots' should be a number from 0 to {MAX_MEMORY_SLOTS}, not {slots!r:.40}."
            )
        if slots < used:
            raise JobRejected(
                f"{parts.where} acquires into memory slot {used - 1}, but has {slots} memory slots, numbered from 0.",
                ErrorCode.INVALID_INSTRUCTION,
            )
        settings = self.settings
        if settings.level == KERNELED and not settings.average and slots * settings.shots > _MOST_POINTS:
            raise JobRejected(
                f"{parts.where} would return {slots} memory slots of {settings.shots} shots as points in the IQ plane, more than the "
                f"{_MOST_POINTS} that one experiment may. Use fewer shots or slots, or meas_return='avg'."
            )
        return int(slots)


def read_schedules(
    document: Mapping[str, Any],
    rules: DeviceRules,
    device: PulseDevice,
    limit: SampleLimit,
    *,
    max_experiments: Optional[int] = None,
) -> PulseJob:
    """Return the job that a Qobj document of schedules describes.

    Raises:
        JobRejected: the document cannot be read, or the device does not run it.
    """
    reader = PulseJobReader(document, rules, device, limit)
    experiments = [
        reader.experiment(parts, reader.instructions.read(parts.instructions, parts.where))
        for parts in reader.entries(max_experiments)
    ]
    return reader.job(SCHEDULES, experiments)


def _read_library(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sampled pulses of a payload by name, their samples still as they came."""
    pulses = config.get("pulse_library") or []
    if not isinstance(pulses, list):
        raise JobRejected(f"'pulse_library' should be a list of pulses, not {type(pulses).__name__}.")
    library = {}
    for index, pulse in enumerate(pulses):
        if not isinstance(pulse, dict) or not isinstance(pulse.get("name"), str):
            raise JobRejected(
                f"Entry {index} of 'pulse_library' should be a JSON object with a name and samples."
            )
        library[pulse["name"]] = pulse.get("samples")
    return library
