# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What other people's test suites build, replace and read of the transport, behind its public names."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from support.scripted_server import Peer, ScriptedServer, answer, status, talk
from support.transport import (
    ACCESS_TOKEN,
    API_TOKEN,
    JOB,
    JOB_ID,
    PROJECT,
    STATUS,
    WS_STATUS,
    account_client,
    credentials_for,
    done_then_closed,
    job_document,
    scripted_login,
    scripted_submission,
    session_for,
    silent,
    until,
)

from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient, websocket
from qiskit_ibmq_provider.api.exceptions import RequestsApiError, WebsocketError, WebsocketTimeoutError
from qiskit_ibmq_provider.api.rest.job import Job
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.utils.utils import RefreshQueue

WebsocketClient = websocket.WebsocketClient


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_login(running)
        yield running


def two_updates(peer: Peer) -> None:
    peer.authenticate()
    for each in ("RUNNING", "COMPLETED"):
        message = websocket.WebsocketResponseMethod(type_="job-status", data={"status": each})
        peer.send(message.as_json().encode())
    peer.close(4002)


# Built by others.


def test_a_websocket_client_needs_a_url_credentials_and_a_job_and_answers_with_a_dictionary(server):
    server.on("WS", WS_STATUS, talk(two_updates))
    url = server.ws_url + "/ws"
    credentials = Credentials(token="", url="", websockets_url=url, access_token=ACCESS_TOKEN)
    updates = RefreshQueue(maxsize=10)
    told = WebsocketClient(url, credentials, JOB_ID, updates).get_job_status()
    assert isinstance(told, dict)
    assert told["status"] == "COMPLETED"
    assert updates.qsize() == 2


def test_a_websocket_client_without_a_server_raises_its_own_error():
    credentials = Credentials(token="my_token", url="", websockets_url="wss://127.0.0.1:1")
    with pytest.raises(WebsocketError):
        WebsocketClient("wss://127.0.0.1:1", credentials, "job_id").get_job_status()


def test_messages_are_written_as_json():
    assert json.loads(websocket.WebsocketAuthenticationMessage("token").as_json()) == {
        "type": "authentication",
        "data": "token",
    }
    assert json.loads(websocket.WebsocketResponseMethod(type_="a", data={"b": 1}).as_json()) == {
        "type": "a",
        "data": {"b": 1},
    }


def test_the_halves_of_a_wait_can_be_called_alone(server):
    client = AccountClient(credentials_for(server))
    server.on("WS", WS_STATUS, talk(silent))
    with pytest.raises(WebsocketTimeoutError):
        client._job_final_status_websocket(JOB_ID, timeout=0.2)
    server.on("GET", STATUS, *until("RUNNING", "COMPLETED"))
    updates = RefreshQueue(maxsize=1)
    told = client._job_final_status_polling(JOB_ID, wait=0.01, status_queue=updates)
    assert told["status"] == "COMPLETED"
    assert updates.qsize() == 1
    server.on("WS", WS_STATUS, talk(done_then_closed))
    assert client._job_final_status_websocket(JOB_ID)["status"] == "COMPLETED"


def test_a_wait_puts_the_statuses_into_a_queue(server):
    server.on("GET", STATUS, *until("QUEUED"))
    server.on("WS", WS_STATUS, talk(two_updates))
    updates = RefreshQueue(maxsize=10)
    client = account_client(server)
    assert client.job_final_status(JOB_ID, timeout=30, status_queue=updates).status == "COMPLETED"
    assert [updates.get(block=False).status for _ in range(updates.qsize())] == ["QUEUED", "RUNNING"]


# Replaced by others.


def test_a_wait_asks_by_the_method_that_stands_in_the_class_at_the_time(server, caplog):
    caplog.set_level(logging.INFO, "qiskit.providers.ibmq")
    server.on("GET", STATUS, *until("RUNNING", "RUNNING", "COMPLETED"))
    heard: list[bytes] = []

    def judge(peer: Peer) -> None:
        heard.append(peer.receive().data)

    server.on("WS", WS_STATUS, talk(judge))
    client = account_client(server)
    message = mock.patch.object(websocket.WebsocketAuthenticationMessage, "as_json", return_value="foo")
    with message, mock.patch.object(AccountClient, "job_status", side_effect=client.job_status) as asked:
        assert client.job_final_status(JOB_ID).status == "COMPLETED"
    asked.assert_called_with(JOB_ID)
    assert heard == [b"foo"]
    assert "retrying using HTTP" in caplog.text


def test_a_replacement_on_one_client_counts_too(server):
    client: Any = account_client(server)
    done = client.job_status
    server.on("GET", STATUS, *until("COMPLETED"))
    client._job_final_status_polling = lambda *args, **kwargs: pytest.fail("polled")
    client.job_status = mock.Mock(side_effect=done)
    assert client.job_final_status(JOB_ID).status == "COMPLETED"
    client.job_status.assert_called_once_with(JOB_ID)


def test_an_upload_can_be_made_to_fail(server):
    scripted_submission(server)
    failing = mock.patch.object(Job, "put_object_storage", side_effect=RequestsApiError("Kaboom"))
    with failing, pytest.raises(RequestsApiError, match="Kaboom"):
        account_client(server).job_submit("campus_5q", {})
    assert server.paths("POST")[-1] == f"{JOB}/cancel"


def test_a_session_can_be_sent_to_another_server(server):
    with ScriptedServer() as other:
        other.on("GET", f"{JOB}/v/1", answer(job_document("RUNNING")))
        client = account_client(server)
        client.account_api.session.base_url = other.url
        assert client.job_get(JOB_ID).status == "RUNNING"
        assert "x-access-token" not in other.requests[0].headers
    assert server.requests == []


def test_the_websocket_module_can_be_loaded_again_in_a_thread():
    name, present = websocket.__name__, dict(vars(websocket))
    failures: list[RuntimeError] = []

    def load() -> None:
        try:
            importlib.reload(sys.modules[name])
        except RuntimeError as err:
            failures.append(err)

    thread = threading.Thread(target=load)
    thread.start()
    thread.join(30)
    vars(websocket).update(present)
    assert failures == []


# Read by others.


def test_the_headers_of_a_client_can_be_read(server, monkeypatch):
    monkeypatch.setenv("QE_CUSTOM_CLIENT_APP_HEADER", "batman")
    assert "batman" in AccountClient(credentials_for(server))._session.headers["X-Qx-Client-Application"]
    monkeypatch.delenv("QE_CUSTOM_CLIENT_APP_HEADER")
    assert "batman" not in AccountClient(credentials_for(server))._session.headers["X-Qx-Client-Application"]


def test_the_access_token_can_be_read(server):
    assert account_client(server).account_api.session._access_token == ACCESS_TOKEN
    auth = AuthClient(API_TOKEN, server.url, session=session_for(server.url))
    assert auth.base_api.session._access_token == ACCESS_TOKEN


def test_the_cause_of_a_refusal_holds_what_the_server_said(server):
    said = {"error": {"message": f"no job for {ACCESS_TOKEN}", "code": 3250}}
    server.on("GET", f"{PROJECT}/Jobs/foo/status/v/1", status(404, said))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_status("foo")
    response = failed.value.__cause__.response
    assert response.status_code == 404
    assert response.json() == {"error": {"message": "no job for ...", "code": 3250}}
    assert response.request is None
