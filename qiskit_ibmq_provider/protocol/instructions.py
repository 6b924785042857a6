# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The fields of the instructions in a Qobj and in pulse defaults. Readers of the original client refuse any other."""

from __future__ import annotations

from typing import Final

__all__ = ["PULSE_INSTRUCTION_FIELDS", "QASM_INSTRUCTION_FIELDS"]

QASM_INSTRUCTION_FIELDS: Final = frozenset(
    {
        "name",
        "params",
        "qubits",
        "register",
        "memory",
        "conditional",
        "label",
        "mask",
        "relation",
        "val",
        "snapshot_type",
    }
)
"""Fields of a circuit instruction."""

PULSE_INSTRUCTION_FIELDS: Final = frozenset(
    {
        "name",
        "t0",
        "ch",
        "conditional",
        "val",
        "phase",
        "frequency",
        "duration",
        "qubits",
        "memory_slot",
        "register_slot",
        "kernels",
        "discriminators",
        "label",
        "type",
        "pulse_shape",
        "parameters",
    }
)
"""Fields of a pulse instruction."""
