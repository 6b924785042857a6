# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From probabilities of levels to the results of a job: shots are drawn, read out, and written as clients expect them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.service.executor.pulse.model import LEVELS, PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition
from qiskit_ibmq_provider.service.executor.pulse.pulse_job import PulseExperiment, RunSettings
from qiskit_ibmq_provider.service.executor.qobj.options import CLASSIFIED
from qiskit_ibmq_provider.service.executor.readout import Readout, points_to_json
from qiskit_ibmq_provider.service.executor.result_document import Provenance
from qiskit_ibmq_provider.version import __version__

__all__ = [
    "GroupOutcome",
    "count_data",
    "draw_levels",
    "experiment_result",
    "point_data",
    "pulse_provenance",
    "solver_metadata",
]

_COMPUTED_BY: Final = f"pulse solver of qiskit-ibmq-provider {__version__}"
"""What computes these results."""

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.float64]


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


def pulse_provenance(calibrated: Optional[str]) -> Provenance:
    """Return how results are computed, with the date of the calibration, if the device has one."""
    return Provenance(_COMPUTED_BY, "none" if calibrated is None else "calibration", calibrated)


def solver_metadata(models: Sequence[PulseModel]) -> dict[str, str]:
    """Return what the ``metadata`` of a result says of the solver and the models of the groups of qubits."""
    told = {"solver": f"rotating frame, {LEVELS} levels a qubit, one step for each sample or shorter"}
    if models:
        told["drives"] = (
            "corrected to reproduce the calibrated gates"
            if all(model.corrected for model in models)
            else "as in the Hamiltonian; they may not reproduce the calibrated gates"
        )
    return told


def experiment_result(
    experiment: PulseExperiment,
    groups: Sequence[GroupOutcome],
    settings: RunSettings,
    readout: Readout,
    provenance: Provenance,
    seeds: Sequence[int],
) -> dict[str, Any]:
    """Draw the shots of one experiment and return its result. The first of the seeds is that of the job."""
    rng = np.random.default_rng(seeds)
    acquisitions = experiment.timeline.acquisitions
    joints = [(group.joint, group.indices) for group in groups]
    levels = draw_levels(joints, len(acquisitions), settings.shots, rng)
    data: Mapping[str, Any] = {}
    if any(item.memory_slot is not None for item in acquisitions):
        if settings.level == CLASSIFIED:
            data = count_data(levels, acquisitions, readout, experiment.slots, rng, memory=settings.memory)
        else:
            data = point_data(levels, acquisitions, readout, experiment.slots, rng, average=settings.average)
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
            **provenance.of_experiment(),
            "evolved_together": [list(group.qubits) for group in groups],
        },
    }
    if settings.level != CLASSIFIED:
        result["meas_return"] = "avg" if settings.average else "single"
    return result


def draw_levels(
    joints: Sequence[tuple[FloatArray, Sequence[int]]], count: int, shots: int, rng: np.random.Generator
) -> IntArray:
    """Draw the level that each of ``count`` acquisitions finds in each shot. Shape ``(shots, count)``.

    Args:
        joints: for each group of qubits the joint probabilities of its acquisitions' levels, an axis of length 3 for each of them, and which
            acquisitions these are. What is in none of the groups is found in level 0.
        count: how many acquisitions there are.
        shots: how many shots.
        rng: the source of random numbers.
    """
    levels = np.zeros((shots, count), dtype=np.uint8)
    for joint, indices in joints:
        weights = np.clip(joint.ravel(), 0.0, None)
        drawn = rng.choice(weights.size, size=shots, p=weights / weights.sum())
        for axis, found in enumerate(np.unravel_index(drawn, joint.shape)):
            levels[:, indices[axis]] = found
    return levels


def count_data(
    levels: IntArray,
    acquisitions: Sequence[Acquisition],
    readout: Readout,
    slots: int,
    rng: np.random.Generator,
    *,
    memory: bool,
) -> dict[str, Any]:
    """Return the data of a result of level 2: ``counts``, and with ``memory`` the outcomes of all shots.

    Levels have the shape ``(shots, acquisitions)``. A later acquisition overwrites the slot of an earlier one.
    """
    bits = np.zeros((len(levels), max(1, slots)), dtype=np.uint8)
    for index, item in enumerate(acquisitions):
        if item.memory_slot is not None:
            bits[:, item.memory_slot] = readout[item.qubit].bits(levels[:, index], rng)
    # Bit 0 is the last digit; the rows of bytes are one big-endian number each.
    rows = np.packbits(bits[:, ::-1], axis=1, bitorder="big")
    spare = rows.shape[1] * 8 - bits.shape[1]
    found, inverse, numbers = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    keys = [hex(int.from_bytes(row.tobytes(), "big") >> spare) for row in found]
    data: dict[str, Any] = {"counts": dict(zip(keys, map(int, numbers)))}
    if memory:
        data["memory"] = [keys[position] for position in np.ravel(inverse)]
    return data


def point_data(
    levels: IntArray,
    acquisitions: Sequence[Acquisition],
    readout: Readout,
    slots: int,
    rng: np.random.Generator,
    *,
    average: bool,
) -> Mapping[str, Any]:
    """Return the data of a result of level 1: a point ``[re, im]`` for each slot, of each shot or averaged over them.

    Levels have the shape ``(shots, acquisitions)``. Slots that nothing is written to hold 0.
    """
    points = np.zeros((len(levels), slots), dtype=complex)
    for index, item in enumerate(acquisitions):
        if item.memory_slot is not None:
            points[:, item.memory_slot] = readout[item.qubit].points(levels[:, index], rng)
    return {"memory": points_to_json(points, average=average)}
