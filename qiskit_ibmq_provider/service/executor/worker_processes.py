# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Worker processes: how one is started, spoken to and killed.

Each worker has a pipe of its own. Pools that share a queue between their workers share its lock too, and a worker that is killed while it
holds the lock stops all the others.

The simulator keeps the interpreter lock while it computes, so a busy worker hears nothing: not a message, not a Python signal handler. It is
stopped by killing it.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider.service.domain.engine import Task, TaskOutcome

__all__ = ["READY", "WorkerProcess", "WorkerSettings", "WorkerStarter"]

READY: Final = "ready"
"""A worker's first message: Aer is loaded and tasks can come."""

_PRELOADED: Final = "qiskit_ibmq_provider.service.executor.worker"
"""What the fork server imports once for all workers, so that a new one takes milliseconds instead of seconds."""

_THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_PR_SET_PDEATHSIG: Final = 1

_SLACK: Final = 512 * 2**20
"""Bytes that a task may use beyond its share: for its payload and its result, and because memory comes in large pieces."""

Message = Union[str, TaskOutcome]


@dataclasses.dataclass(frozen=True)
class WorkerSettings:
    """What a worker must know.

    The user's device directories; its share of processor threads and of memory in bytes; the most circuits in one job, and shots of each,
    where the service takes fewer than the device.
    """

    device_dirs: tuple[Path, ...]
    threads: int
    memory: int
    max_experiments: Optional[int] = None
    max_shots: Optional[int] = None

    @property
    def caps(self) -> dict[str, int]:
        """What the service allows, where a device allows more, by the keys of a configuration."""
        caps = {"max_experiments": self.max_experiments, "max_shots": self.max_shots}
        return {key: most for key, most in caps.items() if most is not None}


class WorkerStarter:
    """Starts worker processes.

    Uses a fork server where the system has one, else fresh interpreters. Never plain fork: the simulator's threads do not survive it.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._forks = "forkserver" in multiprocessing.get_all_start_methods()
        # The stubs do not say that every kind of context has its own Process.
        self._context: Any = multiprocessing.get_context("forkserver" if self._forks else "spawn")

    def start(self) -> WorkerProcess:
        """Start a worker. Its first message is :data:`READY`.

        Raises:
            OSError: the system has no room for another process.
            EOFError: the fork server has died; the next call starts another one.
        """
        with _environment({name: str(self._settings.threads) for name in _THREAD_VARIABLES}):
            if self._forks:
                self._context.set_forkserver_preload([_PRELOADED])
                forkserver.ensure_running()
            ours, theirs = self._context.Pipe()
            process = self._context.Process(
                target=_serve, args=(theirs, self._settings), name="ibmq-worker", daemon=True
            )
            try:
                process.start()
            except (OSError, EOFError):
                ours.close()
                raise
            finally:
                theirs.close()
        return WorkerProcess(process, ours)


class WorkerProcess:
    """One worker, seen from the service."""

    def __init__(self, process: Any, connection: Connection) -> None:
        self._process = process
        self.connection = connection
        self.sentinel: int = process.sentinel
        self.pid: Optional[int] = process.pid

    def send(self, task: Task) -> None:
        """Give the worker a task.

        Raises:
            OSError: the worker is dead.
        """
        self.connection.send(task)

    def receive(self) -> Optional[Message]:
        """Return the worker's next message if one has arrived, else ``None``; also after it has died."""
        try:
            return self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            return None

    def kill(self) -> None:
        """End the worker at once and free what it held."""
        self._process.kill()
        self.reap()

    def reap(self) -> Optional[int]:
        """Wait for the end of a worker that is ending; return its exit code, minus the signal if one ended it."""
        self._process.join()
        code: Optional[int] = self._process.exitcode
        self.connection.close()
        self._process.close()
        return code


def _serve(connection: Connection, settings: WorkerSettings) -> None:
    """Be a worker: run tasks until the service closes the pipe."""
    # Ctrl-C goes to all processes of a terminal; it is for the service to say what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    # Imported here, so that the service's own process never loads Qiskit and Aer.
    from qiskit_ibmq_provider.service.executor.worker import Worker

    worker = Worker(settings)
    # A large Qobj is a million small objects and no cycles; looking for cycles among them takes longer than all else but the simulation.
    gc.freeze()
    gc.disable()
    _bound_memory(settings.memory)
    try:
        connection.send(READY)
        while True:
            connection.send(worker.run(connection.recv()))
            gc.collect()
    except (EOFError, OSError):
        # The service has closed the pipe, or is dead.
        return


def _bound_memory(memory: int) -> None:
    """Let Linux refuse this process more memory than its share, so that a task that takes too much fails alone.

    What is checked before a circuit runs is only what it needs at least, and a payload may take fifty times its size once it is read. All
    workers together may fill the machine, of which their shares are four fifths.
    """
    if sys.platform != "linux":
        return
    import resource

    used = int(Path("/proc/self/statm").read_text("ascii").split()[5]) * resource.getpagesize()
    limit = used + memory + memory // 4 + _SLACK
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _die_with_parent() -> None:
    """Ask Linux to kill this process when the process that forked it ends, so that no orphan computes on for a dead service."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The fork server ends when nobody holds the other end of its pipe any more. Each worker inherits a copy of that end, so that one
        # busy worker would keep the fork server, and with it all workers, alive after the service was killed.
        server = forkserver._forkserver  # noqa: SLF001 (there is no public way)
        lifeline = getattr(server, "_forkserver_alive_fd", None)
        if lifeline is not None:
            os.close(lifeline)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables while a process is started: it reads them before any of our code runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
