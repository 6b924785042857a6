# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The Result document of a job that was run by pulses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.pulse.job import PulseExperiment, PulseJob
from qiskit_ibmq_provider.service.executor.pulse.model import LEVELS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.outcomes import counted, draw_levels, kerneled
from qiskit_ibmq_provider.service.executor.pulse.readout import Readout
from qiskit_ibmq_provider.service.executor.qobj_head import CLASSIFIED
from qiskit_ibmq_provider.service.executor.rules import DeviceRules
from qiskit_ibmq_provider.version import __version__

__all__ = ["DeviceDocuments", "GroupOutcome", "result_document"]

_COMPUTED_BY: Final = f"pulse solver of qiskit-ibmq-provider {__version__}"
"""What computes these results."""

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
class GroupOutcome:
    """What the evolution of a group of coupled qubits gave.

    Attributes:
        qubits: the group.
        joint: the probabilities of the levels that its acquisitions find, an axis of length 3 for each of them.
        indices: which acquisitions of the schedule these are.
    """

    qubits: tuple[int, ...]
    joint: FloatArray
    indices: tuple[int, ...]


def result_document(
    task: Task,
    rules: DeviceRules,
    documents: DeviceDocuments,
    job: PulseJob,
    outcomes: Sequence[Sequence[GroupOutcome]],
    models: Sequence[PulseModel],
    *,
    seed: int,
) -> dict[str, Any]:
    """Draw the shots of a job and return its Result document.

    Args:
        task: the job's id.
        rules: what the device accepts.
        documents: the device.
        job: the job as it was read.
        outcomes: the groups of each experiment.
        models: of all groups.
        seed: of the random numbers.
    """
    readout = Readout.from_properties(rules.name, documents.properties, rules.qubits)
    document: dict[str, Any] = {
        "backend_name": rules.name,
        "backend_version": rules.version,
        "qobj_id": job.qobj_id,
        "job_id": task.job_id,
        "success": True,
        "status": "COMPLETED",
        "date": format_utc(utc_now()),
        "results": [
            _result(experiment, groups, job, readout, documents, [seed, index])
            for index, (experiment, groups) in enumerate(zip(job.experiments, outcomes))
        ],
        "metadata": _provenance(rules, documents, models),
    }
    if job.header is not None:
        document["header"] = job.header
    return document


def _result(
    experiment: PulseExperiment,
    groups: Sequence[GroupOutcome],
    job: PulseJob,
    readout: Readout,
    documents: DeviceDocuments,
    seeds: Sequence[int],
) -> dict[str, Any]:
    """Return the result of one experiment."""
    settings = job.settings
    rng = np.random.default_rng(seeds)
    acquisitions = experiment.timeline.acquisitions
    joints = [(group.joint, group.indices) for group in groups]
    levels = draw_levels(joints, len(acquisitions), settings.shots, rng)
    data: Mapping[str, Any] = {}
    if any(item.memory_slot is not None for item in acquisitions):
        if settings.level == CLASSIFIED:
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
        "seed_simulator": seeds[0],
        "metadata": {
            "method": "pulse",
            **_origin(documents),
            "evolved_together": [list(group.qubits) for group in groups],
        },
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
