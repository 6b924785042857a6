# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What terra itself does with a backend: ``execute`` and ``QuantumInstance``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import pytest
from qiskit import QuantumCircuit, execute

from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    utils = pytest.importorskip("qiskit.utils")
    if not hasattr(utils, "QuantumInstance"):
        pytest.skip("this terra has no QuantumInstance", allow_module_level=True)

WAIT = 120


def ghz(qubits: int = 3) -> QuantumCircuit:
    """A GHZ state, measured."""
    circuit = QuantumCircuit(qubits)
    circuit.h(0)
    for qubit in range(1, qubits):
        circuit.cx(qubit - 1, qubit)
    circuit.measure_all()
    return circuit


@pytest.fixture(scope="module")
def narrow() -> Iterator[ServiceProcess]:
    """A service that takes one job per device at a time."""
    with ServiceProcess(settings={"max_jobs_per_device": 1, "workers": 1}) as service:
        yield service


def test_execute_transpiles_for_a_device_and_runs(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    job = execute([ghz(), ghz(2)], backend, shots=400, memory=True)
    result = job.result(timeout=WAIT)
    three, two = result.get_counts()
    assert sum(three.values()) == sum(two.values()) == 400
    assert three["000"] + three["111"] > 280
    assert two["00"] + two["11"] > 320
    assert len(result.get_memory(0)) == 400


def test_execute_binds_parameters(ibmq_provider):
    from qiskit.circuit import Parameter

    angle = Parameter("angle")
    circuit = QuantumCircuit(1, 1)
    circuit.rx(angle, 0)
    circuit.measure(0, 0)
    job = execute(
        circuit,
        ibmq_provider.get_backend("ibmq_qasm_simulator"),
        shots=50,
        parameter_binds=[{angle: 0.0}, {angle: 3.141592653589793}],
    )
    assert job.result(timeout=WAIT).get_counts() == [{"0": 50}, {"1": 50}]


def test_a_quantum_instance_runs_circuits_on_a_device(ibmq_provider):
    instance = utils.QuantumInstance(
        ibmq_provider.get_backend("ibmq_vigo"), shots=300, wait=0.2, timeout=WAIT
    )
    result = instance.execute([ghz(), ghz()])
    assert result.success and len(result.results) == 2
    assert all(sum(counts.values()) == 300 for counts in result.get_counts())


def test_a_quantum_instance_splits_and_waits_its_turn_at_the_job_limit(narrow, caplog):
    provider = IBMQFactory().enable_account(narrow.token, narrow.url)
    backend = provider.get_backend("ibmq_vigo")
    most = backend.configuration().max_experiments
    instance = utils.QuantumInstance(backend, shots=20, wait=0.2, timeout=WAIT, optimization_level=0)
    circuits = [QuantumCircuit(1, 1, name=f"c{number}") for number in range(2 * most + 1)]
    for circuit in circuits:
        circuit.measure(0, 0)
    assert backend.job_limit().maximum_jobs == 1
    with caplog.at_level(logging.WARNING, "qiskit.utils.run_circuits"):
        result = instance.execute(circuits)
    assert [each.header.name for each in result.results] == [circuit.name for circuit in circuits]
    jobs = backend.jobs(limit=None)
    assert [len(job.circuits()) for job in reversed(jobs)] == [most, most, 1]
    # Either the service was quick enough, or terra met the limit and waited for the oldest job: it never gave up.
    waits = [
        record for record in caplog.records if "Job limit reached, waiting for job" in record.getMessage()
    ]
    assert {record.args[0] for record in waits} <= {job.job_id() for job in jobs}
    assert not [record for record in caplog.records if "FAILURE" in record.getMessage()]


def test_at_the_job_limit_terra_waits_for_the_oldest_job_of_the_device(narrow, caplog):
    provider = IBMQFactory().enable_account(narrow.token, narrow.url)
    backend = provider.get_backend("ibmq_qasm_simulator")
    slow = QuantumCircuit(21)
    for layer in range(14):
        for qubit in range(21):
            slow.rx(0.1 * (layer + 1), qubit)
        for qubit in range(layer % 2, 20, 2):
            slow.cx(qubit, qubit + 1)
    slow.measure_all()
    first = backend.run(slow, shots=1)
    instance = utils.QuantumInstance(backend, shots=100, wait=0.2, timeout=WAIT)
    with caplog.at_level(logging.WARNING, "qiskit.utils.run_circuits"):
        result = instance.execute(ghz())
    assert set(result.get_counts()) <= {"000", "111"}
    assert first.in_final_state()
    messages = [record.getMessage() for record in caplog.records]
    assert any(f"Job limit reached, waiting for job {first.job_id()} to finish" in text for text in messages)
    assert not any("FAILURE" in text for text in messages)
