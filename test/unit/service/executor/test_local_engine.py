# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The local engine when workers cannot start, and what its own process loads."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading

import pytest
from support.circuit_jobs import bell, task

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.engine import EventKind
from qiskit_ibmq_provider.service.executor.local_engine import LocalEngine

WAIT = 60


class _Crowded:
    """Starts workers on a system that has no room for a process at first."""

    def __init__(self, starter, failures):
        self._starter = starter
        self._failures = failures

    def start(self):
        if self._failures:
            self._failures -= 1
            raise OSError("Resource temporarily unavailable")
        return self._starter.start()


def _run(engine, wanted):
    """Submit a task and return how it ended."""
    ended = []
    over = threading.Event()

    def listen(event):
        if event.kind is not EventKind.STARTED:
            ended.append(event)
            over.set()

    engine.start(listen)
    engine.submit(wanted)
    assert over.wait(WAIT)
    engine.close()
    return ended


def test_a_task_is_given_back_when_no_process_can_be_started(tmp_path):
    engine = LocalEngine(workers=1, memory=2**28)
    engine._starter = _Crowded(engine._starter, failures=2)
    (event,) = _run(engine, task(tmp_path, bell()))
    assert event.kind is EventKind.LOST
    assert "could not start (Resource temporarily unavailable)" in event.reason


def test_workers_are_started_again_after_a_failure(tmp_path):
    engine = LocalEngine(workers=1, memory=2**28)
    engine._starter = _Crowded(engine._starter, failures=1)
    ended = []
    over = threading.Event()

    def listen(event):
        if event.kind is EventKind.LOST:
            # What a dispatcher does with a lost task.
            engine.submit(task(tmp_path, bell(), attempt=event.attempt + 1))
        elif event.kind is EventKind.FINISHED:
            ended.append(event)
            over.set()

    engine.start(listen)
    engine.submit(task(tmp_path, bell()))
    assert over.wait(WAIT)
    engine.close()
    assert ended[0].kind is EventKind.FINISHED


def test_a_task_is_given_back_when_workers_die_at_their_start(tmp_path):
    # A worker that cannot be built, as with a broken installation of the simulator.
    engine = LocalEngine(workers=1, memory="no number")
    (event,) = _run(engine, task(tmp_path, bell()))
    assert event.kind is EventKind.LOST
    assert "ended with exit code 1" in event.reason


def test_the_service_s_own_process_loads_neither_qiskit_nor_the_simulator():
    script = (
        "import sys\n"
        "from qiskit_ibmq_provider.service.executor import LocalEngine\n"
        "LocalEngine(workers=1)\n"
        "print([name for name in ('qiskit', 'qiskit_aer', 'numpy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_a_payload_that_fills_the_memory_fails_alone_and_its_worker_lives_on(tmp_path):
    engine = LocalEngine(workers=1, memory=2**20)
    ended = queue.Queue()
    engine.start(lambda event: ended.put(event) if event.kind is not EventKind.STARTED else None)
    try:
        greedy = task(tmp_path, bell())
        # A short list takes three bytes here and sixty-four in memory.
        greedy.payload_path.write_bytes(b"[" + b"[]," * 12_000_000 + b"[]]")
        engine.submit(greedy)
        event = ended.get(timeout=WAIT)
        assert event.kind is EventKind.FINISHED
        assert event.outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
        assert "more memory than a worker" in event.outcome.error.message
        before = engine.worker_pids()
        (tmp_path / "next").mkdir()
        engine.submit(task(tmp_path / "next", bell()))
        assert ended.get(timeout=WAIT).outcome.status is ApiJobStatus.COMPLETED
        assert engine.worker_pids() == before
    finally:
        engine.close()
