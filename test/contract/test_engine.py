# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every engine promises: each task ends in one report, whatever happens to it or to its worker."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest
from support.circuit_jobs import bell, payload, task

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind
from qiskit_ibmq_provider.service.executor import LocalEngine

WAIT = 120
WORKERS = 2
_QUBITS = range(20)
# Each of the 100,000 shots has a course of its own, since a qubit is reset in the middle: this takes an hour.
ENDLESS = payload(
    [
        *({"name": "rx", "qubits": [qubit], "params": [0.1 + qubit]} for qubit in _QUBITS),
        *({"name": "cx", "qubits": [qubit, qubit + 1]} for qubit in _QUBITS[:-1]),
        {"name": "reset", "qubits": [0]},
        *({"name": "rx", "qubits": [qubit], "params": [0.2 + qubit]} for qubit in _QUBITS),
        *({"name": "cx", "qubits": [qubit, qubit + 1]} for qubit in _QUBITS[:-1]),
        *({"name": "measure", "qubits": [qubit], "memory": [qubit]} for qubit in _QUBITS),
    ],
    qubits=20,
    slots=20,
    shots=100_000,
    method="statevector",
)


class Reports:
    """What an engine reported, in order; a test can wait for more."""

    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self._changed = threading.Condition()

    def __call__(self, event: EngineEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def started(self, count: int = 1) -> list[EngineEvent]:
        """Wait for tasks to start."""
        return self._wait(count, lambda event: event.kind is EventKind.STARTED)

    def ended(self, count: int = 1) -> list[EngineEvent]:
        """Wait for tasks to end, in whatever way."""
        return self._wait(count, lambda event: event.kind is not EventKind.STARTED)

    def _wait(self, count, fits) -> list[EngineEvent]:
        def found() -> list[EngineEvent]:
            return [event for event in self.events if fits(event)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, WAIT), self.events
            return found()


@pytest.fixture(params=[LocalEngine])
def engine(request) -> Iterator[LocalEngine]:
    """A started engine, with its reports."""
    engine = request.param(workers=WORKERS, memory=2**30)
    engine.reports = Reports()
    engine.start(engine.reports)
    yield engine
    engine.close()


def _busy_worker(engine: LocalEngine) -> int:
    """The process that has a task."""
    return next(slot.worker.pid for slot in engine._slots if slot.task is not None)


def test_a_task_starts_and_finishes_with_its_result_in_place(engine, tmp_path):
    wanted = task(tmp_path, bell(), attempt=3)
    engine.submit(wanted)
    (finished,) = engine.reports.ended()
    assert [event.kind for event in engine.reports.events] == [EventKind.STARTED, EventKind.FINISHED]
    assert {(event.job_id, event.attempt) for event in engine.reports.events} == {(wanted.job_id, 3)}
    assert finished.outcome.status is ApiJobStatus.COMPLETED
    assert codec.loads(wanted.result_path.read_bytes())["job_id"] == wanted.job_id
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_the_capacity_is_what_runs_at_once(engine, tmp_path):
    assert engine.capacity == WORKERS
    for number in range(1, 4):
        engine.submit(task(tmp_path, ENDLESS, number=number))
    engine.reports.started(WORKERS)
    assert len(engine.reports.events) == WORKERS
    engine.cancel(f"{1:024x}")
    assert [event.job_id for event in engine.reports.started(3)][-1] == f"{3:024x}"


def test_many_tasks_each_end_once(engine, tmp_path):
    for number in range(1, 101):
        engine.submit(task(tmp_path, bell(), number=number))
    engine.reports.ended(100)
    counted = Counter((event.kind, event.job_id) for event in engine.reports.events)
    assert set(counted.values()) == {1}
    assert len(counted) == 200


def test_a_job_that_is_refused_is_finished_with_an_error(engine, tmp_path):
    engine.submit(task(tmp_path, bell(), "ibmq_vigo"))
    (finished,) = engine.reports.ended()
    assert finished.kind is EventKind.FINISHED
    assert finished.outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert finished.outcome.error.code == int(ErrorCode.INVALID_INSTRUCTION)


def test_a_running_task_is_killed_to_cancel_it(engine, tmp_path):
    engine.submit(task(tmp_path, ENDLESS, number=1))
    engine.reports.started()
    engine.cancel(f"{1:024x}")
    (cancelled,) = engine.reports.ended()
    assert (cancelled.kind, cancelled.job_id) == (EventKind.CANCELLED, f"{1:024x}")
    engine.submit(task(tmp_path, bell(), number=2))
    assert engine.reports.ended(2)[1].kind is EventKind.FINISHED


def test_a_waiting_task_is_cancelled_before_it_starts(engine, tmp_path):
    for number in (1, 2, 3):
        engine.submit(task(tmp_path, ENDLESS, number=number))
    engine.reports.started(WORKERS)
    engine.cancel(f"{3:024x}")
    (cancelled,) = engine.reports.ended()
    assert (cancelled.kind, cancelled.job_id) == (EventKind.CANCELLED, f"{3:024x}")
    assert f"{3:024x}" not in [event.job_id for event in engine.reports.started(2)]


def test_cancelling_what_is_not_there_does_nothing(engine, tmp_path):
    engine.cancel("f" * 24)
    engine.submit(task(tmp_path, bell()))
    engine.reports.ended()
    engine.cancel(f"{1:024x}")
    engine.submit(task(tmp_path, bell(), number=2))
    assert {event.kind for event in engine.reports.ended(2)} == {EventKind.FINISHED}


def test_a_killed_worker_loses_its_own_task_only(engine, tmp_path):
    engine.submit(task(tmp_path, ENDLESS, number=1))
    engine.reports.started()
    os.kill(_busy_worker(engine), signal.SIGKILL)
    for number in (2, 3, 4):
        engine.submit(task(tmp_path, bell(), number=number))
    ended = {event.job_id: event for event in engine.reports.ended(4)}
    assert ended.pop(f"{1:024x}").kind is EventKind.LOST
    assert {event.kind for event in ended.values()} == {EventKind.FINISHED}
    assert "signal 9" in engine.reports.ended(4)[0].reason


def test_workers_that_are_killed_while_idle_are_replaced(engine, tmp_path):
    engine.submit(task(tmp_path, bell(), number=1))
    engine.reports.ended()
    for pid in engine.worker_pids():
        os.kill(pid, signal.SIGKILL)
    for number in range(2, 8):
        engine.submit(task(tmp_path, bell(), number=number))
    assert {event.kind for event in engine.reports.ended(7)} <= {EventKind.FINISHED, EventKind.LOST}
    engine.submit(task(tmp_path, bell(), number=9))
    assert engine.reports.ended(8)[-1].kind is EventKind.FINISHED


def test_no_task_is_forgotten_while_workers_are_killed_at_random(engine, tmp_path):
    tasks = 300
    chance = random.Random(7)
    for number in range(1, tasks + 1):
        engine.submit(task(tmp_path, bell(), number=number))
    for count in range(10, tasks - 20, 10):
        engine.reports.ended(count)
        pids = engine.worker_pids()
        if pids:
            try:
                os.kill(chance.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                continue
    ended = engine.reports.ended(tasks)
    assert len({event.job_id for event in ended}) == tasks == len(ended)
    kinds = Counter(event.kind for event in ended)
    assert kinds.keys() <= {EventKind.FINISHED, EventKind.LOST}
    assert kinds[EventKind.LOST] <= 28


def test_a_task_past_its_time_limit_is_killed(engine, tmp_path):
    engine.submit(task(tmp_path, ENDLESS, number=1, time_limit=0.3))
    (event,) = engine.reports.ended()
    assert event.kind is EventKind.TIMED_OUT
    assert "0.3 s" in event.reason
    engine.submit(task(tmp_path, bell(), number=2, time_limit=WAIT))
    assert engine.reports.ended(2)[1].kind is EventKind.FINISHED


def test_an_engine_that_is_closed_leaves_no_process_and_reports_no_more(tmp_path):
    engine = LocalEngine(workers=WORKERS, memory=2**30)
    reports = Reports()
    engine.start(reports)
    engine.submit(task(tmp_path, ENDLESS, number=1))
    reports.started()
    pids = engine.worker_pids()
    engine.close()
    before = len(reports.events)
    engine.submit(task(tmp_path, bell(), number=2))
    engine.cancel(f"{1:024x}")
    engine.close()
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)
    assert len(reports.events) == before


def test_an_engine_without_workers_makes_no_sense():
    with pytest.raises(ValueError, match="at least one worker"):
        LocalEngine(workers=0)


SERVICE = """
import sys, time
from qiskit_ibmq_provider.service.executor import LocalEngine

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from pathlib import Path
    from qiskit_ibmq_provider.service.domain.engine import Task
    engine = LocalEngine(workers=2, memory=2**30)
    engine.start(lambda event: print(event.kind.value, flush=True))
    for number, name in enumerate(sys.argv[2:]):
        engine.submit(Task(str(number), 1, "ibmq_qasm_simulator", Path(name), Path(name + ".result"), float("inf")))
    loaded = [name for name in ("qiskit", "qiskit_aer", "numpy") if name in sys.modules]
    print(*engine.worker_pids(), "loaded", *loaded, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the workers of a dead service at once")
def test_busy_workers_die_with_a_service_that_is_killed(tmp_path):
    script = tmp_path / "service.py"
    script.write_text(SERVICE, encoding="utf-8")
    names = [str(task(tmp_path, ENDLESS, number=number).payload_path) for number in (1, 2)]
    child = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), *names], stdout=subprocess.PIPE, text=True
    )
    with child:
        lines = [child.stdout.readline() for _ in range(3)]
        assert sorted(line.split()[-1] for line in lines) == ["loaded", "started", "started"], lines
        workers = psutil.Process(child.pid).children(recursive=True)
        child.kill()
    gone, alive = psutil.wait_procs(workers, timeout=20)
    assert len(gone) >= WORKERS
    assert alive == []
