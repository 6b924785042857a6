# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The domain is tested around a real SQLite store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store."""
    with contextlib.closing(open_store(sqlite_url(tmp_path / "service.db"))) as opened:
        yield opened


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Bench:
    """A service without its web side, around an empty store."""
    return Bench(store, tmp_path)
