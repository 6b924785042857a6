# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every store promises about the queue."""

from __future__ import annotations

import contextlib
import datetime
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from support.bench import Bench

from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, Holding
from qiskit_ibmq_provider.service.store.sqlstore import open_store, sqlite_url

LEASE = datetime.timedelta(minutes=1)


def claim(bench: Bench, owner: str = "me", limit: int = 1, excluding: tuple[str, ...] = ()) -> list[Job]:
    now = bench.clock.now()
    return bench.store.queue.claim(
        lambda job: lifecycle.claim(job, now, owner, now + LEASE), limit=limit, excluding=excluding
    )


def test_an_empty_queue_gives_nothing(bench: Bench) -> None:
    assert claim(bench, limit=5) == []


def test_a_claim_is_written_down(bench: Bench) -> None:
    job = bench.queued()
    (claimed,) = claim(bench, "somebody")
    found = bench.store.jobs.get(job.id)
    assert found == claimed
    assert (found.status, found.attempt, found.owner) == (ApiJobStatus.RUNNING, 1, "somebody")
    assert found.lease_until == bench.clock.now() + LEASE
    assert claim(bench) == []


def test_jobs_are_taken_in_the_order_in_which_they_were_queued(bench: Bench) -> None:
    waiting = []
    for _ in range(4):
        waiting.append(bench.draft())
        bench.clock.advance(1)
    order = [waiting[2], waiting[0], waiting[3], waiting[1]]
    for job in order:
        bench.upload(job)
        bench.submissions.announce(job.project, job.id)
        bench.clock.advance(1)
    assert [job.id for job in claim(bench, limit=3)] == [job.id for job in order[:3]]


def test_a_requeued_job_has_its_old_place(bench: Bench) -> None:
    first = bench.queued()
    bench.clock.advance(1)
    second = bench.queued()
    (claimed,) = claim(bench)
    assert bench.store.jobs.swap(claimed, lifecycle.release(claimed))
    assert [job.id for job in claim(bench, limit=2)] == [first.id, second.id]


def test_excluded_jobs_are_left_alone(bench: Bench) -> None:
    first = bench.queued()
    bench.clock.advance(1)
    second = bench.queued()
    assert [job.id for job in claim(bench, limit=2, excluding=(first.id,))] == [second.id]


def test_projects_have_equal_shares(bench: Bench) -> None:
    many = [bench.queued(project=bench.project) for _ in range(6)]
    bench.clock.advance(1)
    few = [bench.queued(project=bench.other_project) for _ in range(2)]
    first = claim(bench, limit=4)
    assert Counter(job.project.id for job in first) == {bench.project.id: 2, bench.other_project.id: 2}
    assert {job.id for job in few} < {job.id for job in first}
    rest = claim(bench, limit=10)
    assert {job.id for job in [*first, *rest]} == {job.id for job in [*many, *few]}


def test_who_has_less_running_comes_first_even_if_later(bench: Bench) -> None:
    for _ in range(3):
        bench.queued(project=bench.project)
    claim(bench, limit=2)
    bench.clock.advance(100)
    late = bench.queued(project=bench.other_project)
    assert [job.id for job in claim(bench)] == [late.id]


def test_with_one_worker_the_projects_take_turns(bench: Bench) -> None:
    many = [bench.queued(project=bench.project) for _ in range(6)]
    bench.clock.advance(1)
    few = [bench.queued(project=bench.other_project) for _ in range(2)]
    taken = []
    for _ in range(8):
        (running,) = claim(bench)
        taken.append(running.id)
        assert bench.store.jobs.swap(running, lifecycle.cancel(running, bench.clock.now()))
    alternating = [many[0], few[0], many[1], few[1], *many[2:]]
    assert taken == [job.id for job in alternating]


def test_who_was_served_last_is_behind_also_in_another_process(bench: Bench, store_url: str) -> None:
    for project in (bench.project, bench.other_project):
        for _ in range(2):
            bench.queued(project=project)
            bench.clock.advance(1)
    (first,) = claim(bench)
    bench.store.jobs.swap(first, lifecycle.cancel(first, bench.clock.now()))
    with contextlib.closing(open_store(store_url)) as other:
        now = bench.clock.now()
        (second,) = other.queue.claim(lambda job: lifecycle.claim(job, now, "b", now + LEASE), limit=1)
    assert (first.project.id, second.project.id) == (bench.project.id, bench.other_project.id)


@pytest.mark.parametrize("seed", range(20))
def test_places_are_the_order_in_which_jobs_are_taken(bench: Bench, seed: int) -> None:
    choice = random.Random(seed)
    projects = (bench.project, bench.other_project)
    for _ in range(choice.randrange(8)):
        bench.queued(project=choice.choice(projects))
    taken = claim(bench, limit=choice.randrange(4))
    for running in taken[: choice.randrange(3)]:
        bench.store.jobs.swap(running, lifecycle.cancel(running, bench.clock.now()))
    for _ in range(choice.randrange(1, 12)):
        bench.clock.advance(choice.choice((0, 1)))
        bench.queued(choice.choice(("alpha", "beta")), project=choice.choice(projects))
    listed = [
        job
        for project in projects
        for job in bench.store.jobs.select(project.id, Filter(), limit=100)
        if job.position is not None
    ]
    for job in listed:
        # One job alone is asked for in another way.
        assert bench.store.jobs.find(job.project.id, job.id) == job
    for device in ("alpha", "beta"):
        here = sorted((job for job in listed if job.backend_name == device), key=lambda job: job.position)
        assert [job.position for job in here] == list(range(1, len(here) + 1))
    order = [job.id for job in claim(bench, limit=100)]
    for device in ("alpha", "beta"):
        here = sorted((job for job in listed if job.backend_name == device), key=lambda job: job.position)
        assert [job.id for job in here] == [i for i in order if i in {job.id for job in here}]


def test_each_job_goes_to_one_of_many_claimants(bench: Bench) -> None:
    jobs = [bench.queued() for _ in range(30)]

    def work(owner: str) -> list[str]:
        mine: list[str] = []
        for _ in range(30):
            mine += [job.id for job in claim(bench, owner, limit=2)]
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, ["a", "b", "c", "d"]))
    taken = [job_id for share in shares for job_id in share]
    assert sorted(taken) == sorted(job.id for job in jobs)


def test_a_claim_does_not_wait_for_the_disk_and_what_follows_does(tmp_path: Path) -> None:
    with contextlib.closing(open_store(sqlite_url(tmp_path / "x.db"))) as store:
        bench = Bench(store, tmp_path)
        modes: list[int] = []

        def note(connection: sa.Connection, *_: object) -> None:
            cursor = connection.connection.driver_connection.cursor()
            modes.append(cursor.execute("PRAGMA synchronous").fetchone()[0])

        bench.queued()
        event.listen(store._database._engine, "commit", note)
        (running,) = claim(bench)
        assert modes == [1]
        assert store.jobs.swap(running, lifecycle.release(running))
        assert modes == [1, 2]


def test_a_lease_is_renewed_only_for_its_owner_and_attempt(bench: Bench) -> None:
    job = bench.queued()
    claim(bench, "me")
    until = bench.clock.now() + 10 * LEASE
    mine, older = Holding(job.id, 1), Holding(job.id, 0)
    unknown = Holding("0" * 24, 1)
    assert bench.store.queue.renew("me", [mine, older, unknown], until) == {mine}
    assert bench.store.queue.renew("you", [mine], until) == set()
    assert bench.store.jobs.get(job.id).lease_until == until


def test_a_cancelled_job_is_not_renewed(bench: Bench) -> None:
    job = bench.queued()
    claim(bench, "me")
    assert bench.jobs.cancel(bench.project, job.id)
    assert bench.store.queue.renew("me", [Holding(job.id, 1)], bench.clock.now() + LEASE) == set()


def test_what_runs_without_a_lease_is_abandoned(bench: Bench) -> None:
    job = bench.queued()
    claim(bench, "other")
    queue = bench.store.queue
    assert queue.abandoned(bench.clock.now(), owner="me", exclusive=False) == []
    later = bench.clock.now() + 2 * LEASE
    assert [found.id for found in queue.abandoned(later, owner="me", exclusive=False)] == [job.id]


def test_alone_on_the_database_everything_of_others_is_abandoned(bench: Bench) -> None:
    theirs = bench.queued()
    claim(bench, "other")
    bench.queued()
    claim(bench, "me")
    found = bench.store.queue.abandoned(bench.clock.now(), owner="me", exclusive=True)
    assert [job.id for job in found] == [theirs.id]


def test_the_length_counts_what_waits_for_a_device(bench: Bench) -> None:
    assert bench.store.queue.length("alpha") == 0
    bench.draft()
    bench.queued()
    bench.queued(project=bench.other_project)
    bench.queued("beta")
    assert bench.store.queue.length("alpha") == 2
    claim(bench, limit=10)
    assert bench.store.queue.length("alpha") == 0


def test_the_queue_is_idle_when_nothing_waits_or_runs(bench: Bench) -> None:
    bench.draft()
    assert bench.store.queue.idle()
    job = bench.queued()
    assert not bench.store.queue.idle()
    claim(bench)
    assert not bench.store.queue.idle()
    bench.jobs.cancel(bench.project, job.id)
    assert bench.store.queue.idle()


def test_the_load_counts_what_runs_and_averages_what_ended(bench: Bench) -> None:
    queue = bench.store.queue
    assert queue.load("alpha") == DeviceLoad(0, None)
    for seconds in (10, 30):
        bench.queued()
        (running,) = claim(bench)
        bench.clock.advance(seconds)
        outcome = TaskOutcome(ApiJobStatus.COMPLETED, has_result=True)
        ended = lifecycle.finish(running, bench.clock.now(), outcome, None, None)
        assert bench.store.jobs.swap(running, ended)
    bench.queued()
    claim(bench)
    assert queue.load("alpha") == DeviceLoad(1, 20.0)
    assert queue.load("beta") == DeviceLoad(0, None)


def test_the_projects_that_wait_are_known(bench: Bench) -> None:
    assert bench.store.queue.waiting_projects() == []
    bench.draft()
    bench.queued(project=bench.other_project)
    bench.queued("beta", project=bench.other_project)
    (waiting,) = bench.store.queue.waiting_projects()
    assert (waiting.id, waiting.hub, waiting.group, waiting.project) == (
        bench.other_project.id,
        "campus",
        "physics",
        "qc101",
    )
