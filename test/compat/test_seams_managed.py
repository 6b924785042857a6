# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What test suites of others read of a job set behind its public methods, and where they look for its log."""

from __future__ import annotations

import logging
import threading
from unittest import TestCase

import pytest
from qiskit import QuantumCircuit

from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.managed import IBMQJobManager, managedjob
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120


@pytest.fixture
def crowded():
    """A backend of a service that accepts one unfinished job."""
    with ServiceProcess(settings={"max_jobs_per_device": 1, "workers": 1}) as service:
        provider = IBMQFactory().enable_account(service.token, service.url)
        yield provider.get_backend("ibmq_qasm_simulator")


def flip() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def slow() -> QuantumCircuit:
    """A circuit that keeps the simulator busy for a minute."""
    circuit = QuantumCircuit(24)
    for layer in range(40):
        for qubit in range(24):
            circuit.rx(0.1 * (layer + 1), qubit)
        for qubit in range(layer % 2, 23, 2):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


class Warned(logging.Handler):
    """Says when something has been logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.event.set()


def test_the_managed_jobs_of_a_set_and_their_futures(ibmq_backend):
    job_set = IBMQJobManager().run([flip()] * 3, ibmq_backend, max_experiments_per_job=2, shots=10)
    assert job_set._managed_jobs is job_set.managed_jobs() and len(job_set._managed_jobs) == 2
    for managed in job_set._managed_jobs:
        managed.future.result(timeout=WAIT)
        assert managed.future.done() and managed.job.job_id()
    assert not job_set._job_submit_lock.locked()


def test_the_tag_that_a_set_is_found_by(ibmq_backend):
    job_set = IBMQJobManager().run(flip(), ibmq_backend, job_tags=["a"], shots=10)
    [job] = job_set.jobs()
    assert job_set.job_set_id() in job_set._id_long and sorted(job.tags()) == ["a", job_set._id_long]
    job_set.update_tags(removal_tags=["a", job_set._id_long])
    job.refresh()
    assert job.tags() == [job_set._id_long]


def test_at_the_job_limit_the_warning_comes_from_the_managed_job(crowded):
    assert managedjob.logger.name == "qiskit.providers.ibmq.managed.managedjob"
    first = crowded.run(slow())
    warned = Warned()
    with TestCase().assertLogs(managedjob.logger, "WARNING") as logged:
        # It puts its own handlers in place of the logger's, and those that were there back at the end.
        managedjob.logger.addHandler(warned)
        job_set = IBMQJobManager().run(flip(), crowded, shots=10)
        assert warned.event.wait(WAIT)
    assert "limit" in logged.output[0] and first.job_id() in logged.output[0]
    assert job_set._job_submit_lock.locked() and job_set._managed_jobs[0].future.running()
    assert first.cancel()
    assert job_set.results(timeout=WAIT).get_counts(0) == {"1": 10}
