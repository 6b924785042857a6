# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The stores that every contract test runs on, as a pytest plugin.

SQLite is always there. PostgreSQL joins in when ``IBMQ_TEST_POSTGRES_URL`` names a database that may be emptied,
such as ``postgresql+psycopg://user@host/ibmq_test``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.bench import Bench

from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url

__all__ = ["bench", "store", "store_url"]


def _emptied(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, original_environment: dict[str, str]) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "service.db").render_as_string(hide_password=False)
    url = original_environment.get("IBMQ_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("IBMQ_TEST_POSTGRES_URL names no PostgreSQL database")
    return _emptied(url)


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    """An empty store."""
    with contextlib.closing(open_store(store_url)) as opened:
        yield opened


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Bench:
    """A service without its web side, around an empty store."""
    return Bench(store, tmp_path)
