# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What users of the original rely on, by number: HTTP, login, proxies, websockets, JSON."""

from __future__ import annotations

import importlib
import json
import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from support.scripted_server import Peer, ScriptedServer, answer, drop, raw, status, talk
from support.transport import (
    ACCESS_TOKEN,
    API_TOKEN,
    JOB,
    JOB_ID,
    PROJECT,
    WS_STATUS,
    account_client,
    credentials_for,
    done_then_closed,
    garbled,
    job_document,
    refused,
    scripted_login,
    scripted_submission,
    session_for,
)

from qiskit_ibmq_provider.api import session as session_module
from qiskit_ibmq_provider.api.clients import AuthClient, VersionClient, WebsocketClient, websocket
from qiskit_ibmq_provider.api.clients.base import WebsocketClientCloseCode
from qiskit_ibmq_provider.api.exceptions import (
    ApiError,
    RequestsApiError,
    WebsocketError,
    WebsocketTimeoutError,
)
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.utils.json_encoder import IQXJsonEncoder

STATUS = f"{JOB}/status/v/1"
WAIT = 120


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_login(running)
        yield running


# HTTP.


def test_82_the_text_and_the_code_of_the_server_are_told(ibmq_provider):
    with pytest.raises(RequestsApiError) as failed:
        ibmq_provider._api_client.job_get("no-such-job")
    assert (failed.value.status_code, failed.value.code) == (404, 3250)
    assert "no-such-job" in failed.value.message
    assert failed.value.message.endswith("Error code: 3250.")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "400"),
        (b"plain words", "plain words"),
        (b'"a text"', "a text"),
        (b'{"error": "only a text"}', "only a text"),
        (b'{"error": {"message": null}}', "400"),
        (b'{"errors": [1]}', "errors"),
        (b"\xff\xfe", "400"),
    ],
)
def test_82_an_error_body_of_any_shape_is_reported(server, body, told):
    server.on("GET", f"{JOB}/v/1", status(400, body))
    with pytest.raises(RequestsApiError, match=told):
        account_client(server).job_get(JOB_ID)


def test_83_the_access_token_is_in_no_text_of_the_chain(server):
    server.on("GET", f"{JOB}/v/1", status(400, f"you sent {ACCESS_TOKEN}".encode()))
    server.on("GET", STATUS, drop)
    client = account_client(server)
    for call in (client.job_get, client.job_status):
        with pytest.raises(ApiError) as failed:
            call(JOB_ID)
        error: Any = failed.value
        while error is not None:
            assert ACCESS_TOKEN not in f"{error} {error!r} {vars(error)}"
            assert getattr(error, "request", None) is None
            error = error.__cause__ or error.__context__


def test_84_a_504_is_retried_also_for_post_and_put(server):
    scripted_submission(server)
    for method, path in (
        ("POST", f"{PROJECT}/Jobs"),
        ("PUT", "/upload"),
        ("POST", f"{JOB}/jobDataUploaded"),
    ):
        server.on(method, path, status(504), *server.acts(method, path))
    assert account_client(server).job_submit("campus_5q", {}).id == JOB_ID
    assert len(server.paths()) == 6


def test_84_five_retries_at_most(server):
    server.on("GET", f"{JOB}/v/1", status(504))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_get(JOB_ID)
    assert failed.value.status_code == 504
    assert len(server.paths()) == 6


def test_85_a_custom_header_is_added_for_each_client(server, monkeypatch):
    server.on("GET", f"{JOB}/v/1", answer(job_document("RUNNING")))
    sent = []
    for value in ("batman", "robin", ""):
        monkeypatch.setenv("QE_CUSTOM_CLIENT_APP_HEADER", value)
        account_client(server).job_get(JOB_ID)
        sent.append(server.requests[-1].headers["x-qx-client-application"])
    assert sent[0].endswith("/batman")
    assert sent[1].endswith("/robin")
    assert sent[2] and "batman" not in sent[2]


# Login.


def test_86_a_bad_token(ibmq_service):
    with pytest.raises(ApiError):
        AuthClient("INVALID_TOKEN", ibmq_service.url)
    with pytest.raises(ApiError) as failed:
        IBMQFactory().enable_account("INVALID_TOKEN", ibmq_service.url)
    assert failed.value.status_code == 401


@pytest.mark.parametrize("url", ["{url}/no/api", "INVALID_URL", "http://", "ftp://127.0.0.1/api", ""])
def test_86_a_bad_url(ibmq_service, url):
    with pytest.raises(ApiError):
        AuthClient(ibmq_service.token, url.format(url=ibmq_service.url.rsplit("/api", 1)[0]))


# Proxies. The scripted server is the proxy: it is asked for a host that does not exist.


@pytest.mark.parametrize("form", ["http://{at}", "//{at}", "http://user:pass-word@{at}"])
def test_87_a_proxy_is_used_for_version_login_and_api(server, form):
    url = "http://api.example.org"
    server.on("GET", "/users/me", answer({"urls": {"http": url, "ws": "ws://api.example.org/ws/"}}))
    server.on("GET", f"{JOB}/v/1", answer(job_document("RUNNING")))
    proxies = {"http": form.format(at=f"127.0.0.1:{server.port}")}
    assert VersionClient(url, proxies=proxies).version().is_authentication_api
    client = AuthClient(API_TOKEN, url, session=session_for(url, proxies=proxies))
    assert client.session.request("GET", f"{JOB}/v/1", read=dict)["id"] == JOB_ID
    assert len(server.requests) == 4
    assert all(request.target.startswith(url) for request in server.requests)
    basic = [request.headers.get("proxy-authorization", "") for request in server.requests]
    assert all(each.startswith("Basic ") for each in basic) is ("@" in form)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "http://not-there.invalid:8080"])
def test_87_a_bad_proxy(proxy):
    session = session_for("http://api.example.org", proxies={"http": proxy}, retries_connect=1)
    with pytest.raises(RequestsApiError, match="ProxyError") as failed:
        session.request("GET", "/version", read=dict)
    assert isinstance(failed.value.__cause__, requests.exceptions.ProxyError)


# Websockets.


def websocket_client(server: ScriptedServer, **options: Any) -> WebsocketClient:
    return WebsocketClient(server.ws_url + "/ws/", credentials_for(server), JOB_ID, **options)


def closing(code: int) -> Any:
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.close(code)

    return talk(script)


def test_88_a_refused_connection():
    with ScriptedServer() as gone:
        client = websocket_client(gone)
    with pytest.raises(WebsocketError):
        client.get_job_status(retries=1, backoff_factor=0.01)


def test_88_garbage_after_login(server):
    server.on("WS", WS_STATUS, talk(garbled))
    with pytest.raises(WebsocketError):
        websocket_client(server).get_job_status(backoff_factor=0.01)


def test_88_an_unknown_job_is_not_retried(server):
    server.on("WS", WS_STATUS, closing(4003))
    with pytest.raises(WebsocketError):
        websocket_client(server).get_job_status(backoff_factor=0.01)
    assert len(server.paths("WS")) == 1


def test_88_an_internal_error_is_retried(server):
    server.on("WS", WS_STATUS, closing(4001))
    with pytest.raises(WebsocketError):
        websocket_client(server).get_job_status(retries=2, backoff_factor=0.01)
    assert len(server.paths("WS")) == 3
    server.on("WS", WS_STATUS, closing(4001), talk(done_then_closed))
    assert websocket_client(server).get_job_status(backoff_factor=0.01)["status"] == "COMPLETED"


def test_89_the_normal_end_gives_the_last_message(server):
    def script(peer: Peer) -> None:
        peer.authenticate()
        for each in ("QUEUED", "RUNNING"):
            peer.status(each)
        peer.close(4002)

    server.on("WS", WS_STATUS, talk(script))
    messages: queue.Queue[Any] = queue.Queue()
    assert websocket_client(server, message_queue=messages).get_job_status()["status"] == "RUNNING"
    assert [messages.get_nowait().status for _ in range(2)] == ["QUEUED", "RUNNING"]


def test_90_a_timeout(server):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.until_closed()

    server.on("WS", WS_STATUS, talk(script))
    client = websocket_client(server)
    timer = threading.Timer(0.2, client.disconnect, [WebsocketClientCloseCode.TIMEOUT])
    timer.start()
    with pytest.raises(WebsocketTimeoutError):
        client.get_job_status()
    timer.join()


def test_90_the_module_can_be_reloaded_in_a_thread():
    failures: list[BaseException] = []
    spec = importlib.util.find_spec(websocket.__name__)

    def load() -> None:
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except BaseException as err:  # noqa: BLE001 - handed to the test
            failures.append(err)

    thread = threading.Thread(target=load)
    thread.start()
    thread.join(30)
    assert failures == []


@pytest.mark.parametrize(
    "act",
    [status(404), status(403), drop, raw(b"not http\r\n\r\n"), talk(refused), closing(4003)],
    ids=["404", "403", "dropped", "no http", "token refused", "no such job"],
)
def test_91_any_failure_falls_back_to_polling(server, caplog, act):
    caplog.set_level(logging.INFO, "qiskit.providers.ibmq")
    server.on("WS", WS_STATUS, act)
    server.on(
        "GET", STATUS, *[answer(job_document(each)) for each in ("QUEUED", "RUNNING", "RUNNING", "COMPLETED")]
    )
    assert account_client(server).job_final_status(JOB_ID, timeout=60).status == "COMPLETED"
    told = [record for record in caplog.records if "retrying using HTTP" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.INFO]


def test_91_while_the_websocket_brings_garbage_requests_go_on(server):
    server.on("WS", WS_STATUS, talk(garbled))
    server.on("GET", STATUS, *[answer(job_document(each)) for each in ("QUEUED", "RUNNING", "COMPLETED")])
    assert account_client(server).job_final_status(JOB_ID, timeout=60).status == "COMPLETED"


@pytest.mark.parametrize("ws_url", ["wss://127.0.0.1:1/ws/", "not a url", ""])
def test_91_a_bad_websocket_url_falls_back_to_polling(ibmq_service, ibmq_backend, ws_url):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    provider = IBMQFactory().enable_account(ibmq_service.token, ibmq_service.url)
    provider.credentials.websockets_url = ws_url
    jobs = [provider.get_backend(ibmq_backend.name()).run(circuit, shots=10) for _ in range(3)]
    assert [job.result(timeout=WAIT).get_counts() for job in jobs] == [{"0": 10}] * 3


def test_91_several_jobs_wait_in_parallel(ibmq_backend):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    jobs = [ibmq_backend.run(circuit, shots=10) for _ in range(4)]
    threads = [threading.Thread(target=job.wait_for_final_state, args=[WAIT]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert all(job.done() for job in jobs)


# JSON.


def test_107_the_json_encoder():
    theta = Parameter("theta")
    encoded = json.dumps(
        {
            "real": theta.bind({theta: 0.2}),
            "complex": theta.bind({theta: 0.2 + 1j}),
            "number": 1 + 2j,
            theta: "a parameter as key",
            None: "null",
            3: [np.array([1, 2]), np.array([1j])],
        },
        cls=IQXJsonEncoder,
    )
    assert list(json.loads(encoded).items()) == [
        ("real", 0.2),
        ("complex", [0.2, 1.0]),
        ("number", [1.0, 2.0]),
        ("theta", "a parameter as key"),
        ("null", "null"),
        ("3", [[1, 2], [[0.0, 1.0]]]),
    ]


def test_85_the_name_of_the_variable_is_where_the_original_has_it():
    assert session_module.CUSTOM_HEADER_ENV_VAR == "QE_CUSTOM_CLIENT_APP_HEADER"
