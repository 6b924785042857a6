# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A store answers a filter exactly as ``protocol.filters.match`` does on the same documents."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.bench import Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import (
    DATE_PATHS,
    PATTERN_OPERATORS,
    All,
    AnyOf,
    Clause,
    Compare,
    Filter,
    Operator,
    Order,
    is_date,
    match,
    python_search,
)
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.store import listing, schema
from qiskit_ibmq_provider.service.store.patterns import TimedSearch, within

NAMES = [None, "", "a", "A", "a%b", "a_b", "bell", "bell-2", "näme", "null"]
TAGS = [(), ("a",), ("a", "b"), ("b", "a", "b"), ("A",), ("",), ("a%",)]
EXPERIMENTS = [None, "exp-7", ""]
PATTERNS = ["^ERROR", "a", "^a.?b$", "/BELL/i", "2$", "^$", "C.*D", "."]
BEGIN = datetime.datetime(2021, 6, 1, 9, 30, tzinfo=datetime.timezone.utc)
PATHS = [
    "id",
    "status",
    "backend.name",
    "backend",
    "name",
    "tags",
    "experimentTag",
    "creationDate",
    "hubInfo.hub.name",
    "timePerStep.QUEUED",
    "timePerStep",
    "liveDataEnabled",
    "endDate",
    "summaryData.size.input",
    "kind",
    "nothing.at.all",
]


def populate(bench: Bench) -> list[Job]:
    """Make jobs in all states and return those of the default project."""
    for number in range(30):
        project = bench.other_project if number % 10 == 9 else bench.project
        job = bench.draft(
            "beta" if number % 3 else "alpha",
            project,
            name=NAMES[number % len(NAMES)],
            tags=TAGS[number % len(TAGS)],
            experiment_tag=EXPERIMENTS[number % len(EXPERIMENTS)],
            live_data_enabled=[None, True, False][number % 3],
        )
        if number % 4:
            bench.clock.advance(0.000001 if number % 2 else 1.5)
        _move_on(bench, job, number % 6)
    return everything(bench)


def _move_on(bench: Bench, job: Job, stage: int) -> None:
    """Bring a job some steps further."""
    if stage == 0:
        return
    bench.upload(job)
    job = bench.submissions.announce(job.project, job.id)
    if stage == 1:
        return
    if stage == 2:
        bench.jobs.cancel(job.project, job.id)
        return
    now = bench.clock.now()
    running = lifecycle.claim(job, now, "me", now)
    assert bench.store.jobs.swap(job, running)
    if stage == 3:
        return
    status = ApiJobStatus.COMPLETED if stage == 4 else ApiJobStatus.ERROR_VALIDATING_JOB
    error = None if stage == 4 else JobError("no such gate", 7006)
    finished = lifecycle.finish(running, now, TaskOutcome(status, error=error), None, None)
    assert bench.store.jobs.swap(running, finished)


def everything(bench: Bench) -> list[Job]:
    return bench.store.jobs.select(bench.project.id, Filter(), limit=1000)


TEXTS = ["alpha", "beta", "a", "A", "", "a%b", "b", "exp-7", "QUEUED", "COMPLETED", "ibm-q", "\x00", "\ud800"]
DATES = [
    "2021-06-01T09:30:00Z",
    "2021-06-01T09:30:00.000001Z",
    "2021-06-01T11:30:03+02:00",
    "2021-06-01T09:30:06.000003",
    "1970-01-01",
    "9999-12-31T23:59:59.999999Z",
]
plain = st.one_of(
    st.sampled_from(TEXTS),
    st.none(),
    st.booleans(),
    st.integers(-1, 20),
    st.floats(0, 3),
    st.just({"name": "alpha"}),
)


def _values(path: str, operator: Operator, ids: list[str]) -> st.SearchStrategy[Any]:
    """Return what may stand after an operator, as the parser would let it through."""
    if operator is Operator.EXISTS:
        return st.booleans()
    if operator in PATTERN_OPERATORS:
        return st.sampled_from(PATTERNS)
    single = st.one_of(st.sampled_from(DATES), st.none()) if is_date(path) else plain
    if path == "id":
        single = st.one_of(st.sampled_from(ids), single)
    if operator in (Operator.INQ, Operator.NIN):
        return st.lists(single, max_size=4)
    if operator is Operator.BETWEEN:
        return st.lists(single, min_size=2, max_size=2)
    if operator in (Operator.EQ, Operator.NEQ) and not is_date(path):
        return st.one_of(single, st.just(["a"]), st.just([]))
    return single


def clauses(ids: list[str]) -> st.SearchStrategy[Clause]:
    @st.composite
    def compare(draw: st.DrawFn) -> Clause:
        path, operator = draw(st.sampled_from(PATHS)), draw(st.sampled_from(list(Operator)))
        return Compare(path, operator, draw(_values(path, operator, ids)))

    groups = lambda inner: st.one_of(  # noqa: E731 - a strategy needs a function
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    )
    return st.recursive(compare(), groups, max_leaves=6)


def test_the_store_answers_as_match_does(bench: Bench) -> None:
    jobs = populate(bench)
    documents = [job.to_record().to_json() for job in jobs]

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        clause=clauses([job.id for job in jobs]),
        order=st.sampled_from(list(Order)),
        limit=st.integers(1, 40),
        skip=st.integers(0, 3),
    )
    def check(clause: Clause, order: Order, limit: int, skip: int) -> None:
        wanted = [document["id"] for document in documents if match(clause, document)]
        if order is Order.OLDEST_FIRST:
            wanted.reverse()
        query = Filter(clause, order, limit, skip)
        answered = bench.store.jobs.select(bench.project.id, query, limit=limit)
        assert [job.id for job in answered] == wanted[skip : skip + limit]

    check()


def test_dates_are_the_listed_paths() -> None:
    assert DATE_PATHS == {"creationDate", "endDate"}


@pytest.mark.parametrize(
    "where",
    [
        {"backend.name": "alpha"},
        {"status": {"inq": ["CREATING", "CREATED"]}},
        {"status": {"regexp": "^ERROR"}},
        {"or": [{"status": "QUEUED"}, {"status": {"regexp": "^ERROR"}}]},
        {"status": {"nin": ["COMPLETED", "CANCELLED"]}, "tags": {"inq": ["a", "A"]}},
        {"and": [{"tags": "a"}, {"tags": "b"}]},
        {"name": {"regexp": "ell"}},
        {
            "experimentTag": "exp-7",
            "creationDate": {"between": ["2021-06-01T09:30:00Z", "2021-06-01T09:31:00+00:00"]},
        },
        {"and": [{"creationDate": {"lte": "2021-06-01T09:30:10Z"}}, {"lte": "2021-06-01T11:30:05+02:00"}]},
        {"hubInfo.hub.name": "ibm-q", "name": {"neq": "a"}},
    ],
)
def test_what_clients_ask_is_answered_as_match_does(bench: Bench, where: dict[str, Any]) -> None:
    query = Filter.from_json({"where": where, "limit": 50})
    wanted = [job.id for job in populate(bench) if match(query.where, job.to_record().to_json())]
    assert wanted, "the example should find something"
    assert [job.id for job in bench.store.jobs.select(bench.project.id, query, limit=50)] == wanted


def test_the_cursor_of_the_original_client_walks_through_everything(bench: Bench) -> None:
    jobs = populate(bench)
    seen: list[str] = []
    where: dict[str, Any] = {}
    while page := bench.store.jobs.select(bench.project.id, Filter.from_json({"where": where}), limit=4):
        seen += [job.id for job in page]
        where = {"creationDate": {"lte": format_utc(page[-1].created)}, "id": {"nin": [page[-1].id]}}
    assert seen == [job.id for job in jobs]


def test_a_long_list_of_conditions_is_answered_too(bench: Bench) -> None:
    jobs = populate(bench)
    where = {"or": [{"name": f"x{number}"} for number in range(900)] + [{"id": jobs[3].id}]}
    query = Filter.from_json({"where": where})
    assert [job.id for job in bench.store.jobs.select(bench.project.id, query, limit=9)] == [jobs[3].id]
    where = {"id": {"inq": [f"x{number}" for number in range(5000)] + [jobs[3].id]}}
    query = Filter.from_json({"where": where})
    assert [job.id for job in bench.store.jobs.select(bench.project.id, query, limit=9)] == [jobs[3].id]


def test_a_huge_skip_is_past_the_end(bench: Bench) -> None:
    populate(bench)
    for where in ({}, {"name": {"regexp": "a"}}):
        query = Filter.from_json({"where": where, "skip": 10**30})
        assert bench.store.jobs.select(bench.project.id, query, limit=5) == []


def test_pages_of_a_search_go_on_where_the_last_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = populate(bench)
    monkeypatch.setattr("qiskit_ibmq_provider.service.store.listing._PAGE", 3)
    for order in Order:
        query = Filter.from_json({"where": {"runMode": {"regexp": "."}}, "order": order.value})
        found = [job.id for job in bench.store.jobs.select(bench.project.id, query, limit=100)]
        wanted = [job.id for job in jobs]
        assert found == (wanted if order is Order.NEWEST_FIRST else wanted[::-1])


def test_a_part_of_a_job_s_wire_form_is_the_same_as_of_the_whole(bench: Bench) -> None:
    documents = [job.to_record().to_json() for job in populate(bench)]
    keys = {key for document in documents for key in document} - {"infoQueue"}
    assert {"endDate", "error", "hubInfo", "summaryData", "tags", "timePerStep"} < keys
    for document in documents:
        # Everything that is there, also what is an object or an array as a whole.
        clause = All(tuple(Compare(key, Operator.EQ, document.get(key)) for key in keys))
        with bench.store._database.read() as connection:
            here = schema.job.c.id == document["id"]
            hits = listing._scan(connection, here, Order.NEWEST_FIRST, clause, python_search, 60.0)
            assert len(list(hits)) == 1


@pytest.mark.parametrize("path", ["infoQueue", "infoQueue.position", "qObject.shots", "qObjectResult"])
def test_what_is_not_kept_is_refused_by_name(bench: Bench, path: str) -> None:
    query = Filter.from_json({"where": {"or": [{"name": "a"}, {path: {"gt": 1}}]}})
    with pytest.raises(InvalidRequest, match=path) as refused:
        bench.store.jobs.select(bench.project.id, query, limit=5)
    assert refused.value.code is ErrorCode.INVALID_FILTER


def refusal(bench: Bench, pattern: str, operator: str = "regexp") -> ErrorCode:
    query = Filter.from_json({"where": {"name": {operator: pattern}}})
    with pytest.raises(InvalidRequest) as refused:
        bench.store.jobs.select(bench.project.id, query, limit=5)
    return refused.value.code


def test_an_evil_pattern_is_stopped(bench: Bench) -> None:
    bench.draft(name="a" * 60 + "!")
    begin = time.monotonic()
    assert refusal(bench, "(a|aa)+$") is ErrorCode.INVALID_FILTER
    assert time.monotonic() - begin < 20


def test_a_pattern_that_would_fill_the_memory_is_refused(bench: Bench) -> None:
    bench.draft(name="a")
    for pattern in ("((a{1000}){1000}){1000}", "(((a?){0,99}){99,}){1,99}", "a{9999999}"):
        assert refusal(bench, pattern) is ErrorCode.INVALID_FILTER
    assert refusal(bench, "b" * 100_001, "like") is ErrorCode.INVALID_FILTER


def test_a_pattern_of_moderate_repetition_is_searched_for(bench: Bench) -> None:
    job = bench.draft(name="bell_aaaa_7")
    query = Filter.from_json({"where": {"name": {"regexp": "^bell_a{2,10}_[0-9]{1,3}$"}}})
    assert bench.store.jobs.select(bench.project.id, query, limit=5) == [job]


def test_patterns_that_would_fill_the_memory_together_are_refused(bench: Bench) -> None:
    bench.draft(name="b")
    for count, fits in ((1, True), (3, False)):
        where = {"or": [{"name": {"regexp": f"(a{{60}}){{60}}{number}"}} for number in range(count)]}
        query = Filter.from_json({"where": where})
        if fits:
            assert bench.store.jobs.select(bench.project.id, query, limit=5) == []
            continue
        with pytest.raises(InvalidRequest) as refused:
            bench.store.jobs.select(bench.project.id, query, limit=5)
        assert refused.value.code is ErrorCode.INVALID_FILTER


def test_large_patterns_do_not_pile_up_in_the_caches_of_the_libraries() -> None:
    script = """
import psutil
from qiskit_ibmq_provider.service.store.patterns import TimedSearch
def search(number):
    assert not TimedSearch(60)(f"(a{{80}}){{80}}{number}", "")("b")
    return psutil.Process().memory_info().rss
first = search(0)
print(search(1) - first, max(map(search, range(2, 150))) - first)
"""
    one, many = map(int, subprocess.check_output([sys.executable, "-c", script], text=True).split())
    # One of these takes about a megabyte; all would be a hundred and more.
    assert many < 12 * max(one, 2**22)


def test_the_time_of_compiling_counts() -> None:
    now = iter(range(1000))
    search = TimedSearch(2.5, lambda: float(next(now)))
    assert search("a(b)", "")("ab")
    with pytest.raises(InvalidRequest):
        search("c(d)", "")("cd")


def test_a_search_through_all_jobs_ends_with_its_time(bench: Bench) -> None:
    populate(bench)
    query = Filter.from_json({"where": {"clientInfo.name": {"neq": "x"}}})
    with pytest.raises(InvalidRequest) as refused:
        bench.store.jobs.select(bench.project.id, query, limit=100, seconds=0)
    assert refused.value.code is ErrorCode.INVALID_FILTER
    assert bench.store.jobs.select(bench.project.id, query, limit=100, seconds=3600)
    # What the database decides by itself needs no time limit.
    assert bench.store.jobs.select(bench.project.id, Filter(), limit=100, seconds=0)


def test_time_that_is_spent_on_a_candidate_counts() -> None:
    now = [0.0]
    seen = []
    with pytest.raises(InvalidRequest):
        for candidate in within(5, range(100), lambda: now[0]):
            seen.append(candidate)
            now[0] += 2
    assert seen == [0, 1, 2]
