# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The walk through the pages of a server with quirks of its own."""

from __future__ import annotations

import datetime as dt
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider._project import page_walk as _page_walk
from qiskit_ibmq_provider._project.job_query import JobQuery
from qiskit_ibmq_provider._project.page_walk import walk_pages
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.filters import Clause, match, parse_clause


class ListServer:
    """A server with jobs in memory: caps pages, and gives jobs of the same date in another order each time."""

    def __init__(self, jobs: list[dict], cap: int = 1000, seed: int = 0) -> None:
        self.jobs, self.cap, self.requests = jobs, cap, 0
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.all_there: threading.Barrier | None = None

    def page(self, limit: int, skip: int, descending: bool, where: Clause) -> list[dict]:
        with self.lock:
            self.requests += 1
            barrier = self.all_there if self.requests > 2 else None
        if barrier is not None:
            barrier.wait(10)
        assert self.requests < 1000, "the walk does not end"
        # What travels is the JSON, not the tree.
        clause = parse_clause(where.to_json())
        found = [job for job in self.jobs if match(clause, job)]
        with self.lock:
            self.random.shuffle(found)
        found.sort(key=lambda job: job["creationDate"], reverse=descending)
        return found[skip : skip + min(limit, self.cap)]


def stamp(job: dict) -> tuple[str, str]:
    return job["id"], job["creationDate"]


def date(second: int) -> str:
    return f"2021-06-01T09:00:{second:02d}.000000Z"


def walk(server: ListServer, **arguments: object) -> list[str]:
    return [job["id"] for job in walk_pages(server.page, JobQuery(**arguments), stamp)]


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
    monkeypatch.setattr(_page_walk, "_MAX_EXCLUDED", 3)
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
    jobs = walk_pages(server.page, JobQuery(limit=None), stamp)
    assert server.requests == 0
    next(jobs)
    assert server.requests == 1


def test_a_server_that_ignores_the_ids_cannot_keep_the_walk_busy():
    jobs = [{"id": f"j{number}", "creationDate": date(number // 3)} for number in range(9)]
    server = ListServer(jobs)

    def page(limit: int, skip: int, descending: bool, where: Clause) -> list[dict]:
        server.requests += 1
        cursor = where.to_json().get("creationDate", {}).get("gte", "")
        return [job for job in jobs if job["creationDate"] >= cursor][skip : skip + 4]

    got = [job["id"] for job in walk_pages(page, JobQuery(limit=None, descending=False), stamp)]
    assert got == [f"j{number}" for number in range(9)]
    assert server.requests < 20


def test_a_server_that_gives_the_same_page_for_ever_is_an_error_and_not_the_end_of_the_list():
    jobs = [{"id": f"j{number}", "creationDate": date(number)} for number in range(4)]
    got, requests = [], []
    with pytest.raises(ProtocolError, match="the same jobs whichever page.*Ask for fewer"):
        for job in walk_pages(lambda *page: requests.append(page) or jobs, JobQuery(limit=None), stamp):
            got.append(job["id"])
    assert (got, len(requests)) == (["j0", "j1", "j2", "j3"], 3)
    assert len(list(walk_pages(lambda *page: jobs, JobQuery(limit=4), stamp))) == 4


def test_db_filter_on_the_creation_date_survives_paging():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(12)], cap=2)
    got = walk(server, limit=None, db_filter={"creationDate": {"neq": date(5)}})
    assert got == [f"j{number}" for number in range(11, -1, -1) if number != 5]


def test_the_pages_of_a_server_with_small_ones_are_asked_for_at_the_same_time():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(50)], cap=5)
    # Each of the eight requests after the first two waits for the others.
    server.all_there = threading.Barrier(8)
    assert walk(server, limit=50) == [f"j{number}" for number in range(49, -1, -1)]
    assert server.requests == 10


def test_a_list_without_limit_is_asked_for_in_batches():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(53)], cap=5)
    assert walk(server, limit=None) == [f"j{number}" for number in range(52, -1, -1)]
    # Two pages, a batch of twelve, and one empty page that ends the walk.
    assert server.requests == 15


def test_jobs_that_are_made_meanwhile_do_not_move_the_pages():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(40)], cap=4)
    jobs = walk_pages(server.page, JobQuery(limit=40), stamp)
    got = [next(jobs)["id"] for _ in range(8)]
    server.jobs = [
        *server.jobs,
        *({"id": f"new{number}", "creationDate": date(50 + number)} for number in range(6)),
    ]
    got += [job["id"] for job in jobs]
    assert got == [f"j{number}" for number in range(39, -1, -1)]


def test_a_server_that_knows_no_numbers_is_asked_page_by_page():
    server = ListServer([{"id": f"j{number}", "creationDate": date(number)} for number in range(30)], cap=3)
    got = [
        job["id"]
        for job in walk_pages(lambda limit, _, *rest: server.page(limit, 0, *rest), JobQuery(limit=30), stamp)
    ]
    assert got == [f"j{number}" for number in range(29, -1, -1)]
