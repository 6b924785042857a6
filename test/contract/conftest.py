# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Contract tests run on every implementation of an interface."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from support.stores import bench, store, store_url

__all__ = ["bench", "store", "store_url"]


@pytest.fixture
def stored_rows(store_url):
    """Returns all rows of all tables of the database, as text."""

    def rows():
        engine = sa.create_engine(store_url)
        tables = sa.MetaData()
        tables.reflect(engine)
        with engine.connect() as connection:
            found = [
                str(tuple(row))
                for table in tables.tables.values()
                for row in connection.execute(table.select())
            ]
        engine.dispose()
        return found

    return rows
