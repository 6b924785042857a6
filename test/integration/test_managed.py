# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Job sets against the real service: what goes in, what is fetched, what fails, and what is tried again."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from qiskit import QuantumCircuit, pulse
from qiskit.circuit import Parameter
from qiskit.providers.jobstatus import JobStatus

import qiskit_ibmq_provider
from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.managed import (
    IBMQError,
    IBMQJobManager,
    IBMQJobManagerInvalidStateError,
    IBMQJobManagerTimeoutError,
    IBMQJobManagerUnknownJobSet,
    IBMQManagedResultDataNotAvailable,
)
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120


def bit(value: int, name: str = "") -> QuantumCircuit:
    """A circuit whose only outcome is a bit."""
    circuit = QuantumCircuit(1, 1, name=name or f"bit {value}")
    if value:
        circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def slow() -> QuantumCircuit:
    """A circuit that keeps the simulator busy for a minute."""
    circuit = QuantumCircuit(24, name="slow")
    for layer in range(40):
        for qubit in range(24):
            circuit.rx(0.1 * (layer + 1), qubit)
        for qubit in range(layer % 2, 23, 2):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def unknown_gate() -> QuantumCircuit:
    """A circuit that the service refuses after the upload."""
    circuit = QuantumCircuit(1, 1, name="bad")
    inner = QuantumCircuit(1, name="nonsense")
    inner.x(0)
    circuit.append(inner.to_gate(), [0])
    circuit.measure(0, 0)
    return circuit


@pytest.fixture
def no_payloads(monkeypatch):
    """Fails the test if a payload is downloaded."""

    def refuse(self, job_id, use_object_storage=True):
        raise AssertionError(f"the payload of {job_id} was downloaded")

    monkeypatch.setattr(AccountClient, "job_download_qobj", refuse)


@pytest.fixture
def crowded():
    """A backend of a service that accepts two unfinished jobs and runs one at a time."""
    with ServiceProcess(settings={"max_jobs_per_device": 2, "workers": 1}) as service:
        provider = IBMQFactory().enable_account(service.token, service.url)
        yield provider.get_backend("ibmq_qasm_simulator")


def test_a_single_circuit_is_one_experiment(ibmq_backend):
    job_set = IBMQJobManager().run(bit(1), ibmq_backend, shots=10)
    assert [(job.start_index, job.end_index) for job in job_set.managed_jobs()] == [(0, 0)]
    assert job_set.results(timeout=WAIT).get_counts(0) == {"1": 10}


def test_circuits_may_come_as_any_iterable(ibmq_backend):
    job_set = IBMQJobManager().run((bit(i % 2) for i in range(3)), ibmq_backend, shots=10)
    assert job_set.results(timeout=WAIT).get_counts(2) == {"0": 10}


def test_schedules_are_split_too_and_a_single_one_is_one(ibmq_provider):
    armonk = ibmq_provider.get_backend("ibmq_armonk")
    with pulse.build(name="flip") as schedule:
        pulse.play(pulse.Constant(160, 0.1), pulse.DriveChannel(0))
        pulse.acquire(160, pulse.AcquireChannel(0), pulse.MemorySlot(0))
    los = [{pulse.DriveChannel(0): 4.97e9 + i * 1e6} for i in range(3)]
    manager = IBMQJobManager()
    job_set = manager.run([schedule] * 3, armonk, max_experiments_per_job=2, schedule_los=los, meas_level=1)
    assert [len(job.circuits()) for job in job_set.jobs()] == [2, 1]
    assert job_set.error_messages() is None
    assert len(manager.run(schedule, armonk).jobs()) == 1


def test_parameter_binds_make_several_experiments_of_each_circuit(ibmq_provider, ibmq_backend):
    theta = Parameter("t")
    circuit = QuantumCircuit(1, 1)
    circuit.rx(theta, 0)
    circuit.measure(0, 0)
    job_set = IBMQJobManager().run(
        [circuit, circuit],
        ibmq_backend,
        max_experiments_per_job=1,
        parameter_binds=[{theta: 0.0}, {theta: np.pi}],
        shots=10,
    )
    results = job_set.results(timeout=WAIT)
    assert [results.get_counts(i) for i in range(4)] == [{"0": 10}, {"1": 10}] * 2
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), ibmq_provider)
    assert [(job.start_index, job.end_index) for job in found.managed_jobs()] == [(0, 1), (2, 3)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"experiments": []}, "empty"),
        ({"experiments": "abc"}, "str"),
        ({"experiments": 5}, "int"),
        ({"experiments": [bit(0), pulse.Schedule()]}, "two jobs"),
        ({"experiments": pulse.Schedule()}, "pulse schedules"),
        ({"max_experiments_per_job": 0}, "at least 1"),
        ({"max_experiments_per_job": "5"}, "'5'"),
        ({"name": 5}, "string, not 5"),
        ({"job_tags": "abc"}, "list of strings"),
        ({"job_name": "abc"}, "job_name"),
        ({"backend": "ibmq_vigo"}, "'ibmq_vigo'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_sent(ibmq_backend, arguments, message):
    manager = IBMQJobManager()
    usual = {"experiments": bit(0), "backend": ibmq_backend}
    with pytest.raises(IBMQJobManagerInvalidStateError, match=message):
        manager.run(**{**usual, **arguments})
    assert manager.job_sets() == []


def test_sharing_jobs_is_said_to_have_no_effect(ibmq_backend):
    with pytest.warns(UserWarning, match="job_share_level"):
        job_set = IBMQJobManager().run(bit(0), ibmq_backend, job_share_level="hub")
    assert job_set.jobs()[0] is not None


def test_the_manager_is_where_the_original_has_it():
    assert qiskit_ibmq_provider.IBMQJobManager is IBMQJobManager
    assert issubclass(IBMQJobManagerTimeoutError, IBMQError)


def test_a_set_that_is_retrieved_costs_no_payload(ibmq_provider, ibmq_backend, no_payloads):
    job_set = IBMQJobManager().run(
        [bit(i % 2, f"c{i}") for i in range(5)], ibmq_backend, max_experiments_per_job=2, shots=10
    )
    job_set.results(timeout=WAIT)
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), ibmq_provider)
    results = found.results(timeout=WAIT)
    assert [job.end_index for job in found.managed_jobs()] == [1, 3, 4]
    assert results.get_counts(4) == {"0": 10} and results.get_counts("c3") == {"1": 10}


def test_of_jobs_that_have_not_run_the_lengths_are_found_out_when_they_are_needed(crowded):
    provider = crowded.provider()
    job_set = IBMQJobManager().run([slow(), slow()], crowded, max_experiments_per_job=1, shots=1)
    job_set.jobs()
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), provider)
    assert "experiments: ?-?" in found.report()
    assert found.job(1) == (found.jobs()[1], 0) and found.job("slow")[1] == 0
    assert "experiments: 1-1" in found.report()
    found.cancel()
    with pytest.warns(UserWarning, match="cancelled"):
        found.results(timeout=WAIT)


def test_an_unknown_set_is_an_error_that_names_it(ibmq_provider):
    with pytest.raises(IBMQJobManagerUnknownJobSet, match="no-such-set"):
        IBMQJobManager().retrieve_job_set("no-such-set", ibmq_provider)


def test_a_set_with_a_missing_job_is_retrieved_with_its_place_empty(ibmq_provider, ibmq_backend):
    job_set = IBMQJobManager().run([bit(1)] * 3, ibmq_backend, max_experiments_per_job=1, shots=10)
    job_set.results(timeout=WAIT)
    lost = job_set.jobs()[1]
    lost._api_client.job_delete(lost.job_id())
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), ibmq_provider)
    assert [job is None for job in found.jobs()] == [False, True, False]
    with pytest.warns(UserWarning, match="experiments 1-1"):
        results = found.results(timeout=WAIT)
    assert results.get_counts(2) == {"1": 10} and not results.success
    with pytest.raises(IBMQManagedResultDataNotAvailable, match="was deleted"):
        results.get_counts(1)
    with pytest.raises(IBMQJobManagerInvalidStateError, match="not here"):
        found.resubmit()


def test_results_in_time_or_a_timeout_that_says_which_are_missing(crowded):
    job_set = IBMQJobManager().run([slow()] * 3, crowded, max_experiments_per_job=1, shots=1)
    began = time.monotonic()
    with pytest.raises(IBMQJobManagerTimeoutError, match=r"experiments \d-\d .*0.5 s"):
        job_set.results(timeout=0.5)
    assert time.monotonic() - began < 10
    job_set.cancel()
    assert job_set.jobs().count(None) == 1, "one was waiting at the limit"
    assert job_set.statuses() == [JobStatus.CANCELLED] * 3
    assert crowded.active_jobs() == []


def test_failed_jobs_are_told_and_submitted_again(ibmq_provider, ibmq_backend):
    circuits = [bit(1, "good"), unknown_gate(), bit(0, "also good")]
    job_set = IBMQJobManager().run(circuits, ibmq_backend, max_experiments_per_job=1, shots=10)
    with pytest.warns(UserWarning, match="experiments 1-1"):
        results = job_set.results(timeout=WAIT)
    assert not results.success and results.get_counts(2) == {"0": 10}
    messages = job_set.error_messages()
    assert "job index=1" in messages and "nonsense" in messages and "index=0" not in messages
    assert "error_message:" in job_set.report() and "nonsense" in job_set.report()
    failed = job_set.jobs()[1]
    circuits[1].data = bit(1).data  # The caller mends the circuit.
    assert job_set.resubmit() == [1]
    results = job_set.results(timeout=WAIT)
    assert results.success and results.get_counts(1) == {"1": 10}
    assert job_set.jobs()[1].job_id() != failed.job_id() and job_set.error_messages() is None
    assert job_set.resubmit() == []
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), ibmq_provider)
    assert [job.job_id() for job in found.jobs()] == [job.job_id() for job in job_set.jobs()]


def test_cancelled_jobs_of_a_retrieved_set_are_submitted_again_when_asked_for(crowded, recwarn):
    provider = crowded.provider()
    blocker = crowded.run(slow())
    job_set = IBMQJobManager().run(bit(1, "flip"), crowded, shots=10, memory=True, experiment_id="e1")
    assert job_set.jobs()[0].cancel()
    found = IBMQJobManager().retrieve_job_set(job_set.job_set_id(), provider)
    assert found.resubmit() == [] and found.resubmit(cancelled=True) == [0]
    blocker.cancel()
    results = found.results(timeout=WAIT)
    assert results.get_memory("flip") == ["1"] * 10
    assert found.jobs()[0].experiment_id == "e1" and found.jobs()[0].name() == f"{job_set.name()}_0_"
    assert not recwarn.list


def test_payloads_of_all_jobs(ibmq_backend):
    job_set = IBMQJobManager().run([bit(0), bit(1)], ibmq_backend, max_experiments_per_job=1)
    with pytest.warns(DeprecationWarning):
        assert [len(qobj.experiments) for qobj in job_set.qobjs()] == [1, 1]


def test_no_thread_stays_behind(ibmq_backend):
    before = set(threading.enumerate())
    job_set = IBMQJobManager().run([bit(1)] * 6, ibmq_backend, max_experiments_per_job=1, shots=10)
    assert job_set.results(timeout=WAIT).success
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("ibmq-jobset"):
            thread.join(10)
            assert not thread.is_alive(), thread


def test_a_script_that_ends_first_submits_what_waits(ibmq_service, ibmq_provider, tmp_path):
    script = textwrap.dedent("""
        import os
        from qiskit import IBMQ, QuantumCircuit
        from qiskit.providers.ibmq.managed import IBMQJobManager
        backend = IBMQ.load_account().get_backend("ibmq_qasm_simulator")
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        job_set = IBMQJobManager().run([circuit] * 12, backend, max_experiments_per_job=1)
        print(job_set.job_set_id())
    """)
    environ = {
        **os.environ,
        "QE_TOKEN": ibmq_service.token,
        "QE_URL": ibmq_service.url,
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    found = IBMQJobManager().retrieve_job_set(done.stdout.strip(), ibmq_provider)
    assert len(found.jobs()) == 12 and found.results(timeout=WAIT).success
