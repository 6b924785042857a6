# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Rejecting a job, and the checks of a document's structure that circuits and schedules have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NoReturn, Optional

from qiskit_ibmq_provider._checks import is_whole
from qiskit_ibmq_provider.protocol.errors import ErrorCode

__all__ = [
    "ExperimentParts",
    "InstructionError",
    "JobRejected",
    "QobjParts",
    "check_qubits",
    "json_object",
    "read_experiment",
    "read_qobj",
    "reject_instruction",
]


class JobRejected(Exception):
    """The payload of a job cannot be run. The job ends in ``ERROR_VALIDATING_JOB`` with this code and this message, which is for the user."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INVALID_PAYLOAD) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class InstructionError(ValueError):
    """An instruction cannot be run. The message continues a sentence that names the instruction."""


def reject_instruction(where: str, problem: object) -> NoReturn:
    """Reject a job because of a problem with the instruction at ``where``."""
    raise JobRejected(f"{where}: {problem}.", ErrorCode.INVALID_INSTRUCTION)


@dataclasses.dataclass(frozen=True)
class QobjParts:
    """The parts of a Qobj document: its configuration, and what goes back with the result as it came."""

    config: Mapping[str, Any]
    qobj_id: str
    header: Optional[Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class ExperimentParts:
    """The parts of an experiment, with its instructions still unread. ``where`` names the experiment in messages."""

    where: str
    header: Mapping[str, Any]
    config: Mapping[str, Any]
    instructions: Any


def check_qubits(qubits: list[Any], size: int) -> list[int]:
    """Return the qubits of an instruction, each of which is in a register of ``size`` qubits and named once."""
    for qubit in qubits:
        if not is_whole(qubit, 0, size):
            raise InstructionError(f"its qubits should be numbers from 0 to {size - 1}, not {qubit!r:.40}")
    if len(set(qubits)) != len(qubits):
        raise InstructionError(f"it names a qubit twice: {qubits!r:.60}")
    return list(qubits)


def json_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return a value that must be a JSON object."""
    if not isinstance(value, dict):
        raise JobRejected(f"{what} should be a JSON object, not {type(value).__name__}.")
    return value


def read_qobj(document: Mapping[str, Any]) -> QobjParts:
    """Take a Qobj document apart."""
    qobj_id, header = document.get("qobj_id"), document.get("header")
    return QobjParts(
        config=json_object(document.get("config") or {}, "The field 'config' of the payload"),
        qobj_id=qobj_id if isinstance(qobj_id, str) else "",
        header=header if isinstance(header, dict) else None,
    )


def read_experiment(index: int, entry: Any) -> ExperimentParts:
    """Take an experiment apart."""
    experiment = json_object(entry, f"Experiment {index}")
    header = json_object(experiment.get("header") or {}, f"The header of experiment {index}")
    name = header.get("name")
    where = f"Experiment {index} ({name!r:.60})" if isinstance(name, str) else f"Experiment {index}"
    config = json_object(experiment.get("config") or {}, f"{where}: the field 'config'")
    return ExperimentParts(where, header, config, experiment.get("instructions"))
