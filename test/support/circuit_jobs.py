# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Payloads of circuit jobs, and what the executor makes of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules

__all__ = ["FLEET", "SIMULATOR", "bell", "payload", "rules", "task"]

FLEET = Fleet()
SIMULATOR = "ibmq_qasm_simulator"


def rules(device: str = SIMULATOR) -> DeviceRules:
    """What a device accepts."""
    return DeviceRules.from_configuration(FLEET.configuration(device))


def payload(instructions: list[Any], qubits: int = 2, slots: int = 2, **config: Any) -> dict[str, Any]:
    """A Qobj document of one circuit."""
    return {
        "qobj_id": "3a525e5c-69b4-46bc-bcf5-d8e57dda6179",
        "type": "QASM",
        "schema_version": "1.3.0",
        "header": {"backend_name": "any", "mine": 1},
        "config": {"shots": 100, "memory_slots": slots, "n_qubits": qubits, **config},
        "experiments": [
            {
                "config": {"n_qubits": qubits, "memory_slots": slots},
                "header": {
                    "name": "circuit-7",
                    "memory_slots": slots,
                    "creg_sizes": [["c", slots]],
                    "metadata": {"k": [1, None]},
                    "global_phase": 0.5,
                },
                "instructions": instructions,
            }
        ],
    }


def bell(**config: Any) -> dict[str, Any]:
    """A Qobj document with a Bell state, in gates of the simulator."""
    return payload(
        [
            {"name": "h", "qubits": [0]},
            {"name": "cx", "qubits": [0, 1]},
            {"name": "measure", "qubits": [0], "memory": [0]},
            {"name": "measure", "qubits": [1], "memory": [1]},
        ],
        **config,
    )


def task(
    directory: Path,
    document: Any,
    device: str = SIMULATOR,
    *,
    number: int = 1,
    attempt: int = 1,
    time_limit: float = math.inf,
) -> Task:
    """A task whose payload is written and whose result goes beside it."""
    job_id = f"{number:024x}"
    source = directory / f"{job_id}.payload.json"
    source.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return Task(
        job_id=job_id,
        attempt=attempt,
        backend_name=device,
        payload_path=source,
        result_path=directory / f"{job_id}.result.json",
        time_limit=time_limit,
        options={"backend_version": "1.0.0", "submitted": "2021-06-01T09:31:02.417123Z"},
    )
