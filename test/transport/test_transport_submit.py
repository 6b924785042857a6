# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Submission to a server that misbehaves: nothing is lost, nothing runs twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.scripted_server import ScriptedServer, answer, drop, hang, redirect, reset, status, truncated
from support.transport import JOB, JOB_ID, PROJECT, account_client, job_document, scripted_submission

from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError

CREATE, ANNOUNCE, CANCEL, STATUS = (
    f"{PROJECT}/Jobs",
    f"{JOB}/jobDataUploaded",
    f"{JOB}/cancel",
    f"{JOB}/status/v/1",
)
QOBJ = {"qobj_id": "1", "experiments": []}
LOST_ANSWERS = [
    drop,
    reset,
    hang,
    answer(b"<html>"),
    answer({}),
    answer({"job": None}),
    truncated({"job": {}}, 4),
    status(500),
]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_submission(running)
        yield running


def test_a_job_is_created_uploaded_and_announced(server):
    record = account_client(server).job_submit(
        "campus_5q", QOBJ, job_name="bell", job_tags=["lab1"], experiment_id="exp-7", live_data_enabled=False
    )
    assert (record.id, record.status) == (JOB_ID, "VALIDATING")
    assert server.paths() == [CREATE, "/upload", ANNOUNCE]
    created, uploaded, announced = server.requests
    assert created.json == {
        "backend": {"name": "campus_5q"},
        "allowObjectStorage": True,
        "liveDataEnabled": False,
        "name": "bell",
        "tags": ["lab1"],
        "experimentTag": "exp-7",
    }
    assert uploaded.json == QOBJ
    assert uploaded.headers["content-type"] == "application/json"
    assert "x-access-token" not in uploaded.headers
    assert (announced.body, announced.headers["content-length"]) == (b"", "0")


@pytest.mark.parametrize("payload", [b'{"a": 1}', [b'{"a"', b": 1}"], iter([b'{"a"', b": 1}"])])
def test_a_payload_may_be_encoded_already_in_one_piece_or_in_parts(server, payload):
    account_client(server).job_submit("campus_5q", payload)
    assert json.loads(server.requests[1].body) == {"a": 1}


def test_a_payload_that_is_not_json_leaves_nothing_behind(server):
    with pytest.raises(ApiError, match="The payload of the job cannot be sent"):
        account_client(server).job_submit("campus_5q", {"a": object()})
    assert server.requests == []


@pytest.mark.parametrize("trouble", [status(503), status(500), status(429)])
def test_creation_is_repeated_where_the_protocol_allows_it(server, trouble):
    server.on("POST", CREATE, trouble, *server.acts("POST", CREATE))
    assert account_client(server).job_submit("campus_5q", QOBJ).id == JOB_ID


def test_a_refused_creation_is_reported_as_it_is(server):
    server.on("POST", CREATE, status(400, {"error": {"message": "Too many jobs", "code": 3458}}))
    with pytest.raises(RequestsApiError, match=r"Too many jobs\. Error code: 3458\.'$") as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.code, failed.value.outcome_unknown, failed.value.job_id) == (3458, False, None)
    assert server.paths() == [CREATE]


@pytest.mark.parametrize(
    "trouble", [drop, reset, hang, answer(b"<html>"), answer({"id": JOB_ID}), answer({}), status(504)]
)
def test_a_lost_answer_to_creation_says_that_a_job_may_exist(server, trouble):
    server.on("POST", CREATE, trouble)
    with pytest.raises(ApiError, match="Whether the job was created is not known") as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert failed.value.outcome_unknown
    assert set(server.paths()) == {CREATE}


def test_a_creation_that_never_arrived_is_no_doubt():
    with ScriptedServer() as gone:
        client = account_client(gone)
    with pytest.raises(RequestsApiError, match="connection refused") as failed:
        client.job_submit("campus_5q", QOBJ)
    assert not failed.value.outcome_unknown


@pytest.mark.parametrize("trouble", [drop, reset, hang, answer(b"<html>")])
def test_with_a_key_creation_is_repeated_after_a_lost_answer(server, trouble):
    client = account_client(server)
    client.session.capabilities = {"idempotency": 1}
    server.on("POST", CREATE, trouble, *server.acts("POST", CREATE))
    assert client.job_submit("campus_5q", QOBJ).id == JOB_ID
    first, second = server.wait_for("POST", CREATE, 2)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert len(first.headers["idempotency-key"]) >= 32
    client.job_submit("campus_5q", QOBJ)
    assert (
        server.wait_for("POST", CREATE, 3)[-1].headers["idempotency-key"] != first.headers["idempotency-key"]
    )


@pytest.mark.parametrize("capabilities", [{}, {"idempotency": 2}, {"direct-jobs": 1}])
def test_a_key_is_only_sent_to_a_server_that_announces_the_known_version(server, capabilities):
    client = account_client(server)
    client.session.capabilities = capabilities
    client.job_submit("campus_5q", QOBJ)
    assert "idempotency-key" not in server.requests[0].headers


@pytest.mark.parametrize("trouble", [status(503), drop, reset, hang, redirect("/elsewhere", 307)])
def test_an_upload_is_repeated(server, trouble):
    server.on("PUT", "/upload", trouble, status(200))
    server.on("PUT", "/elsewhere", status(200))
    assert account_client(server).job_submit("campus_5q", QOBJ).id == JOB_ID
    assert CANCEL not in server.paths()


@pytest.mark.parametrize("code", [401, 403, 410])
def test_an_expired_upload_address_is_replaced_once(server, code):
    server.on("PUT", "/upload", status(code))
    server.on("GET", f"{JOB}/jobUploadUrl", answer({"url": server.url + "/fresh?X-Signature=2"}))
    server.on("PUT", "/fresh", status(200))
    assert account_client(server).job_submit("campus_5q", QOBJ).id == JOB_ID
    assert server.requests[3].json == QOBJ
    assert server.paths() == [CREATE, "/upload", f"{JOB}/jobUploadUrl", "/fresh", ANNOUNCE]


def test_an_upload_that_has_certainly_failed_takes_the_job_away(server):
    server.on("PUT", "/upload", status(403, b"expired"))
    with pytest.raises(RequestsApiError, match="403 Forbidden for PUT") as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.job_id, failed.value.outcome_unknown) == (JOB_ID, False)
    assert server.paths() == [CREATE, "/upload", f"{JOB}/jobUploadUrl", CANCEL]


@pytest.mark.parametrize("trouble", LOST_ANSWERS)
def test_a_job_that_the_server_has_accepted_is_not_lost_with_the_answer(server, trouble):
    server.on("POST", ANNOUNCE, trouble)
    server.on("GET", STATUS, answer({"status": "QUEUED"}))
    server.on("GET", f"{JOB}/v/1", answer(job_document("QUEUED", name="bell")))
    record = account_client(server).job_submit("campus_5q", QOBJ)
    assert (record.id, record.status, record.name) == (JOB_ID, "QUEUED", "bell")
    assert CANCEL not in server.paths()


@pytest.mark.parametrize("trouble", LOST_ANSWERS)
def test_an_announcement_that_did_not_arrive_is_repeated(server, trouble):
    server.on(
        "POST",
        ANNOUNCE,
        *[trouble] * (6 if trouble is LOST_ANSWERS[-1] else 1),
        *server.acts("POST", ANNOUNCE),
    )
    server.on("GET", STATUS, answer({"status": "CREATING"}))
    assert account_client(server).job_submit("campus_5q", QOBJ).status == "VALIDATING"
    assert CANCEL not in server.paths()


def test_an_announcement_that_never_arrives_takes_the_job_away(server):
    server.on("POST", ANNOUNCE, drop)
    server.on("GET", STATUS, answer({"status": "CREATING"}))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.job_id, failed.value.outcome_unknown) == (JOB_ID, False)
    assert server.paths().count(ANNOUNCE) == 4
    assert server.paths()[-1] == CANCEL


def test_a_refused_announcement_takes_the_job_away(server):
    server.on("POST", ANNOUNCE, status(400, {"error": {"message": "Too many jobs", "code": 3458}}))
    server.on("GET", STATUS, answer({"status": "CREATING"}))
    with pytest.raises(RequestsApiError, match=r"Error code: 3458\.'$") as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.job_id, failed.value.outcome_unknown) == (JOB_ID, False)
    assert server.paths() == [CREATE, "/upload", ANNOUNCE, STATUS, CANCEL]


def test_a_refusal_of_a_second_announcement_of_an_accepted_job_is_no_failure(server):
    server.on(
        "POST", ANNOUNCE, status(503), status(409, {"error": {"message": "Announced already", "code": 3210}})
    )
    server.on("GET", STATUS, answer({"status": "RUNNING"}))
    server.on("GET", f"{JOB}/v/1", answer(job_document("RUNNING")))
    assert account_client(server).job_submit("campus_5q", QOBJ).status == "RUNNING"


def test_when_nobody_can_say_whether_the_job_runs_it_is_left_and_named(server):
    server.on("POST", ANNOUNCE, drop)
    server.on("GET", STATUS, status(503))
    with pytest.raises(
        RequestsApiError, match=f"Whether job {JOB_ID} runs is not known: retrieve it"
    ) as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.job_id, failed.value.outcome_unknown) == (JOB_ID, True)
    assert CANCEL not in server.paths()


def test_when_taking_away_fails_the_job_is_named(server):
    server.on("POST", ANNOUNCE, drop)
    server.on("GET", STATUS, answer({"status": "CREATING"}))
    server.on("POST", CANCEL, answer({"cancelled": False, "error": {"message": "m", "code": 3209}}))
    with pytest.raises(RequestsApiError, match="retrieve it by its id") as failed:
        account_client(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.job_id, failed.value.outcome_unknown) == (JOB_ID, True)
