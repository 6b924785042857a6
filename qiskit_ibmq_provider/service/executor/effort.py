# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How long a job computes, at least.

A job that certainly cannot end within its time is refused at once, instead of keeping a worker busy until it is killed. The bounds are far
below what a simulation takes in truth: two to ten times the speed that was measured on one thread of a server of 2024 (2.7e8 amplitudes per
second shot by shot, 6e8 in one pass, 6e9 steps of ``n ** 3`` in the stabilizer method). What passes here may still run into its limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.memory import is_clifford, is_clifford_noise
from qiskit_ibmq_provider.service.executor.payload import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.refusal import Refusal

__all__ = ["check_effort", "least_seconds"]

_SHOT_BY_SHOT: Final = 2e9
"""Amplitudes per second and thread, where each shot has its own errors."""

_IN_ONE_PASS: Final = 1e10
"""Amplitudes per second and thread, where one run serves all shots; gates are fused then."""

_STABILIZER: Final = 5e10
"""Steps per second of measuring n qubits of a stabilizer state, which takes ``n ** 3`` steps for each shot."""

_FREE: Final = frozenset({"barrier", "bfunc", "delay", "id", "measure", "rz", "snapshot", "u1", "p"})
"""Instructions that take next to no time."""


def check_effort(
    job: CircuitJob, where: str, *, model: Optional[Mapping[str, Any]], threads: int, limit: float
) -> None:
    """Refuse a job that certainly takes longer than it may.

    Args:
        job: the job.
        where: the device, for the message.
        model: the noise model, of the job or of the device; ``None`` without noise.
        threads: processor threads of the simulation.
        limit: seconds that the job may take.

    Raises:
        Refusal: it takes longer.
    """
    needed = sum(least_seconds(job, experiment, model) for experiment in job.experiments) / max(1, threads)
    if needed > limit:
        raise Refusal(
            f"The job would take {_readable(needed)} or more on {where}, but a job may run {_readable(limit)} there. Use fewer qubits, "
            "shots or circuits, or a method that needs less time, such as method='matrix_product_state'.",
            ErrorCode.TIME_LIMIT,
        )


def least_seconds(job: CircuitJob, experiment: Experiment, model: Optional[Mapping[str, Any]]) -> float:
    """Return a lower bound of the seconds that a circuit takes on one thread; 0 for methods whose time does not follow from its size.

    Args:
        job: the job, for its method.
        experiment: the circuit.
        model: the noise model, or ``None``.
    """
    qubits = experiment.qubits if job.whole_registers else len(experiment.active)
    gates = sum(1 for entry in experiment.instructions if entry["name"] not in _FREE)
    errors = () if model is None else model["errors"]
    each_shot = any(error["type"] == "qerror" for error in errors)
    method = job.method
    if method == "automatic":
        clifford = is_clifford(experiment.instructions) and is_clifford_noise(errors)
        method = "stabilizer" if clifford else "statevector"
    # Numbers of this size are compared, not computed with: a float has no overflow here up to 500 qubits.
    size = 2.0 ** min(qubits, 500)
    in_one_pass = gates * size * size / _IN_ONE_PASS
    if method == "density_matrix":
        return in_one_pass
    if method == "statevector":
        if not each_shot:
            return gates * size / _IN_ONE_PASS
        shot_by_shot = experiment.shots * gates * size / _SHOT_BY_SHOT
        # The simulator takes a density matrix by itself where that is faster.
        return min(shot_by_shot, in_one_pass) if job.method == "automatic" else shot_by_shot
    if method == "stabilizer":
        measured = _measured(experiment.instructions)
        return float(experiment.shots) * measured * qubits * qubits / _STABILIZER
    return 0.0


def _measured(instructions: Sequence[Mapping[str, Any]]) -> int:
    """Return how many qubits are measured, counted each time."""
    return sum(len(entry["qubits"]) for entry in instructions if entry["name"] == "measure")


def _readable(seconds: float) -> str:
    """Return a time for people."""
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1e6 * size else f"more than {1e6:.0e} {unit}"
    return f"{seconds:.3g} seconds"
