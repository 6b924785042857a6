# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Retry decisions, as tables."""

from __future__ import annotations

import datetime as dt

import pytest

from qiskit_ibmq_provider.api.backoff import (
    STATUS_FORCELIST,
    RetryPolicy,
    Tally,
    Trouble,
    may_be_processed,
    next_delay,
    parse_retry_after,
    poll_delay,
    reconnect_delay,
)
from qiskit_ibmq_provider.api.time_limits import TimeLimits

LIMITS = TimeLimits()
POLICY = RetryPolicy()
NOW = dt.datetime(2021, 6, 1, 12, 0, 0, tzinfo=dt.timezone.utc)


def schedule(trouble: Trouble, *, status: int | None = None, replayable: bool = True) -> list[float]:
    """Return the waits before each repetition until the request is given up."""
    tally, waits = Tally(), []
    while True:
        delay = next_delay(POLICY, tally, trouble, status=status, replayable=replayable)
        if delay is None:
            return waits
        waits.append(delay)
        tally = tally.after(trouble, status)


@pytest.mark.parametrize("replayable", [True, False])
@pytest.mark.parametrize("status", STATUS_FORCELIST)
def test_forced_statuses_are_repeated_five_times_whatever_the_verb(status, replayable):
    assert schedule(Trouble.STATUS, status=status, replayable=replayable) == [0, 1, 2, 4, 8]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 501, 507])
def test_other_error_statuses_are_final(status):
    assert schedule(Trouble.STATUS, status=status) == []


@pytest.mark.parametrize("replayable", [True, False])
def test_a_busy_server_is_asked_again_but_never_at_once(replayable):
    assert schedule(Trouble.STATUS, status=429, replayable=replayable) == [1, 1, 2, 4, 8]


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.PROXY])
@pytest.mark.parametrize("replayable", [True, False])
def test_a_request_that_found_no_connection_is_repeated_three_times(trouble, replayable):
    assert schedule(trouble, replayable=replayable) == [0, 1, 2]


@pytest.mark.parametrize("trouble", [Trouble.INVALID, Trouble.TLS, Trouble.DEADLINE])
def test_what_cannot_get_better_is_not_repeated(trouble):
    assert schedule(trouble) == []


@pytest.mark.parametrize(
    ("trouble", "waits"),
    [(Trouble.DROPPED, [0, 1, 2, 4, 8]), (Trouble.SILENT, [0, 1, 2, 4, 8]), (Trouble.UNREADABLE, [0, 1])],
)
def test_lost_answers_are_asked_for_again_only_where_that_does_no_harm(trouble, waits):
    assert schedule(trouble, replayable=True) == waits
    assert schedule(trouble, replayable=False) == []


def test_the_total_counts_all_kinds_of_failure():
    tally = Tally()
    for trouble in (Trouble.DROPPED, Trouble.UNREACHABLE, Trouble.SILENT, Trouble.UNREADABLE):
        tally = tally.after(trouble, None)
    assert next_delay(POLICY, tally, Trouble.STATUS, status=503, replayable=True) == 8
    tally = tally.after(Trouble.STATUS, 503)
    assert next_delay(POLICY, tally, Trouble.STATUS, status=503, replayable=True) is None


@pytest.mark.parametrize(
    ("status", "expected"), [(503, 7.0), (429, 7.0), (413, 7.0), (400, None), (404, None)]
)
def test_the_server_may_say_how_long_to_wait(status, expected):
    delay = next_delay(POLICY, Tally(), Trouble.STATUS, status=status, retry_after=7.0, replayable=False)
    assert delay == expected


@pytest.mark.parametrize(
    ("trouble", "status", "expected"),
    [
        (Trouble.UNREACHABLE, None, False),
        (Trouble.PROXY, None, False),
        (Trouble.TLS, None, False),
        (Trouble.INVALID, None, False),
        (Trouble.DROPPED, None, True),
        (Trouble.SILENT, None, True),
        (Trouble.DEADLINE, None, True),
        (Trouble.UNREADABLE, 200, True),
        (Trouble.STATUS, 400, False),
        (Trouble.STATUS, 429, False),
        (Trouble.STATUS, 501, False),
        (Trouble.STATUS, 500, True),
        (Trouble.STATUS, 503, True),
    ],
)
def test_which_failures_leave_it_open_whether_the_request_was_processed(trouble, status, expected):
    assert may_be_processed(trouble, status) is expected
    assert Tally().after(trouble, status).may_be_processed is expected


def test_a_doubt_once_there_stays():
    assert Tally().after(Trouble.DROPPED, None).after(Trouble.UNREACHABLE, None).may_be_processed


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("0", 0),
        (" 12 ", 12),
        ("Tue, 01 Jun 2021 12:00:30 GMT", 30),
        ("Tue, 01 Jun 2021 11:00:00 GMT", 0),
        ("Tue, 99 Jun 2021 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


def test_websockets_are_opened_again_with_doubled_waits_up_to_a_bound():
    waits = [
        reconnect_delay(attempt, LIMITS.reconnect_shortest, LIMITS.reconnect_longest)
        for attempt in (*range(1, 8), 10_000)
    ]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8, 8]


@pytest.mark.parametrize(
    ("elapsed", "wait", "expected"),
    [
        (0, None, 0.2),
        (3, None, 0.2),
        (20, None, 0.8),
        (1000, None, 4.5),
        (0, 5, 5),
        (1000, 0.1, 0.1),
        (0, -1, 0),
    ],
)
def test_polling_slows_down_unless_the_caller_sets_the_pace(elapsed, wait, expected):
    assert poll_delay(elapsed, wait, LIMITS) == expected
