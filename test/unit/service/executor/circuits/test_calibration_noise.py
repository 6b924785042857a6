# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The noise of a device is that which Aer makes of the same calibration."""

from __future__ import annotations

import copy
import random
import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.providers.models import BackendProperties
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import NoiseModel
from support.circuit_jobs import FLEET

from qiskit_ibmq_provider.service.executor.circuits.device_noise import CalibrationNoise, delay_label

DEVICES = [
    "ibmq_vigo",
    "ibmq_armonk",
    "ibmq_cambridge",
    "ibmqx2",
    "ibm_prague",
    "ibmq_poughkeepsie",
    "ibm_nairobi",
]
DT = 0.2222222222222222


def _reference(device):
    properties = BackendProperties.from_dict(copy.deepcopy(FLEET.properties(device)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return NoiseModel.from_backend_properties(properties, dt=DT * 1e-9)


def _channel(entry):
    """The channel of a quantum error in the form of a dictionary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NoiseModel.from_dict({"errors": [entry]})
    (by_qubits,) = model._local_quantum_errors.values()
    (error,) = by_qubits.values()
    return SuperOp(error)


@pytest.mark.parametrize("device", DEVICES)
def test_gate_and_readout_errors_are_those_of_aer(device):
    properties = FLEET.properties(device)
    keys = [(gate["gate"], tuple(gate["qubits"])) for gate in properties["gates"]]
    keys = sorted(random.Random(5).sample(keys, min(25, len(keys))))
    reference = _reference(device)
    expected = {
        (name, qubits): error
        for name, by_qubits in reference._local_quantum_errors.items()
        for qubits, error in by_qubits.items()
        if (name, qubits) in keys
    }
    model = CalibrationNoise(properties, DT).model(keys, range(len(properties["qubits"])), [])
    gates = {(e["operations"][0], e["gate_qubits"][0]): e for e in model["errors"] if e["type"] == "qerror"}
    assert gates.keys() == expected.keys()
    for key, entry in gates.items():
        assert np.allclose(_channel(entry).data, SuperOp(expected[key]).data, atol=1e-9), key
    readout = {e["gate_qubits"][0]: e["probabilities"] for e in model["errors"] if e["type"] == "roerror"}
    assert readout.keys() == reference._local_readout_errors.keys()
    for qubits, error in reference._local_readout_errors.items():
        assert np.allclose(readout[qubits], error.probabilities)


def test_the_error_of_a_delay_is_that_of_aer():
    (relaxation,) = _reference("ibmq_vigo")._custom_noise_passes
    circuit = QuantumCircuit(5)
    for qubit in range(5):
        circuit.delay(1000 * (qubit + 1), qubit)
    delays = [instruction.operation for instruction in circuit.data]
    noise = CalibrationNoise(FLEET.properties("ibmq_vigo"), DT)
    model = noise.model([], [], [(qubit, 1000.0 * (qubit + 1)) for qubit in range(5)])
    assert [(e["operations"], e["gate_qubits"]) for e in model["errors"]] == [
        ([delay_label(1000 * (qubit + 1))], [(qubit,)]) for qubit in range(5)
    ]
    for qubit, entry in enumerate(model["errors"]):
        expected = relaxation._thermal_relaxation_error(delays[qubit], [qubit])
        assert np.allclose(_channel(entry).data, SuperOp(expected).data, atol=1e-12)


def test_only_what_a_job_needs_is_in_the_model():
    noise = CalibrationNoise(FLEET.properties("ibm_washington"), DT)
    model = noise.model([("sx", (3,)), ("cx", (0, 1)), ("sx", (3,)), ("rz", (3,))], [3], [])
    assert [(e.get("operations"), e["gate_qubits"]) for e in model["errors"]] == [
        (["cx"], [(0, 1)]),
        (["sx"], [(3,)]),
        (["measure"], [(3,)]),
    ]


def test_errors_are_built_once():
    noise = CalibrationNoise(FLEET.properties("ibmq_vigo"), DT)
    first = noise.model([("cx", (0, 1))], [], [(0, 160.0)])
    again = noise.model([("cx", (0, 1))], [], [(0, 160.0)])
    assert all(one is other for one, other in zip(first["errors"], again["errors"]))


def test_without_a_unit_of_time_delays_are_free_of_noise():
    noise = CalibrationNoise(FLEET.properties("ibmq_vigo"), None)
    assert noise.model([], [], [(0, 160.0)]) == {"errors": []}
    assert CalibrationNoise(FLEET.properties("ibmq_vigo"), DT).model([], [], [(0, 0.0)]) == {"errors": []}


def _value(name, value, unit=""):
    return {"date": "2021-01-01T00:00:00Z", "name": name, "unit": unit, "value": value}


def _calibration(qubit, gate):
    return {
        "last_update_date": "2021-01-01T00:00:00Z",
        "qubits": [qubit],
        "gates": [{"gate": "x", "qubits": [0], "parameters": gate}],
        "general": [],
    }


def test_a_calibration_with_gaps_gives_what_it_can():
    bare = CalibrationNoise(_calibration([], []), DT)
    assert bare.model([("x", (0,)), ("sx", (0,))], [0], [(0, 100.0)]) == {"errors": []}
    error_only = CalibrationNoise(
        _calibration([_value("readout_error", 0.1)], [_value("gate_error", 0.01)]), DT
    )
    # A qubit that the calibration does not know is perfect.
    assert error_only.model([], [1], [(1, 100.0)]) == {"errors": []}
    gate, readout = error_only.model([("x", (0,))], [0], [(0, 100.0)])["errors"]
    assert gate["operations"] == ["x"]
    assert np.allclose(readout["probabilities"], [[0.9, 0.1], [0.1, 0.9]])


def test_impossible_values_are_brought_to_what_is_possible():
    qubit = [_value("T1", 10, "us"), _value("T2", 50, "us")]
    gate = [_value("gate_error", 1.0), _value("gate_length", 35, "ns")]
    (entry,) = CalibrationNoise(_calibration(qubit, gate), DT).model([("x", (0,))], [], [])["errors"]
    assert SuperOp(_channel(entry)).is_cptp()
