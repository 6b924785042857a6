# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Queries of jobs: what the arguments ask for, and the walk through pages of a server with quirks of its own."""

from __future__ import annotations

import copy
import datetime as dt
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._project import job_query as _job_query
from qiskit_ibmq_provider._project.job_query import job_query, walk_pages
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError
from qiskit_ibmq_provider.protocol.filters import Clause, match, parse_clause


class ListServer:
    """A server with jobs in memory: caps pages, and gives jobs of the same date in another order each time."""

    def __init__(self, jobs: list[dict], cap: int = 1000, seed: int = 0) -> None:
        self.jobs, self.cap, self.requests = jobs, cap, 0
        self.random = random.Random(seed)

    def page(self, limit: int, skip: int, descending: bool, where: Clause) -> list[dict]:
        self.requests += 1
        assert self.requests < 1000, "the walk does not end"
        # What travels is the JSON, not the tree.
        clause = parse_clause(where.to_json())
        found = [job for job in self.jobs if match(clause, job)]
        self.random.shuffle(found)
        found.sort(key=lambda job: job["creationDate"], reverse=descending)
        return found[skip : skip + min(limit, self.cap)]


def stamp(job: dict) -> tuple[str, str]:
    return job["id"], job["creationDate"]


def date(second: int) -> str:
    return f"2021-06-01T09:00:{second:02d}.000000Z"


def walk(server: ListServer, **arguments: object) -> list[str]:
    return [job["id"] for job in walk_pages(server.page, job_query(**arguments), stamp)]


@given(
    seconds=st.lists(st.integers(0, 6), max_size=40),
    cap=st.integers(1, 9),
    limit=st.one_of(st.none(), st.integers(0, 45)),
    descending=st.booleans(),
    first=st.one_of(st.none(), st.integers(0, 6)),
    last=st.one_of(st.none(), st.integers(0, 6)),
    seed=st.integers(0, 3),
)
def test_each_job_comes_once_however_many_share_a_date(seconds, cap, limit, descending, first, last, seed):
    jobs = [{"id": f"j{number}", "creationDate": date(second)} for number, second in enumerate(seconds)]
    server = ListServer(jobs, cap, seed)
    start = None if first is None else dt.datetime(2021, 6, 1, 9, 0, first, tzinfo=dt.timezone.utc)
    end = None if last is None else dt.datetime(2021, 6, 1, 9, 0, last, tzinfo=dt.timezone.utc)
    got = walk(server, limit=limit, descending=descending, start_datetime=start, end_datetime=end)
    wanted = [
        job
        for job in jobs
        if (first is None or job["creationDate"] >= date(first))
        and (last is None or job["creationDate"] <= date(last))
    ]
    assert len(got) == len(set(got)) == min(limit or len(wanted), len(wanted))
    dates = {job["id"]: job["creationDate"] for job in jobs}
    order = sorted((job["creationDate"] for job in wanted), reverse=descending)
    assert [dates[job_id] for job_id in got] == order[: len(got)]
    assert set(got) <= {job["id"] for job in wanted}


def test_more_jobs_of_one_date_than_a_request_can_name_are_passed_by_number(monkeypatch):
    monkeypatch.setattr(_job_query, "_MAX_EXCLUDED", 3)
    server = ListServer([{"id": f"j{number}", "creationDate": date(1)} for number in range(20)], cap=4)
    # Passing by number needs an order that stays.
    server.random.shuffle = lambda found: None
    assert walk(server, limit=None) == [f"j{number}" for number in range(20)]


def test_skip_counts_once():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(10)], cap=3)
    assert walk(server, limit=None, skip=2, descending=False) == [f"j{number}" for number in range(2, 10)]
    assert walk(server, limit=4, skip=8) == ["j1", "j0"]


def test_a_limit_that_one_page_fills_takes_one_request():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(10)])
    assert len(walk(server, limit=7)) == 7
    assert server.requests == 1


def test_the_walk_is_lazy():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(10)], cap=2)
    jobs = walk_pages(server.page, job_query(limit=None), stamp)
    assert server.requests == 0
    next(jobs)
    assert server.requests == 1


@pytest.mark.parametrize("ignored", ["everything", "ids"])
def test_a_server_that_ignores_the_cursor_cannot_keep_the_walk_busy(ignored):
    jobs = [{"id": f"j{number}", "creationDate": date(number // 3)} for number in range(9)]
    server = ListServer(jobs)

    def page(limit: int, skip: int, descending: bool, where: Clause) -> list[dict]:
        server.requests += 1
        if ignored == "everything":
            return jobs[:4]
        cursor = where.to_json().get("creationDate", {}).get("gte", "")
        return [job for job in jobs if job["creationDate"] >= cursor][skip : skip + 4]

    got = [job["id"] for job in walk_pages(page, job_query(limit=None, descending=False), stamp)]
    assert len(got) == len(set(got))
    assert got == [f"j{number}" for number in range(4 if ignored == "everything" else 9)]
    assert server.requests < 20


def where(**arguments: object) -> dict:
    return job_query(**arguments).where.to_json()


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
    clause = job_query(status=["RUNNING", "ERROR"], db_filter=mine).where
    assert mine == before
    job = {"status": "RUNNING", "runMode": "dedicated", "liveDataEnabled": True}
    assert match(clause, job)
    for change in ({"status": "QUEUED"}, {"runMode": "x"}, {"liveDataEnabled": False}):
        assert not match(clause, {**job, **change})


def test_db_filter_on_the_creation_date_survives_paging():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(12)], cap=2)
    got = walk(server, limit=None, db_filter={"creationDate": {"neq": date(5)}})
    assert got == [f"j{number}" for number in range(11, -1, -1) if number != 5]


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
        job_query(**arguments)


def test_a_date_has_to_be_a_date():
    with pytest.raises(TypeError):
        job_query(start_datetime=17)
