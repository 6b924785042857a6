# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How records of a job replace each other."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.job._state import merge_record, merge_status
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
