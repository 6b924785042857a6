# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Texts of errors, because users see them, and programs written for this API look into them."""

from __future__ import annotations

import json
import pickle

import pytest

from qiskit_ibmq_provider.api.backoff import Tally, Trouble
from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.api.exchange import Answer, Problem
from qiskit_ibmq_provider.api.failures import describe_request, error_for
from qiskit_ibmq_provider.api.redaction import Redactor, Secret


def refusal(status: int, body: object, reason: str = "Bad Request", **headers: str) -> ApiError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    problem = Problem(Trouble.STATUS, answer=Answer(status, reason, headers, data))
    return error_for(problem, "POST /Jobs", Tally(), Redactor())


def test_the_text_ends_with_the_code_of_the_server():
    body = {"error": {"message": "Reached maximum number of concurrent jobs", "code": 3458}}
    error = refusal(400, body)
    assert error.message == (
        "400 Bad Request for POST /Jobs: Reached maximum number of concurrent jobs. Error code: 3458."
    )
    assert (error.code, error.status_code, error.outcome_unknown) == (3458, 400, False)
    assert isinstance(error, RequestsApiError)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "The answer says nothing more."),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>."),
        (b'"just text"', '"just text".'),
        (b"[1, 2]", "[1, 2]."),
        (b"\xff\xfe", "\ufffd\ufffd."),
        ({"error": "a plain string"}, "a plain string."),
        ({"error": {"message": "Without a code."}}, "Without a code."),
        ({"error": {"code": 1234}}, "Error code: 1234."),
        ({"error": None}, '{"error": null}.'),
        ({"message": "of another shape"}, '{"message": "of another shape"}.'),
    ],
)
def test_an_error_body_of_any_shape_is_shown(body, shown):
    text = refusal(422, body).message
    assert text.startswith("422 Bad Request for POST /Jobs: ")
    assert shown in text
    assert "Correct what was asked for." in text


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "Correct what"),
        (404, "Check the name"),
        (413, "ask for less"),
        (403, "ask whoever"),
        (502, "Try again later"),
    ],
)
def test_an_error_says_what_to_do_unless_our_service_has_said_it(status, advice):
    assert advice in refusal(status, {"error": {"message": "No.", "code": 9999}}).message
    if status not in (403, 413):
        assert refusal(status, {"error": {"message": "No.", "code": 2000}}).message.endswith(
            "No. Error code: 2000."
        )


def test_a_code_that_came_as_text_is_a_number():
    assert refusal(400, {"error": {"message": "m", "code": "3458"}}).code == 3458
    assert refusal(400, {"error": {"message": "m", "code": "E-1"}}).code == "E-1"


def test_a_401_says_what_to_do():
    text = refusal(401, {"error": {"message": "Login failed", "code": 3446}}, "Unauthorized").message
    assert text == (
        "401 Unauthorized for POST /Jobs: Login failed. Check the API token of the account and load the account again. "
        "Error code: 3446."
    )


def test_a_busy_server_is_quoted_on_how_long_to_wait():
    assert "asks to wait 17 s" in refusal(429, b"slow down", **{"retry-after": "17"}).message
    assert "wait, then try again" in refusal(429, b"slow down").message


def test_without_an_answer_the_status_is_minus_one():
    problem = Problem(Trouble.DROPPED, "The connection broke.")
    error = error_for(problem, "GET /x", Tally(total=2), Redactor())
    assert error.message == "GET /x failed (3 attempts): The connection broke."
    assert (error.status_code, error.code, error.outcome_unknown) == (-1, None, True)


def test_an_unreadable_answer_is_a_protocol_error():
    problem = Problem(Trouble.UNREADABLE, "It is not JSON.", Answer(200, "OK", {}, b"<html>"))
    error = error_for(problem, "GET /x", Tally(), Redactor())
    assert type(error) is ApiIBMQProtocolError
    assert error.outcome_unknown


def test_a_rejection_after_a_lost_answer_is_still_a_rejection():
    problem = Problem(Trouble.STATUS, answer=Answer(409, "Conflict", {}, b""))
    tally = Tally().after(Trouble.DROPPED, None)
    assert not error_for(problem, "POST /x", tally, Redactor()).outcome_unknown


def test_secrets_in_the_answer_are_taken_out():
    redactor = Redactor()
    redactor.add("my-api-token")
    body = {
        "error": {
            "message": "bad my-api-token at https://s.org/x?sig=abc",
            "code": "my-api-token",
            "name": "my-api-token",
        }
    }
    problem = Problem(Trouble.STATUS, answer=Answer(400, "my-api-token", {}, json.dumps(body).encode()))
    error = error_for(problem, "POST /login", Tally(), redactor)
    assert isinstance(error, RequestsApiError)
    for text in (str(error), repr(error), str(error.code), str(error.error_name), repr(vars(error))):
        assert "my-api-token" not in text
        assert "sig=abc" not in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/Jobs/1/v/1", "GET /Jobs/1/v/1"),
        (Secret("https://user:pw@s.example.org:8443/x/y?sig=abc#z"), "GET https://s.example.org:8443/x/y"),
        (Secret("http://[bad/x"), "GET of a malformed URL"),
    ],
)
def test_a_request_is_described_without_its_query(url, shown):
    assert describe_request("GET", url) == shown


def test_errors_survive_pickling():
    error = refusal(400, {"error": {"message": "m", "code": 3458, "name": "n"}})
    error.job_id = "j1"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RequestsApiError
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_a_text_can_be_put_before_an_error_without_losing_anything():
    error = refusal(400, {"error": {"message": "m", "code": 3458}})
    error.__cause__ = ValueError("below")
    other = error.introduced_by("Above all:")
    assert str(other) == repr("Above all: 400 Bad Request for POST /Jobs: m. Error code: 3458.")
    assert (other.code, other.status_code, other.__cause__) == (3458, 400, error.__cause__)
    assert error.message.startswith("400")
