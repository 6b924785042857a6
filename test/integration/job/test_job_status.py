# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Status and queue of a job, from a server that says odd things."""

from __future__ import annotations

import pytest
from qiskit.providers.jobstatus import JobStatus
from support.job_server import JOB, refusal
from support.scripted_server import answer
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
)


@pytest.mark.parametrize(
    "broken", [refusal(400), answer({"id": "17"}), answer(b"<html>busy</html>"), answer([1])]
)
def test_a_failed_status_raises_and_does_not_spoil_the_job(server, job, broken):
    server.set(status=broken)
    with pytest.raises(IBMQJobApiError, match="17"):
        job.status()
    server.set(status=answer({**JOB, "status": "QUEUED"}))
    assert job.status() is JobStatus.QUEUED


def test_an_error_of_the_server_is_told_with_its_codes_and_cause(server, job):
    server.set(status=refusal(403, 3448, "not yours"))
    with pytest.raises(IBMQJobApiError, match=r"not yours.*Error code: 3448\.") as caught:
        job.status()
    assert (caught.value.code, caught.value.status_code) == (3448, 403)
    assert isinstance(caught.value.__cause__, ApiError)


def test_a_status_that_is_not_known_raises_and_the_next_call_works(server, job):
    server.set(status=[answer({**JOB, "status": "DEFERRED"}), answer({**JOB, "status": "RUNNING"})])
    with pytest.raises(IBMQJobApiError, match="DEFERRED"):
        job.status()
    assert job.running()


def test_a_job_can_be_made_with_a_status_that_is_not_known(client):
    job = IBMQJob(SmallBackend("small"), client, "17", JOB["creationDate"], "CANCELLED - RAN TOO LONG")
    assert "RAN TOO LONG" in repr(job)
    assert job.running()


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("COMPLETED", JobStatus.DONE),
        ("CANCELLED", JobStatus.CANCELLED),
        ("ERROR_RUNNING_JOB", JobStatus.ERROR),
    ],
)
def test_a_final_status_is_asked_for_once(server, job, final, expected):
    server.becomes(final)
    assert job.status() is expected
    assert (job.done(), job.cancelled(), job.in_final_state()) == (
        expected is JobStatus.DONE,
        expected is JobStatus.CANCELLED,
        True,
    )
    assert server.count("status") == 1


def test_queue_information_is_there_while_the_job_is_queued(server, job):
    queue = {"position": 2, "status": "PENDING_IN_QUEUE", "hubPriority": 0.5}
    server.set(status=answer({**JOB, "status": "QUEUED", "infoQueue": queue}))
    assert job.queue_position() is None
    assert job.queue_position(refresh=True) == 2
    assert job.queue_position() == 2
    assert job.queue_info().hub_priority == 0.5
    server.set(
        status=answer(
            {**JOB, "status": "QUEUED", "infoQueue": {"estimatedStartTime": "2021-06-01T09:31:05Z"}}
        )
    )
    assert job.queue_info() is None
    server.set(status=answer({**JOB, "status": "RUNNING", "infoQueue": queue}))
    assert job.queue_position(refresh=True) is None
