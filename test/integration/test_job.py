# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs of the real service, from submission to result."""

from __future__ import annotations

import io
import threading
import time

import numpy as np
import pytest
from qiskit import QuantumCircuit, pulse, transpile
from qiskit.providers.exceptions import JobTimeoutError
from qiskit.providers.jobstatus import JOB_FINAL_STATES, JobStatus

from qiskit_ibmq_provider.job import (
    IBMQJobApiError,
    IBMQJobFailureError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
    job_monitor,
)

WAIT = 120


def bell(name: str = "bell") -> QuantumCircuit:
    """A Bell pair, measured."""
    circuit = QuantumCircuit(2, 2, name=name, metadata={"for": name})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def slow() -> QuantumCircuit:
    """A circuit that keeps the simulator busy for about a minute."""
    circuit = QuantumCircuit(22)
    for _ in range(60):
        for qubit in range(22):
            circuit.rx(0.1 * (qubit + 1), qubit)
        for qubit in range(21):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


@pytest.fixture
def busy(ibmq_backend):
    """A job that runs until the test is over."""
    job = ibmq_backend.run(slow(), shots=1000)
    yield job
    job.cancel()
    job.wait_for_final_state(timeout=WAIT)


def test_a_job_goes_its_way_and_has_a_result(ibmq_backend):
    heard = []

    def callback(job_id, status, job, queue_info):
        heard.append(status)

    job = ibmq_backend.run(bell(), shots=200)
    job.wait_for_final_state(timeout=WAIT, callback=callback)
    assert not set(heard) & set(JOB_FINAL_STATES)
    assert len(set(heard)) == len(heard), "each status is told once, unless the place in the queue changes"
    assert (job.status(), job.done(), job.in_final_state()) == (JobStatus.DONE, True, True)
    result = job.result()
    assert job.result() is result
    assert sum(result.get_counts().values()) == 200
    assert result.job_id == job.job_id()
    assert result.date.utcoffset() is not None
    assert result.client_version == job.client_version != {}
    assert job.error_message() is None
    steps = job.time_per_step()
    assert list(steps.values()) == sorted(steps.values())
    assert steps["COMPLETED"] >= job.creation_date() == steps["CREATING"]
    assert all(step.utcoffset() is not None for step in steps.values())
    assert job.scheduling_mode() == "fairshare"


def test_the_result_of_a_retrieved_job_is_equal(ibmq_backend):
    job = ibmq_backend.run([bell("a"), bell("b")], shots=50)
    retrieved = ibmq_backend.retrieve_job(job.job_id())
    assert retrieved.result(timeout=WAIT).get_counts("b") == job.result().get_counts("b")
    assert retrieved.creation_date() == job.creation_date()
    refreshed = retrieved.result(refresh=True)
    assert refreshed is retrieved.result()
    assert refreshed.get_counts("a") == job.result().get_counts("a")


def test_what_was_submitted_comes_back_from_the_job_and_from_a_retrieved_one(ibmq_backend):
    circuit = bell()
    circuit.global_phase = 0.5
    prepared = QuantumCircuit(2, 2, name="prepared")
    prepared.initialize(np.array([1, 1j]) / np.sqrt(2), 0)
    prepared.rz(0.25, 1)
    prepared.measure(0, 0)
    job = ibmq_backend.run(
        [circuit, prepared], shots=77, memory=True, header={"mine": [1, 2]}, seed_simulator=5
    )
    retrieved = ibmq_backend.retrieve_job(job.job_id())
    for one in (job, retrieved):
        assert one.header()["mine"] == [1, 2]
        assert one.header()["backend_name"] == "ibmq_qasm_simulator"
        options = one.backend_options()
        assert (options["shots"], options["memory"], options["seed_simulator"]) == (77, True, 5)
        first, second = one.circuits()
        assert first == circuit
        assert first.metadata == {"for": "bell"}
        assert second.name == "prepared"
        assert [item.operation.name for item in second.data] == ["initialize", "rz", "measure"]
        assert np.allclose(second.data[0].operation.params, np.array([1, 1j]) / np.sqrt(2))
    assert job.backend_options() == retrieved.backend_options()
    with pytest.warns(DeprecationWarning):
        assert job.qobj().to_dict() == retrieved.qobj().to_dict()
    assert job.result(timeout=WAIT).header.mine == [1, 2]


@pytest.mark.filterwarnings("ignore:Complex amp will be deprecated:PendingDeprecationWarning")  # terra 0.23
def test_schedules_come_back_too(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_armonk")
    with pulse.build(backend, name="excite") as schedule:
        pulse.play(pulse.Gaussian(160, 0.1 + 0.2j, 40), pulse.drive_channel(0))
        pulse.play(pulse.Waveform(np.full(32, 0.25 - 0.5j)), pulse.drive_channel(0))
        pulse.acquire(320, pulse.acquire_channel(0), pulse.MemorySlot(0))
    los = [{pulse.DriveChannel(0): 4.9e9}, {pulse.DriveChannel(0): 5.0e9}]
    job = backend.run([schedule, schedule], schedule_los=los, meas_level=1, shots=10, header={"mine": 1})
    retrieved = backend.retrieve_job(job.job_id())
    options = retrieved.backend_options()
    assert (options["meas_level"], options["shots"]) == (1, 10)
    assert [list(one.values()) for one in options["schedule_los"]] == [[4.9e9], [5.0e9]]
    assert retrieved.header()["mine"] == 1
    for one in (job, retrieved):
        assert one.backend_options() == options
        first, second = one.circuits()
        assert first.duration == second.duration == 320
        names = [type(instruction).__name__ for _, instruction in first.instructions]
        assert sorted(names) == ["Acquire", "Play", "Play"]
    assert job.backend_options() == backend.retrieve_job(job.job_id()).backend_options() == options


def test_name_and_tags_can_be_changed_and_are_found_by_another_session(ibmq_backend):
    job = ibmq_backend.run(bell(), job_name="first", job_tags=["a", "b"])
    assert (job.name(), set(job.tags())) == ("first", {"a", "b"})
    assert job.update_name("second") == "second"
    assert set(job.update_tags(additional_tags=["c"], removal_tags=["a", "nowhere"])) == {"b", "c"}
    retrieved = ibmq_backend.retrieve_job(job.job_id())
    assert (retrieved.name(), set(retrieved.tags())) == ("second", {"b", "c"})
    assert retrieved.update_name("") == ""
    assert retrieved.update_tags(replacement_tags=[]) == []
    job.refresh()
    assert not job.name()
    assert job.tags() == []


def test_tags_that_the_service_cannot_take_are_an_error_and_nothing_changes(ibmq_backend):
    job = ibmq_backend.run(bell(), job_tags=["a"])
    with pytest.raises(IBMQJobInvalidStateError):
        job.update_tags(additional_tags="b")
    with pytest.raises(IBMQJobInvalidStateError):
        job.update_tags()
    assert job.tags() == ["a"]


def test_a_wait_keeps_to_its_timeout_and_the_job_goes_on(busy):
    for timeout in (0, 0.5):
        began = time.monotonic()
        with pytest.raises(JobTimeoutError) as caught:
            busy.wait_for_final_state(timeout=timeout)
        assert isinstance(caught.value, IBMQJobTimeoutError)
        assert time.monotonic() - began < timeout + 2
        assert not busy.in_final_state()


def test_a_callback_is_called_at_its_interval(busy):
    times = []
    with pytest.raises(IBMQJobTimeoutError):
        busy.wait_for_final_state(
            timeout=2.3, wait=0.5, callback=lambda *_, **__: times.append(time.monotonic())
        )
    assert 3 <= len(times) <= 4
    assert abs((times[-1] - times[0]) / (len(times) - 1) - 0.5) < 0.2


def test_a_cancelled_job_is_over_and_has_no_result(ibmq_backend):
    job = ibmq_backend.run(slow(), shots=1000)
    failures = []

    def wait_for_it():
        try:
            job.result(timeout=WAIT)
        except IBMQJobInvalidStateError as err:
            failures.append(err)

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    assert job.cancel()
    waiting.join(WAIT)
    assert len(failures) == 1
    assert job.cancelled()
    with pytest.raises(IBMQJobInvalidStateError, match="cancelled"):
        job.result()
    assert job.error_message() is None


def test_a_job_that_is_over_cannot_be_cancelled(ibmq_backend):
    job = ibmq_backend.run(bell())
    job.wait_for_final_state(timeout=WAIT)
    assert job.cancel() is False
    assert job.done()


def test_several_jobs_are_waited_for_at_the_same_time(ibmq_backend):
    jobs = [ibmq_backend.run(bell(), shots=10 + number) for number in range(4)]
    counts: dict[int, int] = {}

    def collect(number):
        counts[number] = sum(jobs[number].result(timeout=WAIT).get_counts().values())

    threads = [threading.Thread(target=collect, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert counts == {number: 10 + number for number in range(4)}


def test_a_failed_job_gives_the_reason_and_its_code(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    circuit = bell()  # The device has no h gate.
    job = backend.run(circuit)
    with pytest.raises(IBMQJobFailureError) as caught:
        job.result(timeout=WAIT)
    message = job.error_message()
    for text in (caught.value.message, message, backend.retrieve_job(job.job_id()).error_message()):
        assert "'h'" in text
        assert text.endswith(f"Error code: {caught.value.code}.")
        assert "nknown" not in text
    with pytest.raises(IBMQJobFailureError):
        job.result(partial=True)
    assert job.status() is JobStatus.ERROR


def test_a_job_of_a_device_has_the_calibration_it_ran_under(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    job = backend.run(transpile(bell(), backend), shots=100)
    job.wait_for_final_state(timeout=WAIT)
    properties = job.properties()
    assert properties.backend_name == "ibmq_vigo"
    assert properties.t1(0) > 0
    assert properties.last_update_date.utcoffset() is not None


def test_a_job_of_the_simulator_has_none(ibmq_backend):
    job = ibmq_backend.run(bell())
    job.wait_for_final_state(timeout=WAIT)
    assert job.properties() is None


def test_a_queued_job_knows_its_place(ibmq_service, ibmq_backend):
    # More long jobs than there are workers: the last one has to wait.
    jobs = [ibmq_backend.run(slow(), shots=1000) for _ in range(8)]
    last = jobs[-1]
    try:
        info = last.queue_info()
        assert last.status() is JobStatus.QUEUED
        assert info.position >= 1
        assert last.queue_position() == info.position
        assert "queue position" in info.format()
        assert last.job_id() in repr(info)
    finally:
        for job in reversed(jobs):
            job.cancel()
    for job in jobs:
        job.wait_for_final_state(timeout=WAIT)
        assert job.queue_position() is None


def test_the_monitor_ends_with_the_job(ibmq_backend):
    output = io.StringIO()
    job_monitor(ibmq_backend.run(bell()), output=output)
    lines = output.getvalue().splitlines()
    assert lines[-1] == "Job Status: job has successfully run"
    assert len(lines) == len(set(lines))


def test_a_job_that_the_service_does_not_have_is_an_error_of_the_job(ibmq_backend):
    job = ibmq_backend.run(bell())
    job.wait_for_final_state(timeout=WAIT)
    other = type(job)(ibmq_backend, job._api_client, "0" * 24, "2021-06-01T09:31:02Z", "RUNNING")
    for call in (other.status, other.result, other.refresh, other.cancel, lambda: other.update_name("x")):
        with pytest.raises(IBMQJobApiError, match="3250") as caught:
            call()
        assert caught.value.code == 3250
