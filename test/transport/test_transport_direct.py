# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the client does with a server that takes jobs, and gives results, in one request; and with one that does it no longer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from support.scripted_server import ScriptedServer, answer, drop, hang, reset, status, truncated
from support.transport import (
    API_TOKEN,
    JOB,
    JOB_ID,
    PROJECT,
    account_client,
    job_document,
    scripted_submission,
)

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.api.clients.auth import keep_logged_in
from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.root import Api

CREATE, DIRECT = f"{PROJECT}/Jobs", f"{PROJECT}/Jobs/direct"
ANNOUNCE, RESULT, RESULT_URL = f"{JOB}/jobDataUploaded", f"{JOB}/result", f"{JOB}/resultDownloadUrl"
THREE_STEPS = [CREATE, "/upload", ANNOUNCE]
QOBJ = {"qobj_id": "1", "experiments": []}
ALL = {"idempotency": 1, "direct-jobs": 2, "direct-results": 1}
LOST = [
    drop,
    reset,
    hang,
    answer(b"<html>"),
    answer({}),
    answer({"job": None}),
    truncated({"job": {}}, 4),
    status(502),
]
NO_JOB = status(404, {"error": {"message": "No job was made with this key.", "code": 3250}})
LIMIT = status(400, {"error": {"message": "Too many jobs", "code": 3458}})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_submission(running)
        running.on("POST", DIRECT, answer({"job": job_document("QUEUED", name="bell")}))
        yield running


def client_of(server: ScriptedServer, capabilities: Any = None, limits: Any = None) -> AccountClient:
    client = account_client(server)
    client.session.capabilities = ALL if capabilities is None else capabilities
    client.session.limits = {"directJobBytes": 1000} if limits is None else limits
    return client


def test_a_small_job_is_one_request(server):
    record = client_of(server).job_submit("campus_5q", QOBJ, job_name="bell", job_tags=["lab1"])
    assert (record.id, record.status, record.name) == (JOB_ID, "QUEUED", "bell")
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", DIRECT)
    assert request.json == QOBJ
    assert json.loads(request.headers["qx-job"]) == {
        "backend": {"name": "campus_5q"},
        "allowObjectStorage": True,
        "liveDataEnabled": None,
        "name": "bell",
        "tags": ["lab1"],
    }
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-access-token"]
    assert len(request.headers["idempotency-key"]) == 32


@pytest.mark.parametrize("payload", [b'{"a": 1}', [b'{"a"', b": 1}"], iter([b'{"a"', b": 1}"])])
def test_the_payload_may_come_in_one_piece_or_in_parts(server, payload):
    client_of(server).job_submit("campus_5q", payload)
    assert server.requests[0].json == {"a": 1}


@pytest.mark.parametrize(("tags", "direct"), [(["é" * 600], True), (["é" * 700], False)])
def test_fields_that_are_too_large_for_a_header_go_by_the_original_way(server, tags, direct):
    client_of(server).job_submit("campus_5q", QOBJ, job_tags=tags)
    assert server.paths() == ([DIRECT] if direct else THREE_STEPS)
    sent = server.requests[0]
    assert (json.loads(sent.headers["qx-job"]) if direct else sent.json)["tags"] == tags


def test_a_proxy_that_takes_no_such_header_gets_the_job_in_three_steps(server):
    server.on("POST", DIRECT, status(431, b"<html>"))
    server.on("GET", CREATE, NO_JOB)
    assert client_of(server).job_submit("campus_5q", QOBJ).status == "VALIDATING"
    assert server.paths() == [DIRECT, CREATE, *THREE_STEPS]


def test_each_job_has_a_key_of_its_own(server):
    client = client_of(server)
    for _ in range(3):
        client.job_submit("campus_5q", QOBJ)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 3


@pytest.mark.parametrize(
    ("limit", "direct"), [(1000, True), (999, False), (0, False), (None, True), ("many", True)]
)
def test_the_announced_limit_decides(server, limit, direct):
    payload = json.dumps({"a": "x" * 991}).encode()
    assert len(payload) == 1000
    limits = {} if limit is None else {"directJobBytes": limit}
    client_of(server, limits=limits).job_submit("campus_5q", payload)
    assert server.paths() == ([DIRECT] if direct else THREE_STEPS)


@pytest.mark.parametrize(
    "capabilities",
    [
        {},
        {"idempotency": 1},
        {"direct-jobs": 2},
        {"idempotency": 1, "direct-jobs": 1},
        {"idempotency": 1, "direct-jobs": 3},
        {"idempotency": "1", "direct-jobs": 2},
    ],
)
def test_only_what_is_announced_in_the_known_version_is_used(server, capabilities):
    client_of(server, capabilities).job_submit("campus_5q", QOBJ)
    assert server.paths() == THREE_STEPS


@pytest.mark.parametrize("code", [404, 405, 413, 431])
def test_a_server_that_no_longer_knows_it_gets_the_job_in_three_steps(server, code):
    server.on("POST", DIRECT, status(code, {"error": {"message": "no", "code": 2001}}))
    assert client_of(server).job_submit("campus_5q", QOBJ).status == "VALIDATING"
    assert server.paths() == [DIRECT, *THREE_STEPS]
    keys = [request.headers.get("idempotency-key") for request in server.requests[:2]]
    assert len(set(keys)) == 2


@pytest.mark.parametrize("trouble", LOST)
def test_a_lost_answer_is_repeated_with_the_same_key_and_body(server, trouble):
    server.on("POST", DIRECT, trouble, *server.acts("POST", DIRECT))
    assert client_of(server).job_submit("campus_5q", QOBJ).id == JOB_ID
    first, second = server.requests
    assert (first.path, first.body, first.headers["idempotency-key"]) == (
        second.path,
        second.body,
        second.headers["idempotency-key"],
    )


def test_a_refusal_is_reported_as_it_is(server):
    server.on("POST", DIRECT, LIMIT)
    with pytest.raises(RequestsApiError, match=r"Too many jobs\. Error code: 3458\.'$") as failed:
        client_of(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.code, failed.value.outcome_unknown, failed.value.idempotency_key) == (
        3458,
        False,
        None,
    )
    assert server.paths() == [DIRECT]


@pytest.mark.parametrize("trouble", [drop, answer({}), status(502)])
def test_when_all_answers_are_lost_the_key_says_what_became_of_it(server, trouble):
    server.on("POST", DIRECT, trouble)
    server.on("GET", CREATE, answer(job_document("RUNNING")))
    assert client_of(server).job_submit("campus_5q", QOBJ).status == "RUNNING"
    asked = server.wait_for("GET", CREATE)[0]
    assert asked.headers["idempotency-key"] == server.requests[0].headers["idempotency-key"]


@pytest.mark.parametrize("lookup", [NO_JOB, drop, status(404), status(405)])
def test_when_nobody_can_say_the_exception_has_the_key(server, lookup):
    server.on("POST", DIRECT, drop)
    server.on("GET", CREATE, lookup)
    with pytest.raises(ApiError, match="find_submitted_job") as failed:
        client_of(server).job_submit("campus_5q", QOBJ)
    key = server.requests[0].headers["idempotency-key"]
    assert (failed.value.outcome_unknown, failed.value.idempotency_key, failed.value.job_id) == (
        True,
        key,
        None,
    )
    assert key in failed.value.message
    assert "/upload" not in server.paths()


@pytest.mark.parametrize("refusal", [LIMIT, status(404), status(413), status(401)])
def test_a_refusal_of_the_repetition_of_a_job_that_was_made_is_no_failure(server, refusal):
    server.on("POST", DIRECT, drop, refusal)
    server.on("GET", CREATE, answer(job_document("QUEUED")))
    assert client_of(server).job_submit("campus_5q", QOBJ).id == JOB_ID
    assert "/upload" not in server.paths()


def test_a_refusal_of_the_repetition_of_a_job_that_was_not_made_is_reported(server):
    server.on("POST", DIRECT, status(503), LIMIT)
    server.on("GET", CREATE, NO_JOB)
    with pytest.raises(RequestsApiError) as failed:
        client_of(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.code, failed.value.outcome_unknown) == (3458, False)


def test_a_refusal_of_the_repetition_that_nobody_can_judge_is_unknown(server):
    server.on("POST", DIRECT, drop, LIMIT)
    server.on("GET", CREATE, drop)
    with pytest.raises(ApiError) as failed:
        client_of(server).job_submit("campus_5q", QOBJ)
    assert failed.value.outcome_unknown
    assert failed.value.idempotency_key


@pytest.mark.parametrize("answered", [status(503), status(400), status(403, b"<html>")])
def test_when_every_request_was_answered_and_there_is_no_job_that_is_certain(server, answered):
    server.on("POST", DIRECT, answered)
    server.on("GET", CREATE, NO_JOB)
    with pytest.raises(RequestsApiError) as failed:
        client_of(server).job_submit("campus_5q", QOBJ)
    assert (failed.value.outcome_unknown, failed.value.idempotency_key) == (False, None)


def test_a_refusal_in_other_words_than_the_service_s_is_not_believed(server):
    server.on("POST", DIRECT, status(400, b"<html>"))
    server.on("GET", CREATE, answer(job_document("QUEUED")))
    assert client_of(server).job_submit("campus_5q", QOBJ).id == JOB_ID


def test_a_login_that_fails_between_two_attempts_does_not_make_sure_that_there_is_no_job(server):
    client = client_of(server)
    server.on("POST", DIRECT, drop, status(401))
    server.on("POST", "/users/loginWithToken", status(403))
    server.on("GET", CREATE, status(401))
    keep_logged_in(client.session, Api(client.session), Secret(API_TOKEN))
    with pytest.raises(ApiError, match="find_submitted_job") as failed:
        client.job_submit("campus_5q", QOBJ)
    assert failed.value.outcome_unknown
    assert failed.value.idempotency_key


def test_a_larger_job_whose_creation_was_lost_is_found_by_its_key_and_goes_on(server):
    server.on("POST", CREATE, drop)
    server.on("GET", CREATE, answer(job_document("CREATING")))
    server.on("GET", f"{JOB}/jobUploadUrl", answer({"url": server.url + "/upload?X-Signature=2"}))
    assert (
        client_of(server, limits={"directJobBytes": 5}).job_submit("campus_5q", QOBJ).status == "VALIDATING"
    )
    assert server.paths()[-4:] == [CREATE, f"{JOB}/jobUploadUrl", "/upload", ANNOUNCE]


def test_a_larger_job_of_which_nobody_can_say_has_a_key_too(server):
    server.on("POST", CREATE, drop)
    server.on("GET", CREATE, NO_JOB)
    with pytest.raises(ApiError, match="find_submitted_job") as failed:
        client_of(server, limits={"directJobBytes": 5}).job_submit("campus_5q", QOBJ)
    assert failed.value.idempotency_key == server.requests[0].headers["idempotency-key"]


def test_a_payload_that_is_not_json_leaves_nothing_behind(server):
    with pytest.raises(ApiError, match="The payload of the job cannot be sent"):
        client_of(server).job_submit("campus_5q", {"a": object()})
    assert server.requests == []


def test_the_job_of_a_key_is_asked_for(server):
    client = client_of(server)
    server.on("GET", CREATE, answer(job_document("QUEUED")), NO_JOB, status(404))
    found = client.job_of_key("k1")
    assert found is not None
    assert found.id == JOB_ID
    assert client.job_of_key("k1") is None
    with pytest.raises(RequestsApiError):
        client.job_of_key("k1")


def test_a_result_is_one_request_without_acknowledgement(server):
    server.on("GET", RESULT, answer({"results": [], "success": True}))
    assert client_of(server).job_result(JOB_ID, expected=True)["success"] is True
    assert not [each for each in threading.enumerate() if each.name.startswith("ibmq-acknowledge")]
    assert server.paths() == [RESULT]


def test_a_result_that_is_not_there_is_not_looked_for_again(server):
    server.on("GET", RESULT, status(404, {"error": {"message": "Job is RUNNING", "code": 2801}}))
    with pytest.raises(RequestsApiError) as failed:
        client_of(server).job_result(JOB_ID, expected=True)
    assert (failed.value.status_code, failed.value.code) == (404, 2801)
    assert server.paths() == [RESULT]


@pytest.mark.parametrize("code", [404, 405])
def test_a_server_that_no_longer_knows_it_gives_the_result_in_the_old_way(server, code):
    server.on("GET", RESULT, status(code, {"error": {"message": "no", "code": 2001}}))
    server.on("GET", RESULT_URL, answer({"url": server.url + "/stored?X-Signature=1"}))
    server.on("GET", "/stored", answer({"results": [], "success": True}))
    server.on("POST", f"{JOB}/resultDownloaded", status(200, {}))
    assert client_of(server).job_result(JOB_ID)["success"] is True
    server.wait_for("POST", f"{JOB}/resultDownloaded")
    assert server.paths("GET") == [RESULT, RESULT_URL, "/stored"]


@pytest.mark.parametrize("trouble", [drop, hang, status(503), answer(b"<html>")])
def test_a_result_is_asked_for_again(server, trouble):
    server.on("GET", RESULT, trouble, answer({"results": []}))
    assert client_of(server).job_result(JOB_ID)["results"] == []
    assert server.paths() == [RESULT, RESULT]
