# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The tables, as they are after the last migration.

Instants are whole microseconds since 1970 in UTC, so both databases compare them exactly. JSON documents are text,
which both databases return as it was written. A change here needs a migration; a test compares the two.

The key of a column is the attribute of the job that it keeps, and its type says what form the value has in the database: nothing else
maps the two.
"""

from __future__ import annotations

import datetime
import functools
from typing import Any, Callable, Final, Union

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = [
    "HEAD",
    "access_token",
    "account_user",
    "api_token",
    "idempotency_key",
    "in_status",
    "is_unfinished",
    "job",
    "job_lifecycle",
    "job_tag",
    "membership",
    "metadata",
    "project",
    "signing_key",
]

HEAD: Final = "0003"
"""The migration that leads to these tables."""

metadata = sa.MetaData()

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself only in a column that is exactly an INTEGER."""

_UNFINISHED: Final = "active = 1"
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_KEPT: Final = 4096
"""Documents that are kept decoded: many jobs have the same."""


class _Coded(sa.types.TypeDecorator[Any]):
    """A type whose values have one form in Python and another in the database. A missing value is missing in both."""

    impl = sa.Text
    cache_ok = True

    def __init__(
        self,
        stored: Union[sa.types.TypeEngine[Any], type[sa.types.TypeEngine[Any]]],
        load: Callable[[Any], Any],
        dump: Callable[[Any], Any],
    ) -> None:
        super().__init__()
        self.stored, self.load, self.dump = stored, load, dump
        self.impl = sa.types.to_instance(stored)  # type: ignore[assignment]

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return the form in the database."""
        return None if value is None else self.dump(value)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return what gives the form in Python. Without the steps between, because a page has a thousand rows."""
        load = self.load
        return lambda value: None if value is None else load(value)


def _micros_of(instant: datetime.datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant_of(micros: int) -> datetime.datetime:
    return _EPOCH + micros * _MICROSECOND


def _text_of(document: Any) -> str:
    return codec.dumps(document).decode()


# What these keep is shared by many jobs, so nobody changes it.
@functools.lru_cache(maxsize=_KEPT)
def _document_of(text: str) -> Any:
    return codec.loads(text)


@functools.lru_cache(maxsize=_KEPT)
def _tags_of(text: str) -> tuple[str, ...]:
    return tuple(codec.loads(text))


_INSTANT: Final = _Coded(sa.BigInteger, _instant_of, _micros_of)
_FLAG: Final = _Coded(sa.SmallInteger, bool, int)
_STATUS: Final = _Coded(sa.String(32), ApiJobStatus, lambda status: ApiJobStatus(status).value)
_DOCUMENT: Final = _Coded(sa.Text, _document_of, lambda document: _text_of(dict(document)))
_TAGS: Final = _Coded(sa.Text, _tags_of, lambda tags: _text_of(list(tags)))
_ERROR: Final = _Coded(
    sa.Text, lambda text: JobError.from_json(_document_of(text)), lambda error: _text_of(error.to_json())
)

account_user = sa.Table(
    "account_user",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("created", _INSTANT, nullable=False),
)

project = sa.Table(
    "project",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("hub", sa.Text, nullable=False),
    sa.Column("grp", sa.Text, key="group", nullable=False),
    sa.Column("name", sa.Text, key="project", nullable=False),
    sa.Column("served", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("hub", "group", "project", name="uq_project_names"),
    sqlite_autoincrement=True,
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("user_id", sa.ForeignKey("account_user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("is_default", sa.SmallInteger, nullable=False),
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("selector", sa.String(16), nullable=False, index=True),
    sa.Column("user_id", sa.ForeignKey("account_user.id", ondelete="CASCADE"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("created", _INSTANT, nullable=False),
)

access_token = sa.Table(
    "access_token",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("selector", sa.String(16), nullable=False, index=True),
    sa.Column("user_id", sa.ForeignKey("account_user.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "api_digest", sa.ForeignKey("api_token.digest", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("created", _INSTANT, nullable=False),
    sa.Column("expires", _INSTANT, nullable=False, index=True),
)

signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("purpose", sa.String(32), primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("created", _INSTANT, nullable=False),
)

job_lifecycle: Final[tuple[sa.Column[Any], ...]] = (
    sa.Column("status", _STATUS, nullable=False),
    sa.Column("ended", _INSTANT),
    sa.Column("queued", _INSTANT),
    sa.Column("steps", _DOCUMENT, key="time_per_step", nullable=False),
    sa.Column("error", _ERROR),
    sa.Column("summary", _DOCUMENT),
    sa.Column("payload_size", sa.BigInteger),
    sa.Column("result_ref", sa.Text),
    sa.Column("result_size", sa.BigInteger),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", _INSTANT),
    sa.Column("losses", sa.Integer, nullable=False),
    sa.Column("takeovers", sa.Integer, nullable=False),
)
"""The columns that a transition of a job may change: everything but identity and what its owner says of it."""

job = sa.Table(
    "job",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(24), nullable=False, unique=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("account_user.id"), nullable=False),
    sa.Column("backend", sa.Text, key="backend_name", nullable=False),
    sa.Column("created", _INSTANT, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("tags", _TAGS, nullable=False),
    sa.Column("experiment_tag", sa.Text),
    sa.Column("share_level", sa.Text),
    sa.Column("live_data", _FLAG, key="live_data_enabled"),
    sa.Column("client_info", _DOCUMENT, nullable=False),
    sa.Column("run_mode", sa.Text, nullable=False),
    *job_lifecycle,
    # Whether it is not over, for an index.
    sa.Column("active", sa.SmallInteger, nullable=False),
    sa.UniqueConstraint("project_id", "created", name="uq_job_project_created"),
    sa.Index("ix_job_project_status_created", "project_id", "status", "created"),
    sa.Index("ix_job_project_backend_created", "project_id", "backend_name", "created"),
    sqlite_autoincrement=True,
)


def _partial(name: str, columns: tuple[str, ...], condition: str) -> None:
    """Add an index over the few rows that meet a condition; both databases know such."""
    where = sa.text(condition)
    sa.Index(name, *(job.c[column] for column in columns), sqlite_where=where, postgresql_where=where)


_partial("ix_job_unfinished", ("project_id", "backend_name"), _UNFINISHED)
_partial("ix_job_draft", ("created",), "status = 'CREATING'")
_partial("ix_job_queue_device", ("backend_name", "queued", "seq"), "status = 'QUEUED'")
_partial("ix_job_queue_project", ("project_id", "queued", "seq"), "status = 'QUEUED'")
_partial("ix_job_name", ("project_id", "name", "created"), "name IS NOT NULL")
_partial("ix_job_running", ("project_id",), "status = 'RUNNING'")

job_tag = sa.Table(
    "job_tag",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("seq", sa.ForeignKey("job.seq", ondelete="CASCADE"), primary_key=True, index=True),
)

idempotency_key = sa.Table(
    "idempotency_key",
    metadata,
    sa.Column("project_id", sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("job_seq", sa.ForeignKey("job.seq", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created", _INSTANT, nullable=False, index=True),
)


def in_status(status: ApiJobStatus) -> sa.ColumnElement[bool]:
    """Return the condition on a status, written out: only then do the databases use a partial index."""
    return job.c.status == sa.literal_column(f"'{status.value}'")


def is_unfinished() -> sa.ColumnElement[bool]:
    """Return the condition that a job is not over, written out for the same reason."""
    return job.c.active == sa.literal_column("1")
