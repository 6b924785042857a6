# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every store promises about accounts, tokens and keys."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.bench import API_TOKEN, Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest, NotFound, Unauthenticated
from qiskit_ibmq_provider.service.domain.signed_urls import UrlSigner
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store


def test_login_gives_a_token_that_authenticates(bench: Bench) -> None:
    token = bench.accounts.login(API_TOKEN)
    principal = bench.accounts.authenticate(token.id)
    assert principal == bench.principal
    assert token.user_id == principal.user_id
    assert (token.ttl, token.created) == (14 * 86400, "2021-06-01T09:30:00.000000Z")
    assert token.id.isascii() and len(token.id) >= 40


def test_the_default_project_comes_first(bench: Bench) -> None:
    names = [(each.hub, each.group, each.project, each.is_default) for each in bench.principal.projects]
    assert names == [("ibm-q", "open", "main", True), ("campus", "physics", "qc101", False)]


def test_an_unknown_api_token_is_refused(bench: Bench) -> None:
    for wrong in ("", "x", API_TOKEN + "x", "ключ", "\ud800"):
        with pytest.raises(Unauthenticated) as refused:
            bench.accounts.login(wrong)
        assert refused.value.code is ErrorCode.LOGIN_FAILED


def test_an_unknown_access_token_is_refused(bench: Bench) -> None:
    for wrong in ("", API_TOKEN, bench.accounts.login(API_TOKEN).id[:-1]):
        with pytest.raises(Unauthenticated) as refused:
            bench.accounts.authenticate(wrong)
        assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


def test_an_access_token_ends_after_its_time(bench: Bench) -> None:
    token = bench.accounts.login(API_TOKEN).id
    bench.clock.advance(14 * 86400 - 1)
    bench.accounts.authenticate(token)
    bench.clock.advance(1)
    with pytest.raises(Unauthenticated):
        bench.accounts.authenticate(token)
    assert bench.store.accounts.delete_expired(bench.clock.now()) == 2
    assert bench.store.accounts.delete_expired(bench.clock.now()) == 0


def test_tokens_and_user_survive_a_restart_with_the_same_api_token(bench: Bench) -> None:
    token = bench.accounts.login(API_TOKEN).id
    again = Accounts(bench.store, bench.clock)
    again.bootstrap(API_TOKEN, [("ibm-q", "open", "main"), ("campus", "physics", "qc101")])
    assert again.authenticate(token) == bench.principal


def test_a_new_api_token_revokes_the_old_one_and_what_it_gave(bench: Bench) -> None:
    token = bench.accounts.login(API_TOKEN).id
    bench.accounts.bootstrap("another-token")
    with pytest.raises(Unauthenticated):
        bench.accounts.login(API_TOKEN)
    with pytest.raises(Unauthenticated):
        bench.accounts.authenticate(token)
    fresh = bench.accounts.authenticate(bench.accounts.login("another-token").id)
    assert fresh.user_id == bench.principal.user_id
    assert fresh.projects == bench.principal.projects[:1]


def test_an_empty_api_token_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidRequest):
        bench.accounts.bootstrap("  ")


def test_only_digests_are_kept(bench: Bench, stored_rows: Callable[[], list[str]]) -> None:
    token = bench.accounts.login(API_TOKEN).id
    rows = stored_rows()
    assert rows
    assert not any(API_TOKEN in row or token in row for row in rows)


def test_a_project_is_found_by_its_names_and_an_unknown_one_is_not(bench: Bench) -> None:
    found = bench.accounts.project(bench.principal, "campus", "physics", "qc101")
    assert found == bench.other_project
    with pytest.raises(NotFound):
        bench.accounts.project(bench.principal, "campus", "physics", "qc102")


def test_the_signing_key_stays_the_same(store: SqlStore, store_url: str) -> None:
    now = datetime.datetime(2021, 6, 1, tzinfo=datetime.timezone.utc)
    first = store.signing_key(b"a" * 32, now)
    other = open_store(store_url)
    assert first == store.signing_key(b"b" * 32, now) == other.signing_key(b"c" * 32, now)
    other.close()


def test_many_starts_at_once_agree_on_user_and_key(bench: Bench, store_url: str) -> None:
    def start(_: int) -> tuple[str, str]:
        other = open_store(store_url)
        try:
            accounts = Accounts(other, bench.clock)
            accounts.bootstrap("shared-token")
            user = accounts.login("shared-token").user_id
            return str(user), UrlSigner.load(other, bench.clock).sign("result", "0" * 24, 1)
        finally:
            other.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(8)))) == 1


def test_projects_that_are_not_configured_any_more_are_hidden_and_their_jobs_kept(bench: Bench) -> None:
    job = bench.queued(project=bench.other_project)
    bench.accounts.bootstrap(API_TOKEN, [("campus", "chemistry", "lab"), ("ibm-q", "open", "main")])
    token = bench.accounts.login(API_TOKEN).id
    projects = bench.accounts.authenticate(token).projects
    assert [(each.hub, each.project, each.is_default) for each in projects] == [
        ("campus", "lab", True),
        ("ibm-q", "main", False),
    ]
    with pytest.raises(NotFound):
        bench.accounts.project(bench.accounts.authenticate(token), "campus", "physics", "qc101")
    bench.accounts.bootstrap(API_TOKEN, [("campus", "physics", "qc101")])
    (back,) = bench.accounts.authenticate(token).projects
    assert back.id == bench.other_project.id
    assert bench.jobs.get(back, job.id).id == job.id
