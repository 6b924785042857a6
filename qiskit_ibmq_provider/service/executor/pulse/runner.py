# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running a job by pulses: evolve its schedules, draw the shots, write the Result document."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.pulse.components import Component, Structure
from qiskit_ibmq_provider.service.executor.pulse.evolve import estimate, evolve
from qiskit_ibmq_provider.service.executor.pulse.job import PulseExperiment, PulseJob
from qiskit_ibmq_provider.service.executor.pulse.model import LEVELS, MAX_QUBITS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.outcomes import (
    CLASSIFIED,
    counted,
    draw_levels,
    kerneled,
)
from qiskit_ibmq_provider.service.executor.pulse.readout import Readout
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules
from qiskit_ibmq_provider.version import __version__

__all__ = ["DeviceDocuments", "MAX_SECONDS", "PulseRunner"]

MAX_SECONDS: Final = 900.0
"""How long the schedules of one job may take to simulate, by the estimate before it starts."""

_COMPUTED_BY: Final = f"pulse solver of qiskit-ibmq-provider {__version__}"
"""What computes these results."""

_SEED_BITS: Final = 53
"""Bits of a seed that we choose: as many as every JSON reader keeps."""

_STRUCTURES_KEPT: Final = 8
"""Devices whose couplings a worker remembers."""

_MODELS_KEPT: Final = 64
"""Groups of qubits whose models a worker remembers."""

FloatArray = npt.NDArray[np.float64]


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
        joints = _evolved(parts, models, len(job.experiments))
        readout = Readout.from_properties(rules.name, documents.properties, rules.qubits)
        seed = secrets.randbits(_SEED_BITS) if job.settings.seed is None else job.settings.seed
        results = [
            _result(
                index,
                experiment,
                joints[index],
                job,
                readout,
                seed,
                metadata={
                    **_origin(documents),
                    "evolved_together": [
                        list(part.component.program.qubits) for part in parts if part.experiment == index
                    ],
                },
            )
            for index, experiment in enumerate(job.experiments)
        ]
        document: dict[str, Any] = {
            "backend_name": rules.name,
            "backend_version": rules.version,
            "qobj_id": job.qobj_id,
            "job_id": task.job_id,
            "success": True,
            "status": "COMPLETED",
            "date": format_utc(utc_now()),
            "time_taken": time.monotonic() - begin,
            "results": results,
            "metadata": _provenance(rules, documents, list(models.values())),
        }
        if job.header is not None:
            document["header"] = job.header
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
) -> list[list[tuple[FloatArray, Sequence[int]]]]:
    """Evolve all parts, those on the same qubits together; return the joint probabilities of each experiment's groups."""
    joints: list[list[tuple[FloatArray, Sequence[int]]]] = [[] for _ in range(experiments)]
    for qubits, model in models.items():
        own = [part for part in parts if part.component.program.qubits == qubits]
        for part, joint in zip(own, evolve(model, [part.component.program for part in own])):
            joints[part.experiment].append((joint, part.component.indices))
    return joints


def _result(
    index: int,
    experiment: PulseExperiment,
    joints: Sequence[tuple[FloatArray, Sequence[int]]],
    job: PulseJob,
    readout: Readout,
    seed: int,
    *,
    metadata: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result of one experiment."""
    settings = job.settings
    rng = np.random.default_rng([seed, index])
    acquisitions = experiment.timeline.acquisitions
    levels = draw_levels(joints, len(acquisitions), settings.shots, rng)
    data: Mapping[str, Any] = {}
    if not any(item.memory_slot is not None for item in acquisitions):
        pass
    elif settings.level == CLASSIFIED:
        data = counted(levels, acquisitions, readout, experiment.slots, rng, memory=settings.memory)
    else:
        data = kerneled(levels, acquisitions, readout, experiment.slots, rng, average=settings.average)
    result: dict[str, Any] = {
        "shots": settings.shots,
        "success": True,
        "status": "DONE",
        "meas_level": settings.level,
        "header": experiment.header,
        "data": data,
        "seed_simulator": seed,
        "metadata": {"method": "pulse", **metadata},
    }
    if settings.level != CLASSIFIED:
        result["meas_return"] = "avg" if settings.average else "single"
    return result


def _origin(documents: DeviceDocuments) -> dict[str, Any]:
    """Return what the ``metadata`` of each experiment says of its origin: it may be kept without the result around it."""
    told: dict[str, Any] = {
        "computed_by": _COMPUTED_BY,
        "noise_source": "none" if documents.calibrated is None else "calibration",
    }
    if documents.calibrated is not None:
        told["calibration_date"] = documents.calibrated
    return told


def _provenance(
    rules: DeviceRules, documents: DeviceDocuments, models: Sequence[PulseModel]
) -> dict[str, Any]:
    """Return the ``metadata`` of a result: that it was simulated, how, and from which calibration."""
    told: dict[str, Any] = {
        "simulated": True,
        "computed_by": _COMPUTED_BY,
        "noise": "none" if documents.calibrated is None else "calibration",
        "pulse": {"solver": f"rotating frame, {LEVELS} levels a qubit, one step for each sample or shorter"},
    }
    if models:
        told["pulse"]["drives"] = (
            "corrected to reproduce the calibrated gates"
            if all(model.corrected for model in models)
            else "as in the Hamiltonian; they may not reproduce the calibrated gates"
        )
    if documents.calibrated is not None:
        told["calibration"] = {"backend_name": rules.name, "last_update_date": documents.calibrated}
    return told
