# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Behaviours 92 to 96 of the original, the job manager's, against the real service."""

from __future__ import annotations

import inspect
import logging
import threading

import pytest
from qiskit import QuantumCircuit
from qiskit.providers.jobstatus import JobStatus
from qiskit.result import Result

from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.managed import (
    IBMQJobManager,
    IBMQJobManagerJobNotFound,
    IBMQManagedResultDataNotAvailable,
    ManagedResults,
    _admission,
)
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120
LOGGER = "qiskit.providers.ibmq.managed"


@pytest.fixture(scope="module")
def crowded():
    """A backend of a service that accepts two unfinished jobs and runs one at a time."""
    with ServiceProcess(settings={"max_jobs_per_device": 2, "workers": 1}) as service:
        provider = IBMQFactory().enable_account(service.token, service.url)
        yield provider.get_backend("ibmq_qasm_simulator")


def number(value: int, width: int = 4) -> QuantumCircuit:
    """A circuit whose only outcome is a number, and whose name says which."""
    circuit = QuantumCircuit(width, width, name=f"number {value}")
    for bit in range(width):
        if value >> bit & 1:
            circuit.x(bit)
    circuit.measure(range(width), range(width))
    return circuit


def numbers(count: int) -> list[QuantumCircuit]:
    return [number(value) for value in range(count)]


def too_wide() -> QuantumCircuit:
    circuit = QuantumCircuit(60, 1, name="too wide")
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
    """Says when the job limit has been warned of, and how often."""

    def __init__(self, times: int = 1) -> None:
        super().__init__(logging.WARNING)
        self.often_enough = threading.Event()
        self._left = times

    def emit(self, record: logging.LogRecord) -> None:
        if "limit" in record.getMessage():
            self._left -= 1
            if self._left <= 0:
                self.often_enough.set()

    def __enter__(self) -> Warned:
        logging.getLogger(LOGGER).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger(LOGGER).removeHandler(self)


def test_92_run_splits_by_what_the_caller_or_the_backend_allows(ibmq_provider, ibmq_backend):
    manager = IBMQJobManager()
    by_caller = manager.run(numbers(5), ibmq_backend, max_experiments_per_job=2, shots=10)
    vigo = ibmq_provider.get_backend("ibmq_vigo")
    most = vigo.configuration().max_experiments
    by_backend = manager.run([number(0, 1)] * (most + 1), vigo, max_experiments_per_job=most + 500, shots=1)
    assert len(by_caller.jobs()) == 3 and len(by_backend.jobs()) == 2
    assert all(type(status) is JobStatus for status in by_caller.statuses())
    assert by_caller.results(timeout=WAIT).success and by_caller.error_messages() is None
    report = by_caller.report()
    assert by_caller.name() in report and by_caller.job_set_id() in report
    assert all(job.job_id() in report for job in by_caller.jobs())
    assert "Detail report" not in by_caller.report(detailed=False)
    assert by_caller.name() in manager.report() and by_backend.name() in manager.report()
    by_backend.cancel()


def test_92_a_job_that_cannot_be_submitted_is_none_and_the_others_run(ibmq_backend, caplog):
    with caplog.at_level(logging.WARNING, LOGGER):
        job_set = IBMQJobManager().run(
            [number(1), too_wide(), number(3)], ibmq_backend, max_experiments_per_job=1, shots=10
        )
        assert [job is None for job in job_set.jobs()] == [False, True, False]
    assert "Unable to submit" in caplog.text and "60" in caplog.text
    with pytest.warns(UserWarning, match="experiments 1-1"):
        results = job_set.results(timeout=WAIT)
    assert not results.success and results.get_counts(2) == {"0011": 10}
    assert job_set.statuses() == [JobStatus.DONE, None, JobStatus.DONE]
    assert "job submit failed" in job_set.report() and "60" in job_set.error_messages()
    with pytest.raises(IBMQManagedResultDataNotAvailable, match="60"):
        results.get_counts("too wide")


def test_92_a_status_that_the_server_does_not_tell_is_none(ibmq_provider, ibmq_backend):
    job_set = IBMQJobManager().run(numbers(2), ibmq_backend, max_experiments_per_job=1, shots=10)
    ids = [job.job_id() for job in job_set.jobs()]
    for job_id in ids:  # The set's own objects are not to know that the jobs are over.
        ibmq_provider.backend.retrieve_job(job_id).wait_for_final_state(timeout=WAIT)
    job_set.jobs()[0]._api_client.job_delete(ids[0])
    with pytest.warns(UserWarning, match=ids[0]):
        assert job_set.statuses() == [None, JobStatus.DONE]
    with pytest.warns(UserWarning, match=ids[0]):
        assert "Unknown" in job_set.report()


def test_93_results_by_index_name_and_circuit(ibmq_backend):
    circuits = numbers(5)
    job_set = IBMQJobManager().run(circuits, ibmq_backend, max_experiments_per_job=2, shots=10, memory=True)
    results = job_set.results(timeout=WAIT)
    for value in range(5):
        assert results.get_counts(value) == {f"{value:04b}": 10}
    assert results.get_counts("number 4") == results.get_counts(circuits[4]) == {"0100": 10}
    assert results.get_memory(3) == ["0011"] * 10
    assert results.data(2)["counts"] == {"0x2": 10}
    assert job_set.job(3) == (job_set.jobs()[1], 1) == job_set.job("number 3")
    assert job_set.results() is results
    for absent in (5, -1, "number 9"):
        with pytest.raises(IBMQJobManagerJobNotFound, match=str(absent)):
            results.get_counts(absent)
        with pytest.raises(IBMQJobManagerJobNotFound, match=str(absent)):
            job_set.job(absent)


def test_93_combined_results_equal_the_single_ones(ibmq_backend):
    job_set = IBMQJobManager().run(numbers(5), ibmq_backend, max_experiments_per_job=2, shots=10)
    results = job_set.results(timeout=WAIT)
    combined = results.combine_results()
    assert isinstance(combined, Result) and combined.success
    assert [combined.get_counts(i) for i in range(5)] == [results.get_counts(i) for i in range(5)]
    assert len(job_set.jobs()[0].result().results) == 2


def test_93_the_experiment_of_a_cancelled_job_has_no_data_and_the_others_have(crowded):
    job_set = IBMQJobManager().run([slow(), number(7)], crowded, max_experiments_per_job=1, shots=10)
    job_set.jobs()[0].cancel()
    with pytest.warns(UserWarning, match="cancelled"):
        results = job_set.results(timeout=WAIT)
    assert results.get_counts(1) == {"0111": 10}
    with pytest.raises(IBMQManagedResultDataNotAvailable, match="cancelled"):
        results.get_counts(0)
    with pytest.raises(IBMQManagedResultDataNotAvailable, match="resubmit"):
        results.combine_results()
    assert job_set.statuses() == [JobStatus.CANCELLED, JobStatus.DONE]


def test_94_at_the_job_limit_the_oldest_job_is_waited_for_with_a_warning(crowded):
    first, second = crowded.run(slow()), crowded.run(slow())
    with Warned() as warned:
        job_set = IBMQJobManager().run(numbers(4), crowded, max_experiments_per_job=1, shots=10)
        assert warned.often_enough.wait(WAIT)
        assert job_set.statuses() == [JobStatus.INITIALIZING] * 4
        assert first.cancel() and second.cancel()
        results = job_set.results(timeout=WAIT)
    assert [results.get_counts(i) for i in range(4)] == [{f"{i:04b}": 10} for i in range(4)]


def test_94_a_wait_that_takes_too_long_is_tried_again(crowded, monkeypatch):
    monkeypatch.setattr(_admission, "_LONGEST_WAIT", 0.1)
    first, second = crowded.run(slow()), crowded.run(slow())
    with Warned(times=3) as warned:
        job_set = IBMQJobManager().run(numbers(1), crowded, shots=10)
        assert warned.often_enough.wait(WAIT)
    assert first.cancel() and second.cancel()
    assert job_set.results(timeout=WAIT).success


def test_95_job_sets_are_found_by_name(ibmq_backend):
    manager = IBMQJobManager()
    one = manager.run(number(1), ibmq_backend, name="one", shots=10)
    two = manager.run(number(2), ibmq_backend, name="two", shots=10)
    assert manager.job_sets() == [one, two] and manager.job_sets(name="two") == [two]
    assert manager.job_sets(name="three") == []
    assert [job.name() for job in one.jobs()] == ["one_0_"]


def test_95_the_tag_of_the_set_is_always_kept(ibmq_provider, ibmq_backend):
    job_set = IBMQJobManager().run(
        numbers(2), ibmq_backend, max_experiments_per_job=1, job_tags=["a"], shots=10
    )
    tag = f"ibmq_jobset_{job_set.job_set_id()}_"

    def tags():
        return [sorted(j.tags()) for j in ibmq_provider.backend.jobs(job_tags=[tag], limit=None)]

    assert job_set.tags() == ["a"] and len(job_set.jobs()) == 2 and tags() == [["a", tag]] * 2
    assert job_set.update_tags(replacement_tags=["b"], additional_tags=["c"]) == ["b", "c"]
    assert tags() == [["b", "c", tag]] * 2
    assert job_set.update_tags(removal_tags=["b", tag]) == ["c"] and tags() == [["c", tag]] * 2
    assert job_set.update_tags(replacement_tags=[]) == [] == job_set.tags() and tags() == [[tag]] * 2


def test_95_a_set_that_is_retrieved_keeps_order_and_indices(ibmq_provider, ibmq_backend):
    job_set = IBMQJobManager().run(
        numbers(7), ibmq_backend, name="seven", max_experiments_per_job=2, job_tags=["a"], shots=10
    )
    job_set.results(timeout=WAIT)
    manager = IBMQJobManager()
    found = manager.retrieve_job_set(job_set.job_set_id(), ibmq_provider)
    assert [job.job_id() for job in found.jobs()] == [job.job_id() for job in job_set.jobs()]
    assert (found.name(), found.tags(), found.job_set_id()) == ("seven", ["a"], job_set.job_set_id())
    spans = [(job.start_index, job.end_index) for job in found.managed_jobs()]
    assert spans == [(0, 1), (2, 3), (4, 5), (6, 6)]
    results = found.results(timeout=WAIT)
    assert [results.get_counts(i) for i in range(7)] == [{f"{i:04b}": 10} for i in range(7)]
    assert results.get_counts("number 6") == {"0110": 10}
    assert manager.retrieve_job_set(job_set.job_set_id(), ibmq_provider) is found
    assert job_set.update_name("other") == "other"
    again = manager.retrieve_job_set(job_set.job_set_id(), ibmq_provider, refresh=True)
    assert again.name() == "other" and manager.job_sets() == [again]


def test_96_managed_results_have_the_methods_of_the_installed_result():
    def parameters(owner, name):
        return list(inspect.signature(getattr(owner, name)).parameters)

    wanted = {n for n in dir(Result) if callable(getattr(Result, n)) and not n.startswith("_")}
    wanted -= {"to_dict", "from_dict"}
    public = {n for n in dir(ManagedResults) if not n.startswith("_")}
    assert public == wanted | {"combine_results"}
    assert all(parameters(Result, name) == parameters(ManagedResults, name) for name in wanted)
