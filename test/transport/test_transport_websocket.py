# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The websocket client by itself: TLS, proxies, closes, retries, pings."""

from __future__ import annotations

import contextlib
import queue
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.scripted_server import Peer, ScriptedServer, hang, redirect, status, talk
from support.transport import JOB_ID, WS_STATUS, credentials_for, done_then_closed, garbled, refused, silent

from qiskit_ibmq_provider.api.clients import WebsocketClient, WebsocketClientCloseCode
from qiskit_ibmq_provider.api.clients.base import Closed, WebsocketConnection
from qiskit_ibmq_provider.api.exceptions import (
    ApiError,
    WebsocketAuthenticationError,
    WebsocketError,
    WebsocketIBMQProtocolError,
    WebsocketRetryableError,
    WebsocketTimeoutError,
)
from qiskit_ibmq_provider.api.redaction import Redactor
from qiskit_ibmq_provider.api.time_limits import TimeLimits

TLS = Path(__file__).parent.parent / "support" / "tls"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def test_a_websocket_over_tls_trusts_whom_http_trusts(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    with ScriptedServer(context) as server:
        server.on("WS", WS_STATUS, talk(done_then_closed))
        url = server.ws_url + "/ws/"
        unverified = credentials_for(server, verify=False)
        assert WebsocketClient(url, unverified, JOB_ID).get_job_status()["status"] == "COMPLETED"
        with pytest.raises(WebsocketError, match="certificate"):
            WebsocketClient(url, credentials_for(server), JOB_ID).get_job_status()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TLS / "certificate.pem"))
        assert WebsocketClient(url, credentials_for(server), JOB_ID).get_job_status()["status"] == "COMPLETED"


def test_a_websocket_goes_through_the_proxy_of_the_account(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.on("CONNECT", "80", status(200))
    server.on("WS", WS_STATUS, talk(done_then_closed))
    proxies = {"urls": {"http": server.url.replace("://", "://user:password@")}}
    credentials = credentials_for(server, proxies=proxies)
    assert (
        WebsocketClient("ws://api.example.org/ws/", credentials, JOB_ID).get_job_status()["status"]
        == "COMPLETED"
    )
    tunnel = server.requests[0]
    assert tunnel.target == "api.example.org:80"
    assert tunnel.headers["proxy-authorization"].startswith("Basic ")


def test_a_websocket_of_this_machine_needs_no_proxy(server, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.on("WS", WS_STATUS, talk(done_then_closed))
    assert websocket_client(server).get_job_status()["status"] == "COMPLETED"


def test_a_proxy_that_is_not_there_is_a_websocket_error(server):
    proxies = {"urls": {"http": "http://user:pass-word@127.0.0.1:1"}}
    client = WebsocketClient("ws://api.example.org/ws/", credentials_for(server, proxies=proxies), JOB_ID)
    with pytest.raises(WebsocketError, match="cannot be opened") as failed:
        client.get_job_status()
    assert "pass-word" not in failed.value.message


def websocket_client(server: ScriptedServer, **options: Any) -> WebsocketClient:
    return WebsocketClient(server.ws_url + "/ws/", credentials_for(server), JOB_ID, **options)


def test_each_status_goes_into_the_queue_of_the_caller(server):
    def script(peer: Peer) -> None:
        peer.authenticate()
        for state in ("QUEUED", "RUNNING", "COMPLETED"):
            peer.status(state)
        peer.until_closed()

    messages: queue.Queue[Any] = queue.Queue()
    server.on("WS", WS_STATUS, talk(script))
    assert websocket_client(server, message_queue=messages).get_job_status()["status"] == "COMPLETED"
    assert [messages.get_nowait().status for _ in range(3)] == ["QUEUED", "RUNNING", "COMPLETED"]


@pytest.mark.parametrize("code", [1000, 4002])
def test_a_clean_close_gives_the_last_status(server, code):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.close(code)

    server.on("WS", WS_STATUS, talk(script))
    assert websocket_client(server).get_job_status()["status"] == "RUNNING"
    assert len(server.paths("WS")) == 1


def closing(code: int) -> Any:
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.close(code)

    return talk(script)


def test_an_unknown_job_is_not_asked_for_again(server):
    server.on("WS", WS_STATUS, closing(4003))
    with pytest.raises(WebsocketError, match="code 4003"):
        websocket_client(server).get_job_status()
    assert len(server.paths("WS")) == 1


def test_an_internal_error_is_retried_and_reported_after_the_retries(server):
    server.on("WS", WS_STATUS, closing(4001))
    with pytest.raises(WebsocketRetryableError, match="code 4001"):
        websocket_client(server).get_job_status(retries=2, backoff_factor=0.01)
    assert len(server.paths("WS")) == 3


def test_one_internal_error_does_no_harm(server):
    server.on("WS", WS_STATUS, closing(4001), talk(done_then_closed))
    assert websocket_client(server).get_job_status(backoff_factor=0.01)["status"] == "COMPLETED"


def test_a_status_that_is_no_news_does_not_make_the_retries_endless(server):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.close(4001)

    server.on("WS", WS_STATUS, talk(script))
    with pytest.raises(WebsocketRetryableError):
        websocket_client(server).get_job_status(retries=3, backoff_factor=0.01)
    assert len(server.paths("WS")) == 4


def test_messages_that_cannot_be_read_are_borne_twice(server):
    server.on("WS", WS_STATUS, talk(garbled))
    with pytest.raises(WebsocketIBMQProtocolError, match="cannot be read"):
        websocket_client(server).get_job_status(backoff_factor=0.01)
    assert len(server.paths("WS")) == 3


def test_a_refused_token_is_an_authentication_error(server):
    server.on("WS", WS_STATUS, talk(refused))
    with pytest.raises(WebsocketAuthenticationError):
        websocket_client(server).get_job_status()
    assert len(server.paths("WS")) == 1


def test_a_refused_connection_is_a_websocket_error():
    with ScriptedServer() as gone:
        client = websocket_client(gone)
    with pytest.raises(WebsocketError, match="cannot be opened.*refused"):
        client.get_job_status()


def test_the_token_does_not_follow_a_redirect(server):
    with ScriptedServer() as other:
        server.on("WS", WS_STATUS, redirect(other.ws_url + "/"))
        with pytest.raises(WebsocketError, match="cannot be opened"):
            websocket_client(server).get_job_status()
        assert other.requests == []


@pytest.mark.parametrize("act", [talk(silent), hang])
def test_a_timer_ends_the_reading(server, act):
    server.on("WS", WS_STATUS, act)
    client = websocket_client(server)
    ended: queue.Queue[Exception] = queue.Queue()

    def read() -> None:
        try:
            client.get_job_status()
        except ApiError as err:
            ended.put(err)

    reader = threading.Thread(target=read)
    reader.start()
    server.wait_for("WS", WS_STATUS)
    client.disconnect(WebsocketClientCloseCode.TIMEOUT)
    assert isinstance(ended.get(timeout=10), WebsocketTimeoutError)
    reader.join(10)


def connection(server: ScriptedServer, **limits: float) -> WebsocketConnection:
    return WebsocketConnection(
        server.ws_url + WS_STATUS,
        ssl_options={},
        proxy_options={},
        redactor=Redactor(),
        time_limits=TimeLimits(**limits),
    )


def test_silence_is_met_with_pings(server):
    pings: queue.Queue[int] = queue.Queue()

    def script(peer: Peer) -> None:
        for _ in range(2):
            frame = peer.receive()
            pings.put(frame.opcode)
            peer.frame(10, frame.data)
        peer.send("after the pings")
        peer.until_closed()

    server.on("WS", WS_STATUS, talk(script))
    link = connection(server, websocket_ping=0.1)
    link.open()
    assert link.receive() in ("after the pings", b"after the pings")
    link.close()
    assert [pings.get(timeout=5), pings.get(timeout=5)] == [9, 9]


def test_a_server_that_answers_no_ping_counts_as_gone(server):
    server.on("WS", WS_STATUS, talk(lambda peer: hang(peer.exchange)))
    link = connection(server, websocket_ping=0.1, websocket_pong=0.1)
    link.open()
    end = link.receive()
    link.release()
    assert isinstance(end, Closed)
    assert "does not answer a ping" in end.reason


def test_a_message_may_come_in_pieces_and_slowly(server):
    def script(peer: Peer) -> None:
        message = b"\x81\x05hello"
        for position in range(len(message)):
            peer.exchange.send(message[position : position + 1])
            peer.exchange.server.closing.wait(0.03)
        peer.sock.sendall(b"\x01\x02he\x00\x01l\x80\x02lo")
        with contextlib.suppress(OSError):
            peer.until_closed()

    server.on("WS", WS_STATUS, talk(script))
    link = connection(server, websocket_ping=0.02)
    link.open()
    assert [
        bytes(link.receive(), "utf8") if isinstance(item, str) else item
        for item in (link.receive(), link.receive())
    ]
    link.close()
