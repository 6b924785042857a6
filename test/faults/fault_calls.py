# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Calls about jobs, and all calls by name: what is made ready before the fault is there, the call, and what its value has to be."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any, Optional

from fault_account_calls import ACCOUNT_CALLS
from fault_call import Call, Prepare, returns
from fault_scene import Scene, bell
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider import IBMQJobManager
from qiskit_ibmq_provider.job.job_monitor import job_monitor

__all__ = ["CALLS"]

CROWD = 60
"""Jobs of the lists that are paged."""

MANAGED = 6
"""Circuits of a job set, one in each job: more than are submitted at the same time."""


def _has_counts(scene: Scene, result: Any) -> None:
    counts = result.get_counts()
    assert sum(counts.values()) == 64, counts
    assert set(counts) <= {"00", "11"}, counts


def _is_submitted(scene: Scene, job: Any) -> None:
    assert scene.door.status(job.job_id()) not in ("CREATING", "CANCELLED"), "the job is not submitted"


def _job_set_is_done(scene: Scene, results: Any) -> None:
    assert [sum(results.get_counts(number).values()) for number in range(MANAGED)] == [64] * MANAGED


def _run(scene: Scene) -> Callable[[], Any]:
    return lambda: scene.backend.run(bell(), shots=64, job_name=scene.name)


def _manager(scene: Scene) -> Callable[[], Any]:
    def call() -> Any:
        jobs = IBMQJobManager().run(
            [bell()] * MANAGED, scene.backend, name=scene.name, max_experiments_per_job=1, shots=64
        )
        return jobs.results()

    return call


def _crowd(limit: Optional[int]) -> Prepare:
    """Return what prepares a list of several pages."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        name = scene.crowd(CROWD)
        return lambda: scene.provider.backend.jobs(limit=limit, job_name=name)

    return prepare


def _is_the_crowd(scene: Scene, jobs: Any) -> None:
    found = {job.job_id() for job in jobs}
    assert (len(jobs), len(found)) == (CROWD, CROWD), f"{len(jobs)} jobs, {len(found)} different ones"


def _collected_set(scene: Scene) -> Callable[[], Any]:
    made = IBMQJobManager().run(
        [bell()] * MANAGED, scene.backend, name=scene.name, max_experiments_per_job=1, shots=64
    )
    for job in made.jobs():
        assert job is not None, "a job of the set is not submitted"
        job.wait_for_final_state(timeout=60)
    return lambda: made.results(timeout=10 * scene.scale)


def _retrieved_set(scene: Scene) -> Callable[[], Any]:
    made = IBMQJobManager().run(
        [bell()] * MANAGED, scene.backend, name=scene.name, max_experiments_per_job=1, shots=64
    )
    made.results()
    return lambda: IBMQJobManager().retrieve_job_set(made.job_set_id(), scene.provider).results()


def _of_waiting(call: Callable[[Any, Scene], Any]) -> Prepare:
    """Return what prepares a call on a job that has not begun."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        job = scene.waiting()
        return lambda: call(job, scene)

    return prepare


def _of_finished(call: Callable[[Any, Scene], Any]) -> Prepare:
    """Return what prepares a call on a job that is over."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        job = scene.finished()
        return lambda: call(job, scene)

    return prepare


async def _statuses(job: Any) -> list[JobStatus]:
    return [status async for status in job.statuses()]


async def _awaited(job: Any) -> Any:
    return await job


def _monitored(job: Any, scene: Scene) -> str:
    output = io.StringIO()
    job_monitor(job, interval=1 * scene.scale, output=output)
    return output.getvalue()


_NOTHING = returns(lambda value: value is None)

CALLS: dict[str, Call] = {
    **ACCOUNT_CALLS,
    "jobs": Call(
        lambda scene: scene.finished() and (lambda: scene.provider.backend.jobs(limit=5)),
        returns(lambda v: 0 < len(v) == len({job.job_id() for job in v})),
    ),
    "all jobs": Call(_crowd(None), _is_the_crowd),
    "iterate jobs": Call(
        lambda scene: lambda: list(scene.provider.backend.iter_jobs(job_name=scene.crowd(CROWD))),
        _is_the_crowd,
    ),
    "100 jobs": Call(_crowd(100), _is_the_crowd),
    "job ids": Call(
        lambda scene: scene.finished() and (lambda: scene.provider.backend.job_ids(limit=5)),
        returns(lambda v: 0 < len(v) == len({each["id"] for each in v})),
    ),
    "retrieve job": Call(
        _of_finished(lambda job, scene: scene.provider.backend.retrieve_job(job.job_id())),
        returns(lambda v: v.status() is JobStatus.DONE),
    ),
    "run": Call(_run, _is_submitted, submits=True),
    "manager": Call(_manager, _job_set_is_done, submits=True),
    "set results 10 s": Call(_collected_set, _job_set_is_done),
    "retrieve set": Call(_retrieved_set, _job_set_is_done),
    "job status": Call(
        _of_waiting(lambda job, scene: job.status()), returns(lambda v: v is JobStatus.INITIALIZING)
    ),
    "refresh": Call(_of_waiting(lambda job, scene: job.refresh()), _NOTHING),
    "queue info": Call(_of_waiting(lambda job, scene: job.queue_info()), returns(lambda v: True)),
    "cancel": Call(_of_waiting(lambda job, scene: job.cancel()), returns(lambda v: v is True)),
    "update name": Call(
        _of_waiting(lambda job, scene: job.update_name(scene.name)), returns(lambda v: v.startswith("row-"))
    ),
    "update tags": Call(
        _of_waiting(lambda job, scene: job.update_tags(additional_tags=["a"])), returns(lambda v: v == ["a"])
    ),
    "job properties": Call(_of_finished(lambda job, scene: job.properties()), _NOTHING),
    "circuits": Call(_of_finished(lambda job, scene: job.circuits()), returns(lambda v: v[0].name == "bell")),
    "fetch result": Call(_of_finished(lambda job, scene: job.result()), _has_counts),
    "fetch result now": Call(_of_finished(lambda job, scene: job.result(timeout=0)), _has_counts),
    "result": Call(_of_waiting(lambda job, scene: job.result()), _has_counts, waits=True),
    "wait": Call(_of_waiting(lambda job, scene: job.wait_for_final_state()), _NOTHING, waits=True),
    "wait 10 s": Call(
        _of_waiting(lambda job, scene: job.wait_for_final_state(timeout=10 * scene.scale)),
        _NOTHING,
        waits=True,
    ),
    "wait 60 s": Call(
        _of_waiting(lambda job, scene: job.wait_for_final_state(timeout=60 * scene.scale)),
        _NOTHING,
        waits=True,
    ),
    "result 60 s": Call(
        _of_waiting(lambda job, scene: job.result(timeout=60 * scene.scale)), _has_counts, waits=True
    ),
    "wait 0 s": Call(
        _of_waiting(lambda job, scene: job.wait_for_final_state(timeout=0)), _NOTHING, waits=True
    ),
    "result 0 s": Call(_of_waiting(lambda job, scene: job.result(timeout=0)), _has_counts, waits=True),
    "error message": Call(_of_waiting(lambda job, scene: job.error_message()), _NOTHING, waits=True),
    "statuses": Call(
        _of_waiting(lambda job, scene: asyncio.run(_statuses(job))),
        returns(lambda v: v[-1] is JobStatus.DONE),
        waits=True,
    ),
    "await": Call(_of_waiting(lambda job, scene: asyncio.run(_awaited(job))), _has_counts, waits=True),
    "monitor": Call(_of_waiting(_monitored), returns(lambda v: "successfully" in v), waits=True),
}
"""The calls by name."""
