# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Single requests to a server that misbehaves: repetitions, deadlines, redirects, headers, certificates, proxies."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Iterator

import pytest
from support.scripted_server import (
    ScriptedServer,
    answer,
    drip,
    drip_headers,
    drop,
    hang,
    raw,
    reset,
    status,
    truncated,
)
from support.transport import ACCESS_TOKEN, PROJECT, QUICK, account_client, session_for

from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest import Api
from qiskit_ibmq_provider.api.time_limits import Timeouts
from qiskit_ibmq_provider.protocol.filters import Compare, Operator

LIST = f"{PROJECT}/devices/v/1"

SLOW = dataclasses.replace(QUICK, request=Timeouts(5.0, 60.0, 60.0))
USUAL_PAUSES = dataclasses.replace(QUICK, request=Timeouts(1.0, 0.4, 60.0), backoff=0.5)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.mark.parametrize(
    "trouble",
    [
        *(status(code) for code in (500, 502, 503, 504, 520, 522, 524)),
        status(429, b"", {"Retry-After": "0"}),
        status(429),
        drop,
        reset,
        truncated([{"backend_name": "a"}], 5),
        answer(b"<html>try again</html>"),
        answer({"not": "a list"}),
        raw(b"this is not HTTP\r\n\r\n"),
    ],
)
def test_a_request_that_can_be_repeated_survives_two_failures(server, trouble):
    server.on("GET", LIST, trouble, trouble, answer([{"backend_name": "campus_5q"}]))
    assert account_client(server).list_backends() == [{"backend_name": "campus_5q"}]
    assert server.paths() == [LIST] * 3


def test_a_server_that_stays_broken_is_reported_with_its_own_words(server):
    server.on("GET", LIST, status(503, {"error": {"message": "Down for repairs", "code": 5003}}))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).list_backends()
    assert failed.value.message.startswith("503 Some Reason for GET /Network/hub/")
    assert ": Down for repairs. Try again later" in failed.value.message
    assert failed.value.message.endswith("Error code: 5003.")
    assert (failed.value.status_code, failed.value.code) == (503, 5003)
    assert len(server.paths()) == 6


@pytest.mark.parametrize(
    "answered", [answer(b"<html></html>"), answer(b""), answer(b"{"), answer([1, 2]), answer("text")]
)
def test_an_answer_that_stays_unreadable_is_a_protocol_error(server, answered):
    server.on("GET", f"{PROJECT}/devices/campus_5q/jobsLimit", answered)
    with pytest.raises(ApiIBMQProtocolError, match="cannot be read"):
        account_client(server).backend_job_limit("campus_5q")
    assert len(server.paths()) == 3


@pytest.mark.parametrize("act", [hang, drip([{"backend_name": "a" * 200}], 0.05), drip_headers(0.05)])
def test_no_request_outlives_its_deadline(server, act):
    server.on("GET", LIST, act)
    began = time.monotonic()
    with pytest.raises(RequestsApiError, match="did not answer") as failed:
        account_client(server).list_backends()
    assert time.monotonic() - began < 3
    assert failed.value.status_code == -1


def test_a_caller_can_shorten_the_deadline(server):
    server.on("GET", LIST, hang)
    began = time.monotonic()
    with pytest.raises(RequestsApiError):
        account_client(server, time_limits=SLOW).list_backends(timeout=0.2)
    assert time.monotonic() - began < 3


def test_a_slow_answer_that_keeps_to_the_deadline_is_fine(server):
    server.on("GET", LIST, drip([], 0.02))
    assert account_client(server).list_backends() == []


def test_a_connection_whose_deadline_passed_is_not_used_again(server):
    client = account_client(server)
    server.on("GET", LIST, drip_headers(0.05), answer([]))
    with pytest.raises(RequestsApiError):
        client.list_backends()
    assert client.list_backends() == []


def test_a_wait_that_the_server_asks_for_and_the_deadline_forbids_ends_at_once(server):
    server.on("GET", LIST, status(429, b"", {"Retry-After": "3600"}))
    with pytest.raises(RequestsApiError, match="asks to wait 3600 s") as failed:
        account_client(server).list_backends()
    assert failed.value.status_code == 429
    assert len(server.paths()) == 1


def test_waits_between_repetitions_are_those_that_servers_know(server):
    waits: list[float] = []
    server.on("GET", LIST, status(504))
    with pytest.raises(RequestsApiError):
        account_client(server, time_limits=USUAL_PAUSES, sleep=waits.append).list_backends()
    assert waits == [0, 1, 2, 4, 8]


def test_a_closed_port_is_tried_four_times_and_named():
    with ScriptedServer() as server:
        url = server.url
    waits: list[float] = []
    with pytest.raises(
        RequestsApiError, match="connection refused. Check that the service is running"
    ) as failed:
        Api(session_for(url, time_limits=USUAL_PAUSES, sleep=waits.append)).version()
    assert waits == [0, 1, 2]
    assert url in failed.value.message
    assert failed.value.status_code == -1
    assert not failed.value.outcome_unknown


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "ftp://host", "http://host:port", "http://[bad", "", "//host"]
)
def test_a_malformed_url_is_an_api_error(url):
    with pytest.raises(RequestsApiError, match="is not an http:// or https:// URL"):
        Api(session_for(url)).version()


def test_an_unknown_host_is_an_api_error():
    with pytest.raises(RequestsApiError, match="host of http://no-such-host.invalid:80 is not known"):
        Api(session_for("http://no-such-host.invalid")).version()


def test_one_connection_serves_many_requests(server):
    server.on("GET", LIST, answer([]))
    client = account_client(server)
    for _ in range(5):
        client.list_backends()
    assert len(server.connections) == 1


def test_a_connection_that_the_server_has_closed_is_replaced(server):
    server.on("GET", LIST, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"))
    client = account_client(server)
    for _ in range(3):
        assert client.list_backends() == []
    assert len(server.connections) >= 3


def test_the_client_names_itself_and_sends_its_token(server, monkeypatch):
    monkeypatch.setenv("QE_CUSTOM_CLIENT_APP_HEADER", "batman/1")
    server.on("GET", LIST, answer([]))
    account_client(server).list_backends()
    monkeypatch.delenv("QE_CUSTOM_CLIENT_APP_HEADER")
    account_client(server).list_backends()
    first, second = server.requests
    assert first.headers["x-access-token"] == ACCESS_TOKEN
    assert first.headers["x-qx-client-application"] == second.headers["x-qx-client-application"] + "/batman/1"
    assert second.headers["x-qx-client-application"].startswith("qiskit/")


def test_the_version_and_the_login_go_without_a_token(server):
    server.on("GET", "/version", answer({"api-auth": "1"}))
    server.on("POST", "/users/loginWithToken", answer({"id": "new-token"}))
    api = Api(session_for(server.url, access_token=ACCESS_TOKEN))
    assert api.version().is_authentication_api
    assert api.login(Secret("mine")) == Secret("new-token")
    assert server.requests[1].json == {"apiToken": "mine"}
    assert all("x-access-token" not in request.headers for request in server.requests)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"1", b""])
def test_a_server_of_another_kind_has_no_versions(server, body):
    server.on("GET", "/version", answer(body))
    assert not Api(session_for(server.url)).version().is_authentication_api


def test_bodies_large_and_small_arrive_whole_and_with_their_length(server):
    server.on("PUT", "/upload", status(200))
    session = session_for(server.url)
    large = Body([b"x" * 100_000, b"", b"y" * 200_000])
    for body in (Body([b"small"]), large, large):
        session.request("PUT", Secret(server.url + "/upload"), bare=True, read=len, undecoded=True, body=body)
    assert [request.body for request in server.requests] == [b"small", *[b"x" * 100_000 + b"y" * 200_000] * 2]
    assert all("transfer-encoding" not in request.headers for request in server.requests)


def test_a_large_body_is_sent_again_from_its_beginning(server):
    server.on("PUT", "/upload", status(503), status(200))
    body = Body([b"x" * 300_000])
    session_for(server.url).request(
        "PUT", Secret(server.url + "/upload"), bare=True, read=len, undecoded=True, body=body
    )
    assert [len(request.body) for request in server.requests] == [300_000, 300_000]


def test_queries_are_what_the_protocol_says(server):
    client = account_client(server)
    instant = dt.datetime(2021, 6, 1, tzinfo=dt.timezone.utc)
    device = f"{PROJECT}/devices/campus_5q"
    server.on("GET", f"{device}/properties", answer({}))
    server.on("GET", "/Network/devices/campus_5q/bookings/v2", answer([]))
    server.on("GET", f"{PROJECT}/Jobs/status/v/1", answer([]))
    server.on("GET", f"{PROJECT}/Jobs/v/1", answer([]))
    assert client.backend_properties("campus_5q") is None
    assert client.backend_properties("campus_5q", instant) is None
    assert client.backend_reservations("campus_5q", instant) == []
    assert client.list_jobs_statuses(5, 2, False, Compare("status", Operator.EQ, "QUEUED")) == []
    assert client.list_jobs_ids(extra_filter={"name": {"regexp": "x"}}) == []
    plain, dated, booked, listed, ids = [request.query for request in server.requests]
    assert plain == {"version": ["1"]}
    assert dated["filter"] == ['{"where":{"last_update_date":{"lt":"2021-06-01T00:00:00.000000Z"}}}']
    assert booked == {"initialDate": ["2021-06-01T00:00:00.000000Z"]}
    assert listed["filter"] == ['{"order":"creationDate ASC","limit":5,"skip":2,"where":{"status":"QUEUED"}}']
    assert '"where":{"name":{"regexp":"x"}}' in ids["filter"][0]
    assert '"fields":{"id":true,"liveDataEnabled":true,"creationDate":true}' in ids["filter"][0]


def test_a_filter_that_is_not_json_is_an_api_error(server):
    with pytest.raises(ApiError, match="The filter cannot be sent"):
        account_client(server).list_jobs_statuses(extra_filter={"creationDate": object()})
    assert server.requests == []


def test_entries_of_a_list_that_cannot_be_read_are_left_out_with_a_warning(server, caplog):
    server.on("GET", LIST, answer([{"backend_name": "a"}, "odd", None]))
    server.on("GET", f"{PROJECT}/Jobs/status/v/1", answer([{"status": "QUEUED"}]))
    client = account_client(server)
    assert client.list_backends() == [{"backend_name": "a"}]
    assert client.list_jobs_statuses() == []
    assert [record.levelname for record in caplog.records if "left out" in record.message] == ["WARNING"] * 2


def test_names_with_odd_characters_stay_one_part_of_the_path(server):
    with pytest.raises(RequestsApiError):
        account_client(server).job_get("a/b?c#d e")
    assert server.requests[0].target == f"{PROJECT}/Jobs/a%2Fb%3Fc%23d%20e/v/1"
