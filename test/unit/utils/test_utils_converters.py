# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Dates between local time and UTC, and durations."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiskit_ibmq_provider.utils.converters import (
    convert_tz,
    duration_difference,
    local_to_utc,
    local_to_utc_str,
    seconds_to_duration,
    str_to_utc,
    utc_to_local,
    utc_to_local_all,
)

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Atlantic/Azores"]


@pytest.fixture(params=ZONES)
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instant=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2035, 1, 1)))
def test_an_instant_survives_the_way_to_local_time_and_back(zone, instant):
    local = utc_to_local(instant)
    assert local == instant.replace(tzinfo=dt.timezone.utc)
    assert local.utcoffset() == dt.datetime.fromtimestamp(local.timestamp()).astimezone().utcoffset()
    assert local_to_utc(local) == local
    assert local_to_utc(local).tzinfo is dt.timezone.utc
    assert str_to_utc(local_to_utc_str(local)) == local
    # Without its zone a local time that occurs twice a year says which it is by its fold.
    assert local_to_utc(local.replace(tzinfo=None)) == local or local.fold == 0


def test_a_date_without_zone_is_utc_from_the_server_and_local_from_the_user(zone):
    text = "2021-07-01T12:00:00"
    assert utc_to_local(text) == dt.datetime(2021, 7, 1, 12, tzinfo=dt.timezone.utc)
    assert local_to_utc(text) == dt.datetime(2021, 7, 1, 12).astimezone()
    assert str_to_utc(text) == dt.datetime(2021, 7, 1, 12, tzinfo=dt.timezone.utc)


def test_a_date_with_a_zone_keeps_its_instant(zone):
    text, instant = "2021-07-01T12:00:00+05:30", dt.datetime(2021, 7, 1, 6, 30, tzinfo=dt.timezone.utc)
    assert utc_to_local(text) == local_to_utc(text) == str_to_utc(text) == instant


def test_texts_have_the_suffix_that_is_asked_for():
    instant = dt.datetime(2021, 1, 7, 12, 30, tzinfo=dt.timezone.utc)
    assert local_to_utc_str(instant) == "2021-01-07T12:30:00Z"
    assert local_to_utc_str(instant, suffix="+") == "2021-01-07T12:30:00+00:00"


def test_nothing_stays_nothing():
    assert convert_tz(None, to_utc=True) is None
    assert str_to_utc(None) is None
    assert str_to_utc("") is None


def test_convert_tz_goes_both_ways(zone):
    instant = dt.datetime(2021, 7, 1, 12)
    assert convert_tz(instant, to_utc=False) == utc_to_local(instant)
    assert convert_tz(instant, to_utc=True) == local_to_utc(instant)


def test_dates_inside_of_data_become_local(zone):
    instant = dt.datetime(2021, 7, 1, 12, tzinfo=dt.timezone.utc)
    data = {"a": [instant, {"b": instant}], "c": "2021", "d": (instant,)}
    local = utc_to_local_all(data)
    assert local == data
    assert local["a"][0].utcoffset() == local["a"][1]["b"].utcoffset() == instant.astimezone().utcoffset()
    assert data["a"][0].tzinfo is dt.timezone.utc


@pytest.mark.parametrize("value", [5, None, dt.date(2021, 1, 1)])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(TypeError, match="utc_dt"):
        utc_to_local(value)
    with pytest.raises(TypeError, match="local_dt"):
        local_to_utc(value)


@given(st.integers(0, 10**7))
def test_a_duration_adds_up(seconds):
    days, hours, minutes, rest, milliseconds = seconds_to_duration(seconds)
    assert ((days * 24 + hours) * 60 + minutes) * 60 + rest == seconds
    assert (hours < 24, minutes < 60, rest < 60, milliseconds) == (True, True, True, 0)


def test_fractions_of_a_second_are_milliseconds_rounded_up():
    assert seconds_to_duration(0.0101) == (0, 0, 0, 0, 11)
    assert seconds_to_duration(60.5) == (0, 0, 1, 0, 500)
    assert seconds_to_duration(1.9) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (dt.timedelta(days=2, hours=3, minutes=1), "2 days 3 hrs"),
        (dt.timedelta(hours=2, minutes=5, seconds=30), "2 hrs 5 min"),
        (dt.timedelta(minutes=5, seconds=30), "5 min"),
        (dt.timedelta(seconds=-30), ""),
        (dt.timedelta(seconds=0.5), ""),
    ],
)
def test_the_time_until_a_date_is_said_in_two_units(ahead, text):
    soon = dt.datetime.now().astimezone() + ahead
    assert duration_difference(soon).startswith(text)
    assert duration_difference(soon.replace(tzinfo=None)).startswith(text)
    assert bool(duration_difference(soon)) == bool(text)
