# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Why a job failed, as far as the server says."""

from __future__ import annotations

import pytest
from support.job_server import HALF_FAILED, RESULT, refusal
from support.scripted_server import answer

from qiskit_ibmq_provider.job import (
    IBMQJobFailureError,
)


def test_a_failed_job_lists_its_failed_experiments(server, job):
    server.becomes("ERROR_RUNNING_JOB")
    server.set(result=answer(HALF_FAILED))
    with pytest.raises(IBMQJobFailureError, match=r"Experiment 0: Error 1 \(2 of 3") as caught:
        job.result()
    assert "\n" not in caught.value.message
    message = job.error_message()
    assert "Experiment 0: Error 1" in message
    assert "Experiment 2: Error 2" in message
    assert server.count("result") == 1


def test_a_partial_result_has_the_good_experiments(server, job):
    server.becomes("ERROR_RUNNING_JOB")
    server.set(result=answer(HALF_FAILED))
    partial = job.result(partial=True)
    assert not partial.success
    assert partial.get_counts(1)
    assert job.result(partial=True) is partial
    with pytest.raises(IBMQJobFailureError):
        job.result()


def test_there_is_no_partial_result_of_nothing(server, job):
    server.becomes("ERROR_RUNNING_JOB")
    server.set(
        result=answer({**RESULT, "success": False, "results": [], "error": {"message": "Boom", "code": 8000}})
    )
    with pytest.raises(IBMQJobFailureError) as caught:
        job.result(partial=True)
    assert caught.value.message.endswith("Boom. Error code: 8000.")
    assert caught.value.code == 8000


@pytest.mark.parametrize("final", ["ERROR_CREATING_JOB", "ERROR_VALIDATING_JOB", "ERROR_TRANSPILING_JOB"])
def test_a_job_that_never_ran_has_no_result_to_ask_for(server, job, final):
    server.becomes(final, error={"message": "Too many shots", "code": 7003})
    with pytest.raises(IBMQJobFailureError) as caught:
        job.result()
    assert caught.value.message.endswith("Too many shots. Error code: 7003.")
    assert caught.value.code == 7003
    assert job.error_message() == "Too many shots. Error code: 7003."
    assert [server.count(name) for name in ("result_url", "job")] == [0, 1]


@pytest.mark.parametrize("missing", [refusal(404), refusal(400, 2801)])
def test_a_failed_job_without_result_gives_the_reason_of_the_job(server, job, missing):
    server.becomes("ERROR_RUNNING_JOB", error={"message": "Power cut", "code": 8002})
    server.set(result_url=missing)
    assert job.error_message() == "Power cut. Error code: 8002."


def test_a_job_that_failed_without_any_reason_says_so(server, job):
    server.becomes("ERROR_RUNNING_JOB")
    server.set(result_url=refusal(404))
    assert "ERROR_RUNNING_JOB" in job.error_message()
    with pytest.raises(IBMQJobFailureError) as caught:
        job.result()
    assert "nknown" not in caught.value.message


def test_a_reason_that_could_not_be_had_is_asked_for_again(server, job):
    server.becomes("ERROR_VALIDATING_JOB", error={"message": "Too many shots", "code": 7003})
    server.set(job=refusal(400))
    assert "gave no reason" in job.error_message()
    server.becomes("ERROR_VALIDATING_JOB", error={"message": "Too many shots", "code": 7003})
    assert job.error_message() == "Too many shots. Error code: 7003."


def test_a_job_that_did_not_fail_has_no_error_message(server, job):
    server.becomes("COMPLETED")
    assert job.error_message() is None
