# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Instructions are brought into a form that the simulator runs as the device would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from support.circuit_jobs import FLEET, payload, rules

from qiskit_ibmq_provider.service.executor.circuits.device_noise import CalibrationNoise
from qiskit_ibmq_provider.service.executor.circuits.normalise import normalise
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job

SIMULATOR = rules()
VIGO = rules("ibmq_vigo")
NOISE = CalibrationNoise(FLEET.properties("ibmq_vigo"), VIGO.dt)
ANGLES = st.floats(-20, 20)


def _normalise(instructions, device=SIMULATOR, noise=None, qubits=2):
    (experiment,) = read_circuit_job(payload(instructions, qubits=qubits), device).experiments
    return normalise(experiment.instructions, device, noise)


def _operator(instructions):
    circuit = QuantumCircuit(1)
    for instruction in instructions:
        getattr(circuit, instruction["name"])(*instruction.get("params", ()), 0)
    return Operator(circuit)


@settings(max_examples=50, deadline=None)
@given(ANGLES, ANGLES, ANGLES)
def test_gates_that_the_calibration_lacks_become_those_it_has(theta, phi, lam):
    for name, params in (("u1", [lam]), ("u2", [phi, lam]), ("u3", [theta, phi, lam])):
        before = [{"name": name, "qubits": [0], "params": params}]
        circuit = _normalise(before, VIGO, NOISE)
        assert {entry["name"] for entry in circuit.instructions} <= {"rz", "sx"}
        assert all(entry["qubits"] == [0] for entry in circuit.instructions)
        u_form = [
            {
                "name": "u",
                "params": {"u1": [0, 0, lam], "u2": [1.5707963267948966, phi, lam]}.get(name, params),
            }
        ]
        assert _operator(circuit.instructions).equiv(_operator(u_form), atol=1e-7)
    assert ("sx", (0,)) in circuit.gates


def test_gates_that_the_calibration_has_stay():
    cambridge = rules("ibmq_cambridge")
    noise = CalibrationNoise(FLEET.properties("ibmq_cambridge"), cambridge.dt)
    instruction = {"name": "u3", "qubits": [0], "params": [0.1, 0.2, 0.3]}
    circuit = _normalise([instruction], cambridge, noise)
    assert circuit.instructions == [instruction]
    assert circuit.gates == {("u3", (0,))}


def test_what_needs_noise_is_noted():
    circuit = _normalise(
        [
            {"name": "x", "qubits": [1]},
            {"name": "cx", "qubits": [1, 0]},
            {"name": "barrier", "qubits": [0, 1]},
            {"name": "reset", "qubits": [0]},
            {"name": "measure", "qubits": [0, 1], "memory": [0, 1]},
        ],
        VIGO,
        NOISE,
    )
    assert circuit.gates == {("x", (1,)), ("cx", (1, 0)), ("reset", (0,))}
    assert circuit.measured == {0, 1}


def test_a_delay_carries_its_length_as_label_on_each_qubit():
    circuit = _normalise([{"name": "delay", "qubits": [1, 0], "params": [160]}], VIGO, NOISE)
    assert circuit.instructions == [
        {"name": "delay", "qubits": [1], "params": [160.0], "label": "delay_160"},
        {"name": "delay", "qubits": [0], "params": [160.0], "label": "delay_160"},
    ]
    assert circuit.delays == {(1, 160.0), (0, 160.0)}


def test_a_label_takes_no_gate_of_a_device_out_of_the_noise():
    labelled = {"name": "x", "qubits": [0], "label": "perfect"}
    assert _normalise([labelled], VIGO, NOISE).instructions == [{"name": "x", "qubits": [0]}]
    # On a simulator the job's own noise model may be tied to it.
    assert _normalise([labelled]).instructions == [labelled]


def test_product_states_are_prepared_qubit_by_qubit():
    circuit = _normalise([{"name": "initialize", "qubits": [1, 0], "params": ["0", "1"]}])
    assert circuit.instructions == [
        {"name": "initialize", "qubits": [1], "params": [0j, 1 + 0j]},
        {"name": "initialize", "qubits": [0], "params": [1 + 0j, 0j]},
    ]


@pytest.mark.parametrize(
    "kind, instruction",
    [
        ("statevector", "save_statevector"),
        ("density_matrix", "save_density_matrix"),
        ("probabilities", "save_probabilities_dict"),
        ("stabilizer", "save_stabilizer"),
    ],
)
def test_a_snapshot_becomes_a_save(kind, instruction):
    snapshot = {"name": "snapshot", "qubits": [0, 1], "label": "here", "snapshot_type": kind}
    circuit = _normalise([snapshot, snapshot])
    assert [entry["name"] for entry in circuit.instructions] == [instruction] * 2
    assert len({entry["label"] for entry in circuit.instructions}) == 2
    assert list(circuit.snapshots.values()) == [(kind, "here")] * 2


def test_what_the_simulator_cannot_do_under_a_condition_is_written_otherwise():
    circuit = _normalise(
        [
            {"name": "pauli", "qubits": [0, 1], "params": ["XI"], "conditional": 2},
            {"name": "pauli", "qubits": [0, 1], "params": ["YZ"], "conditional": 2},
            {"name": "barrier", "qubits": [0], "conditional": 2},
        ]
    )
    assert circuit.instructions == [
        {"name": "x", "qubits": [1], "conditional": 2},
        {"name": "z", "qubits": [0], "conditional": 2},
        {"name": "y", "qubits": [1], "conditional": 2},
        {"name": "barrier", "qubits": [0]},
    ]


def test_a_multiplexer_without_control_is_a_unitary():
    circuit = _normalise([{"name": "multiplexer", "qubits": [1], "params": [[[0, 1], [1, 0]]]}])
    assert [entry["name"] for entry in circuit.instructions] == ["unitary"]
