# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits that are the same on every side and every machine.

They look like what a transpiler leaves of random circuits of 5 qubits and depth 10: 196 operations each, of the basis of today's devices.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import msgspec

__all__ = ["QUBITS", "circuits", "qasm_data"]

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


def qasm_data(experiments: int, shots: int, memory: bool, seed: int = 11) -> list[msgspec.Raw]:
    """Return the data of the results of some circuits, encoded: the same for the same arguments.

    Args:
        experiments: how many circuits.
        shots: shots of each.
        memory: whether each shot is listed.
        seed: of the outcomes.
    """
    import msgspec

    rng = random.Random(seed)
    found = []
    for _ in range(experiments):
        values = [hex(rng.getrandbits(QUBITS)) for _ in range(shots)]
        counts: dict[str, int] = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        data: dict[str, Any] = {"counts": counts}
        if memory:
            data["memory"] = values
        found.append(msgspec.Raw(msgspec.json.encode(data)))
    return found
