# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From Aer's results to the results of a job: with the names and headers of its circuits, and points in the IQ plane for level 1."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Final, Optional

import numpy as np

from qiskit_ibmq_provider.service.executor.circuits.normalise import NormalisedCircuit
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.qobj.options import KERNELED
from qiskit_ibmq_provider.service.executor.readout import Readout, points_to_json
from qiskit_ibmq_provider.service.executor.result_document import Provenance, job_summary
from qiskit_ibmq_provider.version import __version__

__all__ = ["circuit_provenance", "circuit_results", "circuit_summary"]

_TOLD: Final = (
    "method",
    "noise",
    "measure_sampling",
    "active_input_qubits",
    "matrix_product_state_max_bond_dimension",
)
"""What of Aer's metadata of a circuit is of use to its author; the rest is about threads and caches."""


@functools.lru_cache(maxsize=1)
def _simulators() -> str:
    return f"qiskit-aer {metadata.version('qiskit-aer')}, qiskit-ibmq-provider {__version__}"


def circuit_provenance(job: CircuitJob, calibrated: Optional[str]) -> Provenance:
    """Return how the results of a job are computed, with the date of the calibration whose noise is used, if one is."""
    if calibrated is not None:
        return Provenance(_simulators(), "calibration", calibrated)
    return Provenance(_simulators(), "none" if job.noise_model is None else "job")


def circuit_summary(
    job: CircuitJob, circuits: Sequence[NormalisedCircuit], calibrated: Optional[str]
) -> dict[str, Any]:
    """Return what the job shows of itself."""
    return job_summary(
        circuits=len(job.experiments),
        gates=sum(
            entry["name"] not in ("barrier", "bfunc")
            for circuit in circuits
            for entry in circuit.instructions
        ),
        qubits_used=max(len(experiment.active) for experiment in job.experiments),
        config={
            "type": "QASM",
            "shots": job.shots,
            "n_qubits": max(experiment.qubits for experiment in job.experiments),
            "memory_slots": job.memory_slots,
        },
        calibrated=calibrated,
    )


def circuit_results(
    job: CircuitJob,
    circuits: Sequence[NormalisedCircuit],
    results: Sequence[Mapping[str, Any]],
    provenance: Provenance,
    readout: Optional[Readout],
) -> list[dict[str, Any]]:
    """Return the results of the circuits of a job out of Aer's. ``readout`` is for the points of measurement level 1."""
    return [
        _result(job, experiment, circuit, result, provenance, readout)
        for experiment, circuit, result in zip(job.experiments, circuits, results)
    ]


def _result(
    job: CircuitJob,
    experiment: Experiment,
    circuit: NormalisedCircuit,
    result: Mapping[str, Any],
    provenance: Provenance,
    readout: Optional[Readout],
) -> dict[str, Any]:
    data = dict(result.get("data") or {})
    if readout is not None:
        data = _with_points(data, job, experiment, circuit, result.get("seed_simulator"), readout)
    elif not experiment.memory:
        # Aer keeps the outcomes for all circuits of a job or for none.
        data.pop("memory", None)
    _collect_snapshots(data, circuit.snapshots)
    entry = {
        "shots": result.get("shots", experiment.shots),
        "success": result["success"],
        "status": _status(circuit, result),
        "meas_level": job.meas_level,
        "header": experiment.header,
        "data": data,
        "metadata": {
            **{key: value for key, value in (result.get("metadata") or {}).items() if key in _TOLD},
            **provenance.of_experiment(),
        },
    }
    if job.meas_level == KERNELED:
        entry["meas_return"] = job.meas_return
    for key in ("seed_simulator", "time_taken"):
        if result.get(key) is not None:
            entry[key] = result[key]
    return entry


def _status(circuit: NormalisedCircuit, result: Mapping[str, Any]) -> str:
    """Return the status of one circuit, with what was wrong in the words of the circuit."""
    status = result.get("status")
    if not isinstance(status, str):
        return "DONE"
    if circuit.snapshots and not result["success"]:
        # The simulator speaks of the instructions that it was given.
        return f"{status} (A 'snapshot' is run by the instruction that saves the same.)"
    return status


def _collect_snapshots(data: dict[str, Any], snapshots: Mapping[str, tuple[str, str]]) -> None:
    """Put what snapshots saved where old Aer put it: ``snapshots[type][label]``, one entry for each shot."""
    for key, (kind, label) in snapshots.items():
        if key in data:
            kept = data.setdefault("snapshots", {}).setdefault(kind, {}).setdefault(label, [])
            saved = data.pop(key)
            kept.extend(saved if isinstance(saved, list) else [saved])


def _with_points(
    data: Mapping[str, Any],
    job: CircuitJob,
    experiment: Experiment,
    circuit: NormalisedCircuit,
    seed: Optional[int],
    readout: Readout,
) -> dict[str, Any]:
    """Return the data of a circuit with a point in the IQ plane where level 2 has a bit, and without counts.

    The bits of each shot, with the readout errors of the device in them, become points on their side of the line between the device's clouds; a
    script that draws the line half way between the clouds finds the bits again.
    """
    found = {key: value for key, value in data.items() if key not in ("counts", "memory")}
    if data.get("memory") is None:
        return found
    # The simulator's own seed of this circuit, so that a job with a seed gives the same points again.
    rng = np.random.default_rng(seed)
    numbers = [int(outcome, 16) for outcome in data["memory"]]
    points = np.zeros((len(numbers), experiment.memory_slots), dtype=complex)
    for slot, qubit in sorted(_last_measured(circuit).items()):
        bits = np.fromiter((number >> slot & 1 for number in numbers), dtype=np.uint8, count=len(numbers))
        points[:, slot] = readout[qubit].points_of_bits(bits, rng)
    found["memory"] = points_to_json(points, average=job.meas_return == "avg")
    return found


def _last_measured(circuit: NormalisedCircuit) -> dict[int, int]:
    """Return the qubit whose last measurement each classical bit holds."""
    return {
        slot: qubit
        for entry in circuit.instructions
        if entry["name"] == "measure"
        for slot, qubit in zip(entry.get("memory", ()), entry["qubits"])
    }
