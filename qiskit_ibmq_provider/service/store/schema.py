# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The tables, as they are after the last migration.

Instants are whole microseconds since 1970 in UTC, so both databases compare them exactly. JSON documents are text,
which both databases return as it was written. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

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

account_user = sa.Table(
    "account_user",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("created", sa.BigInteger, nullable=False),
)

project = sa.Table(
    "project",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("hub", sa.Text, nullable=False),
    sa.Column("grp", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("served", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("hub", "grp", "name", name="uq_project_names"),
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
    sa.Column("created", sa.BigInteger, nullable=False),
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
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False, index=True),
)

signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("purpose", sa.String(32), primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(24), nullable=False, unique=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("account_user.id"), nullable=False),
    sa.Column("backend", sa.Text, nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("active", sa.SmallInteger, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger),
    sa.Column("queued", sa.BigInteger),
    sa.Column("name", sa.Text),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("experiment_tag", sa.Text),
    sa.Column("share_level", sa.Text),
    sa.Column("live_data", sa.SmallInteger),
    sa.Column("client_info", sa.Text, nullable=False),
    sa.Column("run_mode", sa.Text, nullable=False),
    sa.Column("steps", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("summary", sa.Text),
    sa.Column("payload_size", sa.BigInteger),
    sa.Column("result_ref", sa.Text),
    sa.Column("result_size", sa.BigInteger),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", sa.BigInteger),
    sa.Column("losses", sa.Integer, nullable=False),
    sa.Column("takeovers", sa.Integer, nullable=False),
    sa.UniqueConstraint("project_id", "created", name="uq_job_project_created"),
    sa.Index("ix_job_project_status_created", "project_id", "status", "created"),
    sa.Index("ix_job_project_backend_created", "project_id", "backend", "created"),
    sqlite_autoincrement=True,
)


def _partial(name: str, columns: tuple[str, ...], condition: str) -> None:
    """Add an index over the few rows that meet a condition; both databases know such."""
    where = sa.text(condition)
    sa.Index(name, *(job.c[column] for column in columns), sqlite_where=where, postgresql_where=where)


_partial("ix_job_unfinished", ("project_id", "backend"), _UNFINISHED)
_partial("ix_job_draft", ("created",), "status = 'CREATING'")
_partial("ix_job_queue_device", ("backend", "queued", "seq"), "status = 'QUEUED'")
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
    sa.Column("created", sa.BigInteger, nullable=False, index=True),
)


def in_status(status: ApiJobStatus) -> sa.ColumnElement[bool]:
    """Return the condition on a status, written out: only then do the databases use a partial index."""
    return job.c.status == sa.literal_column(f"'{status.value}'")


def is_unfinished() -> sa.ColumnElement[bool]:
    """Return the condition that a job is not over, written out for the same reason."""
    return job.c.active == sa.literal_column("1")
