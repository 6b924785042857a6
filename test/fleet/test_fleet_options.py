# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Options of a job on the remote simulator do what they do in Aer: with one seed, the same counts."""

from __future__ import annotations

import warnings

import pytest
from qiskit import QuantumCircuit, assemble, transpile
from qiskit.providers.models import BackendProperties
from qiskit.result import Result
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error, depolarizing_error
from support.circuit_jobs import FLEET, task

from qiskit_ibmq_provider.encoding import encode_qobj
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

BASIS = ["rz", "sx", "x", "cx", "id"]


def _of_a_device():
    properties = BackendProperties.from_dict(codec.loads(codec.dumps(FLEET.properties("ibmq_manila"))))
    return NoiseModel.from_backend_properties(properties, thermal_relaxation=True)


def _by_hand():
    model = NoiseModel(basis_gates=BASIS)
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
    model.add_quantum_error(amplitude_damping_error(0.1), ["sx", "x"], [1])
    model.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    return model


OPTIONS = {
    "a model of a device": lambda: {"noise_model": _of_a_device()},
    "a model by hand": lambda: {"noise_model": _by_hand()},
    "a density matrix": lambda: {"noise_model": _by_hand(), "method": "density_matrix"},
    "a product state": lambda: {
        "method": "matrix_product_state",
        "matrix_product_state_max_bond_dimension": 2,
    },
    "a state in single precision": lambda: {"method": "statevector", "precision": "single"},
    "no fusion": lambda: {"method": "statevector", "fusion_enable": False},
    "a target": lambda: {"basis_gates": BASIS, "coupling_map": [[0, 1], [1, 2], [2, 3]]},
}


@pytest.fixture(scope="module")
def worker():
    return Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))


@pytest.fixture(scope="module")
def circuits():
    """Two circuits of four qubits; the second measures on the way."""
    entangled = QuantumCircuit(4, 4, name="entangled")
    entangled.h(0)
    for qubit in range(3):
        entangled.cx(qubit, qubit + 1)
        entangled.ry(0.4 * qubit + 0.3, qubit)
    measured = entangled.copy("measured")
    measured.measure(1, 1)
    measured.h(1)
    for circuit in (entangled, measured):
        circuit.measure(range(4), range(4))
    return transpile([entangled, measured], basis_gates=BASIS, seed_transpiler=3)


@pytest.mark.parametrize("make", OPTIONS.values(), ids=OPTIONS)
def test_the_counts_are_those_of_aer(worker, tmp_path, circuits, make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"shots": 1000, "seed_simulator": 20190502, **make()}
        payload = encode_qobj(assemble(circuits, **options))
        expected = AerSimulator().run(circuits, **options).result()
    wanted = task(tmp_path, payload, "ibmq_qasm_simulator")
    outcome = worker.run(wanted)
    assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
    document = codec.loads(wanted.result_path.read_bytes())
    noisy = "noise_model" in options
    for entry in document["results"]:
        assert entry["metadata"]["noise_source"] == ("job" if noisy else "none")
        assert entry["metadata"]["method"] == options.get("method", entry["metadata"]["method"])
    result = Result.from_dict(document)
    for circuit in circuits:
        assert result.get_counts(circuit.name) == expected.get_counts(circuit.name)
