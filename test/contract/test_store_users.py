# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every store promises about the users that an operator manages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.bench import API_TOKEN, Bench

from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.service.domain.accounts import SERVICE_USER, Accounts
from qiskit_ibmq_provider.service.domain.errors import Conflict, InvalidRequest, NotFound, Unauthenticated
from qiskit_ibmq_provider.service.domain.submission import RequestedJob
from qiskit_ibmq_provider.service.domain.users import Users
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store

LAB = ("ibm-q", "lab", "alice")
CLASS = ("ibm-q", "class", "main")


@pytest.fixture
def users(bench: Bench, store: SqlStore) -> Users:
    return Users(store.accounts, bench.clock)


def _projects(bench: Bench, token: str) -> list[tuple[str, str, str, bool]]:
    principal = bench.accounts.authenticate(bench.accounts.login(token).id)
    return [(each.hub, each.group, each.project, each.is_default) for each in principal.projects]


def test_a_user_logs_in_with_the_token_and_sees_the_own_projects(bench: Bench, users: Users) -> None:
    token = users.add("alice@example.org", [LAB, CLASS])
    assert _projects(bench, token) == [(*LAB, True), (*CLASS, False)]
    principal = bench.accounts.authenticate(bench.accounts.login(token).id)
    assert principal.email == "alice@example.org"
    with pytest.raises(NotFound):
        bench.accounts.project(principal, "ibm-q", "open", "main")
    with pytest.raises(NotFound):
        bench.accounts.project(bench.principal, *LAB)


def test_users_are_listed_by_name_with_their_projects(bench: Bench, users: Users) -> None:
    users.add("bob", [CLASS])
    bench.clock.advance(60)
    users.add("alice", [LAB, CLASS])
    listed = users.list()
    assert [(each.name, each.projects) for each in listed] == [
        ("alice", (LAB, CLASS)),
        ("bob", (CLASS,)),
        (SERVICE_USER, (("ibm-q", "open", "main"), ("campus", "physics", "qc101"))),
    ]
    assert (listed[0].token_made - listed[1].token_made).total_seconds() == 60


def test_projects_can_be_replaced_and_count_at_once(bench: Bench, users: Users) -> None:
    token = users.add("alice", [LAB])
    access = bench.accounts.login(token).id
    users.set_projects("alice", [CLASS])
    assert [each.project for each in bench.accounts.authenticate(access).projects] == ["main"]
    assert _projects(bench, token) == [(*CLASS, True)]


def test_another_token_ends_the_old_one_and_what_it_gave(bench: Bench, users: Users) -> None:
    old = users.add("alice", [LAB])
    access = bench.accounts.login(old).id
    new = users.rotate("alice")
    assert new != old
    for refused in (lambda: bench.accounts.login(old), lambda: bench.accounts.authenticate(access)):
        with pytest.raises(Unauthenticated):
            refused()
    assert _projects(bench, new) == [(*LAB, True)]


def test_a_removed_user_is_out_and_the_jobs_stay(bench: Bench, users: Users) -> None:
    token = users.add("alice", [LAB])
    access = bench.accounts.login(token).id
    alice = bench.accounts.authenticate(access)
    job = bench.submissions.create(RequestedJob(alice, alice.projects[0], JobCreateRequest("alpha")))
    users.remove("alice")
    for refused in (lambda: bench.accounts.login(token), lambda: bench.accounts.authenticate(access)):
        with pytest.raises(Unauthenticated):
            refused()
    assert [each.name for each in users.list()] == [SERVICE_USER]
    # Whoever comes back is the same user, and finds the jobs of the project.
    again = bench.accounts.login(users.add("alice", [LAB])).id
    back = bench.accounts.authenticate(again)
    assert back.user_id == alice.user_id
    assert bench.jobs.get(back.projects[0], job.id).id == job.id


def test_what_makes_no_sense_is_refused(bench: Bench, users: Users) -> None:
    users.add("alice", [LAB])
    with pytest.raises(Conflict):
        users.add("alice", [CLASS])
    for name in ("", "a b", "../x", "-x", "x" * 129, "ä", SERVICE_USER, "a\n"):
        with pytest.raises(InvalidRequest):
            users.add(name, [LAB])
    with pytest.raises(InvalidRequest):
        users.add("bob", [])
    with pytest.raises(InvalidRequest):
        users.set_projects("alice", [])
    for act in (users.rotate, users.remove, lambda name: users.set_projects(name, [LAB])):
        with pytest.raises(NotFound):
            act("nobody")
        with pytest.raises(InvalidRequest):
            act(SERVICE_USER)
    assert bench.accounts.login(API_TOKEN)


def test_a_restart_with_another_service_token_leaves_users_alone(bench: Bench, users: Users) -> None:
    token = users.add("alice", [LAB])
    access = bench.accounts.login(token).id
    Accounts(bench.store, bench.clock).bootstrap("another-token")
    assert bench.accounts.authenticate(access).email == "alice"
    assert _projects(bench, token) == [(*LAB, True)]


def test_only_digests_of_user_tokens_are_kept(
    bench: Bench, users: Users, stored_rows: Callable[[], list[str]]
) -> None:
    tokens = [users.add("alice", [LAB]), users.rotate("alice")]
    rows = stored_rows()
    assert rows and not any(token in row for row in rows for token in tokens)


def test_two_operators_who_add_the_same_user_make_one(bench: Bench, store_url: str) -> None:
    def add(_: int) -> int:
        other = open_store(store_url)
        try:
            Users(other.accounts, bench.clock).add("alice", [LAB, CLASS])
        except Conflict:
            return 0
        finally:
            other.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(8))) == 1
