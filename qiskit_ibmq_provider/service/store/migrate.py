# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Bringing the schema of a database up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.service.domain.store import StoreUnusable
from qiskit_ibmq_provider.service.store.schema import HEAD

__all__ = ["current_revision", "upgrade"]

logger = get_logger(__name__)

_SCRIPTS: Final = Path(__file__).resolve().parent / "migrations"
_VERSION_TABLE: Final = "alembic_version"


def current_revision(connection: sa.Connection) -> Optional[str]:
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


def upgrade(connection: sa.Connection) -> None:
    """Apply the migrations that are missing, in the transaction of the connection.

    Raises:
        StoreUnusable: if a newer release has already changed the database in ways that this one does not know.
    """
    revision = current_revision(connection)
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
