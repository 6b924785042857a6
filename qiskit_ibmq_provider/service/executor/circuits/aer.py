# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running circuits on Aer, from the Qobj.

The Qobj goes to the simulator as it is: a way back to circuit objects would lose metadata and per-circuit settings, and take longer than
many a simulation.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit.qobj import QasmQobj
from qiskit_aer import AerSimulator

from qiskit_ibmq_provider.service.executor.circuits.normalise import NormalisedCircuit
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import CircuitJob
from qiskit_ibmq_provider.service.executor.qobj.options import KERNELED

__all__ = ["CircuitRunner"]

_SCHEMA: Final = "1.3.0"


class CircuitRunner:
    """Runs circuits, with so many threads and bytes of memory for one simulation. One serves all jobs of a worker process."""

    def __init__(self, threads: int, memory: int) -> None:
        self._simulator = AerSimulator()
        self._fixed = {
            "max_parallel_threads": max(1, threads),
            "max_memory_mb": max(1, memory >> 20),
        }
        # What Aer would warn of is in the result.
        logging.getLogger("qiskit_aer").setLevel(logging.CRITICAL)

    def run(
        self, job: CircuitJob, circuits: Sequence[NormalisedCircuit], noise_model: Optional[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Run the normalised circuits of a job, in the order of its experiments.

        Returns:
            Aer's result of each circuit, as a dictionary. Where ``success`` is false, ``status`` says why.
        """
        results, status = self._execute(job, circuits, range(len(circuits)), noise_model)
        if len(results) == len(circuits):
            return results
        if len(circuits) == 1:
            return [_failed(job, 0, status)]
        # Aer refuses all circuits because of one; run alone, that one says so and the others have results.
        separate = []
        for index in range(len(circuits)):
            results, status = self._execute(job, circuits, [index], noise_model)
            separate.append(results[0] if results else _failed(job, index, status))
        return separate

    def _execute(
        self,
        job: CircuitJob,
        circuits: Sequence[NormalisedCircuit],
        indices: Sequence[int],
        noise_model: Optional[Mapping[str, Any]],
    ) -> tuple[list[dict[str, Any]], str]:
        """Run some circuits of a job; return their results, none if Aer refused them, and Aer's status."""
        config: dict[str, Any] = {
            **job.settings,
            **self._fixed,
            "method": job.method,
            "shots": job.shots,
            # Points of level 1 are made of the outcome of each shot.
            "memory": job.meas_level == KERNELED or any(job.experiments[index].memory for index in indices),
            "memory_slots": max(job.experiments[index].memory_slots for index in indices),
            "n_qubits": max(job.experiments[index].qubits for index in indices),
        }
        if any(circuits[index].saves for index in indices):
            # A state that cannot be saved is an error of the simulator, and one in a thread of its own ends the process.
            config["max_parallel_shots"] = 1
        if job.whole_registers:
            config["enable_truncation"] = False
        if job.seed is not None:
            config["seed_simulator"] = job.seed
        if noise_model is not None and noise_model["errors"]:
            config["noise_model"] = noise_model
        document = {
            "qobj_id": job.qobj_id,
            "type": "QASM",
            "schema_version": _SCHEMA,
            "header": {},
            "config": config,
            "experiments": [_experiment(job, index, circuits[index]) for index in indices],
        }
        with warnings.catch_warnings():
            # Aer announces that it will drop the Qobj; the release of Aer is pinned for that reason.
            warnings.simplefilter("ignore")
            result = self._simulator.run(QasmQobj.from_dict(document)).result().to_dict()
        return result["results"], str(result.get("status", ""))


def _experiment(job: CircuitJob, index: int, circuit: NormalisedCircuit) -> dict[str, Any]:
    """Return a circuit as an experiment of a Qobj, without its header: Aer only hands it back."""
    experiment = job.experiments[index]
    return {
        "config": {
            "n_qubits": experiment.qubits,
            "memory_slots": experiment.memory_slots,
            "shots": experiment.shots,
        },
        "header": {},
        # Qiskit takes the names out of the instructions that it reads.
        "instructions": [dict(instruction) for instruction in circuit.instructions],
    }


def _failed(job: CircuitJob, index: int, status: str) -> dict[str, Any]:
    return {"success": False, "status": status or "ERROR", "shots": job.experiments[index].shots, "data": {}}
