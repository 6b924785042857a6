# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A database that cannot grow, or does not answer."""

from __future__ import annotations

import contextlib
import datetime
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from support.bench import Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.service.domain.errors import StorageFull, Unavailable
from qiskit_ibmq_provider.service.domain.store import StoredToken, StoreUnusable
from qiskit_ibmq_provider.service.store import sqlstore
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url


@contextlib.contextmanager
def no_space(store: SqlStore) -> Iterator[None]:
    """Let SQLite take no further page, which is how it behaves on a full disk."""

    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    engine = store._database._engine
    event.listen(engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(engine, "begin", limit)
        with store._database.read() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def test_a_full_disk_is_refused_cleanly_and_passes(tmp_path: Path) -> None:
    with contextlib.closing(open_store(sqlite_url(tmp_path / "x.db"))) as store:
        bench = Bench(store, tmp_path)
        kept = [bench.draft(name="n" * 1000) for _ in range(3)]
        with no_space(store):
            with pytest.raises(StorageFull) as refused:
                for _ in range(100):
                    kept.append(bench.draft(name="n" * 1000))
            assert refused.value.code is ErrorCode.STORAGE_FULL
            assert "disk is full" in refused.value.message
        kept.append(bench.draft(name="n" * 1000))
        listed = store.jobs.select(bench.project.id, Filter(), limit=500)
        assert {job.id for job in listed} == {job.id for job in kept}


def test_a_lost_database_is_said_to_be_away_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.closing(open_store(sqlite_url(tmp_path / "x.db"))) as store:
        with store._database.write() as connection:
            connection.execute(sa.text("DROP TABLE idempotency_key"))
            connection.execute(sa.text("DROP TABLE job_tag"))
            connection.execute(sa.text("DROP TABLE job"))
        with pytest.raises(Unavailable) as refused:
            store.jobs.get("0" * 24)
        assert refused.value.message == "The database does not answer. Try again later."
        assert refused.value.code is ErrorCode.UNAVAILABLE


def test_a_failure_shows_no_values(tmp_path: Path) -> None:
    with contextlib.closing(open_store(sqlite_url(tmp_path / "x.db"))) as store:
        now = datetime.datetime(2021, 6, 1, tzinfo=datetime.timezone.utc)
        secret = "-".join(("a", "secret", "digest"))
        with pytest.raises(Unavailable) as refused:
            store.accounts.add_access_token(secret, StoredToken("nobody-s", "nobody"), now, now)
        shown = "".join(traceback.format_exception(None, refused.value, refused.value.__traceback__))
        assert "INSERT INTO access_token" in shown
        assert secret not in shown


def test_a_database_that_has_no_space_to_begin_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("CREATE TABLE t (x)")

    monkeypatch.setattr(sqlstore, "_upgrade", full)
    with pytest.raises(StoreUnusable, match="no space left for the database .*service.db. Free some space"):
        open_store(sqlite_url(tmp_path / "service.db"))
