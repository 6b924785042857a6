# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Clients that send or read too slowly are disconnected, and do not starve others meanwhile."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket
from support.plain_caller import SIMULATOR, PlainCaller, numbered_job, project_path, wrong_result

from qiskit_ibmq_provider.service.testing import ServiceProcess

CROWD = 40
DEADLINE = 60.0
JOBS = project_path() + "/Jobs"
LARGE = 24 * 2**20
"""More than the system keeps for a connection that nobody reads."""
SETTINGS = {"workers": 1, "head_seconds": 0.5, "stall_seconds": 0.5}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with ServiceProcess(tmp_path_factory.mktemp("slow") / "data", settings=SETTINGS) as running:
        yield running


@pytest.fixture
def caller(service: ServiceProcess) -> Iterator[PlainCaller]:
    with contextlib.closing(PlainCaller(service.url, timeout=DEADLINE)) as plain:
        plain.log_in(service.token)
        yield plain


@contextlib.contextmanager
def crowd(service: ServiceProcess, begin: bytes, receive_buffer: int = 0) -> Iterator[list[socket.socket]]:
    """Connections that have sent the same beginning."""
    address = (urlsplit(service.url).hostname, urlsplit(service.url).port)
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(CROWD):
            connection = stack.enter_context(socket.socket())
            if receive_buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.settimeout(DEADLINE)
            connection.connect(address)
            connection.sendall(begin)
            connections.append(connection)
        yield connections


def drip(connection: socket.socket) -> bool:
    """Send a byte now and then until the service ends the connection; return whether it did."""
    for _ in range(int(DEADLINE / 0.1)):
        try:
            connection.sendall(b"x")
        except OSError:
            return True
        threading.Event().wait(0.1)
    return False


def draft(caller: PlainCaller) -> tuple[str, str]:
    """Make a job; return its id and its upload URL."""
    status, job = caller.call("POST", JOBS, {"backend": {"name": SIMULATOR}, "allowObjectStorage": True})
    assert status == 200
    return job["id"], job["objectStorageInfo"]["uploadUrl"]


def check_others_are_served(caller: PlainCaller) -> None:
    """Run a job from its creation to its result."""
    job_id, url = draft(caller)
    assert caller.call("PUT", url, numbered_job(7))[0] == 200
    assert caller.call("POST", f"{JOBS}/{job_id}/jobDataUploaded")[0] == 200
    while caller.call("GET", f"{JOBS}/{job_id}/status/v/1")[1]["status"] in ("QUEUED", "RUNNING"):
        threading.Event().wait(0.02)
    assert wrong_result(caller, project_path(), job_id, 7) == []


def path_of(url: str) -> str:
    return f"{urlsplit(url).path}?{urlsplit(url).query}"


def test_heads_that_drip(service: ServiceProcess, caller: PlainCaller) -> None:
    with crowd(service, b"GET /api/version HTTP/1.1\r\nHost: x\r\nX-Slow: ") as connections:
        check_others_are_served(caller)
        assert drip(connections[0])
        for connection in connections[1:]:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_uploads_that_drip(service: ServiceProcess, caller: PlainCaller) -> None:
    job_id, url = draft(caller)
    head = f"PUT {path_of(url)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode()
    with crowd(service, head) as connections:
        check_others_are_served(caller)
        assert drip(connections[0])
        for connection in connections[1:]:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    # Nothing of them stays, and the job can still have its payload.
    ends = time.monotonic() + DEADLINE
    while list((service.data_dir / "blobs").rglob("*.tmp")) and time.monotonic() < ends:
        threading.Event().wait(0.05)
    assert list((service.data_dir / "blobs").rglob("*.tmp")) == []
    assert caller.call("PUT", url, numbered_job(3))[0] == 200
    assert caller.call("POST", f"{JOBS}/{job_id}/jobDataUploaded")[0] == 200


def test_an_upload_that_is_slow_but_moves_is_taken(service: ServiceProcess, caller: PlainCaller) -> None:
    _, url = draft(caller)
    parts = [b" " * 40_000] * 6
    head = f"PUT {path_of(url)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {40_000 * len(parts)}\r\n\r\n"
    address = (urlsplit(service.url).hostname, urlsplit(service.url).port)
    with socket.create_connection(address, DEADLINE) as connection:
        connection.sendall(head.encode())
        for part in parts:
            connection.sendall(part)
            threading.Event().wait(0.2)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_results_that_nobody_reads(service: ServiceProcess, caller: PlainCaller) -> None:
    job_id, url = draft(caller)
    payload = json.dumps({"qobj_id": "x" * LARGE}).encode()
    assert caller.call("PUT", url, payload)[0] == 200
    assert caller.call("POST", f"{JOBS}/{job_id}/jobDataUploaded")[0] == 200
    _, answer = caller.call("GET", f"{JOBS}/{job_id}/jobDownloadUrl")
    request = f"GET {path_of(answer['url'])} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with crowd(service, request, receive_buffer=4096) as connections:
        check_others_are_served(caller)
        threading.Event().wait(3 * SETTINGS["stall_seconds"])
        for connection in connections:
            received = 0
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(2**20):
                    received += len(part)
            # What the systems held is there, and then it ends.
            assert received < LARGE
    # Whoever reads gets it all.
    assert caller.call("GET", answer["url"])[0] == 200


def test_websockets_that_nobody_reads(service: ServiceProcess, caller: PlainCaller) -> None:
    job_id, url = draft(caller)
    base = f"ws{service.url[4:]}/ws/jobs/{job_id}/status/v/1"
    with contextlib.ExitStack() as stack:
        for _ in range(CROWD):
            silent = websocket.create_connection(base, timeout=DEADLINE)
            stack.callback(silent.shutdown)
            silent.send(json.dumps({"type": "authentication", "data": caller.token}))
        reader = websocket.create_connection(base, timeout=DEADLINE)
        stack.callback(reader.shutdown)
        reader.send(json.dumps({"type": "authentication", "data": caller.token}))
        assert json.loads(reader.recv())["type"] == "authenticated"
        check_others_are_served(caller)
        assert caller.call("PUT", url, numbered_job(5))[0] == 200
        assert caller.call("POST", f"{JOBS}/{job_id}/jobDataUploaded")[0] == 200
        status = ""
        while status != "COMPLETED":
            status = json.loads(reader.recv())["data"]["status"]


def test_a_service_with_slow_clients_still_stops(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", settings={"workers": 1}) as service:
        with contextlib.closing(PlainCaller(service.url)) as caller:
            caller.log_in(service.token)
            _, url = draft(caller)
        head = f"PUT {path_of(url)} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1"
        with crowd(service, head.encode()):
            assert service.stop() == 0
