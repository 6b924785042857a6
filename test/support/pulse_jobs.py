# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Payloads of schedules, as Terra assembles them and by hand, and what a worker makes of them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from qiskit import assemble
from support.circuit_jobs import FLEET, task

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.executor.pulse.device import PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.instructions import PulseInstruction, PulseInstructionReader
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

__all__ = [
    "PULSE_DEVICES",
    "WORKER",
    "assembled",
    "device",
    "drag",
    "measure",
    "payload_of",
    "run",
    "steps",
]

WORKER = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))

PULSE_DEVICES = tuple(
    name for name in FLEET.names() if FLEET.configuration(name)["open_pulse"] and FLEET.defaults(name)
)


@functools.cache
def device(name: str) -> PulseDevice:
    """What a device offers to schedules."""
    return PulseDevice.from_documents(FLEET.configuration(name), FLEET.defaults(name))


def steps(
    name: str, *entries: dict[str, Any], library: dict[str, Any] | None = None
) -> list[PulseInstruction]:
    """Instructions as they are read for a device."""
    return PulseInstructionReader(device(name), library or {}).read(list(entries), "Experiment 0")


def assembled(schedules: Any, name: str, **options: Any) -> dict[str, Any]:
    """What Terra makes of schedules for a device, after the wire."""
    configuration, defaults = FLEET.configuration(name), FLEET.defaults(name)
    given = {
        "qubit_lo_freq": [value * 1e9 for value in defaults["qubit_freq_est"]],
        "meas_lo_freq": [value * 1e9 for value in defaults["meas_freq_est"]],
        "meas_map": configuration["meas_map"],
        "parametric_pulses": configuration["parametric_pulses"],
        "memory_slots": configuration["n_qubits"],
        "rep_time": 1e-3,
        **options,
    }
    qobj = assemble(schedules, **given).to_dict()
    return json.loads(json.dumps(qobj, default=_plain))


def drag(start: int, amplitude: float = 0.1, channel: str = "d0", **parameters: Any) -> dict[str, Any]:
    """A pulse on the wire."""
    return {
        "name": "parametric_pulse",
        "t0": start,
        "ch": channel,
        "pulse_shape": "drag",
        "parameters": {"amp": [amplitude, 0.0], "duration": 160, "sigma": 40, "beta": 0.5, **parameters},
    }


def measure(start: int, *qubits: int) -> dict[str, Any]:
    """An acquisition on the wire, each qubit into the slot of its number."""
    return {
        "name": "acquire",
        "t0": start,
        "duration": 1600,
        "qubits": list(qubits),
        "memory_slot": list(qubits),
    }


def payload_of(
    *experiments: list[Any], library: dict[str, Any] | None = None, **config: Any
) -> dict[str, Any]:
    """A Qobj document of schedules."""
    return {
        "qobj_id": "5f4c7a0e-1111-4000-8000-000000000001",
        "type": "PULSE",
        "schema_version": "1.2.0",
        "header": {"backend_name": "any", "mine": 1},
        "config": {
            "shots": 1000,
            "memory_slots": 5,
            "meas_level": 2,
            "seed_simulator": 11,
            "pulse_library": [{"name": key, "samples": value} for key, value in (library or {}).items()],
            **config,
        },
        "experiments": [
            {
                "config": {},
                "header": {"name": f"schedule {index}", "memory_slots": 5, "metadata": {"k": index}},
                "instructions": entries,
            }
            for index, entries in enumerate(experiments)
        ],
    }


def run(
    directory: Path, document: Any, name: str, worker: Worker = WORKER
) -> tuple[TaskOutcome, dict[str, Any] | None]:
    """What a worker makes of a payload: the outcome, and the Result document if there is one."""
    wanted = task(directory, document, name)
    outcome = worker.run(wanted)
    assert wanted.result_path.exists() is outcome.has_result
    return outcome, codec.loads(wanted.result_path.read_bytes()) if outcome.has_result else None


def _plain(value: Any) -> Any:
    """What JSON makes of complex numbers and arrays."""
    return value.tolist() if hasattr(value, "tolist") else [value.real, value.imag]
