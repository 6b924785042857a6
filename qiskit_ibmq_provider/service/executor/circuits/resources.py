# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a job needs at least: a method that can simulate its noise, memory, and time.

The simulator's own check of memory comes late and lets some circuits pass, and a machine that runs out of memory kills processes that have
nothing to do with it. So a circuit that certainly cannot fit is refused before it runs; and so is a job that certainly cannot end within its
time, instead of keeping a worker busy until it is killed. The bounds of time are far below what a simulation takes in truth: two to ten times
the speed that was measured on one thread of a server of 2024 (2.7e8 amplitudes per second shot by shot, 6e8 in one pass, 6e9 steps of
``n ** 3`` in the stabilizer method). What passes here may still run into its limit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.qobj.instructions import is_clifford, is_clifford_noise
from qiskit_ibmq_provider.service.executor.qobj.options import AUTOMATIC

__all__ = ["NoiseTraits", "check_memory", "check_noise", "check_time", "least_seconds"]

_CLIFFORD_NOISE: Final = frozenset({"stabilizer", "extended_stabilizer"})
"""Methods that take errors only where these are Clifford operations."""

_AMPLITUDE: Final = 16
"""Bytes of one complex number in double precision."""

_DENSE: Final[Mapping[str, int]] = {"save_statevector": 1, "save_density_matrix": 2}
"""Instructions that keep ``2**(n * qubits)`` complex numbers, with their n."""

_RANDOM: Final = frozenset({"measure", "reset", "kraus", "superop"})
"""Instructions after which the shots of a circuit may be in different states."""

_SHOT_BY_SHOT: Final = 2e9
"""Amplitudes per second and thread, where each shot has its own errors."""

_IN_ONE_PASS: Final = 1e10
"""Amplitudes per second and thread, where one run serves all shots; gates are fused then."""

_STABILIZER: Final = 5e10
"""Steps per second of measuring n qubits of a stabilizer state, which takes ``n ** 3`` steps for each shot."""

_FREE: Final = frozenset({"barrier", "bfunc", "delay", "id", "measure", "rz", "snapshot", "u1", "p"})
"""Instructions that take next to no time."""


@dataclasses.dataclass(frozen=True)
class NoiseTraits:
    """What of a noise model matters for memory and time.

    Attributes:
        clifford: the stabilizer method can take its errors.
        differs_by_shot: it does something else in each shot.
    """

    clifford: bool = True
    differs_by_shot: bool = False

    @classmethod
    def from_model(cls, model: Optional[Mapping[str, Any]]) -> NoiseTraits:
        """Look at the noise model of the job or of the device; ``None`` is no noise."""
        errors = () if model is None else model["errors"]
        return cls(is_clifford_noise(errors), any(error["type"] == "qerror" for error in errors))


def check_noise(method: str, noise: NoiseTraits, where: str) -> None:
    """Refuse noise that a method cannot simulate: errors that are no Clifford operations. ``where`` is the device, for the message."""
    if method in _CLIFFORD_NOISE and not noise.clifford:
        raise JobRejected(
            f"The noise of this job on {where} has errors that the method {method!r} cannot simulate, such as relaxation. "
            "Leave 'method' out, or run without noise."
        )


def check_memory(job: CircuitJob, limit: int, where: str, *, noise: NoiseTraits) -> None:
    """Refuse a job with a circuit that cannot be simulated in so many bytes of memory. ``where`` is the device, for the message."""
    for index, experiment in enumerate(job.experiments):
        method, qubits = _method(job, experiment, noise), job.simulated_qubits(experiment)
        power = {"density_matrix": 2 * qubits, "statevector": qubits}.get(method)
        needed = (0 if power is None else _AMPLITUDE << power) + _saved_memory(
            experiment, noisy=noise.differs_by_shot
        )
        if job.settings.get("precision") == "single":
            needed //= 2
        if needed > limit:
            name = f" ({experiment.name!r:.60})" if experiment.name else ""
            enough = max(0, (limit // _AMPLITUDE).bit_length() - 1)
            raise JobRejected(
                f"Experiment {index}{name} uses {qubits} qubits of {where} and would take {_readable_size(needed)} of memory. "
                f"A worker of this service has {_readable_size(limit)}, which is enough for {enough} qubits. Use fewer qubits or shots, "
                "or a method that needs less memory, such as method='matrix_product_state'.",
                ErrorCode.TOO_MANY_QUBITS,
            )


def check_time(job: CircuitJob, where: str, *, noise: NoiseTraits, threads: int, limit: float) -> None:
    """Refuse a job that certainly takes longer than ``limit`` seconds. ``where`` is the device, for the message."""
    needed = sum(least_seconds(job, experiment, noise) for experiment in job.experiments) / max(1, threads)
    if needed > limit:
        raise JobRejected(
            f"The job would take {_readable_time(needed)} or more on {where}, but a job may run {_readable_time(limit)} there. "
            "Use fewer qubits, shots or circuits, or a method that needs less time, such as method='matrix_product_state'.",
            ErrorCode.TIME_LIMIT,
        )


def least_seconds(job: CircuitJob, experiment: Experiment, noise: NoiseTraits) -> float:
    """Return a lower bound of the seconds that a circuit takes on one thread; 0 for methods whose time does not follow from its size."""
    qubits = job.simulated_qubits(experiment)
    gates = sum(entry["name"] not in _FREE for entry in experiment.instructions)
    method = _method(job, experiment, noise)
    # Numbers of this size are compared, not computed with: a float has no overflow here up to 500 qubits.
    size = 2.0 ** min(qubits, 500)
    in_one_pass = gates * size * size / _IN_ONE_PASS
    if method == "density_matrix":
        return in_one_pass
    if method == "statevector":
        if not noise.differs_by_shot:
            return gates * size / _IN_ONE_PASS
        shot_by_shot = experiment.shots * gates * size / _SHOT_BY_SHOT
        # The simulator takes a density matrix by itself where that is faster.
        return min(shot_by_shot, in_one_pass) if job.method == AUTOMATIC else shot_by_shot
    if method == "stabilizer":
        measured = sum(
            len(entry["qubits"]) for entry in experiment.instructions if entry["name"] == "measure"
        )
        return float(experiment.shots) * measured * qubits * qubits / _STABILIZER
    return 0.0


def _method(job: CircuitJob, experiment: Experiment, noise: NoiseTraits) -> str:
    """Return the method that the simulator takes for a circuit."""
    if job.method != AUTOMATIC:
        return job.method
    clifford = noise.clifford and is_clifford(experiment.instructions)
    return "stabilizer" if clifford else "statevector"


def _saved_memory(experiment: Experiment, *, noisy: bool) -> int:
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


def _readable_size(size: int) -> str:
    if size >= 2**50:
        return f"more than {2**20} GiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _readable_time(seconds: float) -> str:
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1e6 * size else f"more than {1e6:.0e} {unit}"
    return f"{seconds:.3g} seconds"
