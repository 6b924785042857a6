# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A foreign server with one job, whose answers a test sets by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.scripted_server import Act, ScriptedServer, answer, status
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.job import IBMQJob
from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["HALF_FAILED", "JOB", "RESULT", "JobServer", "client", "in_threads", "job", "refusal", "server"]

PLACES = {"hub": "h", "group": "g", "project": "p", "job_id": "17"}
JOB: dict[str, Any] = {
    "id": "17",
    "creationDate": "2021-06-01T09:31:02.417Z",
    "status": "RUNNING",
    "kind": "q-object-external-storage",
    "name": "bell",
    "tags": ["lab1"],
    "clientInfo": {"name": "qiskit-ibmq-provider,qiskit-terra", "version": "0.20.2,0.46.3"},
}
RESULT: dict[str, Any] = {
    "backend_name": "small",
    "backend_version": "1.0.0",
    "qobj_id": "q",
    "job_id": "17",
    "success": True,
    "date": "2021-06-01T09:31:05.120Z",
    "header": {"mine": 1},
    "results": [{"shots": 2, "success": True, "status": "DONE", "data": {"counts": {"0x0": 1, "0x3": 1}}}],
}
HALF_FAILED: dict[str, Any] = {
    **RESULT,
    "success": False,
    "results": [
        {"shots": 2, "success": False, "status": "Error 1", "data": {}},
        RESULT["results"][0],
        {"shots": 2, "success": False, "status": "Error 2", "data": {}},
    ],
}


def refusal(code: int, number: int = 1234, text: str = "no") -> Act:
    return status(code, {"error": {"message": text, "code": number}})


class JobServer(ScriptedServer):
    """A server with one job, whose answers a test sets by name."""

    def __init__(self) -> None:
        super().__init__()
        self.routes = {
            "job": ("GET", routes.JOB.path(**PLACES)),
            "status": ("GET", routes.JOB_STATUS.path(**PLACES)),
            "result_url": ("GET", routes.JOB_RESULT_URL.path(**PLACES)),
            "download_url": ("GET", routes.JOB_DOWNLOAD_URL.path(**PLACES)),
            "properties": ("GET", routes.JOB_PROPERTIES.path(**PLACES)),
            "cancel": ("POST", routes.JOB_CANCEL.path(**PLACES)),
            "acknowledge": ("POST", routes.JOB_RESULT_DOWNLOADED.path(**PLACES)),
            "update": ("PUT", routes.JOB_UPDATE.path(**PLACES)),
            "result": ("GET", "/store/result"),
            "payload": ("GET", "/store/payload"),
            "websocket": ("WS", "/ws" + routes.WS_JOB_STATUS.path(job_id="17")),
        }
        self.set(
            job=answer(JOB),
            status=answer(JOB),
            result_url=answer({"url": self.url + "/store/result"}),
            download_url=answer({"url": self.url + "/store/payload"}),
            result=answer(RESULT),
            websocket=status(404),
        )

    def set(self, **acts: Any) -> None:
        for name, act in acts.items():
            self.on(*self.routes[name], *(act if isinstance(act, (list, tuple)) else [act]))

    def count(self, name: str) -> int:
        method, path = self.routes[name]
        return self.paths(method).count(path)

    def becomes(self, final: str, **fields: Any) -> None:
        """Let the job be over."""
        self.set(status=answer({**JOB, "status": final}), job=answer({**JOB, "status": final, **fields}))


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Call something in several threads at once; return what each got."""
    gate, got = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        got.append(call())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer() as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> AccountClient:
    credentials = Credentials(
        "token", server.url, server.ws_url + "/ws", "h", "g", "p", access_token="access"
    )
    return AccountClient(credentials)


@pytest.fixture
def job(client: AccountClient) -> IBMQJob:
    return IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(JOB))
