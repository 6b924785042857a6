# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The instructions of a circuit Qobj: how many qubits and parameters each takes.

The simulator trusts its input: a wrong number of parameters is sometimes ignored and sometimes reported without saying where. So every
instruction is held against this table first.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

__all__ = [
    "ALWAYS_ACCEPTED",
    "GATES",
    "INSTRUCTIONS",
    "OperandKind",
    "OperandLayout",
    "is_clifford",
    "is_clifford_noise",
]


class OperandKind(enum.Enum):
    """What the parameters of an instruction are."""

    NUMBERS = "numbers"
    MATRIX = "matrix"
    SUPEROPERATOR = "superoperator"
    MATRICES = "matrices"
    KRAUS = "kraus"
    VECTOR = "vector"
    STATE = "state"
    PAULI = "pauli"
    INDICES = "indices"
    EXPECTATION = "expectation"
    DELAY = "delay"
    NONE = "none"


@dataclasses.dataclass(frozen=True)
class OperandLayout:
    """What an instruction takes.

    ``qubits`` is how many qubits it takes, or with ``more`` the fewest; ``numbers`` is how many parameters, where they are numbers.
    """

    qubits: int
    numbers: int = 0
    more: bool = False
    kind: OperandKind = OperandKind.NUMBERS

    def takes(self, qubits: int) -> bool:
        """Tell whether it takes so many qubits."""
        return qubits == self.qubits or (self.more and qubits > self.qubits)


def _gates(qubits: int, numbers: int, names: str, *, more: bool = False) -> Mapping[str, OperandLayout]:
    return {name: OperandLayout(qubits, numbers, more) for name in names.split()}


GATES: Final[Mapping[str, OperandLayout]] = {
    **_gates(1, 0, "id x y z h s sdg sx sxdg t tdg"),
    **_gates(1, 1, "u1 p rx ry rz"),
    **_gates(1, 2, "u2 r"),
    **_gates(1, 3, "u u3"),
    **_gates(2, 0, "cx cy cz csx swap ecr"),
    **_gates(2, 1, "cp cu1 crx cry crz rxx ryy rzz rzx"),
    **_gates(2, 2, "cu2"),
    **_gates(2, 3, "cu3"),
    **_gates(2, 4, "cu"),
    **_gates(3, 0, "ccx ccz cswap"),
    **_gates(1, 0, "mcx mcy mcz mcsx mcx_gray", more=True),
    **_gates(2, 0, "mcswap", more=True),
    **_gates(1, 1, "mcp mcphase mcu1 mcrx mcry mcrz", more=True),
    **_gates(1, 2, "mcu2 mcr", more=True),
    **_gates(1, 3, "mcu3", more=True),
    **_gates(1, 4, "mcu", more=True),
}
"""Gates whose parameters are real numbers."""


def _others(kind: OperandKind, names: str, *, qubits: int = 1) -> Mapping[str, OperandLayout]:
    return {name: OperandLayout(qubits, more=True, kind=kind) for name in names.split()}


_OTHERS: Final[Mapping[str, OperandLayout]] = {
    **_others(OperandKind.NONE, "barrier", qubits=0),
    **_others(OperandKind.NONE, "measure reset snapshot"),
    **_others(OperandKind.NONE, "save_density_matrix save_probabilities save_probabilities_dict"),
    **_others(OperandKind.NONE, "save_stabilizer save_statevector save_statevector_dict"),
    **_others(OperandKind.DELAY, "delay"),
    **_others(OperandKind.MATRIX, "unitary"),
    **_others(OperandKind.VECTOR, "diagonal"),
    **_others(OperandKind.STATE, "initialize"),
    **_others(OperandKind.MATRICES, "multiplexer"),
    **_others(OperandKind.PAULI, "pauli"),
    **_others(OperandKind.KRAUS, "kraus"),
    **_others(OperandKind.SUPEROPERATOR, "superop"),
    **_others(OperandKind.INDICES, "save_amplitudes save_amplitudes_sq"),
    **_others(OperandKind.EXPECTATION, "save_expval save_expval_var"),
}
"""What is no gate, and gates whose parameters are arrays or texts."""

INSTRUCTIONS: Final[Mapping[str, OperandLayout]] = {**GATES, **_OTHERS}
"""All instructions that can be run. ``bfunc``, which has no qubits, is apart."""

_CLIFFORD: Final = frozenset(
    "id x y z h s sdg sx sxdg cx cy cz swap ecr pauli barrier measure reset delay".split()
)
"""Instructions that the stabilizer method takes whatever their parameters."""

ALWAYS_ACCEPTED: Final = frozenset({"measure", "barrier", "delay", "reset"})
"""What every device takes, whatever its configuration lists."""

_HALF_PI: Final = math.pi / 2


def is_clifford(instructions: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the stabilizer method may take a circuit."""
    for instruction in instructions:
        name = instruction["name"]
        if name in _CLIFFORD or name == "bfunc":
            continue
        if name == "rz":
            turns = instruction["params"][0] / _HALF_PI
            if abs(turns - round(turns)) < 1e-6:
                continue
        return False
    return True


def is_clifford_noise(errors: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the stabilizer method may take the errors of a noise model."""
    return all(
        operation["name"] in _CLIFFORD
        for error in errors
        for circuit in error.get("instructions", ())
        for operation in circuit
    )
