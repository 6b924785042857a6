# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How records of a job replace each other, and what users read of them."""

from __future__ import annotations

import datetime as dt

import pytest

from qiskit_ibmq_provider.job._state import (
    client_versions,
    extra_attributes,
    local_time,
    local_times,
    merge_record,
    merge_status,
)
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.job.queueinfo import job_status
from qiskit_ibmq_provider.protocol.jobs import JobError, JobRecord, JobStatusRecord, QueueRecord
from qiskit_ibmq_provider.protocol.status import API_JOB_FINAL_STATES

RECORD = JobRecord(
    id="1", creation_date="2021-06-01T09:31:02Z", status="QUEUED", kind="q-object", queue=QueueRecord(3)
)
FINAL = [status.value for status in API_JOB_FINAL_STATES]


def test_a_status_replaces_status_and_queue_and_nothing_else():
    merged = merge_status(RECORD, JobStatusRecord(status="RUNNING"))
    assert merged == RECORD.replaced(status="RUNNING", queue=None)


@pytest.mark.parametrize("final", FINAL)
def test_a_final_status_is_never_left(final):
    done = RECORD.replaced(status=final, queue=None)
    for status in ("QUEUED", "RUNNING", *FINAL):
        assert merge_status(done, JobStatusRecord(status=status, queue=QueueRecord(1))).status == final
        assert merge_status(done, JobStatusRecord(status=status)).queue is None
        assert merge_record(done, RECORD.replaced(status=status)).status == final


def test_a_reason_that_comes_later_is_kept():
    failed = merge_status(RECORD, JobStatusRecord(status="ERROR_RUNNING_JOB"))
    error = JobError("Power cut", 8000)
    assert merge_status(failed, JobStatusRecord(status="ERROR_RUNNING_JOB", error=error)).error == error
    assert merge_status(
        merge_status(failed, JobStatusRecord("ERROR_RUNNING_JOB", error=error)), JobStatusRecord("QUEUED")
    ).error


def test_a_new_record_replaces_all_but_the_kind_of_the_old_one():
    new = JobRecord(id="1", creation_date="2021-06-01T09:31:02Z", status="RUNNING", name="bell")
    assert merge_record(RECORD, new) == new.replaced(kind="q-object")


def test_a_stale_record_of_a_finished_job_still_gives_its_details():
    done = RECORD.replaced(status="COMPLETED", queue=None)
    merged = merge_record(done, RECORD.replaced(name="bell"))
    assert (merged.status, merged.queue, merged.name) == ("COMPLETED", None, "bell")


@pytest.mark.parametrize(
    ("api_status", "name"),
    [
        ("CREATING", "INITIALIZING"),
        ("CREATED", "INITIALIZING"),
        ("TRANSPILING", "INITIALIZING"),
        ("TRANSPILED", "INITIALIZING"),
        ("VALIDATING", "VALIDATING"),
        ("VALIDATED", "VALIDATING"),
        ("PENDING_IN_QUEUE", "QUEUED"),
        ("QUEUED", "QUEUED"),
        ("RUNNING", "RUNNING"),
        ("COMPLETED", "DONE"),
        ("CANCELLED", "CANCELLED"),
        ("ERROR_CREATING_JOB", "ERROR"),
        ("ERROR_VALIDATING_JOB", "ERROR"),
        ("ERROR_TRANSPILING_JOB", "ERROR"),
        ("ERROR_RUNNING_JOB", "ERROR"),
    ],
)
def test_every_status_of_the_api_is_one_of_qiskits(api_status, name):
    assert job_status(api_status, "1").name == name


@pytest.mark.parametrize("api_status", ["CANCELLED - RAN TOO LONG", "", "DONE"])
def test_a_status_that_is_not_known_raises_and_is_named(api_status):
    with pytest.raises(IBMQJobApiError, match=f"job 17 has the status '{api_status}'"):
        job_status(api_status, "17")


def test_unknown_fields_become_attributes_in_snake_case():
    record = JobRecord.from_json(
        {
            "id": "1",
            "creationDate": "x",
            "status": "RUNNING",
            "summaryData": {"size": 1},
            "batman": "robin",
            "endDate": "y",
        }
    )
    extra = extra_attributes(record)
    assert extra["summary_data_"] == {"size": 1}
    assert extra["batman_"] == "robin"
    assert extra["end_date_"] == "y"


def test_times_are_local_and_what_is_no_date_is_left_out():
    instant = dt.datetime(2021, 6, 1, 9, 31, 2, 417000, tzinfo=dt.timezone.utc)
    times = local_times({"CREATING": "2021-06-01T09:31:02.417Z", "RUNNING": "soon", "QUEUED": None})
    assert times == {"CREATING": instant}
    assert times["CREATING"].tzinfo is not None
    assert local_times(None) == {}
    with pytest.raises(IBMQJobApiError, match="'soon' for the creation date"):
        local_time("soon", "the creation date")


@pytest.mark.parametrize(
    ("info", "versions"),
    [
        (None, {}),
        ({}, {}),
        (
            {"name": "qiskit-ibmq-provider,qiskit-terra", "version": "0.20.2,0.46.3"},
            {"qiskit-ibmq-provider": "0.20.2", "qiskit-terra": "0.46.3"},
        ),
        ({"name": "qiskit", "version": "0.46.3"}, {"qiskit": "0.46.3"}),
        ({"name": "a,b", "version": "1,2"}, {"a,b": "1,2"}),
        ({"name": "other"}, {"other": "unknown"}),
        ({"version": "3"}, {"unknown": "3"}),
    ],
)
def test_client_versions_are_split_where_the_client_is_qiskit(info, versions):
    assert client_versions(info) == versions
