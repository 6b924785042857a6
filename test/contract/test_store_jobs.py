# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every store promises about jobs."""

from __future__ import annotations

import datetime
import functools
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Optional

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import Conflict, LimitReached
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey

LEASE = datetime.timedelta(minutes=1)


def make_draft(bench: Bench, **fields: object) -> Job:
    values: dict[str, object] = {
        "id": secrets.token_hex(12),
        "project": bench.project,
        "user_id": bench.principal.user_id,
        "backend_name": "alpha",
        "created": bench.clock.now(),
    }
    return Job(**{**values, **fields})  # type: ignore[arg-type]


def insert(bench: Bench, **fields: object) -> Job:
    return bench.store.jobs.insert(make_draft(bench, **fields), limit=-1)


def test_a_job_comes_back_as_it_was_kept(bench: Bench) -> None:
    draft = make_draft(
        bench,
        name="näme '\"%_",
        tags=("b", "a", "b", "✓"),
        experiment_tag="exp-7",
        share_level="project",
        live_data_enabled=False,
        client_info={"name": "qiskit", "version": "0.46.3"},
    )
    kept = bench.store.jobs.insert(draft, limit=-1)
    found = bench.store.jobs.find(bench.project.id, draft.id)
    assert found == kept == bench.store.jobs.get(draft.id)
    assert kept.status is ApiJobStatus.CREATING
    assert kept.created == bench.clock.now()
    assert kept.time_per_step == {"CREATING": "2021-06-01T09:30:00.000000Z"}
    assert (kept.name, kept.tags) == ("näme '\"%_", ("b", "a", "b", "✓"))
    assert (kept.experiment_tag, kept.share_level, kept.live_data_enabled) == ("exp-7", "project", False)
    assert kept.client_info == {"name": "qiskit", "version": "0.46.3"}
    assert (kept.project.hub, kept.project.group, kept.project.project) == ("ibm-q", "open", "main")
    assert kept.attempt == kept.losses == kept.takeovers == 0


def test_a_whole_life_comes_back_as_it_was_kept(bench: Bench) -> None:
    jobs, now = bench.store.jobs, bench.clock.now()
    job = insert(bench)
    outcome = TaskOutcome(
        ApiJobStatus.ERROR_RUNNING_JOB, JobError("no", 8000), True, {"num_circuits": 3, "mask": 2**70}, 0.25
    )
    queued = lifecycle.enqueue(job, now, 17)
    running = lifecycle.claim(queued, now, "me", now + LEASE)
    finished = lifecycle.finish(running, now, outcome, "result/00/x-1.json", 5)
    for old, new in ((job, queued), (queued, running), (running, finished)):
        assert jobs.swap(old, new)
        assert jobs.get(job.id).replaced(position=None) == new


def test_creation_dates_are_unique_in_a_project_and_only_there(bench: Bench) -> None:
    first, second, third = insert(bench), insert(bench), insert(bench)
    microsecond = datetime.timedelta(microseconds=1)
    assert [job.created - first.created for job in (second, third)] == [microsecond, 2 * microsecond]
    elsewhere = insert(bench, project=bench.other_project)
    assert elsewhere.created == first.created


def test_a_clock_that_was_set_back_does_not_stop_or_change_the_dates(bench: Bench) -> None:
    first = insert(bench)
    bench.clock.advance(3600)
    insert(bench)
    bench.clock.set_back(3600)
    assert insert(bench).created == first.created + datetime.timedelta(microseconds=1)


def test_a_crowded_instant_still_has_room(bench: Bench) -> None:
    rows = [insert(bench) for _ in range(20)]
    assert len({job.created for job in rows}) == 20
    assert rows[-1].created - rows[0].created == datetime.timedelta(microseconds=19)


def test_concurrent_creation_keeps_dates_unique(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: insert(bench), range(64)))
    assert len({job.created for job in jobs}) == len({job.seq for job in jobs}) == 64


def queued_at_once(bench: Bench, job: Job) -> Job:
    return lifecycle.enqueue(job, bench.clock.now(), payload_size=2)


def test_the_limit_counts_unfinished_jobs_of_project_and_device(bench: Bench) -> None:
    jobs, change = bench.store.jobs, functools.partial(queued_at_once, bench)
    first = jobs.insert(make_draft(bench), limit=2, change=change)
    assert first.status is ApiJobStatus.QUEUED
    jobs.insert(make_draft(bench), limit=2, change=change)
    with pytest.raises(LimitReached) as refused:
        jobs.insert(make_draft(bench), limit=2)
    assert refused.value.code is ErrorCode.JOB_LIMIT
    jobs.insert(make_draft(bench, backend_name="beta"), limit=2, change=change)
    jobs.insert(make_draft(bench, project=bench.other_project), limit=2, change=change)
    assert jobs.swap(first, lifecycle.cancel(first, bench.clock.now()))
    jobs.insert(make_draft(bench), limit=2, change=change)
    assert jobs.count_unfinished(bench.project.id, "alpha") == 2


def test_a_job_without_payload_does_not_count_and_is_judged_when_it_is_queued(bench: Bench) -> None:
    jobs = bench.store.jobs
    drafts = [jobs.insert(make_draft(bench), limit=1) for _ in range(3)]
    assert jobs.count_unfinished(bench.project.id, "alpha") == 0
    first, second = (queued_at_once(bench, draft) for draft in drafts[:2])
    assert jobs.swap(drafts[0], first, limit=1)
    # Somebody else has queued this one meanwhile: that is not one too many.
    assert not jobs.swap(drafts[0], first, limit=1)
    with pytest.raises(LimitReached):
        jobs.swap(drafts[1], second, limit=1)
    unchanged = jobs.get(drafts[1].id)
    assert unchanged is not None and unchanged.status is ApiJobStatus.CREATING


def test_the_limit_holds_under_concurrency(bench: Bench) -> None:
    drafts = [bench.store.jobs.insert(make_draft(bench), limit=5) for _ in range(12)]

    def attempt(draft: Optional[Job]) -> bool:
        try:
            if draft is None:
                bench.store.jobs.insert(
                    make_draft(bench), limit=5, change=functools.partial(queued_at_once, bench)
                )
            else:
                assert bench.store.jobs.swap(draft, queued_at_once(bench, draft), limit=5)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, [*drafts, *[None] * 12])) == 5


def test_a_repeated_key_gives_the_same_job_whatever_became_of_it(bench: Bench) -> None:
    jobs, key = bench.store.jobs, IdempotencyKey("k" * 64, "d" * 64)
    first = jobs.insert(make_draft(bench), limit=1, key=key)
    assert jobs.insert(make_draft(bench), limit=1, key=key) == first
    assert jobs.find_key(bench.project.id, key.key) == first
    assert jobs.find_key(bench.other_project.id, key.key) is None
    assert jobs.find_key(bench.project.id, "l" * 64) is None
    assert jobs.swap(first, lifecycle.cancel(first, bench.clock.now()))
    again = jobs.insert(make_draft(bench), limit=1, key=key)
    assert (again.id, again.status) == (first.id, ApiJobStatus.CANCELLED)


def test_a_key_with_another_body_is_refused(bench: Bench) -> None:
    jobs = bench.store.jobs
    jobs.insert(make_draft(bench), limit=-1, key=IdempotencyKey("k" * 64, "d" * 64))
    with pytest.raises(Conflict) as refused:
        jobs.insert(make_draft(bench), limit=-1, key=IdempotencyKey("k" * 64, "e" * 64))
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH


def test_keys_belong_to_their_project_and_are_forgotten_after_a_time(bench: Bench) -> None:
    jobs, key = bench.store.jobs, IdempotencyKey("k" * 64, "d" * 64)
    first = jobs.insert(make_draft(bench), limit=-1, key=key)
    elsewhere = jobs.insert(make_draft(bench, project=bench.other_project), limit=-1, key=key)
    assert elsewhere.id != first.id
    bench.clock.advance(10)
    assert jobs.delete_keys(bench.clock.now() - datetime.timedelta(seconds=20)) == 0
    assert jobs.delete_keys(bench.clock.now()) == 2
    assert jobs.insert(make_draft(bench), limit=-1, key=key).id != first.id


def test_concurrent_requests_with_one_key_make_one_job(bench: Bench) -> None:
    key = IdempotencyKey("k" * 64, "d" * 64)
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda _: bench.store.jobs.insert(make_draft(bench), limit=-1, key=key).id, range(16))
        )
    assert len(set(made)) == 1
    assert len(bench.store.jobs.select(bench.project.id, Filter(), limit=50)) == 1


def test_a_job_of_another_project_is_not_found(bench: Bench) -> None:
    job = insert(bench)
    assert bench.store.jobs.find(bench.other_project.id, job.id) is None
    assert not bench.store.jobs.set_name(bench.other_project.id, job.id, "mine")
    assert not bench.store.jobs.set_tags(bench.other_project.id, job.id, ["mine"])
    assert bench.store.jobs.find(bench.project.id, job.id) == job


def test_of_two_changes_one_wins(bench: Bench) -> None:
    jobs, now = bench.store.jobs, bench.clock.now()
    job = insert(bench)
    assert jobs.swap(job, lifecycle.enqueue(job, now, 1))
    assert not jobs.swap(job, lifecycle.cancel(job, now))
    assert jobs.get(job.id).status is ApiJobStatus.QUEUED


def test_a_result_of_an_older_attempt_changes_nothing(bench: Bench) -> None:
    jobs, now = bench.store.jobs, bench.clock.now()
    job = insert(bench)
    queued = lifecycle.enqueue(job, now, 1)
    first = lifecycle.claim(queued, now, "one", now + LEASE)
    released = lifecycle.release(first)
    second = lifecycle.claim(released, now, "two", now + LEASE)
    for old, new in ((job, queued), (queued, first), (first, released), (released, second)):
        assert jobs.swap(old, new)
    late = lifecycle.finish(first, now, TaskOutcome(ApiJobStatus.COMPLETED), "result/00/x-1.json", 1)
    assert not jobs.swap(first, late)
    assert jobs.get(job.id).owner == "two"


def test_names_and_tags_are_not_touched_by_the_lifecycle(bench: Bench) -> None:
    jobs = bench.store.jobs
    job = insert(bench, name="old", tags=("old",))
    assert jobs.set_name(bench.project.id, job.id, "")
    assert jobs.set_tags(bench.project.id, job.id, ["x", "x", "y"])
    assert jobs.swap(job, lifecycle.enqueue(job, bench.clock.now(), 1))
    found = jobs.get(job.id)
    assert (found.name, found.tags, found.status) == ("", ("x", "x", "y"), ApiJobStatus.QUEUED)
    by_tag = {tag: Filter.from_json({"where": {"tags": tag}}) for tag in ("old", "x", "y")}
    counts = {tag: len(jobs.select(bench.project.id, query, limit=5)) for tag, query in by_tag.items()}
    assert counts == {"old": 0, "x": 1, "y": 1}


def test_a_deleted_job_leaves_nothing_behind(bench: Bench) -> None:
    jobs, key = bench.store.jobs, IdempotencyKey("k" * 64, "d" * 64)
    job = jobs.insert(make_draft(bench, tags=("t",)), limit=-1, key=key)
    assert jobs.delete(job)
    assert not jobs.delete(job)
    assert jobs.get(job.id) is None
    assert jobs.select(bench.project.id, Filter.from_json({"where": {"tags": "t"}}), limit=5) == []
    newer = jobs.insert(make_draft(bench, tags=("t",)), limit=-1, key=key)
    assert newer.seq > job.seq


def test_a_job_that_changed_meanwhile_is_not_deleted(bench: Bench) -> None:
    jobs = bench.store.jobs
    job = insert(bench)
    assert jobs.swap(job, lifecycle.enqueue(job, bench.clock.now(), 1))
    assert not jobs.delete(job)
    assert jobs.get(job.id) is not None


def test_stale_drafts_are_the_old_ones_that_still_wait(bench: Bench) -> None:
    old, announced = insert(bench), insert(bench)
    assert bench.store.jobs.swap(announced, lifecycle.enqueue(announced, bench.clock.now(), 1))
    bench.clock.advance(100)
    insert(bench)
    before = bench.clock.now() - datetime.timedelta(seconds=50)
    assert [job.id for job in bench.store.jobs.stale_drafts(before, 10)] == [old.id]


def test_existing_answers_for_many_ids(bench: Bench) -> None:
    job = insert(bench)
    asked = [job.id, *(secrets.token_hex(12) for _ in range(1200))]
    assert dict(bench.store.jobs.existing(asked)) == {job.id: job}
    assert dict(bench.store.jobs.existing([])) == {}


def test_places_are_counted_over_all_projects_of_a_device(bench: Bench) -> None:
    rows = []
    for project in (bench.project, bench.other_project, bench.project):
        bench.clock.advance(1)
        rows.append(bench.queued("alpha", project))
    lone = bench.queued("beta")
    assert [bench.reread(job).position for job in rows] == [1, 2, 3]
    assert bench.reread(lone).position == 1
    listed = bench.store.jobs.select(bench.project.id, Filter(), limit=10)
    assert {job.id: job.position for job in listed} == {rows[0].id: 1, rows[2].id: 3, lone.id: 1}
    assert bench.jobs.cancel(bench.project, rows[0].id)
    assert [bench.reread(job).position for job in rows] == [None, 1, 2]
