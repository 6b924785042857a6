# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The connection to the database: transactions, and what its failures mean.

SQLite runs in WAL mode with ``synchronous=FULL``: a committed transaction survives a power cut. Its writers wait
for each other on a lock of this process, which is fair and quick, where SQLite itself would sleep and try again.

A transaction that need not survive a power cut, because all is well also if it never was, does not wait for the disk.
It survives the end of the process like any other, and a later one that waits makes it durable, too.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Final, Union

import sqlalchemy as sa
from sqlalchemy import event, exc

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import DomainError, StorageFull, Unavailable

__all__ = ["Database", "describe"]

logger = get_logger(__name__)

_WRITE: Final = "ibmq_write"
_PASSING: Final = "ibmq_passing"
_BUSY_MS: Final = 30_000
_SQLITE_BUSY: Final = (5, "database is locked")
_SQLITE_FULL: Final = (13, "database or disk is full")
"""SQLite's code for a failure, and the fixed text that belongs to it: Python before 3.11 gives only the text."""
_RETRY_SECONDS: Final = 0.01
_POSTGRES_FULL: Final = frozenset({"53100"})
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """A database with short transactions.

    Args:
        url: ``sqlite:////absolute/path`` or ``postgresql+psycopg://...``.
    """

    def __init__(self, url: Union[str, sa.URL]) -> None:
        self._engine = sa.create_engine(
            url,
            # A server may close idle connections; a file does not.
            pool_pre_ping=not sa.make_url(url).drivername.startswith("sqlite"),
            # The values of a failed statement have no place in a traceback.
            hide_parameters=True,
        )
        self.is_sqlite: bool = self._engine.dialect.name == "sqlite"
        self._writing: AbstractContextManager[Any] = contextlib.nullcontext()
        if self.is_sqlite:
            self._writing = threading.Lock()
            event.listen(self._engine, "connect", _on_connect)
            event.listen(self._engine, "begin", _on_begin)
        self._writer = self._engine.execution_options(**{_WRITE: True})
        self._passing_writer = self._engine.execution_options(**{_WRITE: True, _PASSING: True})

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database until the end of the block.

        Raises:
            Unavailable: if the database does not answer.
        """
        with _explained(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """Give a connection whose changes are durable at the end of the block, or undone on an exception.

        Args:
            durable: whether they have to survive a power cut.

        Raises:
            StorageFull: if the disk is full.
            Unavailable: if the database does not answer.
        """
        writer = self._writer if durable else self._passing_writer
        with _explained(), self._writing, writer.begin() as connection:
            if not (durable or self.is_sqlite):
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    def serialize(self, connection: sa.Connection, purpose: str) -> None:
        """Let other processes wait that do the same, until the transaction ends. In SQLite all writers do anyway."""
        if not self.is_sqlite:
            number = zlib.crc32(purpose.encode())
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def describe(err: Exception) -> str:
    """Return the database's own words for a failure, without the statement and its values."""
    original = getattr(err, "orig", None) or err
    return (str(original).strip() or type(original).__name__).splitlines()[0]


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn failures of the database into those of the domain."""
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error) as err:
        raise _refusal(err) from err


def _refusal(err: Exception) -> DomainError:
    if _is_full(err):
        return StorageFull(
            "The database cannot grow: the disk is full. Free some space on the service's disk and try again.",
            ErrorCode.STORAGE_FULL,
        )
    # The words of the database may hold values, so they go to the operator's log and not to the user.
    logger.error("The database failed: %s", describe(err))
    return Unavailable("The database does not answer. Try again later.", ErrorCode.UNAVAILABLE)


def _is_full(err: Exception) -> bool:
    original = getattr(err, "orig", None) or err
    if getattr(original, "sqlstate", None) in _POSTGRES_FULL:
        return True
    return _is_sqlite(original, _SQLITE_FULL)


def _is_sqlite(err: Any, failure: tuple[int, str]) -> bool:
    code, text = failure
    given = getattr(err, "sqlite_errorcode", None)
    if given is not None:
        return (int(given) & 0xFF) == code
    return isinstance(err, sqlite3.Error) and str(err) == text


def _on_connect(connection: Any, _record: Any) -> None:
    """Prepare a connection to SQLite; transactions begin where ``_on_begin`` says and nowhere else."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        _use_write_ahead_log(cursor)
    finally:
        cursor.close()


def _use_write_ahead_log(cursor: Any) -> None:
    """Switch a database to its write-ahead log.

    SQLite does not wait here: of two connections that switch a new file at the same time, one is told at once that it is locked.
    """
    ends = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as err:
            if not _is_sqlite(err, _SQLITE_BUSY) or time.monotonic() >= ends:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _on_begin(connection: sa.Connection) -> None:
    """Begin a transaction; a writer takes its lock at once, so that it never has to give up half-way."""
    options = connection.get_execution_options()
    if not options.get(_WRITE, False):
        connection.exec_driver_sql("BEGIN")
        return
    wanted = "NORMAL" if options.get(_PASSING, False) else "FULL"
    if connection.info.get("synchronous", "FULL") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous = {wanted}")
        connection.info["synchronous"] = wanted
    connection.exec_driver_sql("BEGIN IMMEDIATE")
