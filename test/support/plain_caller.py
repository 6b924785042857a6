# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Plain HTTP to a service that may die at any moment, and jobs whose results say whose they are."""

from __future__ import annotations

import http.client
import json
import time
from email.message import Message
from typing import Any, Optional
from urllib.parse import quote, urlsplit

__all__ = [
    "DIGITS",
    "Gone",
    "PlainCaller",
    "SHOTS",
    "SIMULATOR",
    "numbered_job",
    "project_path",
    "wrong_result",
]

SIMULATOR = "ibmq_qasm_simulator"
DIGITS = 16
"""Qubits of a numbered job."""
SHOTS = 32
_IDLE = 20.0
"""Seconds after which a connection is not used again; the service keeps it for longer."""


class Gone(Exception):
    """The connection broke, or there was none: the request may or may not have been processed."""


def project_path(hub: str = "ibm-q", group: str = "open", project: str = "main") -> str:
    """Return the path of a project below the API."""
    return f"/Network/{hub}/Groups/{group}/Projects/{project}"


def numbered_job(number: int) -> bytes:
    """Return a payload whose every shot measures the number, modulo two to the ``DIGITS``."""
    bits = [digit for digit in range(DIGITS) if number >> digit & 1]
    instructions = [
        *({"name": "x", "qubits": [bit]} for bit in bits),
        *({"name": "measure", "qubits": [bit], "memory": [bit]} for bit in range(DIGITS)),
    ]
    sizes = {"n_qubits": DIGITS, "memory_slots": DIGITS}
    return json.dumps(
        {
            "qobj_id": f"job-{number}",
            "type": "QASM",
            "schema_version": "1.3.0",
            "header": {},
            "config": {"shots": SHOTS, **sizes},
            "experiments": [
                {
                    "config": sizes,
                    "header": {"name": f"circuit-{number}", "creg_sizes": [["c", DIGITS]], **sizes},
                    "instructions": instructions,
                }
            ],
        }
    ).encode()


def endless_job() -> bytes:
    """Return a payload that runs far longer than any test: whoever sends it cancels it."""
    document = json.loads(numbered_job(0))
    sizes = {"n_qubits": 20, "memory_slots": DIGITS}
    experiment = document["experiments"][0]
    document["config"] = {"shots": 100_000, "method": "statevector", **sizes}
    experiment["config"] = sizes
    # After the resets each shot has a course of its own.
    rotations = [{"name": "rx", "qubits": [bit], "params": [0.1 + bit]} for bit in range(20)]
    experiment["instructions"] = [
        *rotations,
        *({"name": "reset", "qubits": [bit]} for bit in range(20)),
        *rotations,
        *experiment["instructions"],
    ]
    return json.dumps(document).encode()


class PlainCaller:
    """One user with one connection that is kept alive. For one thread.

    Args:
        url: the base URL of the API.
        token: an access token; without one, ``log_in`` gets it.
        timeout: seconds without any byte after which a request counts as failed.
    """

    def __init__(self, url: str, token: Optional[str] = None, *, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        self._base = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
        self._used = time.monotonic()
        self.token = token

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def log_in(self, api_token: str) -> str:
        """Get an access token and use it from now on."""
        status, body = self.call("POST", "/users/loginWithToken", {"apiToken": api_token})
        assert status == 200, (status, body)
        self.token = str(body["id"])
        return self.token

    def call(
        self, method: str, target: str, body: Any = None, more: Optional[dict[str, str]] = None
    ) -> tuple[int, Any]:
        """Send one request, once; return its status and its decoded body. See ``exchange``."""
        status, answer, _ = self.exchange(method, target, body, more)
        return status, answer

    def exchange(
        self, method: str, target: str, body: Any = None, more: Optional[dict[str, str]] = None
    ) -> tuple[int, Any, Message]:
        """Send one request, once; return its status, its decoded body and its headers.

        Args:
            method: the method.
            target: a path below the API, or a whole URL of this service.
            body: bytes as they are, or what becomes JSON.
            more: further headers.

        Raises:
            Gone: if there was no whole answer.
        """
        if target.startswith("http"):
            parts = urlsplit(target)
            path = f"{parts.path}?{parts.query}"
        else:
            path = self._base + target
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {**({"X-Access-Token": self.token} if self.token else {}), **(more or {})}
        if method in ("POST", "PUT"):
            headers["Content-Length"] = str(len(data or b""))
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as err:
            self._connection.close()
            raise Gone(f"{method} {path.partition('?')[0]}: {type(err).__name__}") from err
        return answer.status, json.loads(content) if content else None, answer.headers

    def listed(self, project: str, query: dict[str, Any]) -> tuple[int, Any]:
        """Ask for the jobs of a project that meet a filter."""
        return self.call("GET", f"{project}/Jobs/status/v/1?filter={quote(json.dumps(query))}")


def wrong_result(caller: PlainCaller, project: str, job_id: str, number: int) -> list[str]:
    """Return what is wrong with the result of a numbered job: nothing, or one line.

    Args:
        caller: asks for it.
        project: the path of the project.
        job_id: the job.
        number: its number.

    Raises:
        Gone: if the service does not answer.
    """
    status, answer = _patiently(caller, f"{project}/Jobs/{job_id}/resultDownloadUrl")
    if status != 200:
        return [f"{job_id}: no URL, {status} {answer}"]
    status, result = _patiently(caller, answer["url"])
    if status != 200:
        return [f"{job_id}: no result, {status} {result}"]
    counts = result["results"][0]["data"]["counts"]
    right = {hex(number % 2**DIGITS): SHOTS}
    if counts != right or result["job_id"] != job_id or result["qobj_id"] != f"job-{number}":
        return [f"{job_id}: {counts} of {result['qobj_id']} instead of {right} of job-{number}"]
    return []


def _patiently(caller: PlainCaller, target: str) -> tuple[int, Any]:
    """Ask for something, again as long as the service says that it is too much at once."""
    status, answer, headers = caller.exchange("GET", target)
    while status == 429:
        time.sleep(float(headers["Retry-After"]))
        status, answer, headers = caller.exchange("GET", target)
    return status, answer
