# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Dispatchers of several processes on one database."""

from __future__ import annotations

import contextlib
import threading

from support.bench import Bench
from support.manual_engine import ManualEngine

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.dispatch import Dispatcher
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import Store
from qiskit_ibmq_provider.service.store.sqlstore import open_store


def elsewhere(bench: Bench, store: Store, engine: ManualEngine) -> Dispatcher:
    """Return a dispatcher as another process would have it: with connections and news of its own."""
    dispatcher = Dispatcher(store, bench.blobs, engine, EventHub(), clock=bench.clock)
    dispatcher.start_engine()
    return dispatcher


def finished(bench: Bench, jobs: list[Job]) -> bool:
    return all(bench.reread(job).status is ApiJobStatus.COMPLETED for job in jobs)


def test_each_job_runs_once_on_one_of_them(bench: Bench, store_url: str) -> None:
    with contextlib.closing(open_store(store_url)) as other:
        engines = [ManualEngine(capacity=3), ManualEngine(capacity=3)]
        dispatchers = [bench.dispatcher(engines[0]), elsewhere(bench, other, engines[1])]
        jobs = [bench.queued() for _ in range(20)]
        while not finished(bench, jobs):
            threads = [threading.Thread(target=each.run_once) for each in dispatchers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for engine in engines:
                for job_id in list(engine.tasks):
                    engine.complete(job_id)
        runs = sorted(task.job_id for engine in engines for task in engine.submitted)
        assert runs == sorted(job.id for job in jobs)


def test_a_cancel_reaches_the_other_with_its_next_renewal(bench: Bench, store_url: str) -> None:
    with contextlib.closing(open_store(store_url)) as other:
        engine = ManualEngine()
        dispatcher = elsewhere(bench, other, engine)
        job = bench.queued()
        dispatcher.run_once()
        assert bench.jobs.cancel(bench.project, job.id)
        dispatcher.run_once()
        assert engine.cancelled == []
        bench.clock.advance(20)
        dispatcher.run_once()
        assert engine.cancelled == [job.id]


def test_one_takes_over_from_the_other_when_its_lease_is_over(bench: Bench, store_url: str) -> None:
    with contextlib.closing(open_store(store_url)) as other:
        here, there = ManualEngine(), ManualEngine()
        job = bench.queued()
        elsewhere(bench, other, there).run_once()
        mine = bench.dispatcher(here)
        mine.run_once()
        assert here.submitted == []
        bench.clock.advance(61)
        mine.run_once()
        assert [(task.job_id, task.attempt) for task in here.submitted] == [(job.id, 2)]
