# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What users of the original rely on, by number: submission, states, results and lists of jobs."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Clbit, Qubit
from qiskit.providers.exceptions import JobTimeoutError
from qiskit.providers.jobstatus import JOB_FINAL_STATES, JobStatus
from support.account_server import AccountServer, device
from support.device_server import DeviceServer
from support.job_server import HALF_FAILED, JOB, RESULT, JobServer, in_threads, refusal
from support.scripted_server import ScriptedServer, answer, drop, reset, status
from support.small_backends import SmallBackend
from support.transport import JOB as SUBMITTED
from support.transport import JOB_ID, account_client, job_document, scripted_submission, session_for

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendError,
    IBMQBackendJobLimitError,
    IBMQBackendValueError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQRetiredBackend
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
    IBMQJobFailureError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)
from qiskit_ibmq_provider.protocol.jobs import JobRecord

WAIT = 120
FORBIDDEN = refusal(403, 2001, "not yours")
RUNNING, COMPLETED = answer(JOB), answer({**JOB, "status": "COMPLETED"})


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer() as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> AccountClient:
    return AccountClient(
        Credentials("token", server.url, server.ws_url + "/ws", "h", "g", "p", access_token="access")
    )


@pytest.fixture
def job(client: AccountClient) -> IBMQJob:
    return IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(JOB))


@pytest.fixture(scope="module")
def done(ibmq_backend):
    """A job of the real service that is over."""
    circuits = [bell("first"), bell("second")]
    job = ibmq_backend.run(circuits, shots=10, header={"mine": 1}, job_name="done", job_tags=["lab1"])
    job.wait_for_final_state(timeout=WAIT)
    return job


def bell(name: str = "bell") -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2, name=name, metadata={"for": name})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def unsupported(backend) -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.t(0)
    circuit.measure(0, 0)
    return circuit


# Submission.


def test_53_a_submit_error_of_the_api():
    def refuse():
        raise RequestsApiError("400 for POST: no.", status_code=400, code=1234)

    server = DeviceServer("manila")
    server.on_submit = refuse
    backend = server.backend()
    with pytest.raises(IBMQBackendError) as failed:
        backend.run(transpile(bell(), backend))
    assert isinstance(failed.value, IBMQBackendApiError)
    assert (failed.value.code, failed.value.status_code) == (1234, 400)


def test_54_an_answer_without_job_id_and_unknown_fields(client):
    with ScriptedServer() as server:
        scripted_submission(server)
        server.on("POST", SUBMITTED.rsplit("/", 1)[0], answer({"status": "CREATING"}))
        backend = DeviceServer(None).backend()
        backend._api_client = account_client(server)
        with pytest.raises(IBMQBackendApiProtocolError):
            backend.run(bell())
    record = JobRecord.from_json({**JOB, "batman": "bruce"})
    assert IBMQJob.from_record(SmallBackend("small"), client, record).batman_ == "bruce"
    made = IBMQJob(SmallBackend("small"), client, "17", JOB["creationDate"], "RUNNING", batman="bruce")
    assert made.batman_ == "bruce"


def test_55_the_job_limit():
    def refuse():
        raise RequestsApiError("400 for POST: limit.", status_code=400, code=3458)

    server = DeviceServer("manila")
    server.on_submit = refuse
    backend = server.backend()
    with pytest.raises(IBMQBackendJobLimitError):
        backend.run(transpile(bell(), backend))


# Status.


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("CREATING", JobStatus.INITIALIZING),
        ("TRANSPILING", JobStatus.INITIALIZING),
        ("VALIDATING", JobStatus.VALIDATING),
        ("QUEUED", JobStatus.QUEUED),
        ("RUNNING", JobStatus.RUNNING),
        ("COMPLETED", JobStatus.DONE),
        ("CANCELLED", JobStatus.CANCELLED),
        ("ERROR_CREATING_JOB", JobStatus.ERROR),
        ("ERROR_VALIDATING_JOB", JobStatus.ERROR),
        ("ERROR_RUNNING_JOB", JobStatus.ERROR),
    ],
)
def test_56_and_59_status(server, job, said, meant):
    server.set(status=answer({**JOB, "status": said}))
    assert job.status() is meant
    assert (job.done(), job.running(), job.cancelled()) == (
        meant is JobStatus.DONE,
        meant is JobStatus.RUNNING,
        meant is JobStatus.CANCELLED,
    )
    assert job.in_final_state() is (meant in JOB_FINAL_STATES)


def test_57_a_status_that_is_not_known(server, job):
    server.set(status=answer({**JOB, "status": "UNHEARD_OF"}))
    with pytest.raises(IBMQJobApiError):
        job.status()


def test_58_an_api_error_in_status_does_not_spoil_the_job(server, job):
    server.set(status=[FORBIDDEN, RUNNING])
    with pytest.raises(IBMQJobApiError) as failed:
        job.status()
    assert (failed.value.status_code, failed.value.code) == (403, 2001)
    assert job.status() is JobStatus.RUNNING


def test_60_cancel(server, job):
    server.set(
        cancel=[answer({"cancelled": True}), answer({"error": {"message": "over", "code": 3209}}), FORBIDDEN]
    )
    assert job.cancel() is True
    assert job.status() is JobStatus.RUNNING
    assert job.cancel() is False
    with pytest.raises(IBMQJobApiError):
        job.cancel()


@pytest.mark.parametrize("asked", [drop, FORBIDDEN])
def test_60_a_cancel_whose_outcome_is_not_known_says_so(server, asked):
    server.set(cancel=drop, status=asked)
    credentials = Credentials("token", server.url, None, "h", "g", "p", access_token="access")
    client = AccountClient(credentials, session=session_for(server.url, access_token="access"))
    job = IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(JOB))
    with pytest.raises(IBMQJobApiError, match="cannot be cancelled") as failed:
        job.cancel()
    assert failed.value.outcome_unknown


def test_61_the_result_of_a_cancelled_job(server, job):
    server.set(status=[RUNNING, answer({**JOB, "status": "CANCELLED"})])
    for _ in range(2):  # while it is waited for, and afterwards
        with pytest.raises(IBMQJobInvalidStateError):
            job.result(wait=0.05, timeout=WAIT)


def test_62_a_result_that_cannot_be_fetched(server, job):
    server.becomes("COMPLETED")
    server.set(result_url=FORBIDDEN)
    with pytest.raises(IBMQJobApiError):
        job.result()


def test_62_an_api_that_breaks_while_waiting(server, job):
    server.set(status=[RUNNING, FORBIDDEN])
    with pytest.raises(IBMQJobApiError):
        job.result(wait=0.05, timeout=WAIT)


def test_63_result_blocks_until_done_or_timeout(server, job):
    with pytest.raises(JobTimeoutError) as late:
        job.result(timeout=0.1)
    assert isinstance(late.value, IBMQJobTimeoutError)
    server.set(status=[RUNNING, RUNNING, COMPLETED])
    assert job.result(wait=0.05, timeout=WAIT).success


def test_64_error_message_lists_the_failing_experiments(server, job):
    server.becomes("ERROR_RUNNING_JOB")
    server.set(result=answer(HALF_FAILED))
    message = job.error_message()
    assert "Experiment 0: Error 1" in message
    assert "Experiment 2: Error 2" in message
    assert "Experiment 1" not in message


def test_65_a_job_from_before_there_were_kinds(server, client):
    record = {key: value for key, value in JOB.items() if key != "kind"}
    server.set(
        job=answer({**record, "status": "COMPLETED"}), status=answer({**record, "status": "COMPLETED"})
    )
    job = IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(record))
    with pytest.raises(IBMQJobInvalidStateError):
        job.result()
    with pytest.warns(DeprecationWarning):
        assert job.qobj() is None


def test_66_partial_results_and_the_code_of_a_failure(server, job):
    server.becomes("ERROR_RUNNING_JOB", error={"message": "It broke.", "code": 9999})
    server.set(result=answer(HALF_FAILED))
    partial = job.result(partial=True)
    assert [experiment.success for experiment in partial.results] == [False, True, False]
    assert partial.data(1)["counts"] == {"0x0": 1, "0x3": 1}
    with pytest.raises(IBMQJobFailureError) as failed:
        job.result()
    assert "Unknown" not in failed.value.message + job.error_message()


def test_66_a_failure_of_the_real_service_ends_with_its_code(ibmq_provider):
    vigo = ibmq_provider.get_backend("ibmq_vigo")
    job = vigo.run(unsupported(vigo))
    with pytest.raises(IBMQJobFailureError) as failed:
        job.result(timeout=WAIT)
    code = failed.value.code
    assert code
    for text in (failed.value.message, job.error_message()):
        assert text.rstrip("\"'").endswith(f"Error code: {code}.")
        assert "Unknown" not in text


def test_67_the_result_is_kept_until_it_is_refreshed(done):
    result = done.result()
    assert done.result() is result
    fresh = done.result(refresh=True)
    assert fresh is not result
    assert fresh.get_counts(0) == result.get_counts(0)
    assert done.result() is fresh


# Waiting.


def test_68_a_wait_that_takes_too_long(job):
    started = time.monotonic()
    with pytest.raises(IBMQJobTimeoutError):
        job.wait_for_final_state(timeout=0.2)
    assert time.monotonic() - started < 2


def test_68_the_callback_never_sees_a_final_status(ibmq_backend):
    seen = []

    def callback(job_id, status, job, **kwargs):
        seen.append((job_id, status, job, kwargs["queue_info"]))

    job = ibmq_backend.run(bell())
    job.wait_for_final_state(timeout=WAIT, callback=callback)
    assert job.in_final_state()
    for job_id, status_, told, queue_info in seen:
        assert (job_id, told) == (job.job_id(), job)
        assert status_ not in JOB_FINAL_STATES
        assert (queue_info is None) or status_ is JobStatus.QUEUED


def test_68_the_callback_is_called_every_n_seconds(job):
    times = []
    with pytest.raises(IBMQJobTimeoutError):
        job.wait_for_final_state(
            timeout=1.6, wait=0.5, callback=lambda *_, **__: times.append(time.monotonic())
        )
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert len(times) >= 2
    assert all(abs(gap - 0.5) < 0.2 for gap in gaps)


def test_69_no_thread_is_left_after_a_wait(ibmq_backend):
    before = set(threading.enumerate())
    with ThreadPoolExecutor(2) as executor:
        jobs = [ibmq_backend.run(bell()) for _ in range(2)]
        for future in [executor.submit(job.wait_for_final_state, WAIT) for job in jobs]:
            future.result()
    ends = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < ends:
        time.sleep(0.02)
    assert set(threading.enumerate()) <= before


# What is known of a job.


def test_70_dates_are_local_and_aware(done):
    assert done.creation_date().tzinfo is not None
    assert done.creation_date().utcoffset() == dt.datetime.now().astimezone().utcoffset()
    steps = done.time_per_step()
    assert {"CREATING", "COMPLETED"} <= set(steps)
    assert all(each.tzinfo is not None for each in steps.values())


def test_71_queue_info(server, job):
    queue = {
        "status": "PENDING_IN_QUEUE",
        "position": 3,
        "hubPriority": 0.5,
        "groupPriority": 1,
        "projectPriority": 0.25,
        "estimatedStartTime": "2033-06-01T10:00:00.000Z",
        "estimatedCompleteTime": "2033-06-01T10:05:00.000Z",
    }
    server.set(status=[answer({**JOB, "status": "QUEUED", "infoQueue": queue}), RUNNING])
    info = job.queue_info()
    assert (info.position, info.job_id) == (3, "17")
    assert all(0 < p <= 1 for p in (info.hub_priority, info.group_priority, info.project_priority))
    assert info.estimated_complete_time - info.estimated_start_time == dt.timedelta(minutes=5)
    assert info.estimated_start_time.tzinfo is not None
    assert info.format()
    assert "position=3" in repr(info)
    assert job.queue_position() == 3
    assert job.queue_position(refresh=True) is None
    assert job.queue_info() is None


def test_72_what_was_submitted_comes_back(ibmq_provider, done):
    retrieved = ibmq_provider.backend.retrieve_job(done.job_id())
    for job in (done, retrieved):
        assert [circuit.name for circuit in job.circuits()] == ["first", "second"]
        assert [circuit.metadata for circuit in job.circuits()] == [{"for": "first"}, {"for": "second"}]
        assert job.circuits()[0].count_ops() == bell().count_ops()
        assert job.backend_options()["shots"] == 10
        assert job.header()["mine"] == 1
    with pytest.warns(DeprecationWarning):
        assert retrieved.qobj().to_dict() == done.qobj().to_dict()


def test_72_loose_bits_and_conditions_come_back(ibmq_provider, ibmq_backend):
    register, loose = ClassicalRegister(2, "c"), Clbit()
    circuit = QuantumCircuit([Qubit()], QuantumRegister(2, "q"), register, [loose], global_phase=0.25)
    circuit.x(0)
    circuit.measure(0, loose)
    circuit.x(1).c_if(register, 1)
    circuit.x(2).c_if(loose, 1)
    circuit.measure(2, register[1])
    job = ibmq_backend.run(circuit, shots=20)
    assert ibmq_provider.backend.retrieve_job(job.job_id()).circuits() == [circuit]
    # Both conditions are judged by what was measured: the first one does not spoil the loose bit for the second.
    assert job.result(timeout=WAIT).data(0)["counts"] == {"0x6": 20}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"replacement_tags": ["c"]}, ["c"]),
        ({"replacement_tags": []}, []),
        ({"additional_tags": ["c"]}, ["a", "b", "c"]),
        ({"removal_tags": ["a", "unknown"]}, ["b"]),
        ({"replacement_tags": ["c"], "additional_tags": ["d"]}, ["c", "d"]),
        ({"replacement_tags": ["c", "d"], "removal_tags": ["c"]}, ["d"]),
        ({"additional_tags": ["c"], "removal_tags": ["c"]}, ["a", "b"]),
        ({"replacement_tags": ["x"], "additional_tags": ["y"], "removal_tags": ["x"]}, ["y"]),
    ],
)
def test_73_update_tags(done, change, expected):
    done.update_tags(replacement_tags=["a", "b"])
    assert sorted(done.update_tags(**change)) == expected
    done.refresh()
    assert sorted(done.tags()) == expected


@pytest.mark.parametrize("tags", ["lab1", [1], ("lab1",), {"lab1": 1}])
def test_74_job_tags_are_a_list_of_strings(ibmq_provider, ibmq_backend, tags):
    with pytest.raises(IBMQBackendValueError):
        ibmq_backend.run(bell(), job_tags=tags)
    with pytest.raises(IBMQBackendValueError):
        ibmq_backend.jobs(job_tags=tags)
    with pytest.raises(IBMQBackendValueError):
        ibmq_provider.backend.job_ids(job_tags=tags)


def test_75_update_name(done):
    for name in ("new name", ""):
        assert done.update_name(name) == name
        done.refresh()
        assert (done.name() or "") == name


def test_76_scheduling_mode_and_client_version(done):
    assert done.scheduling_mode() == "fairshare"
    assert done.client_version
    assert all(name.startswith("qiskit") and version for name, version in done.client_version.items())
    assert done.result().client_version == done.client_version


def test_77_properties_of_a_job(ibmq_provider, done):
    vigo = ibmq_provider.get_backend("ibmq_vigo")
    job = vigo.run(transpile(bell(), vigo), shots=1)
    assert job.properties() is not None
    job.wait_for_final_state(timeout=WAIT)
    assert job.properties().t1(0) > 0
    assert done.properties() is None


# Finding jobs.


def test_78_retrieving_what_is_not_there(ibmq_provider, done):
    with pytest.raises(IBMQBackendError):
        ibmq_provider.backend.retrieve_job("BAD_JOB_ID")
    vigo = ibmq_provider.get_backend("ibmq_vigo")
    with pytest.warns(UserWarning, match="belongs to"), pytest.raises(IBMQBackendError):
        vigo.retrieve_job(done.job_id())


@pytest.fixture(scope="module")
def listed(ibmq_provider, ibmq_backend):
    """Five jobs that nobody else has, oldest first, and their tag."""
    tag = uuid.uuid4().hex
    jobs = [
        ibmq_backend.run(bell(), shots=1, job_name=f"listed {number} {tag}", job_tags=[tag, f"n{number % 2}"])
        for number in range(5)
    ]
    for job in jobs:
        job.wait_for_final_state(timeout=WAIT)
    return jobs, tag


def ids(jobs):
    return [job.job_id() for job in jobs]


def test_79_limit_and_skip(ibmq_provider, listed):
    jobs, tag = listed
    newest = ids(jobs)[::-1]
    find = ibmq_provider.backend.jobs
    assert ids(find(limit=2, skip=1, job_tags=[tag])) == newest[1:3]
    assert ids(find(limit=None, job_tags=[tag])) == newest
    assert ids(find(limit=3, job_tags=[tag], descending=False)) == newest[::-1][:3]
    assert [each["id"] for each in ibmq_provider.backend.job_ids(limit=2, job_tags=[tag])] == newest[:2]


def test_79_dates(ibmq_provider, listed):
    jobs, tag = listed
    dates = [job.creation_date() for job in jobs]
    find = ibmq_provider.backend.jobs
    for zoned in (lambda date: date, lambda date: date.replace(tzinfo=None)):
        assert ids(find(job_tags=[tag], start_datetime=zoned(dates[3]))) == ids(jobs)[:2:-1]
        assert ids(find(job_tags=[tag], end_datetime=zoned(dates[1]))) == ids(jobs)[1::-1]
        between = find(job_tags=[tag], start_datetime=zoned(dates[1]), end_datetime=zoned(dates[3]))
        assert ids(between) == ids(jobs)[3:0:-1]


def test_79_limits_and_dates_of_every_kind(ibmq_provider, listed):
    _, tag = listed
    find = ibmq_provider.backend.jobs
    assert len(find(limit=np.int64(2), job_tags=[tag])) == 2
    for date in (dt.datetime.min, dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5)))):
        assert len(find(job_tags=[tag], start_datetime=date, end_datetime=dt.datetime.max)) == 5
        assert find(job_tags=[tag], end_datetime=date) == []
    for wrong in ({"limit": -1}, {"limit": 2.5}, {"limit": True}, {"skip": -1}):
        with pytest.raises(IBMQBackendValueError):
            find(**wrong)


@pytest.mark.parametrize("wanted", [JobStatus.DONE, "done", ["DONE"], [JobStatus.RUNNING, "DONE"]])
def test_79_status(ibmq_backend, listed, wanted):
    _, tag = listed
    assert len(ibmq_backend.jobs(job_tags=[tag], status=wanted)) == 5
    assert ibmq_backend.jobs(job_tags=[tag], status="error") == []


def test_79_name_and_tags(ibmq_backend, listed):
    jobs, tag = listed
    assert len(ibmq_backend.jobs(job_name=f"listed [13] {tag}")) == 2
    assert len(ibmq_backend.jobs(job_name=tag)) == 5
    assert len(ibmq_backend.jobs(job_tags=[tag, "n1"], job_tags_operator="AND")) == 2
    assert len(ibmq_backend.jobs(job_tags=[tag, uuid.uuid4().hex], job_tags_operator="OR")) == 5
    with pytest.raises(IBMQBackendValueError):
        ibmq_backend.jobs(job_tags=[tag], job_tags_operator="XOR")


def test_79_db_filter_loses_nothing(ibmq_backend, listed):
    jobs, tag = listed
    since = jobs[1].creation_date().astimezone(dt.timezone.utc).isoformat().replace("+00:00", "Z")
    db_filter = {"or": [{"tags": "n0"}, {"name": {"regexp": "listed 3"}}], "creationDate": {"gte": since}}
    found = ibmq_backend.jobs(limit=None, job_tags=[tag], db_filter=db_filter)
    assert ids(found) == ids([jobs[4], jobs[3], jobs[2]])


def test_79_an_iterator_fetches_as_it_goes(ibmq_provider, ibmq_backend, listed):
    jobs, tag = listed
    newest = ids(jobs)[::-1]
    assert ids(ibmq_provider.backend.iter_jobs(job_tags=[tag])) == newest
    assert ids(ibmq_backend.iter_jobs(job_tags=[tag], descending=False, limit=4, skip=1)) == newest[::-1][1:]
    assert next(ibmq_backend.iter_jobs(job_tags=[tag])).job_id() == newest[0]
    with pytest.raises(IBMQBackendValueError):
        ibmq_backend.iter_jobs(status="no such status")
    with pytest.raises(TypeError):
        ibmq_backend.iter_jobs(no_such_condition=1)


def test_80_a_job_of_a_backend_that_is_gone():
    with AccountServer(("ibm-q/open/main",)) as server:
        server.set_devices("ibm-q/open/main", [device("one")])
        path = f"{server.project_path('ibm-q/open/main')}/Jobs"
        server.table[f"{path}/17/v/1"] = {**JOB, "backend": {"name": "ibmq_gone"}}
        job = IBMQFactory().enable_account("right-token", server.url).backend.retrieve_job("17")
    assert isinstance(job.backend(), IBMQRetiredBackend)
    assert job.backend().name() == "ibmq_gone"


# Nothing is lost on the way.


@pytest.fixture
def submitted() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_submission(running)
        yield running


def test_81_a_refused_upload_gets_a_fresh_address(submitted):
    submitted.on("PUT", "/upload", status(403), status(200))
    submitted.on("GET", f"{SUBMITTED}/jobUploadUrl", answer({"url": f"{submitted.url}/upload?X-Signature=2"}))
    assert account_client(submitted).job_submit("campus_5q", {}).id == JOB_ID
    assert f"{SUBMITTED}/cancel" not in submitted.paths()


def test_81_a_failed_upload_leaves_no_job(submitted):
    submitted.on("PUT", "/upload", status(400))
    with pytest.raises(ApiError):
        account_client(submitted).job_submit("campus_5q", {})
    assert submitted.paths().count(f"{SUBMITTED}/cancel") == 1


@pytest.mark.parametrize("lost", [reset, drop, answer(b"<html>")])
def test_81_an_accepted_job_is_never_cancelled(submitted, lost):
    submitted.on("POST", f"{SUBMITTED}/jobDataUploaded", lost)
    submitted.on("GET", f"{SUBMITTED}/status/v/1", answer(job_document("QUEUED")))
    submitted.on("GET", f"{SUBMITTED}/v/1", answer(job_document("QUEUED")))
    assert account_client(submitted).job_submit("campus_5q", {}).id == JOB_ID
    assert f"{SUBMITTED}/cancel" not in submitted.paths()


def test_67_threads_share_one_result(server, job):
    server.becomes("COMPLETED")
    results = in_threads(4, job.result)
    assert all(result is results[0] for result in results)
    assert results[0].to_dict()["job_id"] == RESULT["job_id"]
