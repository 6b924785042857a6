# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Results, payloads, cancellation and changes on a server that misbehaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from support.scripted_server import ScriptedServer, answer, drop, hang, reset, status, truncated
from support.transport import JOB, JOB_ID, QUICK, account_client, job_document

from qiskit_ibmq_provider.api.exceptions import ApiIBMQProtocolError, RequestsApiError

CANCEL, STATUS = f"{JOB}/cancel", f"{JOB}/status/v/1"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def scripted_result(server: ScriptedServer) -> None:
    server.on("GET", f"{JOB}/resultDownloadUrl", answer({"url": server.url + "/result?X-Signature=1"}))
    server.on("GET", "/result", answer({"results": []}))
    server.on("POST", f"{JOB}/resultDownloaded", answer({}))


def test_a_result_is_fetched_without_the_token_and_acknowledged_aside(server):
    scripted_result(server)
    server.on("POST", f"{JOB}/resultDownloaded", hang)
    assert account_client(server).job_result(JOB_ID) == {"results": []}
    stored = server.wait_for("GET", "/result")[0]
    assert "x-access-token" not in stored.headers
    server.wait_for("POST", f"{JOB}/resultDownloaded")


@pytest.mark.parametrize(
    "trouble",
    [
        status(503),
        drop,
        reset,
        hang,
        answer(b"<html>"),
        answer([]),
        truncated({"results": [1, 2]}, 8),
        status(403),
        status(410),
    ],
)
def test_a_result_is_fetched_again(server, trouble):
    scripted_result(server)
    server.on("GET", "/result", trouble, answer({"results": []}))
    assert account_client(server).job_result(JOB_ID) == {"results": []}


def test_a_result_that_is_expected_is_looked_for_again(server):
    limits = dataclasses.replace(QUICK, missing_result=(0.0, 0.0))
    scripted_result(server)
    found = server.acts("GET", f"{JOB}/resultDownloadUrl")
    server.on("GET", f"{JOB}/resultDownloadUrl", status(404), status(404), *found)
    assert account_client(server, time_limits=limits).job_result(JOB_ID, expected=True) == {"results": []}


def test_a_result_that_is_not_expected_is_missing_at_once(server):
    scripted_result(server)
    server.on("GET", f"{JOB}/resultDownloadUrl", status(404))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_result(JOB_ID)
    assert failed.value.status_code == 404
    assert len(server.paths()) == 1


def test_results_and_payloads_inside_the_job_are_found_there(server):
    server.on(
        "GET", f"{JOB}/v/1", answer(job_document("COMPLETED", qObjectResult={"r": 1}, qObject={"q": 1}))
    )
    client = account_client(server)
    assert client.job_result(JOB_ID, use_object_storage=False) == {"r": 1}
    assert client.job_download_qobj(JOB_ID, use_object_storage=False) == {"q": 1}
    server.on("GET", f"{JOB}/v/1", answer(job_document("COMPLETED")))
    with pytest.raises(ApiIBMQProtocolError, match="not part of the server's answer"):
        client.job_result(JOB_ID, use_object_storage=False)


def test_integers_past_64_bits_survive(server):
    scripted_result(server)
    server.on("GET", "/result", answer(b'{"n": 123456789012345678901234567890, "f": NaN}'))
    assert account_client(server).job_result(JOB_ID)["n"] == 123456789012345678901234567890


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"cancelled": True}, True),
        ({"cancelled": True, "error": None}, True),
        ({"cancelled": False, "error": {"message": "m", "code": 3209}}, False),
        ({"cancelled": True, "error": {"message": "m", "code": 3209}}, False),
        ({}, False),
    ],
)
def test_cancelling_says_whether_the_server_agreed(server, reply, expected):
    server.on("POST", CANCEL, answer(reply))
    assert account_client(server).job_cancel(JOB_ID) is expected


def test_a_refused_cancellation_is_an_error(server):
    server.on("POST", CANCEL, status(403, {"error": {"message": "m", "code": 3448}}))
    with pytest.raises(RequestsApiError):
        account_client(server).job_cancel(JOB_ID)


@pytest.mark.parametrize(
    ("state", "expected", "cancels"), [("CANCELLED", True, 1), ("COMPLETED", False, 1), ("RUNNING", True, 2)]
)
def test_after_a_lost_answer_the_status_says_whether_the_job_was_cancelled(server, state, expected, cancels):
    server.on("POST", CANCEL, drop, answer({"cancelled": True}))
    server.on("GET", STATUS, answer({"status": state}))
    assert account_client(server).job_cancel(JOB_ID) is expected
    assert server.paths().count(CANCEL) == cancels


def test_names_and_tags_are_changed_and_jobs_deleted(server):
    server.on("PUT", JOB, answer({"name": "new"}))
    server.on("DELETE", JOB, status(204))
    client = account_client(server)
    assert client.job_update_attribute(JOB_ID, "name", "new") == {"name": "new"}
    client.job_delete(JOB_ID)
    assert server.requests[0].json == {"name": "new"}
    assert server.paths("DELETE") == [JOB]
