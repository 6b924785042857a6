# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may become of a job."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind, TaskOutcome
from qiskit_ibmq_provider.service.domain.lifecycle import IllegalTransition
from qiskit_ibmq_provider.service.domain.model import Job, Project, result_blob

NOW = datetime.datetime(2021, 6, 1, 9, 30, tzinfo=datetime.timezone.utc)
LATER = NOW + datetime.timedelta(seconds=5)
ISO_NOW, ISO_LATER = "2021-06-01T09:30:00.000000Z", "2021-06-01T09:30:05.000000Z"


@pytest.fixture
def draft() -> Job:
    return Job(
        seq=1,
        id="0123456789abcdef01234567",
        project=Project(1, "ibm-q", "open", "main"),
        user_id="u",
        backend_name="alpha",
        status=ApiJobStatus.CREATING,
        created=NOW,
        time_per_step={"CREATING": ISO_NOW},
    )


@pytest.fixture
def queued(draft: Job) -> Job:
    return lifecycle.enqueue(draft, NOW, 17)


@pytest.fixture
def running(queued: Job) -> Job:
    return lifecycle.claim(queued, LATER, "me", LATER + datetime.timedelta(seconds=60))


def test_an_announced_job_has_passed_all_steps_to_the_queue(queued: Job) -> None:
    steps = ("CREATING", "CREATED", "VALIDATING", "VALIDATED", "QUEUED")
    assert queued.time_per_step == dict.fromkeys(steps, ISO_NOW)
    assert (queued.status, queued.queued, queued.payload_size) == (ApiJobStatus.QUEUED, NOW, 17)


def test_a_claim_is_a_new_attempt_with_owner_and_lease(running: Job) -> None:
    assert (running.status, running.attempt, running.owner) == (ApiJobStatus.RUNNING, 1, "me")
    assert running.time_per_step["RUNNING"] == ISO_LATER


def test_a_finished_job_belongs_to_nobody_and_has_a_summary(running: Job) -> None:
    outcome = TaskOutcome(ApiJobStatus.COMPLETED, None, True, {"num_circuits": 2}, 0.5)
    done = lifecycle.finish(running, LATER, outcome, "result/67/x-1.json", 99)
    assert (done.status, done.ended, done.owner, done.lease_until) == (
        ApiJobStatus.COMPLETED,
        LATER,
        None,
        None,
    )
    assert (done.result_ref, done.result_size, done.attempt) == ("result/67/x-1.json", 99, 1)
    assert done.summary == {
        "size": {"input": 17, "output": 99},
        "success": True,
        "summary": {"num_circuits": 2},
        "resultTime": 0.5,
    }


def test_a_released_job_stands_where_it_stood(queued: Job, running: Job) -> None:
    released = lifecycle.release(running)
    assert (released.status, released.queued, released.attempt) == (ApiJobStatus.QUEUED, NOW, 1)
    assert (released.owner, released.lease_until, released.losses) == (None, None, 0)
    assert released.time_per_step == queued.time_per_step


def test_the_third_lost_attempt_is_the_last(running: Job) -> None:
    job = running
    for losses in (1, 2):
        job = lifecycle.lose(job, LATER, "exit code -9", 3)
        assert (job.status, job.losses) == (ApiJobStatus.QUEUED, losses)
        job = lifecycle.claim(job, LATER, "me", LATER)
    job = lifecycle.lose(job, LATER, "exit code -9", 3)
    assert (job.status, job.losses, job.attempt) == (ApiJobStatus.ERROR_RUNNING_JOB, 3, 3)
    assert job.error == JobError(
        "The process that ran this job ended unexpectedly 3 times: exit code -9. The job is not tried again. "
        "It may need more memory than there is: try fewer qubits or circuits.",
        8002,
    )


def test_dead_dispatchers_are_counted_apart(running: Job) -> None:
    job = lifecycle.take_over(running, LATER, 2)
    assert (job.status, job.takeovers, job.losses) == (ApiJobStatus.QUEUED, 1, 0)
    job = lifecycle.take_over(lifecycle.claim(job, LATER, "me", LATER), LATER, 2)
    assert job.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert job.error is not None
    assert job.error.message.startswith("The service stopped 2 times while it ran this job.")


@pytest.mark.parametrize("make", ["draft", "queued", "running"])
def test_what_is_not_over_can_be_cancelled(make: str, request: pytest.FixtureRequest) -> None:
    cancelled = lifecycle.cancel(request.getfixturevalue(make), LATER)
    assert (cancelled.status, cancelled.ended, cancelled.owner) == (ApiJobStatus.CANCELLED, LATER, None)
    assert cancelled.time_per_step["CANCELLED"] == ISO_LATER


def test_a_draft_without_payload_fails_with_the_reason(draft: Job) -> None:
    job = lifecycle.abandon(draft, LATER)
    assert job.status is ApiJobStatus.ERROR_CREATING_JOB
    assert job.error is not None and job.error.code == ErrorCode.PAYLOAD_MISSING


CHANGES: list[Callable[[Job], Job]] = [
    lambda job: lifecycle.cancel(job, LATER),
    lambda job: lifecycle.release(job),
    lambda job: lifecycle.claim(job, LATER, "x", LATER),
    lambda job: lifecycle.enqueue(job, LATER, 1),
    lambda job: lifecycle.time_out(job, LATER, 1),
    lambda job: lifecycle.finish(job, LATER, TaskOutcome(ApiJobStatus.COMPLETED), None, None),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_over_stays_so(running: Job, change: Callable[[Job], Job]) -> None:
    with pytest.raises(IllegalTransition):
        change(lifecycle.cancel(running, LATER))


def test_a_draft_does_not_run(draft: Job) -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.release(draft)
    with pytest.raises(IllegalTransition):
        lifecycle.finish(draft, LATER, TaskOutcome(ApiJobStatus.COMPLETED), None, None)


def after_report(
    job: Job, kind: EventKind, outcome: TaskOutcome | None = None, size: int | None = None
) -> Job:
    event = EngineEvent(kind, job.id, job.attempt, outcome, "why")
    return lifecycle.after_report(job, event, LATER, result_size=size, time_limit=2.5, max_losses=3)


def test_a_result_counts_only_if_it_is_stored(running: Job) -> None:
    outcome = TaskOutcome(ApiJobStatus.COMPLETED, has_result=True)
    done = after_report(running, EventKind.FINISHED, outcome, 7)
    assert (done.result_ref, done.result_size) == (result_blob(running.id, 1), 7)
    lost = after_report(running, EventKind.FINISHED, outcome)
    assert (lost.status, lost.losses) == (ApiJobStatus.QUEUED, 1)


def test_a_failure_may_come_with_and_without_a_partial_result(running: Job) -> None:
    error = JobError("no", 8000)
    failed = after_report(
        running, EventKind.FINISHED, TaskOutcome(ApiJobStatus.ERROR_RUNNING_JOB, error, True), 7
    )
    assert (failed.status, failed.error, failed.result_size) == (ApiJobStatus.ERROR_RUNNING_JOB, error, 7)
    refused = after_report(running, EventKind.FINISHED, TaskOutcome(ApiJobStatus.ERROR_VALIDATING_JOB, error))
    assert (refused.status, refused.result_ref) == (ApiJobStatus.ERROR_VALIDATING_JOB, None)


@pytest.mark.parametrize(
    "outcome",
    [
        TaskOutcome(ApiJobStatus.COMPLETED),
        TaskOutcome(ApiJobStatus.QUEUED),
        TaskOutcome(ApiJobStatus.CANCELLED),
    ],
)
def test_an_outcome_without_sense_is_a_failure_that_says_so(running: Job, outcome: TaskOutcome) -> None:
    job = after_report(running, EventKind.FINISHED, outcome)
    assert job.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert job.error is not None and "fault of the service" in job.error.message


def test_a_timeout_names_the_limit(running: Job) -> None:
    job = after_report(running, EventKind.TIMED_OUT)
    assert job.error == JobError(
        "Cancelled - Ran too long: the job ran longer than the 2.5 seconds that the service allows on alpha. "
        "Split it into smaller jobs.",
        8001,
    )


def test_a_job_that_the_engine_gave_back_is_queued_again(running: Job) -> None:
    job = after_report(running, EventKind.CANCELLED)
    assert (job.status, job.losses) == (ApiJobStatus.QUEUED, 0)
