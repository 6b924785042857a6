# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The engine that runs tasks in worker processes on this machine."""

from __future__ import annotations

import collections
import dataclasses
import math
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Callable, Final, Optional

from qiskit_ibmq_provider._checks import processors
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind, Task, TaskOutcome
from qiskit_ibmq_provider.service.executor.worker_processes import (
    READY,
    WorkerProcess,
    WorkerSettings,
    WorkerStarter,
)

__all__ = ["LocalEngine", "machine_memory"]

logger = get_logger(__name__)

_MEMORY_SHARE: Final = 0.8
"""Part of the machine's memory that all workers together may fill with states."""

_UNKNOWN_MEMORY: Final = 4 * 2**30
"""What is assumed where the system does not say: enough for 28 qubits."""

_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
"""Seconds between attempts to start workers that die while they start."""


@dataclasses.dataclass
class _Slot:
    """A place for one worker: the worker, whether it is ready, and what it runs until when."""

    worker: Optional[WorkerProcess] = None
    ready: bool = False
    task: Optional[Task] = None
    deadline: float = math.inf

    def clear(self) -> None:
        """Make room for another worker."""
        self.worker, self.task, self.ready, self.deadline = None, None, False, math.inf


class LocalEngine:
    """Runs at most ``workers`` tasks at once, each in a process that is killed to stop it.

    A worker that dies takes only its own task with it, and is replaced. One thread of this engine speaks with all workers and reports events.

    Args:
        device_dirs: the user's device directories, as :class:`~qiskit_ibmq_provider.service.devices.Fleet` takes them.
        workers: how many tasks run at once.
        memory: bytes of memory that one task may use; by default an equal share of four fifths of the machine's.
        max_experiments: the most circuits in one job, where that is fewer than the device takes; so ``max_shots``.
    """

    def __init__(
        self,
        device_dirs: Sequence[Path] = (),
        *,
        workers: int,
        memory: Optional[int] = None,
        max_experiments: Optional[int] = None,
        max_shots: Optional[int] = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"An engine needs at least one worker, not {workers}.")
        self._capacity = workers
        settings = WorkerSettings(
            device_dirs=tuple(device_dirs),
            threads=max(1, processors() // workers),
            memory=memory or int(machine_memory() * _MEMORY_SHARE) // workers,
            max_experiments=max_experiments,
            max_shots=max_shots,
        )
        self._starter = WorkerStarter(settings)
        self._listener: Callable[[EngineEvent], None] = _ignore
        self._lock = threading.Lock()
        self._submitted: collections.deque[Task] = collections.deque()
        self._cancelled: set[str] = set()
        self._closing = False
        self._wake_reader, self._wake_writer = multiprocessing.Pipe(duplex=False)
        self._slots = [_Slot() for _ in range(workers)]
        self._waiting: collections.deque[Task] = collections.deque()
        self._failed_starts = 0
        self._start_after = 0.0
        self._thread: Optional[threading.Thread] = None

    @property
    def capacity(self) -> int:
        """How many tasks run at once."""
        return self._capacity

    def start(self, listener: Callable[[EngineEvent], None]) -> None:
        """Start the workers, and report events to ``listener`` from now on. Returns before the workers are ready.

        Args:
            listener: called from the engine's thread; it must be quick and must not raise.
        """
        if self._thread is not None:
            raise RuntimeError("The engine was started already.")
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="ibmq-engine", daemon=True)
        self._thread.start()

    def submit(self, task: Task) -> None:
        """Take a task. It waits if all workers are busy; ``STARTED`` is reported when a worker has it."""
        with self._lock:
            self._submitted.append(task)
        self._wake()

    def cancel(self, job_id: str) -> None:
        """Kill the task of a job, running or waiting. An unknown id is ignored."""
        with self._lock:
            self._cancelled.add(job_id)
        self._wake()

    def close(self) -> None:
        """Kill all workers and end. No event is reported after this returned."""
        with self._lock:
            self._closing = True
        self._wake()
        if self._thread is not None:
            self._thread.join()

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers that are there now, for diagnosis."""
        pids = (slot.worker.pid for slot in self._slots if slot.worker is not None)
        return [pid for pid in pids if pid is not None]

    def _wake(self) -> None:
        """Make the engine's thread look at its orders."""
        try:
            self._wake_writer.send_bytes(b"!")
        except OSError:
            # The engine is closed, and takes no orders.
            return

    def _run(self) -> None:
        while self._take_orders():
            self._start_workers()
            self._hand_out()
            self._wait()
            self._end_overdue()
        for slot in self._slots:
            if slot.worker is not None:
                slot.worker.kill()
        self._wake_writer.close()
        self._wake_reader.close()

    def _take_orders(self) -> bool:
        """Do what other threads asked for; return whether to go on."""
        with self._lock:
            self._waiting.extend(self._submitted)
            self._submitted.clear()
            cancelled, self._cancelled = self._cancelled, set()
            if self._closing:
                return False
        for task in [task for task in self._waiting if task.job_id in cancelled]:
            self._waiting.remove(task)
            self._report(EventKind.CANCELLED, task)
        for slot in self._slots:
            if slot.task is not None and slot.task.job_id in cancelled:
                self._stop(slot, EventKind.CANCELLED, "")
        return True

    def _start_workers(self) -> None:
        """Fill empty slots, unless workers have died at their start just now."""
        if time.monotonic() < self._start_after:
            return
        for slot in self._slots:
            if slot.worker is None:
                try:
                    slot.worker = self._starter.start()
                except (OSError, EOFError) as err:
                    self._start_failed(str(err))
                    return

    def _start_failed(self, reason: str) -> None:
        """Wait before the next start, and give a waiting task back rather than let it wait for ever."""
        pause = min(_FIRST_PAUSE * 2**self._failed_starts, _LONGEST_PAUSE)
        self._failed_starts += 1
        self._start_after = time.monotonic() + pause
        logger.error("A worker process could not start (%s). The next attempt is in %g s.", reason, pause)
        if self._waiting and not any(slot.ready for slot in self._slots):
            self._report(
                EventKind.LOST, self._waiting.popleft(), f"a worker process could not start ({reason})"
            )

    def _hand_out(self) -> None:
        for slot in self._slots:
            if not self._waiting:
                return
            if slot.worker is None or not slot.ready or slot.task is not None:
                continue
            try:
                slot.worker.send(self._waiting[0])
            except OSError:
                # It has died idle. Its sentinel will say so; the task is for the next one.
                slot.ready = False
                continue
            slot.task = self._waiting.popleft()
            slot.deadline = time.monotonic() + slot.task.time_limit
            self._report(EventKind.STARTED, slot.task)

    def _wait(self) -> None:
        sources: list[Connection | int] = [self._wake_reader]
        for slot in self._slots:
            if slot.worker is not None:
                sources += [slot.worker.connection, slot.worker.sentinel]
        happened = set(wait(sources, self._time_to_sleep()))
        if self._wake_reader in happened:
            while self._wake_reader.poll():
                self._wake_reader.recv_bytes()
        for slot in self._slots:
            worker = slot.worker
            if worker is None:
                continue
            if worker.connection in happened:
                self._hear(slot)
            if worker.sentinel in happened:
                self._bury(slot)

    def _time_to_sleep(self) -> Optional[float]:
        """Return the seconds until the next deadline or start, or ``None`` if there is none."""
        instants = [slot.deadline for slot in self._slots if slot.task is not None]
        if any(slot.worker is None for slot in self._slots):
            instants.append(self._start_after)
        earliest = min(instants, default=math.inf)
        return None if math.isinf(earliest) else max(0.0, earliest - time.monotonic())

    def _hear(self, slot: _Slot) -> None:
        message = slot.worker.receive() if slot.worker is not None else None
        if message == READY:
            slot.ready = True
            self._failed_starts = 0
        elif isinstance(message, TaskOutcome) and slot.task is not None:
            task, slot.task, slot.deadline = slot.task, None, math.inf
            self._report(EventKind.FINISHED, task, outcome=message)

    def _bury(self, slot: _Slot) -> None:
        """Clear the slot of a worker that has died, and report its task as lost."""
        # It may have finished its task just before.
        self._hear(slot)
        worker, task, was_ready = slot.worker, slot.task, slot.ready
        assert worker is not None
        slot.clear()
        pid = worker.pid
        reason = _describe_exit(worker.reap())
        if task is not None:
            logger.warning("Worker %s was lost under job %s: %s.", pid, task.job_id, reason)
            self._report(EventKind.LOST, task, f"the worker process {reason}")
        elif was_ready:
            logger.warning("Idle worker %s was lost: %s. Another one takes its place.", pid, reason)
        else:
            self._start_failed(reason)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if slot.task is not None and slot.deadline <= now:
                self._stop(slot, EventKind.TIMED_OUT, f"it ran longer than {slot.task.time_limit:g} s")

    def _stop(self, slot: _Slot, kind: EventKind, reason: str) -> None:
        """Kill the task of a slot, unless it has just finished."""
        self._hear(slot)
        worker, task = slot.worker, slot.task
        if worker is None or task is None:
            return
        worker.kill()
        slot.clear()
        self._report(kind, task, reason)

    def _report(
        self, kind: EventKind, task: Task, reason: str = "", *, outcome: Optional[TaskOutcome] = None
    ) -> None:
        self._listener(EngineEvent(kind, task.job_id, task.attempt, outcome, reason))


def _describe_exit(code: Optional[int]) -> str:
    if code is None:
        return "ended"
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _ignore(event: EngineEvent) -> None:
    """Listen to nothing: the listener until the engine is started."""


def machine_memory() -> int:
    """Return the bytes of memory that this machine, or the container around us, has."""
    limits = [_physical_memory()]
    for name in _CGROUP_LIMITS:
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit() and int(text) > 0:
            limits.append(int(text))
    return min(limits)


def _physical_memory() -> int:
    if not hasattr(os, "sysconf"):
        return _UNKNOWN_MEMORY
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return _UNKNOWN_MEMORY
