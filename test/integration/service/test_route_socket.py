# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The status websocket, as the original client speaks to it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

import pytest
import websocket
from service_api import DEADLINE, JOBS, Api, close_code, endless, receive, statuses

from qiskit_ibmq_provider.service.testing import ServiceProcess

NOBODY = "0123456789abcdef01234567"
SOCKET_SECONDS = 2.0


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service that runs one job at a time and has little patience with websocket clients."""
    settings = {"workers": 1, "socket_seconds": SOCKET_SECONDS}
    with ServiceProcess(tmp_path_factory.mktemp("narrow") / "data", settings=settings) as service:
        with Api(service) as caller:
            yield caller


@pytest.mark.parametrize("path", ["/status/v/1", "/status"])
def test_a_job_that_is_over_is_told_at_once_and_the_client_closes_first(api: Api, path: str) -> None:
    job_id = api.submit()
    assert api.wait(job_id) == "COMPLETED"
    with api.socket(job_id, path=path) as connection:
        assert receive(connection) == {"type": "authenticated"}
        (status,) = statuses(connection)
        assert (status["id"], status["status"]) == (job_id, "COMPLETED")
        assert "infoQueue" not in status
        connection.send_close(1000)
        assert close_code(connection) == 1000


def test_a_client_that_does_not_close_is_closed_after_a_while(narrow: Api) -> None:
    job_id = narrow.submit()
    with narrow.socket(job_id) as connection:
        receive(connection)
        statuses(connection)
        started = time.monotonic()
        assert close_code(connection) == 4002
        assert time.monotonic() - started >= 0.8 * SOCKET_SECONDS


def test_each_change_of_status_and_of_the_place_in_the_queue_is_told_once(narrow: Api) -> None:
    blocker = narrow.submit(endless())
    with narrow.socket(blocker) as connection:
        receive(connection)
        statuses(connection, until=["RUNNING"])
    second, third = narrow.submit(endless()), narrow.submit()
    with narrow.socket(third) as connection:
        receive(connection)
        (first_frame,) = statuses(connection, until=["QUEUED"])
        assert first_frame["infoQueue"]["position"] == 2
        assert first_frame["infoQueue"]["status"] == "PENDING_IN_QUEUE"
        narrow.post(f"{JOBS}/{blocker}/cancel")
        (moved,) = statuses(connection, until=["QUEUED"])
        assert moved["infoQueue"]["position"] == 1
        narrow.post(f"{JOBS}/{second}/cancel")
        seen = statuses(connection)
        assert [status["status"] for status in seen] == ["RUNNING", "COMPLETED"]


def test_cancelling_a_running_job_is_told(narrow: Api) -> None:
    job_id = narrow.submit(endless())
    with narrow.socket(job_id) as connection:
        receive(connection)
        statuses(connection, until=["RUNNING"])
        narrow.post(f"{JOBS}/{job_id}/cancel")
        assert statuses(connection)[-1]["status"] == "CANCELLED"


def test_an_unknown_job_closes_with_4003_after_authentication(api: Api) -> None:
    for job_id in (NOBODY, "x"):
        with api.socket(job_id) as connection:
            assert receive(connection) == {"type": "authenticated"}
            assert close_code(connection) == 4003


@pytest.mark.parametrize("first", [
    {"type": "authentication", "data": "wrong"},
    {"type": "authentication", "data": ""},
    {"type": "authentication", "data": None},
    {"type": "authentication", "data": {"token": "x"}},
    {"type": "something"},
    {"type": 7},
    [],
    None,
])  # fmt: skip
def test_without_a_valid_token_the_first_frame_is_a_refusal(api: Api, first: object) -> None:
    with api.socket(NOBODY, token="") as connection:
        connection.send(json.dumps(first))
        frame = receive(connection)
        assert frame["type"] == "authentication-failed"
        assert frame["data"]["code"] == 3447
        assert close_code(connection) == 1008


@pytest.mark.parametrize("opcode", [websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY])
def test_a_first_frame_that_is_no_json_is_refused(api: Api, opcode: int) -> None:
    with api.socket(NOBODY, token="") as connection:
        connection.send(b"\x00{", opcode)
        assert receive(connection)["type"] == "authentication-failed"


def test_a_token_in_the_address_is_not_enough(api: Api) -> None:
    with api.socket(NOBODY, token="", path=f"/status/v/1?access_token={api.token}") as connection:
        connection.send(json.dumps({"type": "authentication", "data": ""}))
        assert receive(connection)["type"] == "authentication-failed"


def test_a_client_that_says_nothing_is_refused_in_time(narrow: Api) -> None:
    with narrow.socket(NOBODY, token="") as connection:
        assert receive(connection)["type"] == "authentication-failed"
        assert close_code(connection) == 1008


def test_the_token_may_come_in_a_binary_frame_and_further_frames_are_ignored(narrow: Api) -> None:
    job_id = narrow.submit(endless())
    with narrow.socket(job_id, token="") as connection:
        connection.send_binary(json.dumps({"type": "authentication", "data": narrow.token}).encode())
        assert receive(connection) == {"type": "authenticated"}
        statuses(connection, until=["RUNNING"])
        connection.send("hello")
        connection.send_binary(b"\xff\x00")
        connection.ping("are you there")
        opcode, data = connection.recv_data(control_frame=True)
        assert (opcode, data) == (websocket.ABNF.OPCODE_PONG, b"are you there")
        narrow.post(f"{JOBS}/{job_id}/cancel")
        assert statuses(connection)[-1]["status"] == "CANCELLED"


def test_a_frame_that_is_far_too_long_ends_the_connection(api: Api) -> None:
    with api.socket(NOBODY, token="") as connection:
        # The service closes without reading the rest, so its last words may be lost.
        with contextlib.suppress(ConnectionError):
            connection.send("x" * 1_000_000)
            assert close_code(connection) == 1009


def test_unknown_paths_are_refused_at_the_handshake(api: Api) -> None:
    url = api.service.url.replace("http", "ws", 1)
    for path in ("/ws/jobs", f"/jobs/{NOBODY}/status/v/1", f"/ws/jobs/{NOBODY}"):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            websocket.create_connection(url + path, timeout=DEADLINE)
        assert caught.value.status_code == 403


def test_many_sockets_wait_for_the_same_job(narrow: Api) -> None:
    blocker, job_id = narrow.submit(endless()), narrow.submit()
    managers = [narrow.socket(job_id) for _ in range(30)]
    connections = [manager.__enter__() for manager in managers]
    for connection in connections:
        receive(connection)
        statuses(connection, until=["QUEUED"])
    narrow.post(f"{JOBS}/{blocker}/cancel")
    assert {statuses(connection)[-1]["status"] for connection in connections} == {"COMPLETED"}
    for manager in managers:
        manager.__exit__(None, None, None)


def test_a_stopping_service_does_not_wait_for_sockets(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        ServiceProcess(tmp_path_factory.mktemp("stop") / "data", settings={"workers": 1}) as service,
        Api(service) as api,
    ):
        job_id = api.submit(endless())
        with api.socket(job_id) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
            started = time.monotonic()
            assert service.stop() == 0
            assert time.monotonic() - started < 8
            assert close_code(connection) in (1001, 1012)


def test_text_that_is_no_text_in_the_same_packet_as_a_close_just_ends_the_connection(api: Api) -> None:
    # Opcode, length, a mask of zeros, and the payload.
    invalid_text, close = b"\x81\x81\0\0\0\0\xe0", b"\x88\x82\0\0\0\0\x03\xe8"
    for frames in (invalid_text, invalid_text + close, close + invalid_text, 3 * invalid_text + close):
        with api.socket("0" * 24, token="") as connection:
            connection.sock.sendall(frames)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while part := connection.sock.recv(1000):
                    received += part
            assert received[:1] in (b"", b"\x88")
    assert "Fatal error" not in api.service.log() and "UnicodeDecodeError" not in api.service.log()
    assert api.get("/version")
