# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From probabilities of levels to the data of a result: shots are drawn, read out, and written as clients expect them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition
from qiskit_ibmq_provider.service.executor.pulse.readout import Readout

__all__ = ["counted", "draw_levels", "kerneled"]

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.float64]


def draw_levels(
    joints: Sequence[tuple[FloatArray, Sequence[int]]], count: int, shots: int, rng: np.random.Generator
) -> IntArray:
    """Draw the level that each acquisition finds in each shot.

    Args:
        joints: for each group of qubits the joint probabilities of its acquisitions' levels, an axis of length 3 for each of them, and which
            acquisitions these are. What is in none of the groups is found in level 0.
        count: how many acquisitions there are.
        shots: how many shots.
        rng: the source of random numbers.

    Returns:
        Levels, of shape ``(shots, count)``.
    """
    levels = np.zeros((shots, count), dtype=np.uint8)
    for joint, indices in joints:
        weights = np.clip(joint.ravel(), 0.0, None)
        drawn = rng.choice(weights.size, size=shots, p=weights / weights.sum())
        for axis, found in enumerate(np.unravel_index(drawn, joint.shape)):
            levels[:, indices[axis]] = found
    return levels


def counted(
    levels: IntArray,
    acquisitions: Sequence[Acquisition],
    readout: Readout,
    slots: int,
    rng: np.random.Generator,
    *,
    memory: bool,
) -> dict[str, Any]:
    """Return the data of a result of level 2: ``counts``, and the outcomes of all shots if they are asked for.

    Args:
        levels: as they were drawn, of shape ``(shots, acquisitions)``.
        acquisitions: in the order of time; a later one overwrites the slot of an earlier one.
        readout: of the device.
        slots: classical bits.
        rng: the source of random numbers.
        memory: whether the outcome of each shot is wanted.
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


def kerneled(
    levels: IntArray,
    acquisitions: Sequence[Acquisition],
    readout: Readout,
    slots: int,
    rng: np.random.Generator,
    *,
    average: bool,
) -> Mapping[str, Any]:
    """Return the data of a result of level 1: a point ``[re, im]`` for each slot, of each shot or averaged over them.

    Args:
        levels: as they were drawn, of shape ``(shots, acquisitions)``.
        acquisitions: in the order of time; a later one overwrites the slot of an earlier one.
        readout: of the device.
        slots: classical slots. Those that nothing is written to hold 0.
        rng: the source of random numbers.
        average: average over the shots.
    """
    points = np.zeros((len(levels), slots), dtype=complex)
    for index, item in enumerate(acquisitions):
        if item.memory_slot is not None:
            points[:, item.memory_slot] = readout[item.qubit].points(levels[:, index], rng)
    if average:
        points = points.mean(axis=0)
    return {"memory": np.stack([points.real, points.imag], axis=-1).tolist()}
