# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The users of the service in the database, as its operator sees them."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from typing import Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.service.domain.users import ProjectNames, UserRecord
from qiskit_ibmq_provider.service.store.accounts import ensure_user, insert_token, replace_projects
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.rows import from_micros
from qiskit_ibmq_provider.service.store.schema import account_user, api_token, membership, project

__all__ = ["SqlUsers"]

_ISSUED: Final = "issued"
"""Label of the API tokens that were made here."""


class SqlUsers:
    """Implements ``UserStore``. A user is there as long as there is an API token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, projects: Sequence[ProjectNames], digest: str, now: datetime.datetime) -> bool:
        """Give a user projects and an API token; return whether the user had none."""
        with self._changing(name) as (connection, active):
            if active is not None:
                return False
            user_id = ensure_user(connection, name, now)
            replace_projects(connection, user_id, projects)
            insert_token(connection, user_id, digest, now, _ISSUED)
            return True

    def list(self) -> list[UserRecord]:
        """Return the users who have an API token, by name."""
        made = sa.func.max(api_token.c.created).label("made")
        users = (
            sa.select(account_user.c.id, account_user.c.email, made)
            .join_from(account_user, api_token)
            .group_by(account_user.c.id, account_user.c.email)
            .order_by(account_user.c.email)
        )
        members = (
            sa.select(membership.c.user_id, project.c.hub, project.c.grp, project.c.name)
            .join_from(membership, project)
            .order_by(membership.c.is_default.desc(), project.c.id)
        )
        with self._database.read() as connection:
            projects: dict[str, list[ProjectNames]] = {}
            for user_id, hub, group, name in connection.execute(members):
                projects.setdefault(user_id, []).append((hub, group, name))
            return [
                UserRecord(email, tuple(projects.get(user_id, ())), from_micros(instant))
                for user_id, email, instant in connection.execute(users)
            ]

    def set_projects(self, name: str, projects: Sequence[ProjectNames]) -> bool:
        """Replace the projects of a user with an API token; return whether there is one."""
        with self._changing(name) as (connection, user_id):
            if user_id is None:
                return False
            replace_projects(connection, user_id, projects)
            return True

    def set_token(self, name: str, digest: str, now: datetime.datetime) -> bool:
        """Replace the API token of a user who has one; return whether there is one."""
        with self._changing(name) as (connection, user_id):
            if user_id is None:
                return False
            # The access tokens that were given for it go with it.
            connection.execute(sa.delete(api_token).where(api_token.c.user_id == user_id))
            insert_token(connection, user_id, digest, now, _ISSUED)
            return True

    def remove(self, name: str) -> bool:
        """Revoke the tokens of a user and take the projects away; return whether there was a token."""
        with self._changing(name) as (connection, user_id):
            if user_id is None:
                return False
            connection.execute(sa.delete(api_token).where(api_token.c.user_id == user_id))
            # The row itself stays: jobs name it.
            connection.execute(sa.delete(membership).where(membership.c.user_id == user_id))
            return True

    @contextlib.contextmanager
    def _changing(self, name: str) -> Iterator[tuple[sa.Connection, Optional[str]]]:
        """Give a transaction in which nobody else changes users, and the id of the user of this name who has an API token."""
        with self._database.write() as connection:
            self._database.serialize(connection, "bootstrap")
            found = connection.scalar(
                sa.select(account_user.c.id)
                .join_from(account_user, api_token)
                .where(account_user.c.email == name)
            )
            yield connection, None if found is None else str(found)
