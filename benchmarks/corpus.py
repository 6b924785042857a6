# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits that are the same on every side and every machine.

They look like what a transpiler leaves of random circuits of 5 qubits and depth 10: 196 operations each, of the basis of today's devices.
"""

from __future__ import annotations

import math
import random
from typing import Any

__all__ = ["QUBITS", "circuits", "qasm_result"]

QUBITS = 5
_OPERATIONS = 190
_LINE = ((0, 1), (1, 2), (2, 3), (3, 4))


def circuits(count: int, seed: int = 7) -> list[Any]:
    """Return circuits as a transpiler would hand them to ``run``.

    Args:
        count: how many.
        seed: of the choice of gates and angles.
    """
    from qiskit import QuantumCircuit

    rng = random.Random(seed)
    return [_circuit(QuantumCircuit(QUBITS, QUBITS, name=f"circuit{n}"), rng) for n in range(count)]


def _circuit(circuit: Any, rng: random.Random) -> Any:
    for _ in range(_OPERATIONS):
        kind = rng.random()
        if kind < 0.5:
            circuit.rz(rng.uniform(-math.pi, math.pi), rng.randrange(QUBITS))
        elif kind < 0.8:
            circuit.sx(rng.randrange(QUBITS))
        elif kind < 0.85:
            circuit.x(rng.randrange(QUBITS))
        else:
            circuit.cx(*rng.choice(_LINE))
    circuit.barrier()
    circuit.measure(range(QUBITS), range(QUBITS))
    return circuit


def qasm_result(
    experiments: list[tuple[str, dict[str, Any]]], shots: int, memory: bool, seed: int = 11
) -> dict[str, Any]:
    """Return a Result document without its ids: the same counts for the same arguments.

    Args:
        experiments: name and header of each circuit.
        shots: shots of each.
        memory: whether each shot is listed.
        seed: of the outcomes.
    """
    rng = random.Random(seed)
    results = []
    for name, header in experiments:
        values = [hex(rng.getrandbits(QUBITS)) for _ in range(shots)]
        counts: dict[str, int] = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        data: dict[str, Any] = {"counts": counts}
        if memory:
            data["memory"] = values
        results.append(
            {
                "shots": shots,
                "success": True,
                "status": "DONE",
                "meas_level": 2,
                "data": data,
                "header": header,
            }
            | {"name": name}
        )
    return {"success": True, "status": "COMPLETED", "results": results, "header": {}}
