# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs are found by their names without looking at all of them."""

from __future__ import annotations

from typing import Optional

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision: str = "0003"
down_revision: Optional[str] = "0002"


def upgrade() -> None:
    """Add the index."""
    where = sa.text("name IS NOT NULL")
    op.create_index(
        "ix_job_name", "job", ["project_id", "name", "created"], sqlite_where=where, postgresql_where=where
    )
