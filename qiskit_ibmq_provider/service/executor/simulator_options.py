# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Options of the simulator that a job may set: method, noise model and numerical settings.

Only what stands in these tables reaches the simulator. Anything else in a Qobj's configuration (``rep_delay``, ``basis_gates``, options of
the user's own) has no meaning for a simulation and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service.executor.operands import is_number
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = ["METHODS", "read_method", "read_noise_model", "read_options"]

METHODS: Final = (
    "automatic",
    "statevector",
    "density_matrix",
    "stabilizer",
    "matrix_product_state",
    "extended_stabilizer",
)
"""The methods that can run a circuit with measurements on a processor."""

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
_SWITCH: Final = frozenset({"fusion_enable", "mps_log_data"})
_CHOICE: Final[Mapping[str, tuple[str, ...]]] = {
    "extended_stabilizer_sampling_method": ("resampled_metropolis", "metropolis", "norm_estimation"),
    "mps_sample_measure_algorithm": ("mps_heuristic", "mps_apply_measure", "mps_probabilities"),
    "mps_swap_direction": ("mps_swap_left", "mps_swap_right"),
    "precision": ("double", "single"),
}

_LARGEST: Final = 2**31 - 1

_ERROR_OPERATIONS: Final = 1_000_000
"""Operations in all errors of a noise model: more than a 127-qubit device has, few enough to check."""


def read_method(config: Mapping[str, Any]) -> str:
    """Return the simulation method.

    Raises:
        Refusal: there is no such method.
    """
    method = config.get("method")
    if method is None:
        return METHODS[0]
    method = _ALIASES.get(method, method) if isinstance(method, str) else method
    if method not in METHODS:
        raise Refusal(f"The option 'method' is {method!r:.60}. It should be one of {', '.join(METHODS)}.")
    return str(method)


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
            suits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST
            expected = "a whole number of 0 or more"
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


def read_noise_model(config: Mapping[str, Any], rules: DeviceRules) -> Optional[Mapping[str, Any]]:
    """Return the noise model that comes with the job, checked to the depth at which the simulator trusts it.

    Raises:
        Refusal: it is no noise model, or the device has noise of its own.
    """
    model = config.get("noise_model")
    if model is None:
        return None
    if not rules.simulator:
        raise Refusal(
            f"The job has a noise model, but {rules.name} runs with the noise of its own calibration. "
            "Run it on a simulator, or leave 'noise_model' out."
        )
    errors = model.get("errors") if isinstance(model, dict) else None
    if not isinstance(errors, list):
        raise Refusal("The option 'noise_model' should be a noise model's dictionary, with a list 'errors'.")
    operations = 0
    for index, error in enumerate(errors):
        operations += _check_error(error, index)
        if operations > _ERROR_OPERATIONS:
            raise Refusal(
                f"The noise model is too large: its errors hold more than {_ERROR_OPERATIONS} operations."
            )
    # The other keys are Aer's summary of the errors.
    return {"errors": errors}


def _check_error(error: Any, index: int) -> int:
    """Check one error of a noise model; return how many operations it holds."""
    where = f"The noise model's error {index}"
    if not isinstance(error, dict) or error.get("type") not in ("qerror", "roerror"):
        raise Refusal(f"{where} should be an object of type 'qerror' or 'roerror', not {error!r:.60}.")
    names = error.get("operations", [] if error["type"] == "roerror" else None)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(f"{where} should have a list of names 'operations', not {names!r:.60}.")
    targets = error.get("gate_qubits") or []
    if not isinstance(targets, list) or not all(_is_qubit_list(qubits) for qubits in targets):
        raise Refusal(f"{where} should have lists of qubits in 'gate_qubits', not {targets!r:.60}.")
    if error["type"] == "roerror":
        return _check_readout(error.get("probabilities"), where)
    return _check_channel(error, where)


def _check_readout(rows: Any, where: str) -> int:
    """Check a readout error: a square matrix of probabilities."""
    size = len(rows) if isinstance(rows, list) else 0
    if size < 2 or size & (size - 1) or not all(_is_distribution(row, size) for row in rows):
        raise Refusal(
            f"{where} should have a square matrix 'probabilities' whose rows sum to 1, not {rows!r:.60}."
        )
    return size


def _check_channel(error: Mapping[str, Any], where: str) -> int:
    """Check a quantum error: circuits, each with a probability."""
    circuits = error.get("instructions")
    if (
        not isinstance(circuits, list)
        or not circuits
        or not _is_distribution(error.get("probabilities"), len(circuits))
    ):
        raise Refusal(
            f"{where} should have circuits 'instructions' and as many 'probabilities' that sum to 1."
        )
    for circuit in circuits:
        for operation in circuit if isinstance(circuit, list) else [None]:
            if (
                not isinstance(operation, dict)
                or not isinstance(operation.get("name"), str)
                or not _is_qubit_list(operation.get("qubits"))
                or not isinstance(operation.get("params", []), list)
            ):
                raise Refusal(f"{where} has an operation without name and qubits: {operation!r:.60}.")
    return sum(len(circuit) for circuit in circuits)


def _is_qubit_list(qubits: Any) -> bool:
    """Tell whether a value is a list of qubits."""
    return (
        isinstance(qubits, list)
        and bool(qubits)
        and all(
            isinstance(qubit, int) and not isinstance(qubit, bool) and 0 <= qubit < 1024 for qubit in qubits
        )
    )


def _is_distribution(values: Any, size: int) -> bool:
    """Tell whether a value is a list of so many probabilities."""
    return (
        isinstance(values, list)
        and len(values) == size
        and all(is_number(value) and -1e-9 <= value for value in values)
        and abs(sum(values) - 1) < 1e-6
    )
