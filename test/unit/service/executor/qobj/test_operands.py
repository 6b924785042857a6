# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Parameters come back from JSON as the simulator takes them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qiskit_ibmq_provider._checks import is_number
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError
from qiskit_ibmq_provider.service.executor.qobj.instructions import INSTRUCTIONS
from qiskit_ibmq_provider.service.executor.qobj.operands import read_operands, read_real

HALF = 1 / math.sqrt(2)
IDENTITY = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]
Y = [[[0.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, 0.0]]]


def _read(name, params, qubits=1):
    return read_operands(params, INSTRUCTIONS[name], qubits)


def test_numbers_may_be_pairs_without_imaginary_part():
    assert _read("u3", [1, [0.5, 0.0], -2.5]) == [1.0, 0.5, -2.5]
    assert read_real([0.25, 1e-12]) == 0.25


@pytest.mark.parametrize(
    "value", [True, None, "1", math.nan, math.inf, 10**400, [1.0], [1.0, 0.1], [[1.0, 0.0]], {}]
)
def test_what_is_no_real_number_is_refused(value):
    assert not is_number(value)
    with pytest.raises(InstructionError, match="finite real numbers"):
        read_real(value)


def test_matrices_become_complex():
    (matrix,) = _read("unitary", [Y])
    assert np.array_equal(matrix, [[0, -1j], [1j, 0]])
    (matrix,) = _read("unitary", [[[0, 1], [1, 0]]])
    assert matrix.dtype == complex
    first, second = _read("multiplexer", [Y, IDENTITY], qubits=2)
    assert np.array_equal(first, [[0, -1j], [1j, 0]]) and np.array_equal(second, np.eye(2))


def test_vectors_become_complex():
    assert _read("diagonal", [[1.0, 0.0], [0.0, 1.0]]) == [1, 1j]
    assert _read("diagonal", [1, -1]) == [1, -1]
    assert _read("initialize", [[HALF, 0.0], [0.0, HALF]]) == [HALF, HALF * 1j]
    assert _read("initialize", [0.5, 0.5, 0.5, -0.5], qubits=2) == [0.5, 0.5, 0.5, -0.5]


def test_letters_and_numbers_give_one_state_for_each_qubit():
    # The first letter is that of the last qubit.
    assert _read("initialize", ["0", "1"], qubits=2) == [[(0, 1), (1, 0)]]
    assert _read("initialize", ["r", "-"], qubits=2) == [[(HALF, -HALF), (HALF, HALF * 1j)]]
    assert _read("initialize", [[2.0, 0.0]], qubits=2) == [[(1, 0), (0, 1)]]
    assert _read("initialize", [1], qubits=1) == [[(0, 1)]]
    # Thirty-two letters are no vector of 2**32 numbers.
    assert len(_read("initialize", ["+"] * 32, qubits=32)[0]) == 32


def test_the_other_kinds():
    assert _read("pauli", ["XIZ"], qubits=3) == ["XIZ"]
    assert _read("delay", [100]) == [100.0]
    assert _read("save_amplitudes", [0, 3], qubits=2) == [0, 3]
    assert _read("save_expval", [["Z", [1.0, 0]]]) == [["Z", [1.0, 0.0]]]
    assert _read("measure", None) == []
    assert len(_read("kraus", [[[1, 0], [0, HALF]], [[0, HALF], [0, 0]]])) == 2
    assert _read("superop", [np.eye(4).tolist()])[0].shape == (4, 4)


REFUSED = {
    "no list": ("u1", 0.5, 1),
    "parameters of a measurement": ("measure", [1], 1),
    "no matrix": ("unitary", [], 1),
    "two matrices": ("unitary", [IDENTITY, IDENTITY], 1),
    "ragged matrix": ("unitary", [[[1, 0], [0]]], 1),
    "matrix of another size": ("unitary", [IDENTITY], 2),
    "matrix of texts": ("unitary", [[["a", "b"], ["c", "d"]]], 1),
    "matrix with infinity": ("unitary", [[[math.inf, 0], [0, 1]]], 1),
    "matrix not unitary": ("unitary", [[[1, 1], [1, 1]]], 1),
    "matrix of numbers too large": ("unitary", [[[10**400, 0], [0, 1]]], 1),
    "matrices too few": ("multiplexer", [IDENTITY], 2),
    "no matrices": ("multiplexer", [], 1),
    "matrices not unitary": ("multiplexer", [[[0, 0], [0, 0]], IDENTITY], 2),
    "no Kraus operators": ("kraus", [], 1),
    "Kraus operators that lose probability": ("kraus", [[[0.5, 0], [0, 0.5]]], 1),
    "channel that is none": ("superop", [(2 * np.eye(4)).tolist()], 1),
    "diagonal too short": ("diagonal", [1], 1),
    "diagonal not unitary": ("diagonal", [1, 0.5], 1),
    "state too short": ("initialize", [1, 0], 2),
    "state not of length 1": ("initialize", [1, 1], 1),
    "letters too few": ("initialize", ["0"], 2),
    "letters unknown": ("initialize", ["0", "x"], 2),
    "number too large": ("initialize", [4], 2),
    "number with a fraction": ("initialize", [1.5], 2),
    "Pauli too short": ("pauli", ["X"], 2),
    "Pauli unknown": ("pauli", ["Q"], 1),
    "Pauli no text": ("pauli", [5], 1),
    "delays": ("delay", [1, 2], 1),
    "no indices": ("save_amplitudes", [], 1),
    "index outside": ("save_amplitudes", [2], 1),
    "terms that are none": ("save_expval", ["Z"], 1),
    "no terms": ("save_expval", [], 1),
}


@pytest.mark.parametrize("name, params, qubits", REFUSED.values(), ids=REFUSED)
def test_what_does_not_suit_is_refused(name, params, qubits):
    with pytest.raises(InstructionError, match="takes"):
        _read(name, params, qubits)
