# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Queries of jobs: what the arguments ask for."""

from __future__ import annotations

import copy
import datetime as dt
import time

import pytest
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._project.job_query import JobQuery
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError
from qiskit_ibmq_provider.protocol.filters import match


def where(**arguments: object) -> dict:
    return JobQuery(**arguments).where.to_json()


def test_without_conditions_nothing_is_asked():
    assert where() == {}


@pytest.mark.parametrize(
    ("status", "clause"),
    [
        ("initializing", {"status": {"inq": ["CREATING", "CREATED", "TRANSPILING", "TRANSPILED"]}}),
        (JobStatus.VALIDATING, {"status": {"inq": ["VALIDATING", "VALIDATED"]}}),
        ("QUEUED", {"status": "QUEUED"}),
        ("Running", {"status": "RUNNING"}),
        (JobStatus.CANCELLED, {"status": "CANCELLED"}),
        (JobStatus.DONE, {"status": "COMPLETED"}),
        ("ERROR", {"status": {"regexp": "^ERROR"}}),
        (["RUNNING"], {"or": [{"status": "RUNNING"}]}),
        (["DONE", JobStatus.ERROR], {"or": [{"status": "COMPLETED"}, {"status": {"regexp": "^ERROR"}}]}),
    ],
)
def test_status(status, clause):
    assert where(status=status) == clause


def test_the_other_conditions():
    assert where(backend_name="b", job_name="na.*me", experiment_id="e", job_tags=["x", "y"]) == {
        "backend.name": "b",
        "name": {"regexp": "na.*me"},
        "experimentTag": "e",
        "tags": {"inq": ["x", "y"]},
    }
    assert where(job_tags=["x", "y"], job_tags_operator="and") == {"and": [{"tags": "x"}, {"tags": "y"}]}


@pytest.fixture
def new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_dates_without_zone_are_local(new_york):
    start, end = dt.datetime(2021, 1, 1, 12), dt.datetime(2021, 7, 1, 12)
    assert where(start_datetime=start) == {"creationDate": {"gte": "2021-01-01T17:00:00.000000Z"}}
    assert where(end_datetime=end) == {"creationDate": {"lte": "2021-07-01T16:00:00.000000Z"}}
    assert where(start_datetime=start.replace(tzinfo=dt.timezone.utc), end_datetime=end) == {
        "creationDate": {"between": ["2021-01-01T12:00:00.000000Z", "2021-07-01T16:00:00.000000Z"]}
    }


def test_db_filter_joins_without_losing_anything():
    mine = {
        "or": [{"runMode": "fairshare"}, {"runMode": "dedicated"}],
        "status": "QUEUED",
        "liveDataEnabled": True,
    }
    before = copy.deepcopy(mine)
    clause = JobQuery(status=["RUNNING", "ERROR"], db_filter=mine).where
    assert mine == before
    job = {"status": "RUNNING", "runMode": "dedicated", "liveDataEnabled": True}
    assert match(clause, job)
    for change in ({"status": "QUEUED"}, {"runMode": "x"}, {"liveDataEnabled": False}):
        assert not match(clause, {**job, **change})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"status": "done-ish"}, '"done-ish" is not a valid status value'),
        ({"status": ["RUNNING", 3]}, "is not a valid status value"),
        ({"job_tags": "tag"}, "job_tags"),
        ({"job_tags": [1]}, "job_tags"),
        ({"job_tags": ["a"], "job_tags_operator": "XOR"}, "is not a valid job_tags_operator value"),
        ({"job_tags": ["a"], "job_tags_operator": None}, "is not a valid job_tags_operator value"),
        ({"db_filter": {"name": {"resembles": "x"}}}, "db_filter cannot be used"),
        ({"db_filter": ["x"]}, "db_filter should be a dictionary"),
        ({"limit": -1}, "limit should be"),
        ({"limit": "5"}, "limit should be"),
        ({"skip": -1}, "skip should be"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(arguments, message):
    with pytest.raises(IBMQBackendValueError, match=message):
        JobQuery(**arguments)


def test_a_date_has_to_be_a_date():
    with pytest.raises(TypeError):
        JobQuery(start_datetime=17)
