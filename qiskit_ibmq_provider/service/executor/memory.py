# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How much memory a circuit needs.

The simulator's own check comes late and lets some circuits pass, and a machine that runs out of memory kills processes that have nothing to
do with it. So a circuit that certainly cannot fit is refused before it runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.instructions import CLIFFORD
from qiskit_ibmq_provider.service.executor.payload import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.refusal import Refusal

__all__ = ["check_memory", "is_clifford", "is_clifford_noise", "needed_memory"]

_AMPLITUDE: Final = 16
"""Bytes of one complex number in double precision."""

_DENSE: Final[Mapping[str, int]] = {"save_statevector": 1, "save_density_matrix": 2}
"""Instructions that keep ``2**(n * qubits)`` complex numbers, with their n."""

_RANDOM: Final = frozenset({"measure", "reset", "kraus", "superop"})
"""Instructions after which the shots of a circuit may be in different states."""

_HALF_PI: Final = math.pi / 2


def check_memory(
    job: CircuitJob, limit: int, where: str, *, model: Optional[Mapping[str, Any]] = None
) -> None:
    """Refuse a job with a circuit that cannot be simulated in so much memory.

    Args:
        job: the job.
        limit: bytes of memory of one worker.
        where: the device, for the message.
        model: the noise model, of the job or of the device; ``None`` without noise.

    Raises:
        Refusal: a circuit needs more.
    """
    errors = () if model is None else model["errors"]
    noisy = any(error["type"] == "qerror" for error in errors)
    clifford_noise = is_clifford_noise(errors)
    for index, experiment in enumerate(job.experiments):
        qubits = experiment.qubits if job.whole_registers else len(experiment.active)
        needed = needed_memory(experiment, job.method, qubits, noisy=noisy, clifford_noise=clifford_noise)
        if job.options.get("precision") == "single":
            needed //= 2
        if needed > limit:
            name = f" ({experiment.name!r:.60})" if experiment.name else ""
            raise Refusal(
                f"Experiment {index}{name} uses {qubits} qubits of {where} and would take {_readable(needed)} of memory. "
                f"A worker of this service has {_readable(limit)}, which is enough for {_qubits(limit)} qubits. Use fewer qubits or shots, "
                "or a method that needs less memory, such as method='matrix_product_state'.",
                ErrorCode.TOO_MANY_QUBITS,
            )


def needed_memory(
    experiment: Experiment, method: str, qubits: int, *, noisy: bool = False, clifford_noise: bool = True
) -> int:
    """Return a lower bound of the bytes that a circuit needs; 0 if its method does not need a dense state.

    Args:
        experiment: the circuit.
        method: the simulation method.
        qubits: how many qubits are simulated.
        noisy: there are errors that differ from shot to shot.
        clifford_noise: the stabilizer method can take its errors.
    """
    clifford = clifford_noise and is_clifford(experiment.instructions)
    if method == "density_matrix":
        state = _AMPLITUDE << (2 * qubits)
    elif method == "statevector" or (method == "automatic" and not clifford):
        state = _AMPLITUDE << qubits
    else:
        state = 0
    return state + _saved_memory(experiment, noisy)


def _saved_memory(experiment: Experiment, noisy: bool) -> int:
    """Return the bytes of the states that a circuit keeps: one, or one for each shot where the shots may differ."""
    total = 0
    random = noisy
    for instruction in experiment.instructions:
        name = instruction["name"]
        random = random or name in _RANDOM
        kind = f"save_{instruction['snapshot_type']}" if name == "snapshot" else name
        if kind in _DENSE:
            each = name == "snapshot" or instruction["snapshot_type"] == "list"
            copies = experiment.shots if each and random else 1
            total += copies * (_AMPLITUDE << (len(instruction["qubits"]) * _DENSE[kind]))
    return total


def is_clifford_noise(errors: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the stabilizer method may take the errors of a noise model."""
    return all(
        operation["name"] in CLIFFORD
        for error in errors
        for circuit in error.get("instructions", ())
        for operation in circuit
    )


def is_clifford(instructions: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the stabilizer method may take a circuit."""
    for instruction in instructions:
        name = instruction["name"]
        if name in CLIFFORD or name == "bfunc":
            continue
        if name == "rz":
            turns = instruction["params"][0] / _HALF_PI
            if abs(turns - round(turns)) < 1e-6:
                continue
        return False
    return True


def _qubits(limit: int) -> int:
    """Return how many qubits a state vector in so much memory can have."""
    return max(0, (limit // _AMPLITUDE).bit_length() - 1)


def _readable(size: int) -> str:
    """Return a number of bytes for people."""
    if size >= 2**50:
        return f"more than {2**20} GiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
