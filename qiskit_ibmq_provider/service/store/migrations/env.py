# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Run by alembic, with the connection that the store hands over."""

from __future__ import annotations

from alembic import context

__all__ = ["run"]


def run() -> None:
    """Bring the schema to the wanted revision, within the transaction of the given connection."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which alembic loads this file
    run()
