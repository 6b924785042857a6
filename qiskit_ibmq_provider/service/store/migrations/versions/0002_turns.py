# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Projects know when they were last served, so that they take turns."""

from __future__ import annotations

from typing import Optional

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision: str = "0002"
down_revision: Optional[str] = "0001"


def upgrade() -> None:
    """Add the count of the last turn."""
    op.add_column("project", sa.Column("served", sa.BigInteger, nullable=False, server_default="0"))
