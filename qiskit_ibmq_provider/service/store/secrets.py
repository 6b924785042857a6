# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Keys that must outlive a restart, in the database."""

from __future__ import annotations

import datetime
from typing import Final

import sqlalchemy as sa

from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.rows import to_micros
from qiskit_ibmq_provider.service.store.schema import signing_key

__all__ = ["SqlSecrets"]

_STORAGE: Final = "storage-urls"


class SqlSecrets:
    """Implements ``SecretStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def signing_key(self, proposal: bytes, now: datetime.datetime) -> bytes:
        """Return the key that signs storage URLs; if there is none yet, ``proposal`` becomes it."""
        query = sa.select(signing_key.c.key).where(signing_key.c.purpose == _STORAGE)
        with self._database.write() as connection:
            self._database.serialize(connection, "signing-key")
            known = connection.scalar(query)
            if known is not None:
                return bytes(known)
            connection.execute(
                sa.insert(signing_key).values(purpose=_STORAGE, key=proposal, created=to_micros(now))
            )
            return proposal
