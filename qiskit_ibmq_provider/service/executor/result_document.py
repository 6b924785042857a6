# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The Result document of a job, and the summary of it that the job shows: what circuits and schedules have in common."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from qiskit.quantum_info import DensityMatrix, StabilizerState, Statevector

from qiskit_ibmq_provider.encoding.values import wire_leaf
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import format_utc, utc_now
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules

__all__ = ["Provenance", "encode_document", "failures", "job_summary", "result_document"]


@dataclasses.dataclass(frozen=True)
class Provenance:
    """How results were computed, in words that end up in the result.

    Attributes:
        computed_by: what computed them, with versions.
        noise: ``calibration``, ``job`` (a noise model that came with the job) or ``none``.
        calibrated: the date of the calibration, where its noise was used.
    """

    computed_by: str
    noise: str
    calibrated: Optional[str] = None

    def of_result(self, rules: DeviceRules) -> dict[str, Any]:
        """Return the ``metadata`` of a result."""
        told: dict[str, Any] = {"simulated": True, "computed_by": self.computed_by, "noise": self.noise}
        if self.calibrated is not None:
            told["calibration"] = {"backend_name": rules.name, "last_update_date": self.calibrated}
        return told

    def of_experiment(self) -> dict[str, Any]:
        """Return what the ``metadata`` of each experiment says, beside the method: it may be kept without the result around it."""
        told: dict[str, Any] = {"computed_by": self.computed_by, "noise_source": self.noise}
        if self.calibrated is not None:
            told["calibration_date"] = self.calibrated
        return told


def result_document(
    task: Task,
    rules: DeviceRules,
    results: Sequence[Mapping[str, Any]],
    *,
    qobj_id: str,
    header: Optional[Mapping[str, Any]],
    metadata: Mapping[str, Any],
    time_taken: float,
) -> dict[str, Any]:
    """Return the Result document of a job that ran, with the failures of single circuits in it.

    Args:
        task: the job's id.
        rules: the device.
        results: of each experiment.
        qobj_id: of the job.
        header: of the job, which goes back as it came.
        metadata: how the results were computed.
        time_taken: seconds of the simulation.
    """
    success = all(result["success"] for result in results)
    document: dict[str, Any] = {
        "backend_name": rules.name,
        "backend_version": rules.version,
        "qobj_id": qobj_id,
        "job_id": task.job_id,
        "success": success,
        "status": "COMPLETED" if success else "ERROR",
        "date": format_utc(utc_now()),
        "time_taken": time_taken,
        "results": results,
        "metadata": metadata,
    }
    if header is not None:
        document["header"] = header
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


def job_summary(
    *, circuits: int, gates: int, qubits_used: int, config: Mapping[str, Any], calibrated: Optional[str]
) -> dict[str, Any]:
    """Return what ``summaryData.summary`` shows of a job: what it ran, its type and sizes, and the date of its calibration."""
    told = {
        "num_circuits": circuits,
        "gates_executed": gates,
        "max_qubits_used": qubits_used,
        "qobj_config": config,
    }
    return told if calibrated is None else {**told, "calibration_date": calibrated}


def _wire_form(value: Any) -> Any:
    """Return what the simulator saved in terms of what JSON knows."""
    if isinstance(value, StabilizerState):
        return value.clifford.to_dict()
    # Aer gives states with their array inside, and warns when they are taken for arrays.
    return wire_leaf(value.data if isinstance(value, (DensityMatrix, Statevector)) else value)
