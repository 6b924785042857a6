# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Many clients at once: each submits, waits, reads its result and lists jobs, as fast as the service lets it.

``tox -e kill`` runs it in full after the night of kills; by hand, from the directory ``test``::

    python -m overload.rush --clients 200 --seconds 60
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

import psutil
from support.plain_caller import (
    SIMULATOR,
    Gone,
    PlainCaller,
    endless_job,
    numbered_job,
    project_path,
    wrong_result,
)

from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["Rush", "main", "rush", "table"]

HEAVY, LIGHT, *OTHERS = PROJECTS = ("heavy", "light", "third", "fourth")
"""One with a long queue at the beginning, one with a job now and then, and two that share the other clients."""

WORKERS = 2
_POLL = 0.25
_PATIENCE = 600.0
_RETRIES = 20
_GROWTH = 1.25
"""The memory of the service after a rush, as a multiple of that of the warm service before it, at most."""


@dataclasses.dataclass
class Rush:
    """What a rush came to. Safe in any thread."""

    answers: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """How many answers of each status, and requests without one."""
    promised: dict[str, tuple[str, int]] = dataclasses.field(default_factory=dict)
    """Project and number of each acknowledged job."""
    faults: list[str] = dataclasses.field(default_factory=list)
    counts: dict[str, float] = dataclasses.field(default_factory=dict)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def must(self, name: str, wrong: list[str]) -> None:
        """Count what is wrong in one respect; it should be nothing."""
        self.counts[name] = len(wrong)
        self.faults += [f"{name}: {text}" for text in wrong[:20]]


class Client(threading.Thread):
    """One of the many.

    Args:
        url: the base URL of the API.
        api_token: to log in with.
        project: the name of the project.
        numbers: gives each job its own number.
        rush: where everything is counted.
        stopping: ends the thread after the job in hand.
    """

    def __init__(
        self, url: str, api_token: str, project: str, numbers: Any, rush: Rush, stopping: threading.Event
    ) -> None:
        super().__init__(name=f"client-{project}", daemon=True)
        self.caller = PlainCaller(url, timeout=120)
        self._api_token = api_token
        self._project = project
        self._path = _path(project)
        self._numbers = numbers
        self._rush = rush
        self._stopping = stopping

    def run(self) -> None:
        """Log in and work until stopped."""
        self.log_in()
        while not self._stopping.is_set():
            self.one_job()
        self.caller.close()

    def log_in(self) -> None:
        """Get an access token."""
        answer = self.ask("POST", "/users/loginWithToken", {"apiToken": self._api_token})
        self.caller.token = None if answer is None else str(answer["id"])

    def one_job(self) -> None:
        """Submit one job, wait for its end, and look at its result."""
        job_id = self.submit()
        if job_id is None:
            return
        while True:
            status = self.ask("GET", f"{self._path}/Jobs/{job_id}/status/v/1")
            if status is None or status["status"] not in ("QUEUED", "RUNNING"):
                break
            threading.Event().wait(_POLL)
        self.ask("GET", f"{self._path}/devices/{SIMULATOR}/queue/status")
        self.ask("GET", f"{self._path}/Jobs/status/v/1?filter=%7B%22limit%22%3A10%7D")

    def submit(self, payload: Optional[bytes] = None) -> Optional[str]:
        """Submit a numbered job, or this payload, and return its id, or None if a step was refused."""
        number = next(self._numbers)
        wanted = {"backend": {"name": SIMULATOR}, "allowObjectStorage": True, "name": f"number-{number}"}
        job = self.ask("POST", f"{self._path}/Jobs", wanted)
        if job is None:
            return None
        if self.ask("PUT", job["objectStorageInfo"]["uploadUrl"], payload or numbered_job(number)) is None:
            return None
        if self.ask("POST", f"{self._path}/Jobs/{job['id']}/jobDataUploaded") is None:
            return None
        if payload is not None:
            return str(job["id"])
        with self._rush.lock:
            self._rush.promised[job["id"]] = (self._project, number)
        return str(job["id"])

    def ask(self, method: str, target: str, body: Any = None) -> Any:
        """Send a request, again where the service asks for patience; return the answer, or None for a failure."""
        for _ in range(_RETRIES):
            try:
                status, answer, headers = self.caller.exchange(method, target, body)
            except Gone as err:
                self._count("none", str(err))
                return None
            self._count(str(status), "" if status in (200, 429) else f"{method} {status} {answer}")
            if status != 429:
                return answer if status == 200 else None
            threading.Event().wait(float(headers.get("Retry-After", 1)))
        self._count("none", f"{method} was answered 429 {_RETRIES} times")
        return None

    def _count(self, what: str, fault: str) -> None:
        with self._rush.lock:
            self._rush.answers[what] += 1
            if fault:
                self._rush.faults.append(fault)


def rush(
    directory: Path,
    *,
    clients: int,
    seconds: float,
    backlog: int,
    light: int,
    rest: float = 0,
    warm_up: float = 0,
) -> Rush:
    """Let clients work, wait until all their jobs are over, and judge.

    Args:
        directory: for the data of the service.
        clients: how many work at once.
        seconds: for how long.
        backlog: jobs that the heavy project has waiting at the beginning.
        light: jobs that the light project submits one after the other.
        rest: seconds that the service has before its memory is looked at.
        warm_up: seconds for which all clients work before everything else: what the service keeps ready for so many is there then.
    """
    result, stopping, numbers = Rush(), threading.Event(), itertools.count(1)
    projects = ",".join(f"campus/physics/{name}" for name in PROJECTS)
    settings = {"workers": WORKERS, "projects": projects, "max_jobs_per_device": -1}
    with ServiceProcess(directory / "data", settings=settings) as service:

        def client(project: str, until: threading.Event = stopping) -> Client:
            return Client(service.url, service.token, project, numbers, result, until)

        first = client(LIGHT)
        first.log_in()
        first.one_job()
        process = psutil.Process(service.pid)
        cold = process.memory_info().rss
        if warm_up:
            _warm_up(client, clients, warm_up)
            _wait_for_all(first, result)
            threading.Event().wait(rest)
        calm = process.memory_info().rss
        _fill(client, first, backlog)
        crowd = _start(client, clients)
        peak = _light_jobs(first, light, seconds, process)
        stopping.set()
        for each in crowd:
            each.join(_PATIENCE)
        _wait_for_all(first, result)
        threading.Event().wait(rest)
        ended = process.memory_info().rss
        _judge(result, first)
        first.caller.close()
        result.counts.update(
            {
                "MiB at the start": cold >> 20,
                "MiB before": calm >> 20,
                "MiB at most": peak >> 20,
                "MiB afterwards": ended >> 20,
            }
        )
    return result


def _start(client: Callable[..., Client], clients: int, *until: threading.Event) -> list[Client]:
    """Let so many clients of the two common projects begin to work."""
    crowd = [client(OTHERS[number % len(OTHERS)], *until) for number in range(clients)]
    for each in crowd:
        each.start()
    return crowd


def _warm_up(client: Callable[..., Client], clients: int, seconds: float) -> None:
    """Let clients work for a while."""
    enough = threading.Event()
    crowd = _start(client, clients, enough)
    threading.Event().wait(seconds)
    enough.set()
    for each in crowd:
        each.join(_PATIENCE)


def _path(project: str) -> str:
    return project_path("campus", "physics", project)


def _fill(client: Callable[[str], Client], blocker: Client, backlog: int) -> None:
    """Give the heavy project its queue, while all workers are busy with something else."""
    blocking = [blocker.submit(endless_job()) for _ in range(WORKERS)]
    each = client(HEAVY)
    each.log_in()
    for _ in range(backlog):
        each.submit()
    each.caller.close()
    for job_id in blocking:
        blocker.ask("POST", f"{_path(LIGHT)}/Jobs/{job_id}/cancel")


def _light_jobs(client: Client, count: int, seconds: float, process: psutil.Process) -> int:
    """Submit the few jobs of the light project over the time; return the most memory that the service had."""
    ends = time.monotonic() + seconds
    peak, submitted = 0, 0
    while time.monotonic() < ends or submitted < count:
        if submitted < count:
            client.one_job()
            submitted += 1
        threading.Event().wait(_POLL)
        peak = max(peak, process.memory_info().rss)
    return peak


def _wait_for_all(client: Client, result: Rush) -> None:
    """Wait until no job waits or runs in any project."""
    waiting = "%7B%22limit%22%3A1%2C%22where%22%3A%7B%22status%22%3A%7B%22inq%22%3A%5B%22QUEUED%22%2C%22RUNNING%22%5D%7D%7D%7D"
    ends = time.monotonic() + _PATIENCE
    while any(client.ask("GET", f"{_path(name)}/Jobs/status/v/1?filter={waiting}") for name in PROJECTS):
        if time.monotonic() > ends:
            result.faults.append("the jobs are not over")
            return
        threading.Event().wait(_POLL)


def _judge(result: Rush, client: Client) -> None:
    """Look at every acknowledged job, and at what went past the light project."""
    jobs: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    for job_id, (project, number) in result.promised.items():
        job = client.ask("GET", f"{_path(project)}/Jobs/{job_id}/v/1") or {}
        jobs[job_id] = job
        if job.get("status") == "COMPLETED":
            wrong += wrong_result(client.caller, _path(project), job_id, number)
        else:
            wrong.append(f"{job_id} is {job.get('status')}")
    result.counts["acknowledged jobs"] = len(jobs)
    result.must("lost, failed or with a wrong result", wrong)
    steps = [(result.promised[job_id][0], job.get("timePerStep", {})) for job_id, job in jobs.items()]
    begun = [(step["RUNNING"], name) for name, step in steps]
    passed: collections.Counter[str] = collections.Counter()
    waiting = 0
    for mine in [step for name, step in steps if name == LIGHT]:
        between = collections.Counter(
            name for instant, name in begun if mine["QUEUED"] < instant < mine["RUNNING"]
        )
        passed |= between
        heavy = [step for name, step in steps if name == HEAVY]
        waiting = max(waiting, sum(step["QUEUED"] < mine["QUEUED"] < step["RUNNING"] for step in heavy))
    result.counts["most jobs of 'heavy' that waited when one of 'light' came"] = waiting
    for name in (HEAVY, *OTHERS):
        result.counts[f"most jobs of '{name}' that began while one of 'light' waited"] = passed[name]
    result.counts["jobs of 'light'"] = sum(project == LIGHT for project, _ in result.promised.values())


def table(result: Rush) -> str:
    """Return the counts as lines for a reader."""
    lines = [f"{'answers ' + status:70}{count:>10}" for status, count in sorted(result.answers.items())]
    lines += [f"{name:70}{count:>10.0f}" for name, count in result.counts.items()]
    return "\n".join([*lines, *(f"FAULT {fault}" for fault in result.faults[:50])])


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Rush, print the table, and return 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--backlog", type=int, default=1000, help="jobs that one project has waiting")
    parser.add_argument("--light", type=int, default=20, help="jobs of a project that has few")
    parser.add_argument("--rest", type=float, default=70.0, help="seconds before the memory is looked at")
    parser.add_argument("--warm-up", type=float, default=15.0, help="seconds of the same before it counts")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ibmq-rush-") as directory:
        result = rush(Path(directory), **vars(given))
    before, after = result.counts["MiB before"], result.counts["MiB afterwards"]
    if after > _GROWTH * before:
        result.faults.append(f"the service has {after} MiB after the rush, and had {before} before it")
    print(table(result))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
