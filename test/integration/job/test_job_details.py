# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a job says about itself."""

from __future__ import annotations

import copy

import pytest
from support.job_server import JOB
from support.scripted_server import answer
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
)
from qiskit_ibmq_provider.protocol.jobs import JobRecord


def test_other_fields_of_the_server_are_attributes_with_an_underscore(server, client):
    record = JobRecord.from_json({**JOB, "summaryData": {"size": 1}, "batman": "robin"})
    job = IBMQJob.from_record(SmallBackend("small"), client, record)
    assert (job.summary_data_, job.batman_) == ({"size": 1}, "robin")
    assert server.requests == []
    with pytest.raises(AttributeError, match="joker_"):
        job.joker_  # noqa: B018
    made = IBMQJob(SmallBackend("small"), client, "17", JOB["creationDate"], "RUNNING", batman="robin")
    assert made.batman_ == "robin"
    assert not hasattr(made, "batman")
    assert not hasattr(copy.copy(made), "_ipython_display_")


def test_fields_that_only_come_with_the_end_are_found_then(server, job):
    server.becomes("COMPLETED", endDate="2021-06-01T09:31:05Z")
    job.wait_for_final_state(timeout=10)
    assert job.end_date_ == "2021-06-01T09:31:05Z"


def test_times_are_local_and_asked_for_once_the_job_is_over(server, job):
    assert job.creation_date().utcoffset() is not None
    assert job.creation_date().isoformat().endswith("02.417000" + job.creation_date().isoformat()[-6:])
    assert job.time_per_step() is None
    server.becomes("COMPLETED", timePerStep={"RUNNING": "2021-06-01T09:31:03Z"})
    job.wait_for_final_state(timeout=10)
    before = server.count("job")
    assert job.time_per_step()["RUNNING"].utcoffset() is not None
    assert job.time_per_step()
    assert server.count("job") == before + 1


def test_the_scheduling_mode_is_fairshare_where_the_server_does_not_say(server, job):
    assert job.scheduling_mode() == "fairshare"
    server.set(job=answer({**JOB, "status": "QUEUED"}), status=answer({**JOB, "status": "QUEUED"}))
    job.refresh()
    assert job.scheduling_mode() is None
    server.set(job=answer({**JOB, "runMode": "dedicated"}))
    assert job.scheduling_mode() == "dedicated"


def test_a_refresh_that_answers_with_another_job_is_refused(server, job):
    server.set(job=answer({**JOB, "id": "18"}))
    with pytest.raises(IBMQJobApiError, match="'18'"):
        job.refresh()


def test_small_things_the_original_has(job):
    assert job.version == 1
    assert job.client_version == {"qiskit-ibmq-provider": "0.20.2", "qiskit-terra": "0.46.3"}
    with pytest.warns(DeprecationWarning):
        job.client_version = {"name": "qiskit", "version": "1"}
    assert job.client_version == {"qiskit": "1"}
    with pytest.warns(DeprecationWarning):
        assert job.share_level() == "none"
    with pytest.raises(NotImplementedError):
        job.submit()
    assert job.experiment_id is None
    assert job.backend().name() == "small"
    assert repr(job) == "<IBMQJob '17' on small: RUNNING>"


@pytest.mark.parametrize("nothing", [{}, None])
def test_a_simulator_has_no_properties(server, job, nothing):
    server.set(properties=answer(nothing))
    assert job.properties() is None


def test_properties_that_cannot_be_read_are_an_error_of_the_job(server, job):
    server.set(properties=answer({"qubits": 3}))
    with pytest.raises(IBMQJobApiError, match="properties of job 17"):
        job.properties()
