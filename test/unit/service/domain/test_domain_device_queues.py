# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device says of its queue, and what a waiting job is told of its share and of its time."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, Optional

import pytest
from support.bench import Bench
from support.manual_engine import ManualEngine

from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.service.domain.device_queues import DeviceQueues, expected_times, shares_of
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Project
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, Store

NOW = datetime.datetime(2021, 6, 1, 9, 30, tzinfo=datetime.timezone.utc)


def _project(names: str) -> Project:
    return Project(0, *names.split("/"))


@pytest.mark.parametrize(
    ("waiting", "shares"),
    [
        ((), (1.0, 1.0, 1.0)),
        (("h/g/p",), (1.0, 1.0, 1.0)),
        (("h/g/p", "h/g/q"), (1.0, 1.0, 0.5)),
        (("h/g/p", "h/f/q"), (1.0, 0.5, 0.5)),
        (("h/g/p", "i/g/p"), (0.5, 0.5, 0.5)),
        (("h/g/p", "h/g/q", "h/f/q", "i/g/p"), (0.75, 0.5, 0.25)),
        (("h/g/q",), (1.0, 1.0, 0.5)),
    ],
)
def test_shares_are_those_of_the_waiting_projects(
    waiting: tuple[str, ...], shares: tuple[float, ...]
) -> None:
    assert shares_of(_project("h/g/p"), [_project(names) for names in waiting]) == shares


@pytest.mark.parametrize(
    ("position", "running", "mean", "workers", "seconds"),
    [(1, 0, 10.0, 1, 0), (1, 1, 10.0, 1, 10), (3, 2, 10.0, 2, 20), (5, 0, 0.0, 1, 0)],
)
def test_the_start_is_expected_after_those_ahead(
    position: int, running: int, mean: float, workers: int, seconds: float
) -> None:
    times = expected_times(NOW, position, DeviceLoad(running, mean), workers)
    starts = NOW + datetime.timedelta(seconds=seconds)
    assert times == (starts, starts + datetime.timedelta(seconds=mean))


def test_nothing_is_expected_of_a_device_that_never_ran_a_job() -> None:
    assert expected_times(NOW, 1, DeviceLoad(0, None), 1) is None


def _run(bench: Bench, job: Job, seconds: float) -> None:
    engine = ManualEngine()
    dispatcher = bench.dispatcher(engine)
    dispatcher.run_once()
    bench.clock.advance(seconds)
    engine.complete(job.id)
    dispatcher.run_once()


def _queue(bench: Bench, job: Job) -> dict[str, Any]:
    queue: Optional[dict[str, Any]] = bench.reread(job).to_record().to_json().get("infoQueue")
    assert queue is not None
    return queue


def test_the_times_come_from_the_recent_jobs_of_the_device(bench: Bench) -> None:
    for seconds in (10, 20):
        _run(bench, bench.queued(), seconds)
    first, second, elsewhere = bench.queued(), bench.queued(), bench.queued("beta")
    assert "estimatedStartTime" not in _queue(bench, elsewhere)
    now = bench.clock.now()
    assert _queue(bench, first)["estimatedStartTime"] == now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    later = (now + datetime.timedelta(seconds=15)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert _queue(bench, first)["estimatedCompleteTime"] == later
    assert _queue(bench, second)["estimatedStartTime"] == later
    assert _queue(bench, second)["projectPriority"] == 1.0


def test_lists_and_the_status_say_the_same(bench: Bench) -> None:
    mine, other = bench.queued(), bench.queued(project=bench.other_project)
    bench.clock.advance(2)
    (listed,) = bench.jobs.list(bench.project, Filter())
    assert listed == bench.reread(mine)
    assert _queue(bench, mine)["hubPriority"] == _queue(bench, other)["projectPriority"] == 0.5
    assert bench.reread(mine).to_status_record().queue == listed.queue_record()


def test_only_waiting_jobs_have_an_outlook(bench: Bench) -> None:
    done = bench.queued()
    _run(bench, done, 1)
    for job in (bench.draft(), bench.reread(done)):
        assert bench.reread(job).estimate is None


def test_the_queues_are_read_at_most_once_a_second(bench: Bench) -> None:
    queues = DeviceQueues(bench.store, bench.devices, bench.limits, bench.clock)
    job = bench.queued()
    before = queues.forecast(job)
    bench.queued(project=bench.other_project)
    assert queues.forecast(job) == before
    bench.clock.advance(1.5)
    after = queues.forecast(job)
    assert after is not None and after.project_priority == 0.5


def test_the_status_counts_who_waits(bench: Bench) -> None:
    bench.queued()
    bench.queued(project=bench.other_project)
    bench.draft()
    assert bench.queues.status("alpha").to_json() == {
        "state": True,
        "status": "active",
        "message": "",
        "lengthQueue": 2,
        "backend_version": "1.2.3",
    }
    assert bench.queues.status("beta").pending_jobs == 0


def test_the_limit_is_a_number_that_scripts_can_compare_with_unless_the_operator_lifts_it(
    bench: Bench,
) -> None:
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": 1000, "runningJobs": 0}


def test_without_a_limit_there_is_none(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=-1))
    bench.queued()
    bench.draft()
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": -1, "runningJobs": 1}
    assert bench.queues.job_limit(bench.other_project, "alpha").running_jobs == 0


def test_a_limit_is_shown(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=5))
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": 5, "runningJobs": 0}


def test_an_unknown_device_is_refused(bench: Bench) -> None:
    with pytest.raises(UnknownDevice):
        bench.queues.status("gamma")
    with pytest.raises(UnknownDevice):
        bench.queues.job_limit(bench.project, "gamma")


def test_idle_means_that_nothing_waits_or_runs(bench: Bench) -> None:
    bench.draft()
    assert bench.queues.idle()
    bench.queued()
    assert not bench.queues.idle()
