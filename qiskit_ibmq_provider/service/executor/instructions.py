# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The instructions of a circuit Qobj: how many qubits and parameters each takes.

The simulator trusts its input: a wrong number of parameters is sometimes ignored and sometimes reported without saying where. So every
instruction is held against this table first.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Final

__all__ = ["ALWAYS_ACCEPTED", "CLIFFORD", "GATES", "INSTRUCTIONS", "Operands", "Shape"]


class Operands(enum.Enum):
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
class Shape:
    """Operands of an instruction.

    ``qubits`` is how many qubits it takes, or with ``more`` the fewest; ``numbers`` is how many parameters, where they are numbers.
    """

    qubits: int
    numbers: int = 0
    more: bool = False
    operands: Operands = Operands.NUMBERS


def _gates(qubits: int, numbers: int, names: str, *, more: bool = False) -> Mapping[str, Shape]:
    """Return the shapes of gates that take the same operands."""
    return {name: Shape(qubits, numbers, more) for name in names.split()}


GATES: Final[Mapping[str, Shape]] = {
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

_OTHERS: Final[Mapping[str, Shape]] = {
    "barrier": Shape(0, more=True, operands=Operands.NONE),
    "measure": Shape(1, more=True, operands=Operands.NONE),
    "reset": Shape(1, more=True, operands=Operands.NONE),
    "delay": Shape(1, more=True, operands=Operands.DELAY),
    "unitary": Shape(1, more=True, operands=Operands.MATRIX),
    "diagonal": Shape(1, more=True, operands=Operands.VECTOR),
    "initialize": Shape(1, more=True, operands=Operands.STATE),
    "multiplexer": Shape(1, more=True, operands=Operands.MATRICES),
    "pauli": Shape(1, more=True, operands=Operands.PAULI),
    "kraus": Shape(1, more=True, operands=Operands.KRAUS),
    "superop": Shape(1, more=True, operands=Operands.SUPEROPERATOR),
    "snapshot": Shape(1, more=True, operands=Operands.NONE),
    "save_amplitudes": Shape(1, more=True, operands=Operands.INDICES),
    "save_amplitudes_sq": Shape(1, more=True, operands=Operands.INDICES),
    "save_density_matrix": Shape(1, more=True, operands=Operands.NONE),
    "save_expval": Shape(1, more=True, operands=Operands.EXPECTATION),
    "save_expval_var": Shape(1, more=True, operands=Operands.EXPECTATION),
    "save_probabilities": Shape(1, more=True, operands=Operands.NONE),
    "save_probabilities_dict": Shape(1, more=True, operands=Operands.NONE),
    "save_stabilizer": Shape(1, more=True, operands=Operands.NONE),
    "save_statevector": Shape(1, more=True, operands=Operands.NONE),
    "save_statevector_dict": Shape(1, more=True, operands=Operands.NONE),
}
"""What is no gate, and gates whose parameters are arrays or texts."""

INSTRUCTIONS: Final[Mapping[str, Shape]] = {**GATES, **_OTHERS}
"""All instructions that can be run. ``bfunc``, which has no qubits, is apart."""

CLIFFORD: Final = frozenset(
    "id x y z h s sdg sx sxdg cx cy cz swap ecr pauli barrier measure reset delay".split()
)
"""Instructions that the stabilizer method takes whatever their parameters."""

ALWAYS_ACCEPTED: Final = frozenset({"measure", "barrier", "delay", "reset"})
"""What every device takes, whatever its configuration lists."""
