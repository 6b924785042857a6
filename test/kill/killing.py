# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Killing a service, its process group, its fork server and its workers at random moments."""

from __future__ import annotations

import collections
import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from qiskit_ibmq_provider.service.testing import ServiceProcess, ServiceStartError

__all__ = ["HUNGRY_BYTES", "KINDS", "Killer", "MemoryWarden", "own_session"]

KINDS = {"service": 3, "group": 2, "starting": 1, "worker": 5, "fork server": 1}
"""What is killed, and how often among all kills."""

HUNGRY_BYTES = 450 * 2**20
"""Memory at which the warden kills a worker; an idle one has less than half of it."""

_LOOK = 0.01
_WAIT = 20.0


def own_session(directory: Path) -> Path:
    """Return an interpreter that begins a session, so that all that a service starts can be found by it."""
    script = directory / "python-in-its-own-session"
    script.write_text(f'#!/bin/sh\nexec setsid "{sys.executable}" "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


class Killer:
    """Kills parts of a service, and starts it again when it is dead.

    Args:
        service: runs in a session of its own.
        seed: of its choices.
        spread: most seconds between a start and the next kill.
    """

    def __init__(self, service: ServiceProcess, *, seed: int, spread: float) -> None:
        self._service = service
        self._random = random.Random(seed)
        self._spread = spread
        self._sessions = {service.pid}
        self.kills: collections.Counter[str] = collections.Counter()
        self.strays = 0
        """Processes that outlived their service."""

    def strike(self) -> None:
        """Wait for a random moment, kill something, and leave a running service behind."""
        kind = self._random.choices(list(KINDS), list(KINDS.values()))[0]
        threading.Event().wait(self._random.uniform(0, self._spread))
        if kind == "worker":
            self._kill_worker()
        elif kind == "fork server":
            # It takes its workers with it.
            for process in fork_servers(self._service.pid):
                self._kill(process, kind)
        elif kind == "starting":
            self._end_service("service")
            self._start_and_kill()
            self._start()
        else:
            self._end_service(kind)
            self._start()

    def _kill_worker(self) -> None:
        """Kill one of the workers, at a random moment after there is one."""
        deadline = time.monotonic() + _WAIT
        while not workers_of(self._service.pid) and time.monotonic() < deadline:
            threading.Event().wait(_LOOK)
        threading.Event().wait(self._random.uniform(0, self._spread))
        workers = workers_of(self._service.pid)
        if workers:
            self._kill(self._random.choice(workers), "worker")

    def _kill(self, process: psutil.Process, kind: str) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            self.kills[kind] += 1

    def _end_service(self, kind: str) -> None:
        """Kill the service, or all of its group at once, and count what stays."""
        if kind == "group":
            os.killpg(self._service.pid, signal.SIGKILL)
        code = self._service.kill()
        assert code == -signal.SIGKILL, f"the service had ended by itself: {code}\n{self._service.log()}"
        self.kills[kind] += 1
        self.bury()

    def _start(self) -> None:
        self._service.start()
        self._sessions.add(self._service.pid)

    def _start_and_kill(self) -> None:
        """Start the service and kill it, mostly before it is ready."""

        def kill() -> None:
            if self._service.running:
                self._sessions.add(self._service.pid)
                self._service.signal(signal.SIGKILL)
                self.kills["starting"] += 1

        timer = threading.Timer(self._random.uniform(0.05, 1.0), kill)
        timer.start()
        with contextlib.suppress(ServiceStartError):
            self._service.start()
        timer.join()
        self._service.kill()
        self.bury()

    def bury(self) -> None:
        """Wait for the end of everything that the dead service had started; kill and count what does not end."""
        left = [process for process in psutil.process_iter() if self._belongs(process)]
        _, alive = psutil.wait_procs(left, timeout=_WAIT)
        for process in alive:
            self.strays += 1
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _belongs(self, process: psutil.Process) -> bool:
        try:
            return (
                os.getsid(process.pid) in self._sessions
                and process.pid != os.getpid()
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False


class MemoryWarden(threading.Thread):
    """Kills each worker that uses too much memory, as the kernel does on a small machine.

    Args:
        service: whose workers.
        stopping: ends the thread.
    """

    def __init__(self, service: ServiceProcess, stopping: threading.Event) -> None:
        super().__init__(name="memory-warden", daemon=True)
        self._service = service
        self._stopping = stopping
        self.kills = 0

    def run(self) -> None:
        """Look at the workers until stopped."""
        while not self._stopping.wait(_LOOK):
            for worker in workers_of(self._service.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if worker.memory_info().rss > HUNGRY_BYTES:
                        worker.kill()
                        worker.wait(_WAIT)
                        self.kills += 1


def fork_servers(pid: int) -> list[psutil.Process]:
    """Return the fork server of a service, if it runs."""
    return [child for child in _children(pid) if _is_fork_server(child)]


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the workers of a service."""
    return [worker for server in fork_servers(pid) for worker in _children(server.pid)]


def _children(pid: int) -> Iterator[psutil.Process]:
    """Yield the living children of a process, which may itself be gone."""
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                yield child


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return any("multiprocessing.forkserver" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False
