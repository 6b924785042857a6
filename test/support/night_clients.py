# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Clients that submit jobs all night long, and remember what the service promised them."""

from __future__ import annotations

import collections
import json
import random
import threading
from typing import Any, Optional

from support.plain_caller import SIMULATOR, Gone, PlainCaller, numbered_job

__all__ = ["FINAL", "Ledger", "Submitter", "Watcher"]

FINAL = (
    "COMPLETED",
    "CANCELLED",
    "ERROR_CREATING_JOB",
    "ERROR_VALIDATING_JOB",
    "ERROR_RUNNING_JOB",
    "ERROR_TRANSPILING_JOB",
)
_PAUSE = 0.05
"""Seconds between two attempts to reach a service that is dead."""


class Ledger:
    """What the service said to its clients. Safe in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0
        self.created: set[str] = set()
        """Jobs whose creation was answered."""
        self.promised: dict[str, int] = {}
        """Jobs whose announcement was answered, and their numbers: these must not be lost."""
        self.keyed: set[int] = set()
        """Numbers of the jobs that were submitted in one request with a key, again and again until it was answered."""
        self.left: set[str] = set()
        """Jobs that their client gave up half-made, on purpose."""
        self.unexpected: list[str] = []
        """Answers that no client should ever get."""
        self.broken: collections.Counter[str] = collections.Counter()
        """How many requests had no answer, by step."""

    def next_number(self) -> int:
        """Return a number that no other job has."""
        with self._lock:
            self._next += 1
            return self._next

    def note(self, job_id: str, number: Optional[int] = None, *, left: bool = False) -> None:
        """Note an answered creation, an answered announcement, or that a job stays half-made."""
        with self._lock:
            self.created.add(job_id)
            if number is not None:
                self.promised[job_id] = number
            if left:
                self.left.add(job_id)

    def note_keyed(self, number: int) -> None:
        """Note a job that is about to be submitted in one request with a key."""
        with self._lock:
            self.keyed.add(number)

    def count_broken(self, step: str) -> None:
        """Note a request without answer."""
        with self._lock:
            self.broken[step] += 1

    def complain(self, text: str) -> None:
        """Note an answer that should not be."""
        with self._lock:
            self.unexpected.append(text)


class Submitter(threading.Thread):
    """Submits one job after the other, each step again and again until it is answered.

    Args:
        url: the base URL of the API.
        token: an access token.
        project: the path of the project.
        ledger: where the promises are written down.
        stopping: ends the thread after the job in hand.
        seed: of its decisions.
        pace: seconds between two jobs.
        leaves: part of the jobs that it leaves half-made.
        direct: part of the jobs that it submits in one request.
    """

    def __init__(
        self,
        url: str,
        token: str,
        project: str,
        ledger: Ledger,
        stopping: threading.Event,
        *,
        seed: int,
        pace: float,
        leaves: float = 0.05,
        direct: float = 0.5,
    ) -> None:
        super().__init__(name=f"submitter-{seed}", daemon=True)
        self._caller = PlainCaller(url, token)
        self._jobs = f"{project}/Jobs"
        self._ledger = ledger
        self._stopping = stopping
        self._random = random.Random(seed)
        self._pace = pace
        self._leaves = leaves
        self._direct = direct

    def run(self) -> None:
        """Submit until stopped."""
        while not self._stopping.is_set():
            number = self._ledger.next_number()
            self.submit(number, numbered_job(number))
            self._stopping.wait(self._random.uniform(0, 2 * self._pace))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._caller.close()

    def submit(self, number: int, payload: bytes) -> Optional[str]:
        """Submit one job and return its id, unless it is left half-made."""
        wanted = {"backend": {"name": SIMULATOR}, "allowObjectStorage": True, "name": f"number-{number}"}
        if self._random.random() < self._direct:
            return self._submit_directly(number, wanted, payload)
        # A creation without answer may have left a draft; the next one is another job.
        job = self._until_answered("create", "POST", self._jobs, wanted)
        job_id = str(job["id"])
        leaves_at = (
            self._random.choice(("upload", "announce")) if self._random.random() < self._leaves else ""
        )
        self._ledger.note(job_id, left=bool(leaves_at))
        if leaves_at == "upload":
            return None
        self._until_answered("upload", "PUT", job["objectStorageInfo"]["uploadUrl"], payload)
        if leaves_at == "announce":
            return None
        self._until_answered("announce", "POST", f"{self._jobs}/{job_id}/jobDataUploaded")
        self._ledger.note(job_id, number)
        return job_id

    def _submit_directly(self, number: int, wanted: dict[str, Any], payload: bytes) -> str:
        """Submit one job in one request with a key, and return its id."""
        self._ledger.note_keyed(number)
        headers = {"Qx-Job": json.dumps(wanted), "Idempotency-Key": f"{self.name}-{number}"}
        answer = self._until_answered("submit", "POST", f"{self._jobs}/direct", payload, headers)
        job_id = str(answer["job"]["id"])
        self._ledger.note(job_id, number)
        return job_id

    def _until_answered(
        self, step: str, method: str, target: str, body: Any = None, more: Optional[dict[str, str]] = None
    ) -> Any:
        """Send a request until it is answered, and return the answer."""
        while True:
            try:
                status, answer = self._caller.call(method, target, body, more)
            except Gone:
                self._ledger.count_broken(step)
                threading.Event().wait(_PAUSE)
                continue
            if status == 200:
                return answer
            self._ledger.complain(f"{step}: {status} {answer}")
            threading.Event().wait(_PAUSE)


class Watcher(threading.Thread):
    """Reads the newest jobs all the time, and notes each job whose final state changes.

    Args:
        url: the base URL of the API.
        token: an access token.
        project: the path of the project.
        stopping: ends the thread.
    """

    def __init__(self, url: str, token: str, project: str, stopping: threading.Event) -> None:
        super().__init__(name="watcher", daemon=True)
        self._caller = PlainCaller(url, token)
        self._project = project
        self._stopping = stopping
        self.seen: dict[str, Any] = {}
        self.changed: list[str] = []
        self.looks = 0

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.wait(4 * _PAUSE):
            try:
                self.look(100)
            except Gone:
                continue
        self._caller.close()

    def look(self, limit: int) -> None:
        """Compare the final states of the newest jobs with what they were before."""
        query = {"where": {"status": {"inq": list(FINAL)}}, "limit": limit}
        status, jobs = self._caller.listed(self._project, query)
        if status != 200:
            self.changed.append(f"a listing was answered {status}")
            return
        self.looks += 1
        self.compare(jobs)

    def compare(self, jobs: list[dict[str, Any]]) -> None:
        """Compare jobs with what they were before."""
        for job in jobs:
            state = {
                key: job.get(key) for key in ("status", "endDate", "error", "timePerStep", "summaryData")
            }
            before = self.seen.setdefault(job["id"], state)
            if before != state:
                self.changed.append(f"{job['id']} was {before} and is {state}")
