# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A noise model of the job is checked before the simulator trusts it."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from qiskit.providers.models import BackendProperties
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error, reset_error
from support.circuit_jobs import FLEET, rules

from qiskit_ibmq_provider.encoding import to_wire
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.noise_model import read_noise_model

SIMULATOR = rules()
X = [{"name": "x", "qubits": [0]}]


def _read(model, device=SIMULATOR):
    return read_noise_model({"noise_model": model}, device)


def _error(**changes):
    error = {"type": "qerror", "operations": ["x"], "instructions": [X, []], "probabilities": [0.1, 0.9]}
    error.update(changes)
    return {"errors": [error]}


def _of_vigo():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return NoiseModel.from_backend_properties(
            BackendProperties.from_dict(json.loads(json.dumps(FLEET.properties("ibmq_vigo"))))
        )


def _of_many_kinds():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["h", "u3"])
    model.add_quantum_error(amplitude_damping_error(0.1).tensor(reset_error(0.1)), ["cx"], [0, 1])
    model.add_all_qubit_readout_error([[0.9, 0.1], [0.2, 0.8]])
    model.add_readout_error(np.kron(np.eye(2), [[0.9, 0.1], [0.2, 0.8]]), [0, 1])
    return model


@pytest.mark.parametrize("make", [_of_vigo, _of_many_kinds])
def test_models_of_aer_are_accepted_as_they_are(make):
    wire = json.loads(json.dumps(to_wire(make())))
    assert _read(wire) == {"errors": wire["errors"]}


def test_no_model_is_no_model():
    assert _read(None) is None
    assert read_noise_model({}, SIMULATOR) is None


def test_a_device_has_noise_of_its_own():
    with pytest.raises(JobRejected, match="ibmq_vigo runs with the noise of its own calibration"):
        _read({"errors": []}, rules("ibmq_vigo"))


def test_an_empty_circuit_is_an_identity():
    """Aer crashes on the empty one."""
    assert _read(_error())["errors"][0]["instructions"] == [X, [{"name": "id", "qubits": [0]}]]


REFUSED = {
    "no object": 5,
    "no errors": {},
    "an error that is none": {"errors": [5]},
    "a type that is none": _error(type="other"),
    "no operations": _error(operations=None),
    "operations that are no names": _error(operations=[1]),
    "qubits that are none": _error(gate_qubits=[["a"]]),
    "no circuits": _error(instructions=[], probabilities=[]),
    "circuits that are none": _error(instructions=[5, 5]),
    "probabilities too few": _error(probabilities=[1.0]),
    "probabilities that do not sum to 1": _error(probabilities=[0.5, 0.6]),
    "probabilities below 0": _error(probabilities=[1.5, -0.5]),
    "an operation that is none": _error(instructions=[[5], []]),
    "an operation that is unknown": _error(instructions=[[{"name": "frob", "qubits": [0]}], []]),
    "a measurement": _error(instructions=[[{"name": "measure", "qubits": [0]}], []]),
    "an operation without qubits": _error(instructions=[[{"name": "x", "qubits": []}], []]),
    "an operation on too many qubits": _error(instructions=[[{"name": "x", "qubits": [0, 1]}], []]),
    "an operation outside the error": _error(
        gate_qubits=[[0]], instructions=[[{"name": "x", "qubits": [1]}], []]
    ),
    "an operation without parameters": _error(
        instructions=[[{"name": "kraus", "qubits": [0], "params": []}], []]
    ),
    "a readout error that is no matrix": {"errors": [{"type": "roerror", "probabilities": [0.5, 0.5]}]},
    "a readout error of odd size": {"errors": [{"type": "roerror", "probabilities": np.eye(3).tolist()}]},
}


@pytest.mark.parametrize("model", REFUSED.values(), ids=REFUSED)
def test_what_is_no_noise_model_is_refused(model):
    with pytest.raises(JobRejected, match="oise model"):
        _read(model)
