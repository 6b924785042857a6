# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Options of the simulator that a job may set: the method and numerical settings.

Only what stands in these tables reaches the simulator. :mod:`known_options` lists the other names that a job may hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_aer.backends.backend_utils import BASIS_GATES

from qiskit_ibmq_provider._checks import is_number
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.instructions import GATES
from qiskit_ibmq_provider.service.executor.memory import is_clifford, is_clifford_noise
from qiskit_ibmq_provider.service.executor.payload import Experiment
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = ["METHODS", "SETTINGS", "check_method", "check_noise", "read_method", "read_options"]

METHODS: Final = (
    "automatic",
    "statevector",
    "density_matrix",
    "stabilizer",
    "matrix_product_state",
    "extended_stabilizer",
)
"""The methods that can run a circuit with measurements on a processor."""

_ANY: Final = METHODS[0]
"""The simulator chooses for each circuit."""

_ALIASES: Final = {"statevector_cpu": "statevector", "density_matrix_cpu": "density_matrix"}
"""Older names of methods."""

_WHOLE: Final = frozenset(
    {
        "extended_stabilizer_metropolis_mixing_time",
        "extended_stabilizer_norm_estimation_repetitions",
        "extended_stabilizer_norm_estimation_samples",
        "extended_stabilizer_parallel_threshold",
        "extended_stabilizer_probabilities_snapshot_samples",
        "fusion_max_qubit",
        "fusion_threshold",
        "matrix_product_state_max_bond_dimension",
        "stabilizer_max_snapshot_probabilities",
        "statevector_parallel_threshold",
        "statevector_sample_measure_opt",
    }
)
_REAL: Final = frozenset(
    {
        "chop_threshold",
        "extended_stabilizer_approximation_error",
        "matrix_product_state_truncation_threshold",
        "validation_threshold",
        "zero_threshold",
    }
)
_SWITCH: Final = frozenset(
    {
        "enable_truncation",
        "fusion_enable",
        "mps_log_data",
        "shot_branching_enable",
        "shot_branching_sampling_enable",
    }
)
_CHOICE: Final[Mapping[str, tuple[str, ...]]] = {
    "extended_stabilizer_sampling_method": ("resampled_metropolis", "metropolis", "norm_estimation"),
    "mps_sample_measure_algorithm": ("mps_heuristic", "mps_apply_measure", "mps_probabilities"),
    "mps_swap_direction": ("mps_swap_left", "mps_swap_right"),
    "precision": ("double", "single"),
}

SETTINGS: Final = _WHOLE | _REAL | _SWITCH | _CHOICE.keys()
"""The numerical settings that reach the simulator."""

_CLIFFORD_NOISE: Final = frozenset({"stabilizer", "extended_stabilizer"})
"""Methods that take errors only where these are Clifford operations."""

_LARGEST: Final = 2**31 - 1


def read_method(config: Mapping[str, Any], rules: DeviceRules) -> str:
    """Return the simulation method: the job's, or else the device's.

    Raises:
        Refusal: there is no such method, or the simulator has another one.
    """
    method = config.get("method")
    if method is None:
        method = rules.method
    method = _ALIASES.get(method, method) if isinstance(method, str) else method
    if method not in METHODS:
        raise Refusal(f"The option 'method' is {method!r:.60}. It should be one of {', '.join(METHODS)}.")
    if rules.method == _ANY or method == rules.method:
        return str(method)
    if method == _ANY:
        return rules.method
    raise Refusal(
        f"The option 'method' is {method!r}, but {rules.name} simulates by {rules.method!r} only. "
        "Leave 'method' out, or use ibmq_qasm_simulator, which has all methods."
    )


def check_method(method: str, experiments: Sequence[Experiment]) -> None:
    """Refuse gates that a method does not have. Aer reports most of them, not always by name, and crashes on some.

    Raises:
        Refusal: a circuit has such a gate.
    """
    if method == _ANY:
        return
    lacking = GATES.keys() - BASIS_GATES[method]
    for index, experiment in enumerate(experiments):
        for instruction in experiment.instructions:
            if instruction["name"] in lacking:
                raise Refusal(
                    f"Experiment {index} has the gate {instruction['name']!r}, which the method {method!r} cannot run. "
                    "Leave 'method' out, or transpile the circuit to other gates.",
                    ErrorCode.INVALID_INSTRUCTION,
                )
            if method == "stabilizer" and instruction["name"] == "rz" and not is_clifford([instruction]):
                raise Refusal(
                    f"Experiment {index} has the gate 'rz' with the angle {instruction['params'][0]:.6g}, but the method {method!r} "
                    "turns by multiples of pi/2 only. Leave 'method' out, or use another simulator.",
                    ErrorCode.INVALID_INSTRUCTION,
                )


def check_noise(method: str, model: Optional[Mapping[str, Any]], where: str) -> None:
    """Refuse noise that a method cannot simulate.

    Args:
        method: the method.
        model: the noise model, of the job or of the device; ``None`` without noise.
        where: the device, for the message.

    Raises:
        Refusal: it has errors that are no Clifford operations.
    """
    if method in _CLIFFORD_NOISE and model is not None and not is_clifford_noise(model["errors"]):
        raise Refusal(
            f"The noise of this job on {where} has errors that the method {method!r} cannot simulate, such as relaxation. "
            "Leave 'method' out, or run without noise."
        )


def read_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numerical settings of the simulator.

    Raises:
        Refusal: one of them has a value that it cannot have.
    """
    options = {}
    for key, value in config.items():
        if value is None:
            continue
        if key in _WHOLE:
            suits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST
            expected = "a whole number of 1 or more"
        elif key in _REAL:
            suits, expected = is_number(value) and value >= 0, "a number of 0 or more"
        elif key in _SWITCH:
            suits, expected = isinstance(value, bool), "true or false"
        elif key in _CHOICE:
            suits = isinstance(value, str) and value in _CHOICE[key]
            expected = f"one of {', '.join(_CHOICE[key])}"
        else:
            continue
        if not suits:
            raise Refusal(f"The option {key!r} should be {expected}, not {value!r:.60}.")
        options[key] = value
    return options
