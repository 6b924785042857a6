# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The database as a whole: opening it, and bringing its schema up to date."""

from __future__ import annotations

import datetime
import os
import sqlite3
from pathlib import Path
from typing import Final, Optional, Union

import sqlalchemy as sa
from sqlalchemy import exc

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.service.domain.errors import DomainError, StorageFull
from qiskit_ibmq_provider.service.domain.store import Store, StoreUnusable
from qiskit_ibmq_provider.service.store.accounts import SqlAccounts
from qiskit_ibmq_provider.service.store.database import Database, describe
from qiskit_ibmq_provider.service.store.jobs import SqlJobs
from qiskit_ibmq_provider.service.store.queue import SqlQueue
from qiskit_ibmq_provider.service.store.schema import HEAD, signing_key

__all__ = ["SqlStore", "open_store", "sqlite_url"]

logger = get_logger(__name__)

_SCRIPTS: Final = Path(__file__).resolve().parent / "migrations"
_VERSION_TABLE: Final = "alembic_version"
_STORAGE: Final = "storage-urls"
"""What the signing key is for."""
_CHECKED_BYTES: Final = 256 * 1024 * 1024
"""Databases up to this size are checked page by page when they are opened, which takes less than a second."""


class SqlStore(Store):
    """The store in SQLite and in PostgreSQL; made by ``open_store``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.accounts = SqlAccounts(database)
        self.jobs = SqlJobs(database)
        self.queue = SqlQueue(database)

    def signing_key(self, proposal: bytes, now: datetime.datetime) -> bytes:
        query = sa.select(signing_key.c.key).where(signing_key.c.purpose == _STORAGE)
        with self._database.write() as connection:
            self._database.serialize(connection, "signing-key")
            known = connection.scalar(query)
            if known is not None:
                return bytes(known)
            connection.execute(sa.insert(signing_key).values(purpose=_STORAGE, key=proposal, created=now))
            return proposal

    def check(self) -> None:
        with self._database.read() as connection:
            connection.execute(sa.select(1))

    def close(self) -> None:
        self._database.close()


def sqlite_url(path: Path) -> sa.URL:
    """Return the URL of a SQLite database in a file."""
    return sa.URL.create("sqlite", database=str(path.resolve()))


def open_store(url: Union[str, sa.URL], *, migrate: bool = True) -> SqlStore:
    """Open a database, bring its schema up to date and return it.

    Args:
        url: ``sqlite_url(path)``, or ``postgresql+psycopg://user@host/name``.
        migrate: whether its schema may be changed; not while a service uses it.

    Raises:
        StoreUnusable: if it is damaged, cannot be written, belongs to a newer release or to something else, or has to be
            migrated and may not.
    """
    try:
        parsed = sa.make_url(url)
        database = Database(parsed)
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError) as err:
        raise StoreUnusable(
            f"The database URL cannot be used: {err}. Give sqlite:////path/to/file or postgresql+psycopg://..., "
            "the latter with the package psycopg installed."
        ) from err
    try:
        _prepare(database, parsed, migrate)
    except DomainError as err:
        database.close()
        raise _unusable(parsed, err) from err
    except StoreUnusable:
        database.close()
        raise
    return SqlStore(database)


def _prepare(database: Database, url: sa.URL, migrate: bool) -> None:
    """Check a database and migrate it."""
    if database.is_sqlite and url.database:
        path = Path(url.database)
        _make_private(path)
        if path.is_file() and 0 < path.stat().st_size <= _CHECKED_BYTES:
            _check_pages(database, path)
    with database.write() as connection:
        database.serialize(connection, "migrate")
        if not migrate and _current_revision(connection) != HEAD:
            raise StoreUnusable(
                "The service that runs on this database is of another release. Stop or restart it first."
            )
        _upgrade(connection)
        # A database that can only be read shows itself here, and not with the first job.
        connection.execute(sa.update(signing_key).values(purpose=signing_key.c.purpose))


def _make_private(path: Path) -> None:
    """Make a missing database file readable by its owner alone; SQLite gives the files beside it the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as err:
        raise StoreUnusable(
            f"The database {path} cannot be made: {err.strerror}. Check that {path.parent} exists and that this "
            "user may write there."
        ) from err


def _check_pages(database: Database, path: Path) -> None:
    """Refuse a damaged SQLite database before anything is written to it."""
    with database.read() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        raise _damaged(path, str(verdict))


def _unusable(url: sa.URL, refusal: DomainError) -> StoreUnusable:
    """Return what to tell the operator about a database that does not open."""
    err = refusal.__cause__ or refusal
    original = getattr(err, "orig", None) or err
    words = describe(original) if isinstance(original, Exception) else str(original)
    if url.drivername.startswith("sqlite") and url.database:
        path = Path(url.database)
        if isinstance(refusal, StorageFull):
            return StoreUnusable(
                f"There is no space left for the database {path}. Free some space on its disk."
            )
        if isinstance(original, sqlite3.DatabaseError) and not isinstance(original, sqlite3.OperationalError):
            return _damaged(path, words)
        return StoreUnusable(
            f"The database {path} cannot be opened: {words}. Check that {path.parent} exists and that this user "
            "may write there."
        )
    shown = url.render_as_string(hide_password=True)
    return StoreUnusable(
        f"The database {shown} cannot be used: {words}. Check the URL and that the server runs."
    )


def _damaged(path: Path, words: str) -> StoreUnusable:
    """Return what to tell the operator about a damaged file."""
    return StoreUnusable(
        f"The database {path} is damaged: {words}. Restore it from a copy, or move it away to begin with an empty one."
    )


def _current_revision(connection: sa.Connection) -> Optional[str]:
    """Return the migration that was last applied, or ``None`` for an empty database.

    Raises:
        StoreUnusable: if there are tables, but none of them says by which migration.
    """
    tables = sa.inspect(connection).get_table_names()
    if _VERSION_TABLE in tables:
        revision = connection.scalar(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 - a constant
        if revision is not None:
            return str(revision)
    if set(tables) - {_VERSION_TABLE}:
        raise StoreUnusable(
            "The database holds tables that this service did not make. Give the service a database of its own."
        )
    return None


def _upgrade(connection: sa.Connection) -> None:
    """Apply the migrations that are missing, in the transaction of the connection.

    Raises:
        StoreUnusable: if a newer release has already changed the database in ways that this one does not know.
    """
    revision = _current_revision(connection)
    if revision == HEAD:
        return
    # Only a database that has to change needs the tool, which takes a while to load.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreUnusable(
            f"The database has schema {revision}, which is newer than the {HEAD} of this release. "
            "Install the release that last used it, or give the service another data directory."
        )
    logger.info("The database goes from schema %s to %s.", revision or "none", HEAD)
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
