# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Opening a database: new, old, newer, damaged, foreign, unreachable."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from support.bench import Bench

from qiskit_ibmq_provider.service.domain.store import StoreUnusable
from qiskit_ibmq_provider.service.store import sqlstore
from qiskit_ibmq_provider.service.store.schema import HEAD, metadata
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url


def test_the_migrations_lead_to_the_tables_of_the_schema(store: SqlStore, store_url: str) -> None:
    engine = sa.create_engine(store_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
        inspector = sa.inspect(connection)
        present = {index["name"] for name in metadata.tables for index in inspector.get_indexes(name)}
        assert wanted <= present
        assert sqlstore._current_revision(connection) == HEAD
    engine.dispose()


def test_the_newest_migration_is_the_schema_s() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(sqlstore.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_existing_database_is_opened_as_it_is(bench: Bench, store_url: str) -> None:
    job = bench.queued(name="kept", tags=["t"])
    bench.store.close()
    reopened = open_store(store_url)
    # What a job can expect is not kept but found out when it is read.
    assert reopened.jobs.find(bench.project.id, job.id) == job.replaced(estimate=None)
    reopened.check()
    reopened.close()


def test_many_may_open_a_new_database_at_once(store_url: str) -> None:
    def work(_: int) -> str:
        opened = open_store(store_url)
        opened.check()
        opened.close()
        return "ok"

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == ["ok"] * 6


def test_a_database_of_a_newer_release_is_left_alone(store: SqlStore, store_url: str) -> None:
    store.close()
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="schema 9999, which is newer than the [0-9]{4} of this release"):
        open_store(store_url)
    with engine.connect() as connection:
        assert sqlstore._current_revision(connection) == "9999"
    engine.dispose()


def test_a_database_of_something_else_is_left_alone(store_url: str) -> None:
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE other (x integer)"))
    with pytest.raises(StoreUnusable, match="tables that this service did not make"):
        open_store(store_url)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["other"]
    engine.dispose()


def test_sqlite_is_durable_and_checks_its_references(tmp_path: Path) -> None:
    opened = open_store(sqlite_url(tmp_path / "x.db"))
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    with opened._database.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}
    opened.close()
    assert found == pragmas


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreUnusable, match="is damaged.*Restore it from a copy"):
        open_store(sqlite_url(path))
    assert path.read_bytes() == b"not a database at all" * 500


def test_a_damaged_page_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    opened = open_store(sqlite_url(path))
    Bench(opened, tmp_path).queued()
    opened.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    page_size = 4096
    pages = path.stat().st_size // page_size
    with path.open("r+b") as file:
        for page in range(1, pages):
            file.seek(page * page_size)
            file.write(b"\xff" * page_size)
    with pytest.raises(StoreUnusable, match="is damaged"):
        open_store(sqlite_url(path))


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "x.db"
    with pytest.raises(StoreUnusable, match="cannot be made: No such file or directory") as refused:
        open_store(sqlite_url(path))
    assert str(path.parent) in str(refused.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(StoreUnusable, match="cannot be made: Permission denied"):
        open_store(sqlite_url(closed / "x.db"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_store(sqlite_url(path)).close()
    path.chmod(0o400)
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        open_store(sqlite_url(path))


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_the_files_of_a_new_database_are_private(tmp_path: Path) -> None:
    opened = open_store(sqlite_url(tmp_path / "x.db"))
    Bench(opened, tmp_path).queued()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("x.db*")}
    opened.close()
    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


def test_a_url_that_makes_no_sense_is_refused() -> None:
    for url in ("nonsense", "oracle9://x/y", "postgresql+nodriver://x/y"):
        with pytest.raises(StoreUnusable, match="The database URL cannot be used"):
            open_store(url)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreUnusable, match="Check the URL and that the server runs") as refused:
        open_store("postgresql+psycopg://user:sesame@127.0.0.1:1/x")
    assert "sesame" not in str(refused.value)
