# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Dates of users and of the server in several time zones, through the hours that a change of the clock skips or repeats.

``zoneinfo`` judges: it takes the same rules from the system by another way.
"""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiskit_ibmq_provider._project.job_query import JobQuery
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.job.queueinfo import QueueInfo
from qiskit_ibmq_provider.protocol.filters import match
from qiskit_ibmq_provider.protocol.jobs import JobRecord
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.utils.converters import local_to_utc, local_to_utc_str, str_to_utc, utc_to_local

UTC = dt.timezone.utc

# One without changes, one of whole hours, one of half an hour off, one that changes by half an hour, and one whose rules have changed.
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Istanbul"]

CHANGES = {
    "America/New_York": [dt.datetime(2021, 3, 14, 2), dt.datetime(2021, 11, 7, 1)],
    "Australia/Lord_Howe": [dt.datetime(2021, 4, 4, 1, 30), dt.datetime(2021, 10, 3, 2)],
    "Europe/Istanbul": [dt.datetime(2015, 3, 29, 3), dt.datetime(2015, 11, 8, 3)],
}
"""Local times at which hours that were skipped or repeated began."""

any_date = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2035, 1, 1))
from_change = st.timedeltas(dt.timedelta(hours=-2), dt.timedelta(hours=2))
in_each_zone = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=ZONES)
def zone(request, monkeypatch):
    try:
        judge = ZoneInfo(request.param)
    except ZoneInfoNotFoundError:
        pytest.skip("the system has no time zones")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield judge
    monkeypatch.undo()
    time.tzset()


def wall_clocks(zone):
    """Local times without zone; often such around a change of the clock, in their first and their second occurrence."""
    near = [st.builds(change.__add__, from_change) for change in CHANGES.get(zone.key, [])]
    return st.builds(
        lambda date, fold: date.replace(fold=fold), st.one_of(any_date, *near), st.integers(0, 1)
    )


def meanings(local, zone):
    """The instants that a local time may mean: one, but two for a time that the clock has skipped."""
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return {instant}
    return {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


@in_each_zone
@given(data=st.data())
def test_a_local_time_means_the_instant_that_the_zone_says(zone, data):
    local = data.draw(wall_clocks(zone))
    instant = local_to_utc(local)
    assert instant in meanings(local, zone)
    assert str_to_utc(local_to_utc_str(local)) == instant
    assert parse_utc(format_utc(local)) == instant


@in_each_zone
@given(instant=any_date)
def test_an_instant_shows_the_local_time_that_the_zone_says(zone, instant):
    instant = instant.replace(tzinfo=UTC)
    local, expected = utc_to_local(instant), instant.astimezone(zone)
    assert local == instant
    assert local.replace(tzinfo=None, fold=0) == expected.replace(tzinfo=None, fold=0)
    assert local.utcoffset() == expected.utcoffset()


@in_each_zone
@given(data=st.data())
def test_jobs_since_a_local_time_are_those_created_from_that_instant_on(zone, data):
    start = data.draw(wall_clocks(zone))
    instant = local_to_utc(start)
    created = instant + data.draw(from_change)
    since, until = JobQuery(start_datetime=start).where, JobQuery(end_datetime=start).where
    job = {"id": "1", "creationDate": format_utc(created)}
    assert match(since, job) == (created >= instant)
    assert match(until, job) == (created <= instant)


@in_each_zone
@given(created=any_date)
def test_a_job_shows_its_dates_in_local_time(zone, created):
    created = created.replace(tzinfo=UTC)
    text = format_utc(created)
    record = JobRecord.from_json(
        {"id": "1", "creationDate": text, "status": "COMPLETED", "timePerStep": {"CREATING": text}}
    )
    job = IBMQJob.from_record(None, None, record)
    expected = created.astimezone(zone)
    for shown in (
        job.creation_date(),
        job.time_per_step()["CREATING"],
        QueueInfo(1, "QUEUED", estimated_start_time=text).estimated_start_time,
    ):
        assert shown == created
        assert (shown.utcoffset(), shown.hour, shown.minute) == (
            expected.utcoffset(),
            expected.hour,
            expected.minute,
        )


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe"], indirect=True)
def test_a_half_hour_that_comes_twice_is_told_apart_by_its_fold(zone):
    first = dt.datetime(2021, 4, 4, 1, 45)
    assert local_to_utc_str(first) == "2021-04-03T14:45:00Z"
    assert local_to_utc_str(first.replace(fold=1)) == "2021-04-03T15:15:00Z"
    assert utc_to_local("2021-04-03T14:45:00Z").isoformat() == "2021-04-04T01:45:00+11:00"
    assert utc_to_local("2021-04-03T15:15:00Z").isoformat() == "2021-04-04T01:45:00+10:30"
