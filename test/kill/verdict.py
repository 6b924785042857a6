# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is left after a night of kills, compared with what the service had promised."""

from __future__ import annotations

import collections
import dataclasses
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Callable

from support.night_clients import FINAL, Ledger, Watcher
from support.plain_caller import PlainCaller, project_path, wrong_result

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["Verdict", "judge", "wait_until"]

_PAGE = 1000
_GIVEN_UP = "ended unexpectedly 3 times"


@dataclasses.dataclass
class Verdict:
    """Counts, and everything that should not be."""

    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    faults: list[str] = dataclasses.field(default_factory=list)

    def must(self, name: str, wrong: list[str]) -> None:
        """Count what is wrong in one respect; it should be nothing."""
        self.counts[name] = len(wrong)
        self.faults += [f"{name}: {text}" for text in wrong]


def judge(
    service: ServiceProcess,
    token: str,
    ledger: Ledger,
    watcher: Watcher,
    hungry: Collection[str],
    patience: float,
    over: threading.Event,
) -> Verdict:
    """Wait until all promised jobs are over, let the service clean up, and look at everything.

    Args:
        service: runs; it is restarted with settings that make it clean up at once, and stopped.
        token: an access token.
        ledger: what was promised.
        watcher: what was seen meanwhile.
        hungry: the jobs among the promised ones that kill their workers.
        patience: seconds that each step may take.
        over: set when all promised jobs are over; ends the watcher.
    """
    verdict = Verdict()
    caller = PlainCaller(service.url, token)
    wait_until(lambda: not _unfinished(caller), patience, "all promised jobs are over")
    over.set()
    watcher.join()
    jobs = {job["id"]: job for job in _all_jobs(caller)}
    watcher.compare(list(jobs.values()))
    verdict.counts["acknowledged jobs"] = len(ledger.promised)
    verdict.must("acknowledged and lost", sorted(set(ledger.promised) - set(jobs)))
    verdict.must("created and lost", sorted(ledger.created - set(jobs)))
    names = collections.Counter(job["name"] for job in jobs.values())
    verdict.counts["of them submitted in one request"] = len(ledger.keyed & set(ledger.promised.values()))
    verdict.must(
        "submitted with a key and not there exactly once",
        [f"number-{number}" for number in sorted(ledger.keyed) if names[f"number-{number}"] != 1],
    )
    verdict.must("unexpected answers", ledger.unexpected)
    verdict.must("final states that changed", watcher.changed)
    verdict.must(
        "two final states", [i for i, job in jobs.items() if len(set(job["timePerStep"]) & set(FINAL)) > 1]
    )
    _judge_ends(verdict, caller, service, ledger, jobs, hungry)
    _judge_leftovers(verdict, service, jobs, patience)
    caller.close()
    return verdict


def wait_until(done: Callable[[], bool], patience: float, what: str) -> None:
    """Ask again and again until something is so.

    Raises:
        TimeoutError: if it takes too long.
    """
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {patience:g} s it is still not so that {what}")
        threading.Event().wait(0.1)


def _unfinished(caller: PlainCaller) -> bool:
    """Return whether a job that was announced is not over."""
    states = ["CREATED", "VALIDATING", "VALIDATED", "QUEUED", "RUNNING"]
    status, jobs = caller.listed(project_path(), {"where": {"status": {"inq": states}}, "limit": 1})
    assert status == 200, jobs
    return bool(jobs)


def _all_jobs(caller: PlainCaller) -> Iterator[dict[str, Any]]:
    """Yield all jobs, page by page."""
    skip = 0
    while True:
        status, page = caller.listed(
            project_path(), {"limit": _PAGE, "skip": skip, "order": "creationDate ASC"}
        )
        assert status == 200, page
        yield from page
        if len(page) < _PAGE:
            return
        skip += _PAGE


def _judge_ends(
    verdict: Verdict,
    caller: PlainCaller,
    service: ServiceProcess,
    ledger: Ledger,
    jobs: Mapping[str, Any],
    hungry: Collection[str],
) -> None:
    """Look at how the promised jobs ended, and at each result."""
    log = service.log()
    wrong_end: list[str] = []
    wrong: list[str] = []
    spared: list[str] = []
    unlucky = 0
    for job_id, number in ledger.promised.items():
        job = jobs.get(job_id, {})
        error = job.get("error", {})
        given_up = error.get("code") == ErrorCode.WORKER_LOST and _GIVEN_UP in error.get("message", "")
        if job_id in hungry:
            if job.get("status") != "ERROR_RUNNING_JOB" or not given_up:
                spared.append(f"{job_id} is {job.get('status')} {error}")
        elif job.get("status") == "COMPLETED":
            wrong += wrong_result(caller, project_path(), job_id, number)
        elif given_up and log.count(f"The worker of job {job_id} died") >= 3:
            # Three random kills hit the same innocent job: rare, and then this is the right end.
            unlucky += 1
        else:
            wrong_end.append(f"{job_id} is {job.get('status')} {error}")
    verdict.counts["of them completed"] = len(ledger.promised) - len(hungry) - unlucky - len(wrong_end)
    verdict.counts["of them given up after three random kills of their workers"] = unlucky
    verdict.counts["of them given up as worker killers"] = len(hungry) - len(spared)
    verdict.must("acknowledged with another end", wrong_end)
    verdict.must("worker killers that were not given up with a clear error", spared)
    verdict.must("wrong, missing or foreign results", wrong)


def _judge_leftovers(
    verdict: Verdict, service: ServiceProcess, jobs: Mapping[str, Any], patience: float
) -> None:
    """Restart with a short patience for half-made jobs, and look at what the cleaning leaves."""
    verdict.counts["half-made jobs before the cleaning"] = sum(
        job["status"] == "CREATING" for job in jobs.values()
    )
    root = service.data_dir / "blobs"
    verdict.counts["temporary files before the cleaning"] = len(list(root.rglob("*.tmp")))
    service.stop()
    token = service.token
    with ServiceProcess(
        service.data_dir, token=token, settings={"upload_seconds": 0.1, "workers": 1}
    ) as cleaner:
        wait_until(lambda: not _rows(service, "status = 'CREATING'"), patience, "no job is half-made")
        wait_until(lambda: not _orphans(service), patience, "no blob is without its job")
        cleaner.stop()
    rows = _rows(service, "1")
    verdict.must("half-made jobs after the cleaning", [row["id"] for row in rows if row["active"]])
    verdict.must("temporary files after the cleaning", [str(path) for path in root.rglob("*.tmp")])
    verdict.must("blobs that belong to nothing", sorted(_orphans(service)))
    verdict.must("results that are missing", sorted(_result_refs(rows) - _files(root / "result", root)))
    counted = [row for row in rows if row["status"] == "COMPLETED"]
    verdict.counts["executions begun"] = sum(row["attempt"] for row in rows)
    verdict.counts["executions repeated after a kill"] = sum(row["attempt"] - 1 for row in counted)
    verdict.counts["most executions of one job"] = max((row["attempt"] for row in rows), default=0)
    without_cause = [row["id"] for row in counted if row["attempt"] != 1 + row["losses"] + row["takeovers"]]
    verdict.must("executions repeated without a kill", without_cause)
    with _database(service) as connection:
        integrity = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        integrity += [str(tuple(row)) for row in connection.execute("PRAGMA foreign_key_check")]
    connection.close()
    verdict.must("damages of the database", integrity)


def _database(service: ServiceProcess) -> sqlite3.Connection:
    connection = sqlite3.connect(service.data_dir / "service.db", timeout=30)
    connection.row_factory = sqlite3.Row
    return connection


def _rows(service: ServiceProcess, condition: str) -> list[Any]:
    """Return the rows of jobs that meet a condition."""
    connection = _database(service)
    try:
        return connection.execute(f"SELECT * FROM job WHERE {condition}").fetchall()
    finally:
        connection.close()


def _result_refs(rows: list[Any]) -> set[str]:
    return {row["result_ref"] for row in rows if row["result_ref"] is not None}


def _files(directory: Path, root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in directory.rglob("*") if path.is_file()}


def _orphans(service: ServiceProcess) -> set[str]:
    """Return the blobs that no job has."""
    root = service.data_dir / "blobs"
    rows = _rows(service, "1")
    payloads = {
        f"payload/{row['id'][-2:]}/{row['id']}.json"
        for row in rows
        if row["payload_size"] is not None or row["active"]
    }
    return _files(root, root) - payloads - _result_refs(rows)
