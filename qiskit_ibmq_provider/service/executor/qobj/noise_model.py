# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading the noise model that a job brings along.

It is the dictionary of Aer's ``NoiseModel``. Aer does not check it, and crashes on some that it cannot use, so every operation in it is held
against the table of instructions, as those of circuits are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError, JobRejected
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.instructions import INSTRUCTIONS
from qiskit_ibmq_provider.service.executor.qobj.operands import read_operands

__all__ = ["read_noise_model"]

_WIDEST_ERROR: Final = 8
"""Qubits of an error that is not tied to certain qubits."""

_NO_ERRORS: Final = frozenset({"barrier", "delay", "measure", "initialize", "snapshot"}).union(
    name for name in INSTRUCTIONS if name.startswith("save_")
)
"""Instructions that are no part of an error."""

_ERROR_OPERATIONS: Final = 1_000_000
"""Operations in all errors of a noise model: more than a 127-qubit device has, few enough to check."""


def read_noise_model(config: Mapping[str, Any], rules: DeviceRules) -> Optional[Mapping[str, Any]]:
    """Return the noise model that comes with the job, checked to the depth at which the simulator trusts it."""
    model = config.get("noise_model")
    if model is None:
        return None
    if not rules.simulator:
        raise JobRejected(
            f"The job has a noise model, but {rules.name} runs with the noise of its own calibration. "
            "Run it on a simulator, or leave 'noise_model' out."
        )
    errors = model.get("errors") if isinstance(model, dict) else None
    if not isinstance(errors, list):
        raise JobRejected(
            "The option 'noise_model' should be a noise model's dictionary, with a list 'errors'."
        )
    operations = 0
    for index, error in enumerate(errors):
        operations += _check_error(error, index)
        if operations > _ERROR_OPERATIONS:
            raise JobRejected(
                f"The noise model is too large: its errors hold more than {_ERROR_OPERATIONS} operations."
            )
    # The other keys are Aer's summary of the errors.
    return {"errors": [_without_empty(error) for error in errors]}


def _check_error(error: Any, index: int) -> int:
    """Check one error of a noise model; return how many operations it holds."""
    where = f"The noise model's error {index}"
    if not isinstance(error, dict) or error.get("type") not in ("qerror", "roerror"):
        raise JobRejected(f"{where} should be an object of type 'qerror' or 'roerror', not {error!r:.60}.")
    names = error.get("operations", [] if error["type"] == "roerror" else None)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise JobRejected(f"{where} should have a list of names 'operations', not {names!r:.60}.")
    targets = error.get("gate_qubits") or []
    if not isinstance(targets, list) or not all(_is_qubit_list(qubits) for qubits in targets):
        raise JobRejected(f"{where} should have lists of qubits in 'gate_qubits', not {targets!r:.60}.")
    if error["type"] == "roerror":
        return _check_readout(error.get("probabilities"), where)
    return _check_channel(error, where)


def _check_readout(rows: Any, where: str) -> int:
    size = len(rows) if isinstance(rows, list) else 0
    if size < 2 or size & (size - 1) or not all(_is_distribution(row, size) for row in rows):
        raise JobRejected(
            f"{where} should have a square matrix 'probabilities' whose rows sum to 1, not {rows!r:.60}."
        )
    return size


def _check_channel(error: Mapping[str, Any], where: str) -> int:
    circuits = error.get("instructions")
    if (
        not isinstance(circuits, list)
        or not circuits
        or not all(isinstance(circuit, list) for circuit in circuits)
        or not _is_distribution(error.get("probabilities"), len(circuits))
    ):
        raise JobRejected(
            f"{where} should have circuits 'instructions' and as many 'probabilities' that sum to 1."
        )
    targets = error.get("gate_qubits") or []
    width = min((len(qubits) for qubits in targets), default=_WIDEST_ERROR)
    for circuit in circuits:
        for operation in circuit:
            _check_operation(operation, width, where)
    return sum(len(circuit) for circuit in circuits)


def _without_empty(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an error whose circuits all do something: the simulator crashes on an empty one."""
    if "instructions" not in error or all(error["instructions"]):
        return error
    identity = [{"name": "id", "qubits": [0]}]
    return {**error, "instructions": [circuit or identity for circuit in error["instructions"]]}


def _check_operation(operation: Any, width: int, where: str) -> None:
    """Check one operation of a quantum error. The simulator crashes on some that it cannot use."""
    entry: Mapping[str, Any] = operation if isinstance(operation, dict) else {}
    name, qubits = entry.get("name"), entry.get("qubits", [])
    layout = INSTRUCTIONS.get(name) if isinstance(name, str) else None
    if layout is None or name in _NO_ERRORS or not _is_qubit_list(qubits):
        raise JobRejected(
            f"{where} has an operation that is no gate or channel on qubits: {operation!r:.60}."
        )
    if not layout.takes(len(qubits)) or len(set(qubits)) != len(qubits) or max(qubits) >= width:
        raise JobRejected(
            f"{where} has the operation {name!r} on the qubits {qubits!r:.60} of {width}, which do not suit it."
        )
    try:
        read_operands(entry.get("params"), layout, len(qubits))
    except InstructionError as err:
        raise JobRejected(f"{where}, operation {name!r}: {err}.") from err


def _is_qubit_list(qubits: Any) -> bool:
    return isinstance(qubits, list) and bool(qubits) and all(is_whole(qubit, 0, 1024) for qubit in qubits)


def _is_distribution(values: Any, size: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == size
        and all(is_number(value) and -1e-9 <= value for value in values)
        and abs(sum(values) - 1) < 1e-6
    )
