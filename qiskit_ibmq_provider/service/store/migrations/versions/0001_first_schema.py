# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The first schema: accounts, tokens, projects, jobs with lease and attempt, idempotency keys."""

from __future__ import annotations

from typing import Optional

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision: str = "0001"
down_revision: Optional[str] = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create everything."""
    _accounts()
    _jobs()
    _job_indexes()


def _accounts() -> None:
    """Create the tables of users, projects, tokens and keys."""
    op.create_table(
        "account_user",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "project",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("hub", "grp", "name", name="uq_project_names"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        sa.Column(
            "user_id", sa.String(24), sa.ForeignKey("account_user.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("project_id", _BIG, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("is_default", sa.SmallInteger, nullable=False),
    )
    op.create_table(
        "api_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("selector", sa.String(16), nullable=False, index=True),
        sa.Column(
            "user_id", sa.String(24), sa.ForeignKey("account_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "access_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("selector", sa.String(16), nullable=False, index=True),
        sa.Column(
            "user_id", sa.String(24), sa.ForeignKey("account_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "api_digest",
            sa.String(64),
            sa.ForeignKey("api_token.digest", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "signing_key",
        sa.Column("purpose", sa.String(32), primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )


def _jobs() -> None:
    """Create the tables of jobs, their tags and the keys of their requests."""
    op.create_table(
        "job",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(24), nullable=False, unique=True),
        sa.Column("project_id", _BIG, sa.ForeignKey("project.id"), nullable=False),
        sa.Column("user_id", sa.String(24), sa.ForeignKey("account_user.id"), nullable=False),
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
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_tag",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("seq", _BIG, sa.ForeignKey("job.seq", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("project_id", _BIG, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("job_seq", _BIG, sa.ForeignKey("job.seq", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("created", sa.BigInteger, nullable=False, index=True),
    )


def _job_indexes() -> None:
    """Create the indexes of the job table."""
    op.create_index("ix_job_project_status_created", "job", ["project_id", "status", "created"])
    op.create_index("ix_job_project_backend_created", "job", ["project_id", "backend", "created"])
    for name, columns, condition in (
        ("ix_job_unfinished", ["project_id", "backend"], "active = 1"),
        ("ix_job_draft", ["created"], "status = 'CREATING'"),
        ("ix_job_queue_device", ["backend", "queued", "seq"], "status = 'QUEUED'"),
        ("ix_job_queue_project", ["project_id", "queued", "seq"], "status = 'QUEUED'"),
        ("ix_job_running", ["project_id"], "status = 'RUNNING'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "job", columns, sqlite_where=where, postgresql_where=where)
