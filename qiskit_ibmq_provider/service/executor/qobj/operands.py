# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Parameters of instructions: from JSON to what the simulator takes.

JSON has no complex numbers, so they travel as pairs ``[re, im]``. The simulator wants complex numbers, and for some instructions misreads or
refuses pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from qiskit.quantum_info import SuperOp

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError
from qiskit_ibmq_provider.service.executor.qobj.instructions import OperandKind, OperandLayout

__all__ = ["read_operands", "read_real"]

_TOLERANCE: Final = 1e-10
"""Imaginary part below which an angle is real."""

_PHYSICAL: Final = 1e-6
"""How far a matrix may be from unitary, or a channel from keeping the trace. The simulator itself is stricter."""

_NO_CHANNEL: Final = "it takes a channel that is completely positive and keeps the trace"

_HALF: Final = 1 / math.sqrt(2)

_LABELS: Final[Mapping[str, tuple[complex, complex]]] = {
    "0": (1, 0),
    "1": (0, 1),
    "+": (_HALF, _HALF),
    "-": (_HALF, -_HALF),
    "r": (_HALF, _HALF * 1j),
    "l": (_HALF, -_HALF * 1j),
}
"""The states that a letter of an ``initialize`` label stands for."""


def read_real(value: Any) -> float:
    """Return a finite real number; a pair without imaginary part is one too, since bound parameters are sent so."""
    if is_number(value):
        return float(value)
    if isinstance(value, list) and len(value) == 2 and is_number(value[0]) and is_number(value[1]):
        if abs(value[1]) < _TOLERANCE:
            return float(value[0])
    raise InstructionError(f"it takes finite real numbers as parameters, not {value!r:.60}")


def read_operands(params: Any, layout: OperandLayout, qubits: int) -> list[Any]:
    """Return the parameters of an instruction on so many qubits, as the simulator takes them.

    Raises:
        InstructionError: they do not suit the instruction.
    """
    if params is None:
        params = []
    if not isinstance(params, list):
        raise InstructionError(f"it takes a list of parameters, not {params!r:.60}")
    if layout.kind is OperandKind.NUMBERS:
        if len(params) != layout.numbers:
            raise InstructionError(f"it takes {layout.numbers} parameters, not {len(params)}")
        return [read_real(value) for value in params]
    if layout.kind is OperandKind.NONE:
        if params:
            raise InstructionError(f"it takes no parameters, not {params!r:.60}")
        return []
    return _READERS[layout.kind](params, qubits)


def _read_delay(params: list[Any], qubits: int) -> list[Any]:
    if len(params) != 1:
        raise InstructionError(f"it takes 1 parameter, not {len(params)}")
    duration = read_real(params[0])
    if duration < 0:
        raise InstructionError(f"it takes a duration of 0 or more, not {duration}")
    return [duration]


def _read_matrix(params: list[Any], qubits: int) -> list[Any]:
    """Read one matrix; that of a superoperator is the square of a unitary's size."""
    if len(params) != 1:
        raise InstructionError(f"it takes one matrix, not {len(params)} parameters")
    return [_complex_array(params[0], 2)]


def _read_unitary(params: list[Any], qubits: int) -> list[Any]:
    return [_unitary(_square(_read_matrix(params, qubits)[0], 2**qubits))]


def _read_superoperator(params: list[Any], qubits: int) -> list[Any]:
    """Read one channel, as a matrix over pairs of the qubits."""
    matrix = _square(_read_matrix(params, qubits)[0], 4**qubits)
    if not SuperOp(matrix).is_cptp(atol=_PHYSICAL, rtol=0):
        raise InstructionError(_NO_CHANNEL)
    return [matrix]


def _read_kraus(params: list[Any], qubits: int) -> list[Any]:
    if not params:
        raise InstructionError("it takes one matrix or more, not none")
    matrices = [_square(_complex_array(matrix, 2), 2**qubits) for matrix in params]
    total = sum(matrix.conj().T @ matrix for matrix in matrices)
    if not np.allclose(total, np.eye(2**qubits), atol=_PHYSICAL, rtol=0):
        raise InstructionError(_NO_CHANNEL)
    return matrices


def _read_multiplexer(params: list[Any], qubits: int) -> list[Any]:
    """Read one matrix for each state of the control qubits; the targets come first."""
    matrices = [_complex_array(matrix, 2) for matrix in params]
    if not matrices or len(matrices) * matrices[0].shape[0] != 2**qubits:
        raise InstructionError(
            f"it takes one matrix for each state of its control qubits, not {len(matrices)} on {qubits} qubits"
        )
    return [_unitary(_square(matrix, matrices[0].shape[0])) for matrix in matrices]


def _read_diagonal(params: list[Any], qubits: int) -> list[Any]:
    vector = _vector(params, qubits)
    if not np.allclose(np.abs(vector), 1.0, atol=1e-6):
        raise InstructionError("it takes entries of absolute value 1")
    return [complex(value) for value in vector]


def _read_state(params: list[Any], qubits: int) -> list[Any]:
    """Read a state: a vector, or letters or a number for a product state, which give one pair of amplitudes for each qubit."""
    if params and all(isinstance(value, str) for value in params):
        return [_label_states(params, qubits)]
    if len(params) == 1 and not (isinstance(params[0], list) and len(params[0]) == 2**qubits and qubits > 1):
        return [_basis_states(params[0], qubits)]
    vector = _vector(params, qubits)
    norm = float(np.linalg.norm(vector))
    if abs(norm - 1.0) > 1e-6:
        raise InstructionError(f"it takes a vector of length 1, not {norm:.6g}")
    return [complex(value) for value in vector]


def _label_states(letters: Sequence[str], qubits: int) -> list[tuple[complex, complex]]:
    """Return the state of each qubit; the first letter is that of the last qubit."""
    text = "".join(letters)
    if len(text) != qubits or any(letter not in _LABELS for letter in text):
        raise InstructionError(
            f"it takes one of the letters 01+-rl for each of its {qubits} qubits, not {text!r:.60}"
        )
    return [_LABELS[letter] for letter in reversed(text)]


def _basis_states(value: Any, qubits: int) -> list[tuple[complex, complex]]:
    number = read_real(value)
    if number != int(number) or not 0 <= number < 2**qubits:
        raise InstructionError(f"it takes the number of a basis state of {qubits} qubits, not {value!r:.60}")
    return [_LABELS["1" if int(number) >> qubit & 1 else "0"] for qubit in range(qubits)]


def _read_pauli(params: list[Any], qubits: int) -> list[Any]:
    text = params[0] if len(params) == 1 else None
    if not isinstance(text, str) or len(text) != qubits or set(text) - set("IXYZ"):
        raise InstructionError(
            f"it takes one text of {qubits} letters out of I, X, Y and Z, not {params!r:.60}"
        )
    return [text]


def _read_indices(params: list[Any], qubits: int) -> list[Any]:
    if not params:
        raise InstructionError("it takes one number of a basis state or more, not none")
    for value in params:
        if not is_whole(value, 0, 2**qubits):
            raise InstructionError(f"it takes numbers of basis states of {qubits} qubits, not {value!r:.60}")
    return params


def _read_expectation(params: list[Any], qubits: int) -> list[Any]:
    """Read the terms of an operator: a Pauli string with its coefficient and the square of it."""
    terms = []
    for term in params:
        if not isinstance(term, list) or len(term) != 2 or not isinstance(term[1], list) or len(term[1]) != 2:
            raise InstructionError(f"it takes pairs of a Pauli string and its coefficients, not {term!r:.60}")
        terms.append([_read_pauli([term[0]], qubits)[0], [read_real(value) for value in term[1]]])
    if not terms:
        raise InstructionError("it takes one term or more, not none")
    return terms


def _vector(params: list[Any], qubits: int) -> Any:
    """Return a vector over the qubits, given as entries or as one parameter that lists them."""
    if len(params) == 1 and isinstance(params[0], list):
        params = params[0]
    vector = _complex_array(params, 1)
    if vector.shape[0] != 2**qubits:
        raise InstructionError(f"it takes {2**qubits} entries on {qubits} qubits, not {vector.shape[0]}")
    return vector


def _square(matrix: Any, size: int) -> Any:
    if matrix.shape != (size, size):
        raise InstructionError(
            f"it takes a matrix of {size} rows and columns, not {matrix.shape[0]} by {matrix.shape[1]}"
        )
    return matrix


def _unitary(matrix: Any) -> Any:
    """Return a matrix if it is unitary; the simulator crashes on some that are not."""
    if not np.allclose(matrix.conj().T @ matrix, np.eye(matrix.shape[0]), atol=_PHYSICAL, rtol=0):
        raise InstructionError("it takes unitary matrices")
    return matrix


def _complex_array(value: Any, dimensions: int) -> Any:
    """Return an array of complex numbers from nested lists of numbers or of pairs."""
    try:
        array = np.array(value, dtype=float)
    except (TypeError, ValueError, OverflowError) as err:
        raise InstructionError(f"it takes arrays of numbers, not {value!r:.60}") from err
    if array.ndim == dimensions + 1 and array.shape[-1] == 2:
        array = array[..., 0] + 1j * array[..., 1]
    if array.ndim != dimensions or not np.all(np.isfinite(array)):
        raise InstructionError(
            f"it takes {dimensions}-dimensional arrays of finite numbers, not {value!r:.60}"
        )
    return array.astype(complex)


_READERS: Final = {
    OperandKind.DELAY: _read_delay,
    OperandKind.MATRIX: _read_unitary,
    OperandKind.SUPEROPERATOR: _read_superoperator,
    OperandKind.MATRICES: _read_multiplexer,
    OperandKind.KRAUS: _read_kraus,
    OperandKind.VECTOR: _read_diagonal,
    OperandKind.STATE: _read_state,
    OperandKind.PAULI: _read_pauli,
    OperandKind.INDICES: _read_indices,
    OperandKind.EXPECTATION: _read_expectation,
}
