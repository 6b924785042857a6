# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The calls of the client that rows make: what is made ready before the fault is there, the call, and what its value has to be."""

from __future__ import annotations

import asyncio
import dataclasses
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from fault_scene import PROJECTS, Scene, bell
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider import IBMQJobManager, least_busy
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.job.job_monitor import job_monitor

__all__ = ["CALLS", "Call"]

DEVICES = ("ibmq_vigo", "ibmq_lima", "ibmq_belem")
THREADS = 12

CROWD = 60
"""Jobs of the lists that are paged."""

MANAGED = 6
"""Circuits of a job set, one in each job: more than are submitted at the same time."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A call.

    Args:
        prepare: makes ready, while nothing is wrong yet, and returns what makes the call.
        check: looks at what the call has returned; raises AssertionError.
        waits: whether the call waits for a job, which the row has to start.
        submits: whether it makes jobs.
        logs_in: whether it logs in.
        repeats: whether it can succeed when the fault is gone.
    """

    prepare: Callable[[Scene], Callable[[], Any]]
    check: Callable[[Scene, Any], None]
    waits: bool = False
    submits: bool = False
    logs_in: bool = False
    repeats: bool = True


def _is(condition: Callable[[Any], bool]) -> Callable[[Scene, Any], None]:
    def check(scene: Scene, value: Any) -> None:
        assert condition(value), f"the call returned {value!r:.300}"

    return check


def _is_default(scene: Scene, provider: Any) -> None:
    found = provider.credentials.unique_id().to_tuple()
    assert "/".join(found) == PROJECTS[0], f"the default provider is that of {found}"


def _has_counts(scene: Scene, result: Any) -> None:
    counts = result.get_counts()
    assert sum(counts.values()) == 64, counts
    assert set(counts) <= {"00", "11"}, counts


def _is_submitted(scene: Scene, job: Any) -> None:
    assert scene.door.status(job.job_id()) not in ("CREATING", "CANCELLED"), "the job is not submitted"


def _job_set_is_done(scene: Scene, results: Any) -> None:
    assert [sum(results.get_counts(number).values()) for number in range(MANAGED)] == [64] * MANAGED


def _enable(scene: Scene) -> Callable[[], Any]:
    factory = IBMQFactory()
    return lambda: scene.enable(factory)


def _enable_at(url: Callable[[Scene], str]) -> Callable[[Scene], Callable[[], Any]]:
    """Return what prepares a login at another URL than the proxy's."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        where = url(scene)
        return lambda: scene.enable(IBMQFactory(), where)

    return prepare


def _other_project(scene: Scene) -> Callable[[], Any]:
    """Log in, and list the devices of the second project; what fails is the list."""
    factory = IBMQFactory()

    def call() -> Any:
        scene.enable(factory)
        return factory.get_provider("campus").backends()

    return call


def _devices_of_a_project(scene: Scene) -> Callable[[], Any]:
    factory = IBMQFactory()
    scene.enable(factory)
    provider = factory.get_provider(project="pupil7")
    return provider.backends


def _run(scene: Scene) -> Callable[[], Any]:
    return lambda: scene.backend.run(bell(), shots=64, job_name=scene.name)


def _manager(scene: Scene) -> Callable[[], Any]:
    def call() -> Any:
        jobs = IBMQJobManager().run(
            [bell()] * MANAGED, scene.backend, name=scene.name, max_experiments_per_job=1, shots=64
        )
        return jobs.results()

    return call


def _crowd(limit: Optional[int]) -> Callable[[Scene], Callable[[], Any]]:
    """Return what prepares a list of several pages."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        name = scene.crowd(CROWD)
        return lambda: scene.provider.backend.jobs(limit=limit, job_name=name)

    return prepare


def _is_the_crowd(scene: Scene, jobs: Any) -> None:
    found = {job.job_id() for job in jobs}
    assert (len(jobs), len(found)) == (CROWD, CROWD), f"{len(jobs)} jobs, {len(found)} different ones"


def _retrieved_set(scene: Scene) -> Callable[[], Any]:
    made = IBMQJobManager().run(
        [bell()] * MANAGED, scene.backend, name=scene.name, max_experiments_per_job=1, shots=64
    )
    made.results()
    return lambda: IBMQJobManager().retrieve_job_set(made.job_set_id(), scene.provider).results()


def _of_waiting(call: Callable[[Any, Scene], Any]) -> Callable[[Scene], Callable[[], Any]]:
    """Return what prepares a call on a job that has not begun."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        job = scene.waiting()
        return lambda: call(job, scene)

    return prepare


def _of_finished(call: Callable[[Any, Scene], Any]) -> Callable[[Scene], Callable[[], Any]]:
    """Return what prepares a call on a job that is over."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        job = scene.finished()
        return lambda: call(job, scene)

    return prepare


def _in_threads(scene: Scene) -> Callable[[], Any]:
    """Return what asks the same in several threads; of several failures it raises the first."""
    backend = scene.provider.get_backend(DEVICES[0])

    def call() -> list[Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            futures = [pool.submit(backend.status) for _ in range(THREADS)]
        return [future.result() for future in futures]

    return call


async def _statuses(job: Any) -> list[JobStatus]:
    return [status async for status in job.statuses()]


async def _awaited(job: Any) -> Any:
    return await job


def _monitored(job: Any, scene: Scene) -> str:
    output = io.StringIO()
    job_monitor(job, interval=1 * scene.scale, output=output)
    return output.getvalue()


def _on_backend(call: Callable[[Any], Any], name: str = DEVICES[0]) -> Callable[[Scene], Callable[[], Any]]:
    return lambda scene: lambda: call(scene.provider.get_backend(name))


_NOTHING = _is(lambda value: value is None)
_LIST = _is(lambda value: isinstance(value, list))

CALLS: dict[str, Call] = {
    "enable": Call(_enable, _is_default, logs_in=True),
    "enable where nobody listens": Call(
        _enable_at(lambda scene: "http://127.0.0.1:9/api"), _is_default, repeats=False
    ),
    "enable by https": Call(
        _enable_at(lambda scene: scene.service.url.replace("http:", "https:")), _is_default, repeats=False
    ),
    "enable by an unknown certificate": Call(
        _enable_at(lambda scene: scene.secure_url()), _is_default, repeats=False
    ),
    "enable at a full host": Call(_enable_at(lambda scene: scene.full_url()), _is_default, repeats=False),
    "other project": Call(_other_project, _is(len), logs_in=True),
    "backends": Call(_devices_of_a_project, _is(len)),
    "properties": Call(
        _on_backend(lambda backend: backend.properties(refresh=True)), _is(lambda v: len(v.qubits) == 5)
    ),
    "defaults": Call(
        _on_backend(lambda backend: backend.defaults(refresh=True), "ibmq_lima"),
        _is(lambda v: v.qubit_freq_est),
    ),
    "status": Call(_on_backend(lambda backend: backend.status()), _is(lambda v: v.operational)),
    "status in 12 threads": Call(_in_threads, _is(lambda v: len(v) == THREADS)),
    "job limit": Call(
        _on_backend(lambda backend: backend.job_limit()), _is(lambda v: v.active_jobs is not None)
    ),
    "remaining": Call(_on_backend(lambda backend: backend.remaining_jobs_count()), _is(lambda v: True)),
    "active jobs": Call(_on_backend(lambda backend: backend.active_jobs()), _LIST),
    "reservations": Call(_on_backend(lambda backend: backend.reservations()), _LIST),
    "my reservations": Call(lambda scene: scene.provider.backend.my_reservations, _LIST),
    "least busy": Call(
        lambda scene: lambda: least_busy([scene.provider.get_backend(name) for name in DEVICES]),
        _is(lambda v: v.name() in DEVICES),
    ),
    "jobs": Call(
        lambda scene: scene.finished() and (lambda: scene.provider.backend.jobs(limit=5)),
        _is(lambda v: 0 < len(v) == len({job.job_id() for job in v})),
    ),
    "all jobs": Call(_crowd(None), _is_the_crowd),
    "100 jobs": Call(_crowd(100), _is_the_crowd),
    "job ids": Call(
        lambda scene: scene.finished() and (lambda: scene.provider.backend.job_ids(limit=5)),
        _is(lambda v: 0 < len(v) == len({each["id"] for each in v})),
    ),
    "retrieve job": Call(
        _of_finished(lambda job, scene: scene.provider.backend.retrieve_job(job.job_id())),
        _is(lambda v: v.status() is JobStatus.DONE),
    ),
    "run": Call(_run, _is_submitted, submits=True),
    "manager": Call(_manager, _job_set_is_done, submits=True),
    "retrieve set": Call(_retrieved_set, _job_set_is_done),
    "job status": Call(
        _of_waiting(lambda job, scene: job.status()), _is(lambda v: v is JobStatus.INITIALIZING)
    ),
    "refresh": Call(_of_waiting(lambda job, scene: job.refresh()), _NOTHING),
    "queue info": Call(_of_waiting(lambda job, scene: job.queue_info()), _is(lambda v: True)),
    "cancel": Call(_of_waiting(lambda job, scene: job.cancel()), _is(lambda v: v is True)),
    "update name": Call(
        _of_waiting(lambda job, scene: job.update_name(scene.name)), _is(lambda v: v.startswith("row-"))
    ),
    "update tags": Call(
        _of_waiting(lambda job, scene: job.update_tags(additional_tags=["a"])), _is(lambda v: v == ["a"])
    ),
    "job properties": Call(_of_finished(lambda job, scene: job.properties()), _NOTHING),
    "circuits": Call(_of_finished(lambda job, scene: job.circuits()), _is(lambda v: v[0].name == "bell")),
    "fetch result": Call(_of_finished(lambda job, scene: job.result()), _has_counts),
    "fetch result now": Call(_of_finished(lambda job, scene: job.result(timeout=0)), _has_counts),
    "result": Call(_of_waiting(lambda job, scene: job.result()), _has_counts, waits=True),
    "wait": Call(_of_waiting(lambda job, scene: job.wait_for_final_state()), _NOTHING, waits=True),
    "wait 10 s": Call(
        _of_waiting(lambda job, scene: job.wait_for_final_state(timeout=10 * scene.scale)),
        _NOTHING,
        waits=True,
    ),
    "result 10 s": Call(
        _of_waiting(lambda job, scene: job.result(timeout=10 * scene.scale)), _has_counts, waits=True
    ),
    "wait 0 s": Call(
        _of_waiting(lambda job, scene: job.wait_for_final_state(timeout=0)), _NOTHING, waits=True
    ),
    "result 0 s": Call(_of_waiting(lambda job, scene: job.result(timeout=0)), _has_counts, waits=True),
    "error message": Call(_of_waiting(lambda job, scene: job.error_message()), _NOTHING, waits=True),
    "statuses": Call(
        _of_waiting(lambda job, scene: asyncio.run(_statuses(job))),
        _is(lambda v: v[-1] is JobStatus.DONE),
        waits=True,
    ),
    "await": Call(_of_waiting(lambda job, scene: asyncio.run(_awaited(job))), _has_counts, waits=True),
    "monitor": Call(_of_waiting(_monitored), _is(lambda v: "successfully" in v), waits=True),
}
"""The calls by name."""
