# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the benchmarks of the service share: a plain client without our own, payloads, and the form of their output."""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

__all__ = ["PROJECT", "SIMULATOR", "Caller", "finish", "five_qubits", "options", "spread"]

PROJECT = "/Network/ibm-q/Groups/open/Projects/main"
SIMULATOR = "ibmq_qasm_simulator"
SHOTS = 1024

Progress = Callable[[str], None]


class Caller:
    """A logged-in user with one connection that is kept alive."""

    def __init__(self, url: str, api_token: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._base = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self._headers: dict[str, str] = {}
        self.token = str(self.json("POST", "/users/loginWithToken", {"apiToken": api_token})["id"])
        self._headers["X-Access-Token"] = self.token

    def close(self) -> None:
        self._connection.close()

    def json(self, method: str, target: str, body: Any = None) -> Any:
        """Send a request to a path below the API or to a whole URL, and return its decoded answer."""
        if isinstance(body, bytes) or body is None:
            return json.loads(self.raw(method, target, body))
        return json.loads(self.raw(method, target, json.dumps(body).encode()))

    def raw(self, method: str, target: str, body: Any = None, **headers: str) -> bytes:
        """Send a request and return the body of its answer, which must be a success."""
        parts = urlsplit(target)
        path = f"{parts.path}?{parts.query}" if parts.scheme else self._base + target
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(
                f"{method} {path.partition('?')[0]} was answered {answer.status}: {content[:300]!r}"
            )
        return content

    def submit(self, backend: str, payload: Any) -> str:
        """Create a job, upload its payload, announce it, and return its id."""
        job = self.json("POST", f"{PROJECT}/Jobs", {"backend": {"name": backend}, "allowObjectStorage": True})
        self.raw("PUT", job["objectStorageInfo"]["uploadUrl"], payload)
        self.raw("POST", f"{PROJECT}/Jobs/{job['id']}/jobDataUploaded", b"")
        return str(job["id"])

    def submit_directly(self, backend: str, payload: bytes) -> str:
        """Submit a job in one request, and return its id."""
        wanted = json.dumps({"backend": {"name": backend}, "allowObjectStorage": True})
        answer = self.raw("POST", f"{PROJECT}/Jobs/direct", payload, **{"Qx-Job": wanted})
        return str(json.loads(answer)["job"]["id"])

    def result_directly(self, job_id: str) -> Any:
        """Return the result of a job in one request."""
        return self.json("GET", f"{PROJECT}/Jobs/{job_id}/result")

    def socket(self, job_id: str) -> websocket.WebSocket:
        """Return the authenticated websocket of a job."""
        connection = websocket.create_connection(
            f"ws{self._url[4:]}/ws/jobs/{job_id}/status/v/1", timeout=120, skip_utf8_validation=True
        )
        connection.send(json.dumps({"type": "authentication", "data": self.token}))
        if json.loads(connection.recv())["type"] != "authenticated":
            raise RuntimeError("The websocket was refused.")
        return connection

    def wait(self, job_id: str) -> str:
        """Wait by websocket until a job is over; return its status."""
        connection = self.socket(job_id)
        status = ""
        while status not in ("COMPLETED", "CANCELLED") and not status.startswith("ERROR"):
            status = str(json.loads(connection.recv())["data"]["status"])
        connection.close(timeout=0)
        return status

    def result(self, job_id: str) -> Any:
        """Return the result of a job."""
        return self.json("GET", self.json("GET", f"{PROJECT}/Jobs/{job_id}/resultDownloadUrl")["url"])


def five_qubits(basis: str = "u") -> bytes:
    """Return a job of 1024 shots with one circuit on five qubits, in gates of the simulator ("u") or of a device ("sx")."""
    one: dict[str, Any] = {"name": "u3", "params": [1.1, 0.2, 0.3]} if basis == "u" else {"name": "sx"}
    edges = [(0, 1), (1, 2), (1, 0), (2, 1)]
    instructions = [{**one, "qubits": [bit]} for bit in range(5)]
    for first, second in edges:
        instructions += [{"name": "cx", "qubits": [first, second]}, {**one, "qubits": [second]}]
    instructions += [{"name": "measure", "qubits": [bit], "memory": [bit]} for bit in range(5)]
    sizes = {"n_qubits": 5, "memory_slots": 5}
    header = {"name": "five", "creg_sizes": [["c", 5]], "qreg_sizes": [["q", 5]], **sizes}
    return json.dumps(
        {
            "qobj_id": "five-qubits",
            "type": "QASM",
            "schema_version": "1.3.0",
            "header": {},
            "config": {"shots": SHOTS, **sizes},
            "experiments": [{"config": sizes, "header": header, "instructions": instructions}],
        }
    ).encode()


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile and largest of some values."""
    ordered = sorted(values)
    return {
        "median": statistics.median(ordered),
        "p95": ordered[math.ceil(0.95 * len(ordered)) - 1],
        "largest": ordered[-1],
    }


def fsync_milliseconds() -> float:
    """Return how long the disk takes to keep a small file; a job through the service waits for it some seven times."""
    times = []
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        for number in range(50):
            with (Path(directory) / str(number)).open("wb", buffering=0) as file:
                file.write(b"x" * 3000)
                began = time.perf_counter()
                os.fsync(file.fileno())
                times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def options(description: str) -> argparse.ArgumentParser:
    """Return the parser of a benchmark's command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    return parser


def finish(name: str, figures: dict[str, Any], target: Path | None) -> None:
    """Print the figures, and write them to a file if one was named."""
    document = {
        "benchmark": name,
        "machine": {
            "processors": os.cpu_count(),
            "load": os.getloadavg()[0],
            "time of a small fsync in the directory of the data, median, ms": fsync_milliseconds(),
            "python": platform.python_version(),
            "threads at the end": threading.active_count(),
        },
        "figures": figures,
    }
    text = json.dumps(document, indent=2)
    print(text)
    if target is not None:
        target.write_text(text + "\n", "utf-8")
