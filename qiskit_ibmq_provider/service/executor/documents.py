# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The Result document of a job, and the summary of it that the job shows."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Final, Optional

from qiskit.quantum_info import DensityMatrix, StabilizerState, Statevector

from qiskit_ibmq_provider.encoding.values import wire_leaf
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.normalise import Circuit
from qiskit_ibmq_provider.service.executor.payload import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.rules import DeviceRules
from qiskit_ibmq_provider.version import __version__

__all__ = ["Provenance", "encode_document", "failures", "result_document", "simulators", "summary"]

_POINTS: Final = 1
"""The measurement level of points in the IQ plane."""

_TOLD: Final = (
    "method",
    "noise",
    "measure_sampling",
    "active_input_qubits",
    "matrix_product_state_max_bond_dimension",
)
"""What of Aer's metadata of a circuit is of use to its author; the rest is about threads and caches."""


@dataclasses.dataclass(frozen=True)
class Provenance:
    """How results were computed, in words that end up in the result."""

    noise: str
    """``calibration``, ``job`` (a noise model that came with the job) or ``none``."""
    calibrated: Optional[str] = None
    """The date of the calibration, where its noise was used."""

    def to_json(self, rules: DeviceRules) -> dict[str, Any]:
        """Return the ``metadata`` of a result."""
        told: dict[str, Any] = {
            "simulated": True,
            "computed_by": simulators(),
            "noise": self.noise,
        }
        if self.calibrated is not None:
            told["calibration"] = {"backend_name": rules.name, "last_update_date": self.calibrated}
        return told

    def of_experiment(self) -> dict[str, Any]:
        """Return what the ``metadata`` of each experiment says, beside the method: it may be kept without the result around it."""
        told: dict[str, Any] = {"computed_by": simulators(), "noise_source": self.noise}
        if self.calibrated is not None:
            told["calibration_date"] = self.calibrated
        return told


@functools.lru_cache(maxsize=1)
def simulators() -> str:
    """Return what computes results, with versions."""
    return f"qiskit-aer {metadata.version('qiskit-aer')}, qiskit-ibmq-provider {__version__}"


def result_document(
    task: Task,
    rules: DeviceRules,
    job: CircuitJob,
    circuits: Sequence[Circuit],
    results: Sequence[Mapping[str, Any]],
    *,
    provenance: Provenance,
    time_taken: float,
) -> dict[str, Any]:
    """Return the Result document of a job that ran, with the failures of single circuits in it.

    Args:
        task: the job's id.
        rules: the device.
        job: the job as it was read.
        circuits: its circuits as they ran.
        results: Aer's result of each.
        provenance: how they were computed.
        time_taken: seconds of the simulation.
    """
    success = all(result["success"] for result in results)
    document: dict[str, Any] = {
        "backend_name": rules.name,
        "backend_version": rules.version,
        "qobj_id": job.qobj_id,
        "job_id": task.job_id,
        "success": success,
        "status": "COMPLETED" if success else "ERROR",
        "date": format_utc(utc_now()),
        "time_taken": time_taken,
        "results": [
            _experiment(job, experiment, circuit, result, provenance)
            for experiment, circuit, result in zip(job.experiments, circuits, results)
        ],
        "metadata": provenance.to_json(rules),
    }
    if job.header is not None:
        document["header"] = job.header
    return document


def encode_document(document: Mapping[str, Any]) -> bytes:
    """Return a Result document as JSON."""
    try:
        return codec.dumps(document, default=_wire_form)
    except ProtocolError:
        # Headers come back as they came, and may hold half a character, which is JSON but no UTF-8.
        return json.dumps(document, default=_wire_form).encode("ascii")


def failures(document: Mapping[str, Any]) -> Optional[str]:
    """Return why circuits failed, or ``None`` if none did."""
    failed = [
        f"Experiment {index}: {result['status']}"
        for index, result in enumerate(document["results"])
        if not result["success"]
    ]
    if not failed:
        return None
    return failed[0] if len(failed) == 1 else f"{len(failed)} experiments failed. {failed[0]}"


def summary(job: CircuitJob, circuits: Sequence[Circuit], calibrated: Optional[str]) -> dict[str, Any]:
    """Return what ``summaryData.summary`` shows of a job, with the date of the calibration that it ran with."""
    told: dict[str, Any] = {
        "num_circuits": len(job.experiments),
        "gates_executed": sum(
            1
            for circuit in circuits
            for entry in circuit.instructions
            if entry["name"] not in ("barrier", "bfunc")
        ),
        "max_qubits_used": max(len(experiment.active) for experiment in job.experiments),
        "qobj_config": {
            "type": "QASM",
            "shots": job.shots,
            "n_qubits": max(experiment.qubits for experiment in job.experiments),
            "memory_slots": job.memory_slots,
        },
    }
    if calibrated is not None:
        told["calibration_date"] = calibrated
    return told


def _wire_form(value: Any) -> Any:
    """Return what the simulator saved in terms of what JSON knows."""
    if isinstance(value, StabilizerState):
        return value.clifford.to_dict()
    # Aer gives states with their array inside, and warns when they are taken for arrays.
    return wire_leaf(value.data if isinstance(value, (DensityMatrix, Statevector)) else value)


def _experiment(
    job: CircuitJob,
    experiment: Experiment,
    circuit: Circuit,
    result: Mapping[str, Any],
    provenance: Provenance,
) -> dict[str, Any]:
    """Return the result of one circuit."""
    data = dict(result.get("data") or {})
    if not experiment.memory and job.meas_level != _POINTS:
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
    if job.meas_level == _POINTS:
        entry["meas_return"] = job.meas_return
    for key in ("seed_simulator", "time_taken"):
        if result.get(key) is not None:
            entry[key] = result[key]
    return entry


def _status(circuit: Circuit, result: Mapping[str, Any]) -> str:
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
