# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A script's way to every device: log in, transpile, run, look at the counts."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit, transpile
from support.circuit_jobs import FLEET

WAIT = 240
SHOTS = 256
SEED = 20210314


def _circuit(backend):
    """Two qubits that agree, or one that is excited where there is no second."""
    configuration = backend.configuration()
    pair = [0, 1] if not configuration.coupling_map else list(configuration.coupling_map[0])
    if configuration.n_qubits == 1:
        circuit, layout = QuantumCircuit(1, 1, name="pair"), [0]
        circuit.x(0)
        circuit.measure(0, 0)
    else:
        circuit, layout = QuantumCircuit(2, 2, name="pair"), pair
        circuit.h(0)
        circuit.cx(0, 1)
        circuit.measure([0, 1], [0, 1])
    return transpile(circuit, backend, initial_layout=layout, optimization_level=0, seed_transpiler=1)


@pytest.fixture(scope="module")
def jobs(ibmq_provider):
    """One job on every device of the account, by name."""
    backends = ibmq_provider.backends()
    return {
        backend.name(): backend.run(_circuit(backend), shots=SHOTS, seed_simulator=SEED)
        for backend in backends
    }


def test_no_device_is_missing_from_the_account(jobs):
    assert set(jobs) == set(FLEET.names())


@pytest.mark.parametrize("name", FLEET.names())
def test_a_transpiled_circuit_runs_on_the_device(jobs, name):
    result = jobs[name].result(timeout=WAIT)
    counts = result.get_counts("pair")
    assert sum(counts.values()) == SHOTS
    agree = sum(share for key, share in counts.items() if set(key) in ({"0"}, {"1"}))
    assert agree > 0.6 * SHOTS and max(counts, key=counts.get) in ("1", "00", "11")
    told = result.to_dict()["results"][0]["metadata"]
    simulator = FLEET.configuration(name)["simulator"]
    assert told["noise_source"] == ("none" if simulator else "calibration")
    assert simulator == (set(counts) <= {"00", "11"} and told["noise"] == "ideal")
