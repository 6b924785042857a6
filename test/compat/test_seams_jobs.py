# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What other people's test suites build, replace and read of backends and jobs, behind the documented names."""

from __future__ import annotations

import copy
import logging
from unittest import mock

import pytest
from qiskit import QuantumCircuit, assemble
from qiskit.providers.jobstatus import JobStatus
from qiskit.providers.models import QasmBackendConfiguration
from support.device_server import DeviceServer, simulator_configuration

from qiskit_ibmq_provider.api.exceptions import RequestsApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.apiconstants import ApiJobStatus
from qiskit_ibmq_provider.encoding import decode_backend_configuration
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendError,
    IBMQBackendValueError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQSimulator
from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)

SUBMITTED = {
    "job_id": "17",
    "kind": "q-object",
    "status": "CREATING",
    "creation_date": "2021-06-01T09:31:02.417",
}
RESULT = {
    "backend_name": "own",
    "backend_version": "1",
    "qobj_id": "q",
    "job_id": "17",
    "success": True,
    "results": [
        {
            "shots": 10,
            "success": True,
            "status": "DONE",
            "header": {"name": "bell", "memory_slots": 2, "creg_sizes": [["c", 2]]},
            "data": {"counts": {"0x0": 4, "0x3": 6}},
        }
    ],
}


class OwnClient:
    """A client of somebody's own: it answers with plain dictionaries, and a test says where its job stands."""

    def __init__(self, *statuses: str, **submitted: object) -> None:
        self.statuses = list(statuses or ["COMPLETED"])
        self.submitted = {
            key: value for key, value in {**SUBMITTED, **submitted}.items() if value is not None
        }
        self.result = RESULT
        self.qobj = None
        self.asked: list[tuple[str, str]] = []

    def job_submit(self, backend_name, qobj_dict, job_name, job_tags, *_args, **_kwargs):
        self.qobj = qobj_dict
        return {**self.submitted, "_backend_info": {"name": str(backend_name)}, "tags": job_tags or []}

    def job_status(self, job_id):
        self.asked.append(("status", job_id))
        status = self.statuses[0]
        queue = {"status": "PENDING_IN_QUEUE", "position": 1}
        return {"status": status, "info_queue": queue} if status == "QUEUED" else {"status": status}

    def job_get(self, job_id):
        self.asked.append(("get", job_id))
        return {**self.submitted, "status": self.statuses[0]}

    def job_final_status(self, job_id, timeout=None, wait=None, status_queue=None, **_kwargs):
        if timeout is not None and len(self.statuses) > 1:
            raise UserTimeoutExceededError(f"The time for job {job_id} is over.")
        while True:
            status = self.job_status(job_id)
            if status_queue is not None:
                status_queue.put(status)
            if len(self.statuses) == 1:
                return status
            self.statuses.pop(0)

    def job_result(self, job_id, *_args, **_kwargs):
        self.asked.append(("result", job_id))
        return self.result

    def job_download_qobj(self, job_id, *_args, **_kwargs):
        return copy.deepcopy(self.qobj)

    def job_cancel(self, job_id, *_args, **_kwargs):
        return {"cancelled": True} if self.statuses[0] == "RUNNING" else {"error": "It is over."}

    def job_update_attribute(self, job_id, attr_name, attr_value, *_args, **_kwargs):
        return {attr_name: attr_value}

    def backend_job_limit(self, *_args, **_kwargs):
        return {"maximumJobs": 5, "runningJobs": 3}


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def simulator(client: OwnClient) -> IBMQBackend:
    configuration = decode_backend_configuration(simulator_configuration())
    return IBMQSimulator(configuration, mock.Mock(), mock.Mock(), client)


def submitted(client: OwnClient) -> IBMQJob:
    return simulator(client).run(bell())


# Objects built with what is no object of ours.


def test_a_backend_of_mocks_submits_a_qobj():
    client = OwnClient("RUNNING")
    backend = IBMQBackend(mock.Mock(), mock.Mock(), mock.Mock(), api_client=client)
    with pytest.warns(DeprecationWarning):
        job = backend.run(qobj=assemble(bell()))
    assert job.job_id() == "17"
    assert job.backend() is backend
    assert job.status() is JobStatus.RUNNING
    assert backend.options.shots == 4000


def test_a_job_is_built_of_mocks():
    job = IBMQJob(
        mock.Mock(),
        OwnClient("RUNNING"),
        "17",
        "2021-06-01T09:31:02Z",
        "CREATING",
        info_queue={"position": 2},
        mood="good",
    )
    assert (job.status(), job.mood_) == (JobStatus.RUNNING, "good")


def test_answers_may_have_the_names_of_the_wire_or_of_python():
    for names in (
        {"id": "18", "job_id": None, "creationDate": "2021-06-01T09:31:02Z", "creation_date": None},
        {},
    ):
        job = submitted(OwnClient("QUEUED", batman="robin", **names))
        assert job.job_id() == names.get("id", "17")
        assert job.creation_date().year == 2021
        assert job.batman_ == "robin"
        assert job.queue_info().position == 1


def test_a_status_may_be_a_member_of_the_enumeration():
    client = OwnClient(ApiJobStatus.RUNNING, status=ApiJobStatus.CREATING)
    assert submitted(client).status() is JobStatus.RUNNING


def test_an_answer_that_lacks_a_field_is_an_error_of_the_backend():
    with pytest.raises(IBMQBackendApiProtocolError):
        submitted(OwnClient(job_id=None))


def test_a_failure_of_such_a_client_is_an_error_of_backend_or_job():
    client = OwnClient("RUNNING")
    job = submitted(client)
    for method in ("job_submit", "job_status", "job_get"):
        setattr(client, method, mock.Mock(side_effect=RequestsApiError("Kaboom")))
    with pytest.raises(IBMQBackendApiError, match="Kaboom"):
        submitted(client)
    with pytest.raises(IBMQJobApiError, match="Kaboom"):
        job.status()
    with pytest.raises(IBMQJobApiError, match="Kaboom"):
        job.refresh()


def test_the_way_of_a_job_to_its_result():
    client = OwnClient("VALIDATING", "RUNNING", "COMPLETED")
    job = submitted(client)
    assert job.status() is JobStatus.VALIDATING
    with pytest.raises(IBMQJobTimeoutError):
        job.result(timeout=0.1)
    assert job.result().get_counts() == {"00": 4, "11": 6}
    assert job.status() is JobStatus.DONE


def test_a_failed_job_says_which_experiments_failed():
    client = OwnClient("RUNNING", "ERROR_RUNNING_JOB")
    failed = {"success": False, "status": "Error 1", "shots": 1, "data": {}}
    client.result = {**RESULT, "success": False, "results": [RESULT["results"][0], failed]}
    job = submitted(client)
    assert "Experiment 1: Error 1" in job.error_message()


def test_cancelling_is_answered_by_a_dictionary():
    assert submitted(OwnClient("RUNNING")).cancel() is True
    assert submitted(OwnClient("COMPLETED")).cancel() is False


def test_name_and_tags_are_changed():
    job = submitted(OwnClient("RUNNING"))
    assert job.update_name("new") == job.name() == "new"
    assert job.update_tags(additional_tags=["a"]) == job.tags() == ["a"]


def test_the_job_limit_may_be_a_dictionary():
    backend = simulator(OwnClient())
    assert (backend.job_limit().maximum_jobs, backend.remaining_jobs_count()) == (5, 2)


def test_the_payload_can_be_read_as_a_dictionary_and_given_back():
    client = OwnClient("RUNNING")
    job = submitted(client)
    assert len(client.qobj["experiments"]) == 1
    assert client.qobj["config"]["shots"] == 4000
    assert [circuit.name for circuit in job.circuits()] == ["bell"]
    assert job.circuits()[0].count_ops() == {"h": 1, "cx": 1, "measure": 2}


@pytest.mark.parametrize(
    ("interval", "heard"), [(None, ["QUEUED", "RUNNING"]), (1e-9, ["QUEUED", "RUNNING"])]
)
def test_a_callback_hears_what_such_a_client_puts_into_the_queue(monkeypatch, interval, heard):
    monkeypatch.setattr("qiskit_ibmq_provider.job._waiting._SHORTEST", 1e-9)
    told = []
    submitted(OwnClient("QUEUED", "RUNNING", "COMPLETED")).wait_for_final_state(
        wait=interval, callback=lambda job_id, status, job, queue_info: told.append(status.name)
    )
    assert told == heard


# What is replaced on an object, or read of it.


def test_another_client_of_a_backend_takes_effect():
    backend = simulator(OwnClient("RUNNING"))
    backend._api_client = OwnClient("VALIDATING", job_id="18")
    job = backend.run(bell())
    assert (job.job_id(), job.status()) == ("18", JobStatus.VALIDATING)


def test_another_client_of_a_job_takes_effect():
    job = submitted(OwnClient("RUNNING"))
    job._api_client = OwnClient("COMPLETED")
    assert job.result().success
    assert job._status is JobStatus.DONE


def test_a_replaced_refresh_is_what_fills_up_a_job():
    client = OwnClient(kind=None)
    job = submitted(client)
    job.refresh = mock.Mock()
    with pytest.raises(IBMQJobInvalidStateError):
        job.result()
    with pytest.warns(DeprecationWarning):
        assert job.qobj() is None
    assert job.refresh.called
    assert "get" not in dict(client.asked)


def test_another_id_is_asked_for():
    client = OwnClient("RUNNING")
    job = submitted(client)
    job._job_id = "BAD_ID"
    job.status()
    assert client.asked == [("status", "BAD_ID")]


def test_the_end_of_a_job_is_waited_for_under_the_private_name():
    job = submitted(OwnClient("RUNNING", "COMPLETED"))
    job._wait_for_completion()
    assert job._status is JobStatus.DONE
    assert not job._executor._threads


def test_changes_of_configuration_and_provider_take_effect():
    backend = simulator(OwnClient("RUNNING"))
    backend._configuration.max_experiments = 1
    with pytest.raises(IBMQBackendValueError, match="2 circuits are more than the 1"):
        backend.run([bell(), bell()])
    backend._configuration.measure_esp_enabled = True
    assert backend.run(bell()).backend_options()["use_measure_esp"] is True
    del backend._configuration.measure_esp_enabled
    twin = copy.copy(backend)
    twin._provider = mock.Mock()
    twin._provider.backend.jobs.return_value = ["a job"]
    assert twin.jobs() == ["a job"]


def test_idle_gates_are_replaced_in_the_very_circuits_that_are_given():
    backend = DeviceServer("vigo").backend()
    configuration = QasmBackendConfiguration(
        backend_name="own",
        backend_version="1",
        n_qubits=1,
        basis_gates=["id"],
        supported_instructions=["delay"],
        dt=0.25,
        gates=[],
        local=False,
        simulator=False,
        conditional=False,
        open_pulse=False,
        memory=False,
        max_shots=1,
        coupling_map=None,
    )
    circuits = [QuantumCircuit(2), QuantumCircuit(2)]
    for circuit in circuits:
        circuit.id(0)
        circuit.id(1)
    with mock.patch.object(backend, "configuration", return_value=configuration):
        with pytest.warns(DeprecationWarning, match="'id' instruction") as caught:
            backend._deprecate_id_instruction(circuits)
    assert [circuit.count_ops() for circuit in circuits] == [{"delay": 2}] * 2
    assert [warning.filename for warning in caught] == [__file__]


# Texts and loggers.


def test_texts_that_suites_match():
    backend = simulator(OwnClient("RUNNING"))
    with pytest.raises(IBMQBackendValueError) as refused:
        backend.run(bell(), use_measure_esp=True)
    assert (
        "ESP readout not supported on this device. Please make sure the flag 'use_measure_esp' is unset or set to 'False'."
        in refused.value.message
    )
    backend._provider.backend.retrieve_job.return_value.backend.return_value.name.return_value = "other"
    with pytest.warns(UserWarning, match="belongs to"), pytest.raises(IBMQBackendError, match="belongs to"):
        backend.retrieve_job("17")


@pytest.mark.parametrize("module", ["ibmqbackend", "job.ibmqjob", "job._state", "job._progress"])
def test_loggers_hang_below_the_name_of_the_package(module):
    __import__(f"qiskit_ibmq_provider.{module}")
    assert f"qiskit.providers.ibmq.{module}" in logging.root.manager.loggerDict
