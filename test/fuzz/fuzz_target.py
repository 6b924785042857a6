# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A service that is fuzzed, and what has to hold for each of its answers and for the service afterwards."""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional, Union
from urllib.parse import urlsplit

import psutil

from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["Answer", "Defect", "HARMLESS", "JOBS", "PROJECT", "SIMULATOR", "Tally", "Target", "judge"]

PROJECT = "/api/Network/ibm-q/Groups/open/Projects/main"
JOBS = PROJECT + "/Jobs"
SIMULATOR = "ibmq_qasm_simulator"
SETTINGS = {"workers": 1, "requests_per_second": 0, "job_seconds": 10, "head_seconds": 5, "filter_seconds": 5}
DEADLINE = 60.0
"""Seconds in which the service has to answer whatever it is sent, on a busy machine."""

HARMLESS = "meanwhile"
"""The area of what is asked for beside the hostile cases."""

_UNREAD_BYTES = 32 * 1024
"""A body up to this size is taken by the system, whether or not the service reads it."""

_TRACEBACK = re.compile(rb'Traceback \(most|File \\?"/[^"]*\\?", line')


class Defect(AssertionError):
    """The service did something that it must not do."""


class Answer:
    """An answer as it came; status 0 where the service closed instead."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Tally:
    """Counts cases by area and outcome."""

    def __init__(self) -> None:
        self.areas: dict[str, collections.Counter[str]] = {}

    def count(self, area: str, outcome: str) -> None:
        """Count one case."""
        self.areas.setdefault(area, collections.Counter())[outcome] += 1

    @property
    def total(self) -> int:
        """How many cases there were."""
        return sum(sum(counts.values()) for counts in self.areas.values())

    @property
    def hostile(self) -> int:
        """How many of them were hostile."""
        return self.total - sum(self.areas.get(HARMLESS, {}).values())

    def table(self) -> str:
        """Return the counts as a table."""
        lines = [f"{'area':<22}{'cases':>8}  outcomes"]
        for area, counts in self.areas.items():
            outcomes = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
            lines.append(f"{area:<22}{sum(counts.values()):>8}  {outcomes}")
        lines.append(f"{'all hostile':<22}{self.hostile:>8}")
        return "\n".join(lines)


class Target:
    """A running service and a user of it."""

    def __init__(self, service: ServiceProcess) -> None:
        parts = urlsplit(service.url)
        self.service = service
        self.host, self.port = parts.hostname or "", parts.port or 0
        self._connection: Optional[http.client.HTTPConnection] = None
        self.token = ""
        answer = self.send("POST", "/api/users/loginWithToken", body={"apiToken": service.token})
        self.token = str(answer.json()["id"])

    def send(
        self,
        method: str,
        target: str,
        headers: Optional[Mapping[str, str]] = None,
        body: Union[bytes, Any, None] = None,
        token: Optional[str] = None,
    ) -> Answer:
        """Send a request with its target as it is, and return the answer.

        Args:
            method: the method.
            target: path and query.
            headers: more headers.
            body: the body, or what becomes one as JSON.
            token: the access token; by default the user's.
        """
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"X-Access-Token": self.token if token is None else token, **(headers or {})}
        if payload is not None:
            sent["Content-Length"] = str(len(payload))
        while True:
            fresh, connection = self._connection is None, self._connection
            if connection is None:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
            self._connection = None
            try:
                return self._exchange(connection, method, target, sent, payload)
            except ConnectionError:
                connection.close()
                if fresh and payload is not None and len(payload) > _UNREAD_BYTES:
                    # Whoever is refused while still sending may not get to see the answer: so it is with HTTP.
                    return Answer(0, {}, b"")
                if fresh:
                    raise

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        payload: Optional[bytes],
    ) -> Answer:
        """Send a request over a connection and return the answer; keep the connection if it can be used again."""
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        connection.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(payload or b"")
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers.items()), response.read())
        if response.will_close:
            connection.close()
        else:
            self._connection = connection
        return answer

    def ask(self, area: str, tally: Tally, *args: Any, **kwargs: Any) -> Answer:
        """Send a request, judge the answer, count it and return it."""
        answer = self.send(*args, **kwargs)
        if answer.status:
            judge(answer, head=args[0] == "HEAD")
        tally.count(area, f"{answer.status // 100}xx" if answer.status else "closed")
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def memory(self) -> int:
        """Return the resident memory of the service's own process, in bytes."""
        return int(psutil.Process(self.service.pid).memory_info().rss)

    def works(self) -> None:
        """Run a job from its creation to its counts.

        Raises:
            Defect: if that does not go as always.
        """
        from fuzz_payloads import BELL

        created = self.send("POST", JOBS, body={"backend": {"name": SIMULATOR}}).json()
        upload = urlsplit(created["objectStorageInfo"]["uploadUrl"])
        self.send("PUT", f"{upload.path}?{upload.query}", body=BELL)
        self.send("POST", f"{JOBS}/{created['id']}/jobDataUploaded")
        if self.finished([created["id"]])[created["id"]]["status"] != "COMPLETED":
            raise Defect("A plain job does not run any more.")
        result = self.send("GET", f"{JOBS}/{created['id']}/result").json()
        if sum(result["results"][0]["data"]["counts"].values()) != BELL["config"]["shots"]:
            raise Defect("A plain job gives other counts.")

    def finished(self, job_ids: list[str]) -> dict[str, Any]:
        """Wait until jobs are over and return them by id."""
        query = json.dumps({"where": {"id": {"inq": job_ids}}, "limit": len(job_ids)})
        ends, pause = time.monotonic() + 5 * DEADLINE, 0.01
        while time.monotonic() < ends:
            answer = self.send("GET", f"{JOBS}/status/v/1?filter={_quoted(query)}")
            jobs = {job["id"]: job for job in answer.json()}
            if all(_is_over(jobs[job_id]) for job_id in job_ids):
                return jobs
            time.sleep(pause)
            pause = min(0.2, 2 * pause)
        raise Defect(f"Jobs are not over: { {i: jobs[i]['status'] for i in job_ids} }")

    def check_after(self) -> dict[str, Any]:
        """Return what the service left behind, once it has stopped.

        Raises:
            Defect: if it wrote of a failure of its own, lost a worker, or damaged its database.
        """
        log = self.service.log()
        if re.search(r"Traceback|ERROR", log):
            raise Defect(f"The log tells of failures:\n{log[-8000:]}")
        path = Path(self.service.data_dir) / "service.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
            broken = database.execute("PRAGMA foreign_key_check").fetchall()
            jobs, losses, takeovers = database.execute(
                "SELECT count(*), coalesce(sum(losses), 0), coalesce(sum(takeovers), 0) FROM job"
            ).fetchone()
        if verdict != "ok" or broken or losses or takeovers:
            raise Defect(f"integrity {verdict}, keys {broken}, lost workers {losses}, takeovers {takeovers}")
        return {"jobs": jobs, "lost workers": losses, "integrity": verdict}


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator[Target]:
    """Run a service while the block runs; afterwards it has to have stopped by itself and left all in order."""
    service = ServiceProcess(data_dir, settings=SETTINGS)
    with service:
        target = Target(service)
        try:
            yield target
        finally:
            target.close()
        if not service.running or service.stop() != 0:
            raise Defect("The service did not survive.")
        target.check_after()


def judge(answer: Answer, *, head: bool = False) -> None:
    """Check what has to hold for every answer.

    Raises:
        Defect: if the service failed, or an error has another form than all others.
    """
    shown = f"{answer.status} {answer.body[:500]!r}"
    if answer.status >= 500:
        raise Defect(f"The service failed: {shown}")
    if _TRACEBACK.search(answer.body):
        raise Defect(f"An answer shows the inside of the service: {shown}")
    names = {name.lower() for name in answer.headers}
    if "uber-trace-id" not in names:
        raise Defect(f"An answer has no trace id: {shown}")
    if answer.status >= 400 and not head:
        error = answer.json()["error"]
        if error["status"] != answer.status or not isinstance(error["code"], int) or not error["message"]:
            raise Defect(f"An error has another form: {shown}")


def _is_over(job: Mapping[str, Any]) -> bool:
    return job["status"] in ("COMPLETED", "CANCELLED") or job["status"].startswith("ERROR")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
