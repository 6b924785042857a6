# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits give the counts that Aer gives when it is handed the circuits themselves."""

from __future__ import annotations

import copy
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, assemble, transpile
from qiskit.circuit.random import random_circuit
from qiskit.providers.fake_provider import FakeCambridge, FakeManila, FakeSantiago, FakeVigo, FakeYorktown
from qiskit.providers.models import BackendProperties
from qiskit.quantum_info import Kraus, SuperOp, random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from support.circuit_jobs import FLEET, SIMULATOR, task

from qiskit_ibmq_provider.encoding import to_wire
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

WORKER = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**30))
IDEAL = AerSimulator()
SEED = 20210120
MIXED = [[[1, 0], [0, math.sqrt(0.6)]], [[0, math.sqrt(0.4)], [0, 0]]]


def _run(directory, circuits, device=SIMULATOR, **options):
    """Run circuits as the service does, and return the outcome and the results."""
    document = to_wire(assemble(circuits, **{"shots": 1000, "seed_simulator": SEED, **options}).to_dict())
    wanted = task(directory, codec.dumps(document), device)
    outcome = WORKER.run(wanted)
    return outcome, codec.loads(wanted.result_path.read_bytes())["results"] if outcome.has_result else []


def _counts(directory, circuits, device=SIMULATOR, **options):
    outcome, results = _run(directory, circuits, device, **options)
    assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
    return [result["data"].get("counts", {}) for result in results]


def _reference(circuits, simulator=IDEAL, **options):
    result = simulator.run(circuits, **{"shots": 1000, "seed_simulator": SEED, **options}).result()
    assert result.success
    return [result.data(index).get("counts", {}) for index in range(len(circuits))]


def _prepared(kind):
    circuit = QuantumCircuit(2, 2)
    circuit.h([0, 1])
    if kind == "initialize":
        circuit.initialize([0.5, 0.5j, -0.5, 0.5], [0, 1])
    elif kind == "unitary":
        circuit.unitary(random_unitary(4, seed=3), [0, 1])
    elif kind == "real unitary":
        circuit.unitary([[0, 1], [1, 0]], 1)
    elif kind == "diagonal":
        circuit.diagonal([1, 1j, -1, 1], [0, 1])
    elif kind == "multiplexer":
        circuit.uc([np.array([[0, 1], [1, 0]]), random_unitary(2, seed=2).data], [0], 1)
    elif kind == "pauli":
        circuit.pauli("XY", [0, 1])
    elif kind == "kraus":
        circuit.append(Kraus(MIXED).to_instruction(), [0])
    elif kind == "superop":
        circuit.append(SuperOp(Kraus(MIXED)).to_instruction(), [1])
    elif kind == "conditions":
        circuit.measure(0, 0)
        circuit.x(1).c_if(0, 1)
        circuit.z(0).c_if(circuit.cregs[0], 1)
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    return circuit


@pytest.mark.parametrize(
    "kind",
    [
        "initialize",
        "unitary",
        "real unitary",
        "diagonal",
        "multiplexer",
        "pauli",
        "kraus",
        "superop",
        "conditions",
    ],
)
def test_an_instruction_gives_what_it_gives_in_a_circuit(tmp_path, kind):
    circuit = _prepared(kind)
    assert _counts(tmp_path, [circuit]) == _reference([circuit])


@pytest.mark.parametrize("label, expected", [("01", {"0x1"}), ("10", {"0x2"}), (2, {"0x2"}), ("1", {"0x1"})])
def test_states_given_by_letters_or_a_number_are_prepared(tmp_path, label, expected):
    qubits = len(label) if isinstance(label, str) else 2
    circuit = QuantumCircuit(qubits, qubits)
    circuit.h(range(qubits))
    circuit.initialize(label, range(qubits))
    circuit.measure(range(qubits), range(qubits))
    assert _counts(tmp_path, [circuit])[0].keys() == expected


def test_a_multiplexer_between_idle_qubits_runs_right(tmp_path):
    """Aer writes past its memory when it leaves out the idle qubits."""
    circuit = QuantumCircuit(4, 2)
    circuit.h(3)
    circuit.uc([np.eye(2), np.array([[0, 1], [1, 0]])], [3], 2)
    circuit.measure([2, 3], [0, 1])
    (counts,) = _counts(tmp_path, [circuit])
    assert counts.keys() == {"0x0", "0x3"}


def test_seventy_classical_bits_are_kept_apart(tmp_path):
    circuit = QuantumCircuit(2, 70)
    circuit.x(0)
    circuit.measure(0, 69)
    assert _counts(tmp_path, [circuit]) == [{hex(2**69): 1000}]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(0, 6), st.booleans())
def test_random_circuits_run_as_aer_runs_them(tmp_path_factory, seed, qubits, depth, conditional):
    circuit = random_circuit(qubits, depth, measure=True, conditional=conditional, seed=seed)
    basis = FLEET.configuration(SIMULATOR)["basis_gates"]
    circuit = transpile(circuit, basis_gates=basis, optimization_level=0)
    directory = tmp_path_factory.mktemp("random")
    assert _counts(directory, [circuit], shots=50) == _reference([circuit], shots=50)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["ibmq_vigo", "ibmq_santiago", "ibmqx2"]))
def test_random_circuits_run_on_devices_once_they_are_transpiled(tmp_path_factory, seed, device):
    configuration = FLEET.configuration(device)
    circuit = transpile(
        random_circuit(3, 4, max_operands=2, measure=True, seed=seed),
        basis_gates=[name for name in configuration["basis_gates"] if name != "reset"],
        coupling_map=configuration["coupling_map"],
        optimization_level=0,
        seed_transpiler=1,
    )
    assert sum(_counts(tmp_path_factory.mktemp("random"), [circuit], device, shots=20)[0].values()) == 20


@pytest.mark.parametrize(
    "device, make",
    [
        ("ibmq_vigo", FakeVigo),
        ("ibmq_santiago", FakeSantiago),
        ("ibmq_manila", FakeManila),
        ("ibmqx2", FakeYorktown),
        ("ibmq_cambridge", FakeCambridge),
    ],
)
def test_counts_are_those_of_aer_s_own_model_of_the_device(tmp_path, device, make):
    """With one seed both draw the same random numbers, so equal noise gives equal counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backend = make()
        simulator = AerSimulator.from_backend(backend)
        circuits = [random_circuit(4, 5, max_operands=2, measure=True, seed=seed) for seed in range(3)]
        circuits = transpile(circuits, backend, seed_transpiler=5)
    for circuit in circuits:
        assert _counts(tmp_path, [circuit], device) == _reference([circuit], simulator)


def test_delays_resets_and_a_large_device_are_noisy_as_in_aer(tmp_path):
    device = "ibm_nairobi"
    configuration = FLEET.configuration(device)
    circuit = QuantumCircuit(7, 2)
    circuit.x([0, 1])
    circuit.delay(50_000, 0)
    circuit.reset(1)
    circuit.sx(1)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        properties = BackendProperties.from_dict(copy.deepcopy(FLEET.properties(device)))
        model = NoiseModel.from_backend_properties(properties, dt=configuration["dt"] * 1e-9)
    assert _counts(tmp_path, [circuit], device) == _reference([circuit], AerSimulator(noise_model=model))


def test_the_decay_of_a_qubit_over_delays_is_that_of_its_t1(tmp_path):
    """P(1) after a delay, from T1, the readout error and the error of the x gate of qubit 0 of ibmq_vigo."""
    properties = FLEET.properties("ibmq_vigo")
    qubit = {value["name"]: value["value"] for value in properties["qubits"][0]}
    dt, shots = FLEET.configuration("ibmq_vigo")["dt"], 8192
    times = [0, 30, 60, 120, 240]
    circuits = []
    for time in times:
        circuit = QuantumCircuit(1, 1)
        circuit.x(0)
        circuit.delay(round(time * 1000 / dt), 0)
        circuit.measure(0, 0)
        circuits.append(circuit)
    counts = _counts(tmp_path, circuits, "ibmq_vigo", shots=shots)
    for time, count in zip(times, counts):
        excited = math.exp(-time / qubit["T1"])
        expected = excited * (1 - qubit["prob_meas0_prep1"]) + (1 - excited) * qubit["prob_meas1_prep0"]
        measured = count.get("0x1", 0) / shots
        # Five standard deviations, and the error of the gate.
        assert abs(measured - expected) < 5 * math.sqrt(0.25 / shots) + 0.005, time


def test_a_bell_state_on_a_device_is_wrong_as_often_as_the_calibration_says(tmp_path):
    properties = FLEET.properties("ibmq_vigo")
    readout = [{v["name"]: v["value"] for v in qubit} for qubit in properties["qubits"][:2]]
    (gate,) = [g for g in properties["gates"] if g["gate"] == "cx" and g["qubits"] == [0, 1]]
    error = next(value["value"] for value in gate["parameters"] if value["name"] == "gate_error")
    circuit = QuantumCircuit(2, 2)
    circuit.rz(math.pi / 2, 0)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    (counts,) = _counts(tmp_path, [circuit], "ibmq_vigo", shots=8000)
    wrong = (counts.get("0x1", 0) + counts.get("0x2", 0)) / (8000)
    # One of the two readouts is wrong, or the gate; relaxation during the gate is part of its error.
    flips = [(one["prob_meas0_prep1"] + one["prob_meas1_prep0"]) / 2 for one in readout]
    misread = flips[0] * (1 - flips[1]) + flips[1] * (1 - flips[0])
    assert misread < wrong < misread + 2 * error + 0.03
    assert 0.05 < wrong < 0.15
