# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running a job by pulses: take its schedules apart, see how long they take, evolve them."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.pulse.components import Component, Structure
from qiskit_ibmq_provider.service.executor.pulse.evolve import estimate, evolve
from qiskit_ibmq_provider.service.executor.pulse.job import PulseJob
from qiskit_ibmq_provider.service.executor.pulse.model import MAX_QUBITS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.results import DeviceDocuments, GroupOutcome, result_document
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = ["MAX_SECONDS", "PulseRunner"]

MAX_SECONDS: Final = 900.0
"""How long the schedules of one job may take to simulate, by the estimate before it starts."""

_SEED_BITS: Final = 53
"""Bits of a seed that we choose: as many as every JSON reader keeps."""

_STRUCTURES_KEPT: Final = 8
"""Devices whose couplings a worker remembers."""

_MODELS_KEPT: Final = 64
"""Groups of qubits whose models a worker remembers."""


@dataclasses.dataclass(frozen=True)
class _Part:
    """A group of qubits of one experiment."""

    experiment: int
    component: Component


class PulseRunner:
    """Runs jobs by pulses and remembers the devices. One serves all jobs of a worker process."""

    def __init__(self) -> None:
        self._structures: OrderedDict[tuple[str, int], Structure] = OrderedDict()
        self._models: OrderedDict[tuple[Any, ...], PulseModel] = OrderedDict()

    def run(
        self, task: Task, rules: DeviceRules, documents: DeviceDocuments, job: PulseJob
    ) -> dict[str, Any]:
        """Run all experiments of a job and return the Result document.

        Args:
            task: the job's id and its limit of time.
            rules: what the device accepts.
            documents: the device.
            job: the job as it was read.

        Raises:
            Refusal: an experiment has too many coupled qubits, or the job would take too long.
        """
        begin = time.monotonic()
        structure = self._structure(documents)
        parts = [
            _Part(index, component)
            for index, experiment in enumerate(job.experiments)
            for component in structure.components(experiment.timeline, experiment.where)
        ]
        models = {
            qubits: self._model(documents, qubits)
            for qubits in sorted({part.component.program.qubits for part in parts})
        }
        self._check_time(parts, models, job, min(task.time_limit, MAX_SECONDS))
        outcomes = _evolved(parts, models, len(job.experiments))
        seed = secrets.randbits(_SEED_BITS) if job.settings.seed is None else job.settings.seed
        document = result_document(task, rules, documents, job, outcomes, list(models.values()), seed=seed)
        document["time_taken"] = time.monotonic() - begin
        return document

    def _structure(self, documents: DeviceDocuments) -> Structure:
        """Return how the qubits of a device are coupled, from memory if it was used lately."""
        key = (documents.configuration["backend_name"], documents.generation)
        structure = self._structures.pop(key, None) or Structure(documents.configuration)
        while len(self._structures) >= _STRUCTURES_KEPT:
            self._structures.popitem(last=False)
        self._structures[key] = structure
        return structure

    def _model(self, documents: DeviceDocuments, qubits: tuple[int, ...]) -> PulseModel:
        """Return the model of some qubits of a device, from memory if it was used lately."""
        key = (documents.configuration["backend_name"], documents.generation, documents.calibrated, qubits)
        model = self._models.pop(key, None)
        if model is None:
            model = PulseModel.from_device(
                documents.configuration, documents.properties, documents.defaults or {}, qubits
            )
        while len(self._models) >= _MODELS_KEPT:
            self._models.popitem(last=False)
        self._models[key] = model
        return model

    @staticmethod
    def _check_time(
        parts: Sequence[_Part], models: Mapping[tuple[int, ...], PulseModel], job: PulseJob, limit: float
    ) -> None:
        """Refuse a job that would take too long."""
        seconds = [estimate(models[part.component.program.qubits], part.component.program) for part in parts]
        if sum(seconds) <= limit:
            return
        worst = max(range(len(parts)), key=seconds.__getitem__)
        count = len(parts[worst].component.program.qubits)
        raise Refusal(
            f"The simulation of this job would take about {sum(seconds):.0f} s, but at most {limit:.0f} s are allowed. "
            f"{job.experiments[parts[worst].experiment].where} takes the longest, {seconds[worst]:.0f} s, with {count} coupled qubits "
            f"and {parts[worst].component.program.duration} samples. Use fewer or shorter schedules, or fewer coupled qubits "
            f"(at most {MAX_QUBITS}).",
            ErrorCode.TIME_LIMIT,
        )


def _evolved(
    parts: Sequence[_Part], models: Mapping[tuple[int, ...], PulseModel], experiments: int
) -> list[list[GroupOutcome]]:
    """Evolve all parts, those on the same qubits together; return the groups of each experiment."""
    outcomes: list[list[GroupOutcome]] = [[] for _ in range(experiments)]
    for qubits, model in models.items():
        own = [part for part in parts if part.component.program.qubits == qubits]
        for part, joint in zip(own, evolve(model, [part.component.program for part in own])):
            outcomes[part.experiment].append(GroupOutcome(qubits, joint, part.component.indices))
    return outcomes
