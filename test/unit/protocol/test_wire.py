# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Codec, dates, paths, statuses and websocket messages."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol import codec, extensions, routes
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.messages import (
    Authenticated,
    CloseCode,
    CloseDecision,
    StatusStream,
    StatusUpdate,
    StreamMessage,
)
from qiskit_ibmq_provider.protocol.status import API_JOB_FINAL_STATES, ApiJobStatus, is_final, may_follow
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc, utc_now

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(_JSON)
def test_json_is_exact_in_both_directions(value):
    assert codec.loads(codec.dumps(value)) == value


def test_nan_and_null_stay_apart():
    value = codec.loads(codec.dumps([math.nan, None, 2**70]))
    assert math.isnan(value[0]) and value[1:] == [None, 2**70]


@pytest.mark.parametrize("document", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_one_kind_of_error(document):
    with pytest.raises(ProtocolError):
        codec.loads(document)


def test_what_json_has_no_form_for_is_refused():
    with pytest.raises(ProtocolError, match="complex"):
        codec.dumps([1j])


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.timezone.utc)))
def test_a_date_is_the_same_instant_when_read_again(instant):
    assert parse_utc(format_utc(instant)) == instant


def test_dates_have_microseconds_and_a_z():
    assert format_utc(dt.datetime(2021, 1, 2, 3, tzinfo=dt.timezone.utc)) == "2021-01-02T03:00:00.000000Z"
    assert parse_utc("2021-01-02T03:00:00") == dt.datetime(2021, 1, 2, 3, tzinfo=dt.timezone.utc)
    assert parse_utc("2021-01-02T03:00:00-04:00").hour == 7
    assert utc_now().tzinfo is dt.timezone.utc


@pytest.mark.parametrize("text", [None, 3, "", "today", "2021-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_not_a_date_is_refused(text):
    with pytest.raises(ProtocolError):
        parse_utc(text)


def test_names_in_paths_are_escaped():
    path = routes.JOB_STATUS.path(hub="a b", group="g/h", project="p?", job_id="#1")
    assert path == "/Network/a%20b/Groups/g%2Fh/Projects/p%3F/Jobs/%231/status/v/1"
    assert routes.JOB_STATUS.places == ("hub", "group", "project", "job_id")
    with pytest.raises(KeyError):
        routes.JOB.path(hub="h")


def test_every_exported_route_is_a_route_and_unique():
    named = {name: getattr(routes, name) for name in routes.__all__ if name != "Route"}
    assert all(isinstance(route, routes.Route) for route in named.values())
    ours = {
        name: route.template
        for name, route in named.items()
        if not name.startswith("LEGACY_") and name != "JOB_UPDATE"
    }
    assert len(set(ours.values())) == len(ours)


@given(st.sampled_from(ApiJobStatus), st.sampled_from(ApiJobStatus))
def test_a_final_status_is_never_left(old, new):
    assert is_final(old) is (old in API_JOB_FINAL_STATES) is is_final(old.value)
    if is_final(old):
        assert not may_follow(old, new)


def test_the_ways_of_a_job():
    assert may_follow(ApiJobStatus.CREATING, ApiJobStatus.VALIDATING)
    assert may_follow(ApiJobStatus.RUNNING, ApiJobStatus.QUEUED)
    assert may_follow(ApiJobStatus.QUEUED, ApiJobStatus.CANCELLED)
    assert not may_follow(ApiJobStatus.QUEUED, ApiJobStatus.COMPLETED)
    assert not may_follow(ApiJobStatus.VALIDATED, ApiJobStatus.CREATED)
    assert not is_final("CANCELLED - RAN TOO LONG")


def _running(stream: StatusStream) -> None:
    assert stream.received(b'{"type": "authenticated"}') == Authenticated()
    event = stream.received('{"type": "job-status", "data": {"status": "RUNNING"}}')
    assert isinstance(event, StatusUpdate) and event.record.status == "RUNNING"


def test_a_status_stream_from_token_to_final_status():
    stream = StatusStream("T")
    assert StreamMessage.from_text(stream.opened()) == StreamMessage("authentication", "T")
    _running(stream)
    assert stream.received('{"type": "heartbeat", "data": {}}') is None
    stream.received('{"type": "anything", "data": {"status": "COMPLETED"}}')
    assert stream.last_record is not None and stream.last_record.status == "COMPLETED"
    for code in (None, 1000, 1006, 4001, 4002):
        assert stream.closed(code) is CloseDecision.DONE


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        (CloseCode.NORMAL, CloseDecision.GIVE_UP),
        (CloseCode.NO_MORE_UPDATES, CloseDecision.GIVE_UP),
        (CloseCode.JOB_NOT_FOUND, CloseDecision.GIVE_UP),
        (CloseCode.INTERNAL_ERROR, CloseDecision.RETRY),
        (1006, CloseDecision.RETRY),
        (None, CloseDecision.RETRY),
    ],
)
def test_a_stream_that_ends_early_is_retried_or_given_up_but_never_done(code, decision):
    stream = StatusStream("T")
    assert stream.closed(code) is CloseDecision.GIVE_UP
    _running(stream)
    assert stream.closed(code) is decision


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": 3}', '{"type": "error", "data": "no"}'])
def test_a_first_frame_that_does_not_authenticate_is_refused(text):
    with pytest.raises(ProtocolError):
        StatusStream("T").received(text)


@pytest.mark.parametrize(
    "data", ["null", "[]", "{}", '{"status": 3}', '{"status": "QUEUED", "infoQueue": []}']
)
def test_a_status_frame_of_another_form_is_refused(data):
    stream = StatusStream("T")
    stream.received('{"type": "authenticated"}')
    with pytest.raises(ProtocolError):
        stream.received(f'{{"type": "job-status", "data": {data}}}')


def test_the_token_does_not_show_in_a_frame():
    assert "SECRET" not in repr(StreamMessage("authentication", "SECRET"))


def test_only_the_known_version_of_an_extension_is_used():
    assert extensions.offered({"idempotency": 1}, extensions.IDEMPOTENCY)
    assert not extensions.offered({"idempotency": 2}, extensions.IDEMPOTENCY)
    assert not extensions.offered({}, extensions.DIRECT_JOBS)
    assert extensions.offered({"direct-jobs": 2}, extensions.DIRECT_JOBS, 2)
    assert not extensions.offered({"direct-jobs": 1}, extensions.DIRECT_JOBS, 2)


def test_a_name_that_is_no_text_in_any_encoding_still_has_a_path():
    assert routes.JOB_UPDATE.path(hub="h", group="g", project="p", job_id="\ud800/") == (
        "/Network/h/Groups/g/Projects/p/Jobs/%ED%A0%80%2F"
    )
