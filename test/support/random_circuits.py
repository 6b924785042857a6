# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits of whatever Qiskit lets one build, as a strategy of Hypothesis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction
from qiskit.circuit.library import Diagonal, MCXGate, PauliGate, Permutation
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.extensions import UnitaryGate
from qiskit.quantum_info import Clifford, Operator, random_unitary

__all__ = ["QUBITS", "circuits"]

QUBITS = 3
_STANDARD = sorted(
    (name, gate)
    for name, gate in get_standard_gate_name_mapping().items()
    if gate.num_qubits <= QUBITS and name != "delay"
)
_ANGLES = st.one_of(
    st.sampled_from([0.0, math.pi, -math.pi / 2, 1e-300, 1e300, math.inf, math.nan]),
    st.floats(-10, 10, allow_nan=False),
)


def _standard(draw: Any) -> Instruction:
    _, gate = draw(st.sampled_from(_STANDARD))
    gate = gate.to_mutable()
    if gate.params:
        gate.params = [draw(_ANGLES) for _ in gate.params]
    return gate


def _special(draw: Any) -> Instruction:
    """What has matrices, texts or no definition at all, and what only simulators know."""
    seed = draw(st.integers(0, 1000))
    return draw(
        st.sampled_from(
            [
                Gate("mystery", 1, [0.5]),
                Gate("cx", 3, []),
                Gate("rz", 1, []),
                Instruction("strange", 1, 1, []),
                Instruction("snapshot", 2, 0, []),
                Instruction("save_statevector", 3, 0, []),
                MCXGate(2, ctrl_state=1),
                PauliGate("XYZ"),
                Permutation(3, [2, 0, 1]).to_instruction(),
                Diagonal([1, -1, 1j, 1]).to_instruction(),
                UnitaryGate(random_unitary(4, seed=seed)),
                UnitaryGate(np.eye(2), label="mine"),
                Operator(random_unitary(2, seed=seed)).to_instruction(),
                Clifford(np.eye(4, dtype=bool)).to_instruction(),
            ]
        )
    )


def _place(circuit: QuantumCircuit, instruction: Instruction, draw: Any) -> None:
    """Put an instruction somewhere, perhaps under a condition or with a label."""
    wires = draw(st.permutations(range(QUBITS)))[: instruction.num_qubits]
    bits = draw(st.permutations(range(QUBITS)))[: instruction.num_clbits]
    if draw(st.integers(0, 5)) == 0:
        instruction = instruction.c_if(circuit.cregs[0], draw(st.integers(0, 7)))
    if draw(st.integers(0, 9)) == 0:
        instruction = instruction.to_mutable()
        instruction.label = draw(st.sampled_from(["mine", "x", "delay_3"]))
    circuit.append(instruction, wires, bits)


def _other(circuit: QuantumCircuit, draw: Any) -> None:
    """Put something in that is no gate."""
    qubit = draw(st.integers(0, QUBITS - 1))
    choice = draw(st.integers(0, 6))
    if choice == 0:
        circuit.reset(qubit)
    elif choice == 1:
        circuit.barrier()
    elif choice == 2:
        circuit.delay(draw(st.sampled_from([0, 1, 160, 10**9, 10**15])), qubit, "dt")
    elif choice == 3:
        circuit.initialize(draw(st.sampled_from(["0", "+", "r", 1, [0.6, 0.8], [0.6, 0.8j]])), qubit)
    elif choice == 4:
        circuit.initialize(draw(st.sampled_from(["0+1", 5])), range(QUBITS))
    else:
        circuit.measure(qubit, draw(st.integers(0, QUBITS - 1)))


@st.composite
def circuits(draw: Any) -> QuantumCircuit:
    """A circuit of up to eight instructions on three qubits, measured at its end or not."""
    circuit = QuantumCircuit(QUBITS, QUBITS, name=draw(st.sampled_from(["c", "", "ö" * 30])))
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.integers(0, 3))
        try:
            if kind == 0:
                _other(circuit, draw)
            else:
                _place(circuit, _special(draw) if kind == 1 else _standard(draw), draw)
        except QiskitError:
            # Qiskit itself does not let this in: a barrier under a condition, say.
            continue
    if draw(st.booleans()):
        circuit.measure(range(QUBITS), range(QUBITS))
    return circuit
