# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Waiting for a job: by websocket, beside it, and without it; and the websocket client by itself."""

from __future__ import annotations

import contextlib
import logging
import queue
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
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
    JOB,
    JOB_ID,
    WS_STATUS,
    account_client,
    credentials_for,
    scripted_login,
    session_for,
)

from qiskit_ibmq_provider.api.clients import (
    AccountClient,
    AuthClient,
    WebsocketClient,
    WebsocketClientCloseCode,
)
from qiskit_ibmq_provider.api.clients._connection import Closed, Connection
from qiskit_ibmq_provider.api.clients._final_status import FinalStatusWait
from qiskit_ibmq_provider.api.exceptions import (
    ApiError,
    RequestsApiError,
    UserTimeoutExceededError,
    WebsocketAuthenticationError,
    WebsocketError,
    WebsocketIBMQProtocolError,
    WebsocketRetryableError,
    WebsocketTimeoutError,
)
from qiskit_ibmq_provider.api.redaction import Redactor

STATUS = f"{JOB}/status/v/1"
TLS = Path(__file__).parent.parent / "support" / "tls"
LOGGER = "qiskit.providers.ibmq"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        running.on("GET", STATUS, answer({"status": "QUEUED"}))
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll ten times as often."""
    monkeypatch.setattr("qiskit_ibmq_provider.api.backoff.POLL_SHORTEST", 0.05)
    monkeypatch.setattr("qiskit_ibmq_provider.api.clients._final_status.POLL_SHORTEST", 0.05)


def until(*statuses: str) -> list[Any]:
    """Return answers of the status request, one after another."""
    return [answer({"status": each}) for each in statuses]


def done_then_closed(peer: Peer) -> None:
    peer.authenticate()
    peer.status("COMPLETED")
    peer.until_closed()


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
        on_status=lambda each: seen.append(
            (threading.current_thread(), each.status, each.queue and each.queue.position)
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


def refused(peer: Peer) -> None:
    peer.receive()
    peer.send({"type": "error", "data": "no"})
    peer.until_closed()


def garbled(peer: Peer) -> None:
    peer.authenticate()
    peer.send("this is not JSON")
    peer.until_closed()


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


def silent(peer: Peer) -> None:
    peer.authenticate()
    peer.status("RUNNING")
    peer.until_closed()


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
        timeout=None,
        wait=None,
        on_status=None,
        silence_limit=0.3,
    )
    began = time.monotonic()
    assert wait.run().status == "COMPLETED"
    assert 0.5 < time.monotonic() - began < 4


@pytest.mark.parametrize("timeout", [0, -1, 0.3])
@pytest.mark.parametrize("act", [talk(silent), drop, hang])
def test_a_timeout_is_kept(server, act, timeout):
    server.on("WS", WS_STATUS, act)
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError, match="was not over after") as failed:
        account_client(server).job_final_status(JOB_ID, timeout=timeout)
    assert time.monotonic() - began < max(0.0, timeout) + 1.5
    assert "its status is" in failed.value.message


def test_a_timeout_of_zero_asks_once(server):
    with pytest.raises(UserTimeoutExceededError):
        account_client(server).job_final_status(JOB_ID, timeout=0)
    assert server.paths() == [STATUS]
    server.on("GET", STATUS, *until("COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID, timeout=0).status == "COMPLETED"


def test_a_server_that_hangs_does_not_stretch_the_timeout(server):
    server.on("GET", STATUS, hang)
    server.on("WS", WS_STATUS, hang)
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError, match="status is not known"):
        account_client(server, timeout=(5.0, 60.0), total_timeout=60.0).job_final_status(JOB_ID, timeout=0.5)
    assert time.monotonic() - began < 5


def test_what_happened_just_before_the_timeout_counts(server, monkeypatch):
    monkeypatch.setattr("qiskit_ibmq_provider.api.clients._final_status._FRESH", 0.0)
    server.on("WS", WS_STATUS, talk(silent))
    server.on("GET", STATUS, *until("QUEUED", "COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID, timeout=0.5).status == "COMPLETED"


def test_the_caller_sets_the_pace_of_polling(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, *until("QUEUED", "QUEUED", "QUEUED", "COMPLETED"))
    began = time.monotonic()
    assert account_client(server).job_final_status(JOB_ID, wait=0.4).status == "COMPLETED"
    assert 1.1 < time.monotonic() - began < 3


def test_the_caller_is_called_back_at_intervals(server):
    server.on("WS", WS_STATUS, talk(silent))
    instants: list[float] = []
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError):
        account_client(server).job_final_status(
            JOB_ID, timeout=1.1, tick=0.25, on_tick=lambda: instants.append(time.monotonic() - began)
        )
    assert [round(instant / 0.25) for instant in instants] == [1, 2, 3, 4]


@pytest.mark.parametrize("code", [400, 403, 404])
def test_a_refused_status_request_ends_the_wait(server, code):
    server.on("GET", STATUS, status(code))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_final_status(JOB_ID)
    assert failed.value.status_code == code
    assert server.paths("WS") == []


def test_status_requests_may_fail_for_a_while(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, *[status(503)] * 12, *until("RUNNING"), *[status(503)] * 12, *until("COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"


def test_status_requests_that_go_on_failing_end_the_wait(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, status(503))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_final_status(JOB_ID)
    assert failed.value.status_code == 503
    assert len(server.paths("GET")) == 18


def test_a_working_websocket_makes_up_for_failing_requests(server):
    server.on("GET", STATUS, status(503))
    server.on("WS", WS_STATUS, talk(done_then_closed))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"


def test_an_exception_of_the_callback_ends_the_wait(server):
    class Own(Exception):
        """Raised by the callback."""

    def callback(record: object) -> None:
        raise Own

    with pytest.raises(Own):
        account_client(server).job_final_status(JOB_ID, on_status=callback)


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


def test_a_websocket_over_tls_trusts_whom_http_trusts(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    with ScriptedServer(context) as server:
        server.on("WS", WS_STATUS, talk(done_then_closed))
        url = server.ws_url + "/ws/"
        unverified = credentials_for(server, verify=False)
        assert WebsocketClient(url, unverified, JOB_ID).get_job_status().status == "COMPLETED"
        with pytest.raises(WebsocketError, match="certificate"):
            WebsocketClient(url, credentials_for(server), JOB_ID).get_job_status()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TLS / "certificate.pem"))
        assert WebsocketClient(url, credentials_for(server), JOB_ID).get_job_status().status == "COMPLETED"


def test_a_websocket_goes_through_the_proxy_of_the_account(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.on("CONNECT", "80", status(200))
    server.on("WS", WS_STATUS, talk(done_then_closed))
    proxies = {"urls": {"http": server.url.replace("://", "://user:password@")}}
    credentials = credentials_for(server, proxies=proxies)
    assert (
        WebsocketClient("ws://api.example.org/ws/", credentials, JOB_ID).get_job_status().status
        == "COMPLETED"
    )
    tunnel = server.requests[0]
    assert tunnel.target == "api.example.org:80"
    assert tunnel.headers["proxy-authorization"].startswith("Basic ")


def test_a_websocket_of_this_machine_needs_no_proxy(server, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.on("WS", WS_STATUS, talk(done_then_closed))
    assert websocket_client(server).get_job_status().status == "COMPLETED"


def test_a_proxy_that_is_not_there_is_a_websocket_error(server):
    proxies = {"urls": {"http": "http://user:pass-word@127.0.0.1:1"}}
    client = WebsocketClient("ws://api.example.org/ws/", credentials_for(server, proxies=proxies), JOB_ID)
    with pytest.raises(WebsocketError, match="cannot be opened") as failed:
        client.get_job_status()
    assert "pass-word" not in failed.value.message


# The websocket client by itself.


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
    assert websocket_client(server, message_queue=messages).get_job_status().status == "COMPLETED"
    assert [messages.get_nowait().status for _ in range(3)] == ["QUEUED", "RUNNING", "COMPLETED"]


@pytest.mark.parametrize("code", [1000, 4002])
def test_a_clean_close_gives_the_last_status(server, code):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.close(code)

    server.on("WS", WS_STATUS, talk(script))
    assert websocket_client(server).get_job_status().status == "RUNNING"
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
    assert websocket_client(server).get_job_status(backoff_factor=0.01).status == "COMPLETED"


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


def connection(server: ScriptedServer, **options: Any) -> Connection:
    return Connection(
        server.ws_url + WS_STATUS, ssl_options={}, proxy_options={}, redactor=Redactor(), **options
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
    link = connection(server, ping_interval=0.1)
    link.open()
    assert link.receive() in ("after the pings", b"after the pings")
    link.close()
    assert [pings.get(timeout=5), pings.get(timeout=5)] == [9, 9]


def test_a_server_that_answers_no_ping_counts_as_gone(server, monkeypatch):
    monkeypatch.setattr("qiskit_ibmq_provider.api.clients._connection._PONG_TIMEOUT", 0.1)
    server.on("WS", WS_STATUS, talk(lambda peer: hang(peer.exchange)))
    link = connection(server, ping_interval=0.1)
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
    link = connection(server, ping_interval=0.02)
    link.open()
    assert [
        bytes(link.receive(), "utf8") if isinstance(item, str) else item
        for item in (link.receive(), link.receive())
    ]
    link.close()
