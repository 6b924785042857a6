# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Waiting for a job: by websocket, beside it, and without it; and the websocket client by itself."""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from support.scripted_server import (
    Peer,
    ScriptedServer,
    answer,
    drip_headers,
    drop,
    hang,
    raw,
    redirect,
    status,
    talk,
)
from support.transport import (
    ACCESS_TOKEN,
    JOB_ID,
    QUICK,
    STATUS,
    WS_STATUS,
    account_client,
    credentials_for,
    done_then_closed,
    garbled,
    refused,
    scripted_login,
    session_for,
    silent,
    until,
)

from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient, WebsocketClient
from qiskit_ibmq_provider.api.clients.final_status import FinalStatusWait
from qiskit_ibmq_provider.api.exceptions import UserTimeoutExceededError

LOGGER = "qiskit.providers.ibmq"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        running.on("GET", STATUS, answer({"status": "QUEUED"}))
        yield running


def test_a_job_that_is_over_needs_no_websocket(server):
    server.on("GET", STATUS, *until("COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
    assert server.paths() == [STATUS]


def test_each_change_comes_by_websocket_in_the_thread_that_waits(server):
    seen, codes, tokens = [], queue.Queue(), queue.Queue()

    def script(peer: Peer) -> None:
        tokens.put(peer.authenticate())
        peer.status("QUEUED", infoQueue={"position": 2})
        peer.status("QUEUED", infoQueue={"position": 2})
        peer.send({"type": "heartbeat", "data": {}})
        peer.status("QUEUED", infoQueue={"position": 1})
        peer.send(b'{"type": "job-status", "data": {"status": "RUNNING"}}', opcode=2)
        peer.status("COMPLETED")
        codes.put(peer.until_closed())

    server.on("WS", WS_STATUS, talk(script))
    record = account_client(server).job_final_status(
        JOB_ID,
        status_queue=SimpleNamespace(
            put=lambda each: seen.append(
                (threading.current_thread(), each.status, each.queue and each.queue.position)
            )
        ),
    )
    assert record.status == "COMPLETED"
    assert [entry[1:] for entry in seen] == [
        ("QUEUED", None),
        ("QUEUED", 2),
        ("QUEUED", 1),
        ("RUNNING", None),
    ]
    assert {entry[0] for entry in seen} == {threading.current_thread()}
    assert tokens.get(timeout=10) == ACCESS_TOKEN
    assert codes.get(timeout=10) == 1000


def test_the_thread_of_the_websocket_ends_with_the_wait(server):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.until_closed()

    server.on("WS", WS_STATUS, talk(script))
    with pytest.raises(UserTimeoutExceededError):
        account_client(server).job_final_status(JOB_ID, timeout=0.2)
    for thread in threading.enumerate():
        if thread.name.startswith("ibmq-status"):
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    "state", ["CANCELLED", "ERROR_RUNNING_JOB", "ERROR_VALIDATING_JOB", "ERROR_CREATING_JOB"]
)
def test_every_final_status_ends_the_wait(server, state):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status(state)
        peer.until_closed()

    server.on("WS", WS_STATUS, talk(script))
    assert account_client(server).job_final_status(JOB_ID).status == state


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4001, 4002, 4003, None])
def test_a_close_right_after_the_final_status_is_no_failure(server, code, caplog):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.status("COMPLETED")
        if code is not None:
            peer.close(code)

    caplog.set_level(logging.INFO, LOGGER)
    server.on("WS", WS_STATUS, talk(script))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
    assert "retrying using HTTP" not in caplog.text
    assert server.paths("GET") == [STATUS]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4001, 4002, 4003, None])
def test_a_close_after_a_status_that_is_not_final_does_not_end_the_wait(server, code):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        if code is not None:
            peer.close(code)

    server.on("WS", WS_STATUS, talk(script))
    server.on("GET", STATUS, *until("QUEUED", "RUNNING", "COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"


def test_a_broken_websocket_is_opened_again(server):
    def broken(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")

    server.on("GET", STATUS, *until("RUNNING"))
    server.on("WS", WS_STATUS, talk(broken), talk(done_then_closed))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
    assert len(server.wait_for("WS", WS_STATUS, 2)) == 2


def masked_wrongly(peer: Peer) -> None:
    peer.authenticate()
    peer.exchange.send(b"\xff\xff\xff\xff\xff")


def silent_then_gone(peer: Peer) -> None:
    peer.authenticate()
    peer.status("RUNNING")
    peer.exchange.server.closing.wait(0.1)


def endless_frame(peer: Peer) -> None:
    peer.authenticate()
    peer.exchange.send(b"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "act",
    [
        status(404),
        status(403),
        status(503),
        drop,
        redirect("ws://127.0.0.1:1/elsewhere"),
        raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        raw(b"garbage\r\n\r\n"),
        talk(lambda peer: None),
        talk(refused),
        talk(garbled),
    ],
)
def test_any_failure_of_the_websocket_falls_back_to_polling(server, act, caplog):
    caplog.set_level(logging.INFO, LOGGER)
    server.on("WS", WS_STATUS, act)
    polls = threading.Semaphore(0)

    def count(exchange: Any) -> None:
        # The job is over once the websocket has been given up.
        over = "retrying using HTTP" in caplog.text
        answer({"status": "COMPLETED" if over else "RUNNING"})(exchange)
        polls.release()

    server.on("GET", STATUS, count)
    assert account_client(server).job_final_status(JOB_ID, timeout=30).status == "COMPLETED"
    assert [record.levelname for record in caplog.records if "retrying using HTTP" in record.message] == [
        "INFO"
    ]


@pytest.mark.parametrize("script", [masked_wrongly, silent_then_gone, endless_frame])
def test_while_a_websocket_is_being_opened_again_requests_go_on(server, script):
    server.on("WS", WS_STATUS, talk(script))
    server.on("GET", STATUS, *until("RUNNING", "RUNNING", "RUNNING", "COMPLETED"))
    began = time.monotonic()
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://127.0.0.1:1/", "ws://127.0.0.1:1/", "ws://no-such-host.invalid/"]
)
def test_a_bad_websocket_url_falls_back_to_polling(server, url):
    server.on("GET", STATUS, *until("RUNNING", "RUNNING", "COMPLETED"))
    session = session_for(server.url, access_token=ACCESS_TOKEN)
    client = AccountClient(credentials_for(server, websockets_url=url), session=session)
    assert client.job_final_status(JOB_ID, timeout=30).status == "COMPLETED"


@pytest.mark.parametrize("act", [hang, drip_headers(0.05)])
def test_a_websocket_that_never_opens_does_not_hold_the_wait_up(server, act):
    server.on("WS", WS_STATUS, act)
    server.on("GET", STATUS, *until("RUNNING", "RUNNING", "COMPLETED"))
    began = time.monotonic()
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
    assert time.monotonic() - began < 4


def test_a_silent_websocket_is_noticed(server):
    server.on("WS", WS_STATUS, talk(silent))
    server.on("GET", STATUS, *until("QUEUED", "RUNNING", "COMPLETED"))
    client = account_client(server)
    wait = FinalStatusWait(
        JOB_ID,
        ask=lambda seconds: client.job_status(JOB_ID),
        open_stream=lambda on_event: WebsocketClient(
            server.ws_url + "/ws/", credentials_for(server), JOB_ID, on_event=on_event
        ),
        limits=dataclasses.replace(QUICK, websocket_silence=0.3),
    )
    began = time.monotonic()
    assert wait.run().status == "COMPLETED"
    assert 0.5 < time.monotonic() - began < 4


def test_an_exception_of_the_callback_ends_the_wait(server):
    class Own(Exception):
        """Raised by the callback."""

    def callback(record: object) -> None:
        raise Own

    with pytest.raises(Own):
        account_client(server).job_final_status(JOB_ID, status_queue=SimpleNamespace(put=callback))


def test_jobs_are_waited_for_side_by_side(server):
    server.on("WS", WS_STATUS, talk(done_then_closed))
    client, found = account_client(server), queue.Queue()
    threads = [
        threading.Thread(target=lambda: found.put(client.job_final_status(JOB_ID).status)) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [found.get(timeout=1) for _ in threads] == ["COMPLETED"] * 10


def test_a_websocket_that_was_refused_for_an_old_token_is_opened_again_with_the_new_one(server):
    scripted_login(server)
    server.on("POST", "/users/loginWithToken", answer({"id": "old-token"}), answer({"id": "new-token"}))
    credentials = credentials_for(server, access_token=None)
    auth = AuthClient(credentials.token, server.url, session=session_for(server.url))
    client = AccountClient(credentials, session=auth.session)
    refusals = queue.Queue()

    def judge(peer: Peer) -> None:
        first = peer.receive()
        if first is not None and b"new-token" in first.data:
            peer.send({"type": "authenticated"})
            peer.status("COMPLETED")
        else:
            refusals.put(first)
        peer.until_closed() if b"new-token" in first.data else None

    def by_token(exchange: Any) -> None:
        expired = exchange.request.headers["x-access-token"] == "old-token" and not refusals.empty()
        (status(401) if expired else answer({"status": "RUNNING"}))(exchange)

    server.on("WS", WS_STATUS, talk(judge))
    server.on("GET", STATUS, by_token)
    assert client.job_final_status(JOB_ID, timeout=20).status == "COMPLETED"
    assert len(server.paths("WS")) == 2
