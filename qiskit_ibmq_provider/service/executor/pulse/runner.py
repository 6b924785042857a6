# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running a job by pulses, from the payload to the Result document: read it, take its schedules apart, see how long they take, solve them."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.pulse.device import PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.model import MAX_QUBITS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.pulse_gates import has_pulse_gates, read_circuits
from qiskit_ibmq_provider.service.executor.pulse.pulse_job import (
    SCHEDULES,
    PulseJob,
    SampleLimit,
    read_schedules,
)
from qiskit_ibmq_provider.service.executor.pulse.qubit_groups import QubitGroup, QubitGroups
from qiskit_ibmq_provider.service.executor.pulse.results import (
    GroupOutcome,
    experiment_result,
    pulse_provenance,
    solver_metadata,
)
from qiskit_ibmq_provider.service.executor.pulse.solver import estimate, evolve
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected, read_qobj
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.options import check_option_names
from qiskit_ibmq_provider.service.executor.readout import Readout
from qiskit_ibmq_provider.service.executor.recently_used import RecentlyUsed
from qiskit_ibmq_provider.service.executor.result_document import job_summary, result_document

__all__ = ["DeviceDocuments", "MAX_SECONDS", "PulseRunner", "runs_by_pulses"]

MAX_SECONDS: Final = 900.0
"""How long the schedules of one job may take to simulate, by the estimate before it starts."""

_SEED_BITS: Final = 53
"""Bits of a seed that we choose: as many as every JSON reader keeps."""

_DEVICES_KEPT: Final = 8
"""Devices whose couplings a worker remembers."""

_MODELS_KEPT: Final = 64
"""Groups of qubits whose models a worker remembers."""


@dataclasses.dataclass(frozen=True)
class DeviceDocuments:
    """A device as the catalogue has it, with the calibration that a job runs with. ``generation`` tells one state of the catalogue from another."""

    configuration: Mapping[str, Any]
    defaults: Optional[Mapping[str, Any]]
    properties: Optional[Mapping[str, Any]]
    generation: int = 0

    @property
    def calibrated(self) -> Optional[str]:
        """The date of the calibration."""
        return None if self.properties is None else self.properties["last_update_date"]


def runs_by_pulses(payload: Any) -> bool:
    """Tell whether a payload holds schedules, or circuits with gates that are defined by pulses."""
    return isinstance(payload, dict) and (payload.get("type") == SCHEDULES or has_pulse_gates(payload))


@dataclasses.dataclass(frozen=True)
class _Part:
    experiment: int
    group: QubitGroup


class PulseRunner:
    """Runs jobs by pulses, one after the other, and remembers the devices. One serves all jobs of a worker process."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._groups = RecentlyUsed[QubitGroups](_DEVICES_KEPT)
        self._models = RecentlyUsed[PulseModel](_MODELS_KEPT)

    def run(
        self,
        task: Task,
        rules: DeviceRules,
        documents: DeviceDocuments,
        payload: Mapping[str, Any],
        *,
        max_experiments: Optional[int] = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read and run a job for which :func:`runs_by_pulses` holds; return its Result document, and what the job shows of it.

        Raises:
            JobRejected: the job cannot be read, the device does not run it, or it would take too long.
        """
        check_option_names(read_qobj(payload).config, rules)
        device = PulseDevice.from_documents(documents.configuration, documents.defaults)
        read = read_schedules if payload.get("type") == SCHEDULES else read_circuits
        job = read(payload, rules, device, SampleLimit(self._memory), max_experiments=max_experiments)
        begin = time.monotonic()
        outcomes, models = self._solve(job, documents, min(task.time_limit, MAX_SECONDS))
        seed = secrets.randbits(_SEED_BITS) if job.settings.seed is None else job.settings.seed
        readout = Readout.from_properties(rules.name, documents.properties, rules.qubits)
        provenance = pulse_provenance(documents.calibrated)
        results = [
            experiment_result(experiment, groups, job.settings, readout, provenance, [seed, index])
            for index, (experiment, groups) in enumerate(zip(job.experiments, outcomes))
        ]
        document = result_document(
            task,
            rules,
            results,
            qobj_id=job.qobj_id,
            header=job.header,
            metadata={**provenance.of_result(rules), "pulse": solver_metadata(models)},
            time_taken=time.monotonic() - begin,
        )
        return document, _summary(job, rules, documents)

    def _solve(
        self, job: PulseJob, documents: DeviceDocuments, limit: float
    ) -> tuple[list[list[GroupOutcome]], list[PulseModel]]:
        """Return the groups of each experiment, evolved, and the models of all groups. Those on the same qubits are evolved together."""
        key = (documents.configuration["backend_name"], documents.generation)
        groups = self._groups.get(key, lambda: QubitGroups(documents.configuration))
        parts = [
            _Part(index, group)
            for index, experiment in enumerate(job.experiments)
            for group in groups.of_timeline(experiment.timeline, experiment.where)
        ]
        models = {
            qubits: self._model(documents, qubits)
            for qubits in sorted({part.group.program.qubits for part in parts})
        }
        _check_time(parts, models, job, limit)
        outcomes: list[list[GroupOutcome]] = [[] for _ in job.experiments]
        for qubits, model in models.items():
            own = [part for part in parts if part.group.program.qubits == qubits]
            for part, joint in zip(own, evolve(model, [part.group.program for part in own])):
                outcomes[part.experiment].append(GroupOutcome(qubits, joint, part.group.indices))
        return outcomes, list(models.values())

    def _model(self, documents: DeviceDocuments, qubits: tuple[int, ...]) -> PulseModel:
        configuration, defaults = documents.configuration, documents.defaults or {}
        return self._models.get(
            (configuration["backend_name"], documents.generation, documents.calibrated, qubits),
            lambda: PulseModel.from_device(configuration, documents.properties, defaults, qubits),
        )


def _check_time(
    parts: Sequence[_Part], models: Mapping[tuple[int, ...], PulseModel], job: PulseJob, limit: float
) -> None:
    seconds = [estimate(models[part.group.program.qubits], part.group.program) for part in parts]
    if sum(seconds) <= limit:
        return
    worst = max(range(len(parts)), key=seconds.__getitem__)
    program = parts[worst].group.program
    raise JobRejected(
        f"The simulation of this job would take about {sum(seconds):.0f} s, but at most {limit:.0f} s are allowed. "
        f"{job.experiments[parts[worst].experiment].where} takes the longest, {seconds[worst]:.0f} s, with {len(program.qubits)} coupled qubits "
        f"and {program.duration} samples. Use fewer or shorter schedules, or fewer coupled qubits "
        f"(at most {MAX_QUBITS}).",
        ErrorCode.TIME_LIMIT,
    )


def _summary(job: PulseJob, rules: DeviceRules, documents: DeviceDocuments) -> dict[str, Any]:
    timelines = [experiment.timeline for experiment in job.experiments]
    return job_summary(
        circuits=len(timelines),
        gates=sum(timeline.instructions for timeline in timelines),
        qubits_used=max(len(timeline.qubits) for timeline in timelines),
        config={
            "type": job.kind,
            "shots": job.settings.shots,
            "n_qubits": rules.qubits,
            "memory_slots": max(experiment.slots for experiment in job.experiments),
        },
        calibrated=documents.calibrated,
    )
