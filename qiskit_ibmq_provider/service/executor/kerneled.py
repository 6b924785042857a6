# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Measurement level 1 of circuits: a point in the IQ plane where level 2 has a bit.

The bits of each shot, with the readout errors of the device in them, become points on their side of the line between the device's clouds; a
script that draws the line half way between the clouds finds the bits again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qiskit_ibmq_provider.service.executor.normalise import Circuit
from qiskit_ibmq_provider.service.executor.payload import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.pulse.readout import Readout

__all__ = ["with_points"]


def with_points(
    job: CircuitJob, circuits: Sequence[Circuit], results: Sequence[Mapping[str, Any]], readout: Readout
) -> list[dict[str, Any]]:
    """Return the results with points in place of bits.

    Args:
        job: the job, for whether to average over the shots.
        circuits: its circuits as they ran.
        results: the simulator's result of each, with the outcome of each shot.
        readout: of the device.

    Returns:
        Results whose ``memory`` is ``[[re, im], ...]`` by slot, of each shot or averaged over them, and which have no counts.
    """
    return [
        {**result, "data": _data(experiment, circuit, result, readout, average=job.meas_return == "avg")}
        for experiment, circuit, result in zip(job.experiments, circuits, results)
    ]


def _data(
    experiment: Experiment, circuit: Circuit, result: Mapping[str, Any], readout: Readout, *, average: bool
) -> dict[str, Any]:
    """Return the data of one circuit."""
    data = {key: value for key, value in (result.get("data") or {}).items() if key != "counts"}
    outcomes = data.pop("memory", None)
    if outcomes is None:
        return data
    # The simulator's own seed of this circuit, so that a job with a seed gives the same points again.
    rng = np.random.default_rng(result.get("seed_simulator"))
    numbers = [int(outcome, 16) for outcome in outcomes]
    points = np.zeros((len(numbers), experiment.memory_slots), dtype=complex)
    for slot, qubit in sorted(_written(circuit).items()):
        bits = np.fromiter((number >> slot & 1 for number in numbers), dtype=np.uint8, count=len(numbers))
        points[:, slot] = readout[qubit].points_of_bits(bits, rng)
    if average:
        points = points.mean(axis=0)
    data["memory"] = np.stack([points.real, points.imag], axis=-1).tolist()
    return data


def _written(circuit: Circuit) -> dict[int, int]:
    """Return the qubit whose last measurement each classical bit holds."""
    return {
        slot: qubit
        for entry in circuit.instructions
        if entry["name"] == "measure"
        for slot, qubit in zip(entry.get("memory", ()), entry["qubits"])
    }
