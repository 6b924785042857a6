# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Users, projects and tokens in the database."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.accounts import selector_of
from qiskit_ibmq_provider.service.domain.errors import Unauthenticated
from qiskit_ibmq_provider.service.domain.model import Principal, Project
from qiskit_ibmq_provider.service.domain.store import StoredToken
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.rows import to_micros
from qiskit_ibmq_provider.service.store.schema import (
    access_token,
    account_user,
    api_token,
    membership,
    project,
)

__all__ = ["SqlAccounts", "ensure_user", "insert_token", "replace_projects"]

_CONFIGURED = "configured"
"""Label of the API token that the service was started with."""

# Made once: each request asks these two questions, and making them takes longer than the answers.
_ACCESS_TOKENS: Final = sa.select(access_token.c.digest, access_token.c.user_id).where(
    access_token.c.selector == sa.bindparam("given"), access_token.c.expires > sa.bindparam("now")
)
_PRINCIPAL: Final = (
    sa.select(
        account_user.c.email,
        project.c.id,
        project.c.hub,
        project.c.grp,
        project.c.name,
        membership.c.is_default,
    )
    .join_from(account_user, membership, isouter=True)
    .join(project, project.c.id == membership.c.project_id, isouter=True)
    .where(account_user.c.id == sa.bindparam("user"))
    .order_by(membership.c.is_default.desc(), project.c.id)
)


class SqlAccounts:
    """Implements ``AccountStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bootstrap(
        self, email: str, projects: Sequence[tuple[str, str, str]], digest: str, now: datetime.datetime
    ) -> None:
        """Make sure that the service's own user exists, with these projects and exactly this API token."""
        with self._database.write() as connection:
            self._database.serialize(connection, "bootstrap")
            user_id = ensure_user(connection, email, now)
            replace_projects(connection, user_id, projects)
            _replace_token(connection, user_id, digest, now)

    def api_tokens(self, selector: str) -> list[StoredToken]:
        """Return the API tokens whose digest begins with ``selector``."""
        query = sa.select(api_token.c.digest, api_token.c.user_id).where(api_token.c.selector == selector)
        with self._database.read() as connection:
            return [StoredToken(digest, user_id) for digest, user_id in connection.execute(query)]

    def access_tokens(self, selector: str, now: datetime.datetime) -> list[StoredToken]:
        """Return the access tokens that have not expired and whose digest begins with ``selector``."""
        given = {"given": selector, "now": to_micros(now)}
        with self._database.read() as connection:
            return [
                StoredToken(digest, user_id) for digest, user_id in connection.execute(_ACCESS_TOKENS, given)
            ]

    def add_access_token(
        self, digest: str, api_token: StoredToken, created: datetime.datetime, expires: datetime.datetime
    ) -> None:
        """Keep an access token that was given for an API token."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(access_token).values(
                    digest=digest,
                    selector=selector_of(digest),
                    user_id=api_token.user_id,
                    api_digest=api_token.digest,
                    created=to_micros(created),
                    expires=to_micros(expires),
                )
            )

    def principal(self, user_id: str) -> Principal:
        """Return a user with the user's projects, the default one first."""
        with self._database.read() as connection:
            rows = connection.execute(_PRINCIPAL, {"user": user_id}).all()
        if not rows:
            raise Unauthenticated(
                "The account of this token is gone. Log in again.", ErrorCode.NOT_AUTHENTICATED
            )
        projects = tuple(
            Project(row.id, row.hub, row.grp, row.name, bool(row.is_default))
            for row in rows
            if row.id is not None
        )
        return Principal(user_id, rows[0].email, projects)

    def delete_expired(self, now: datetime.datetime) -> int:
        """Forget expired access tokens; return how many there were."""
        with self._database.write() as connection:
            expired = access_token.c.expires <= to_micros(now)
            return connection.execute(sa.delete(access_token).where(expired)).rowcount


def ensure_user(connection: sa.Connection, email: str, now: datetime.datetime) -> str:
    """Return the id of the user with this address, who is made if missing."""
    known = connection.scalar(sa.select(account_user.c.id).where(account_user.c.email == email))
    if known is not None:
        return str(known)
    user_id = secrets.token_hex(12)
    connection.execute(sa.insert(account_user).values(id=user_id, email=email, created=to_micros(now)))
    return user_id


def replace_projects(
    connection: sa.Connection, user_id: str, projects: Sequence[tuple[str, str, str]]
) -> None:
    """Give a user these projects and no others; the first is the default one, missing ones are made."""
    connection.execute(sa.delete(membership).where(membership.c.user_id == user_id))
    for index, names in enumerate(projects):
        project_id = _ensure_project(connection, names)
        connection.execute(
            sa.insert(membership).values(user_id=user_id, project_id=project_id, is_default=int(index == 0))
        )


def _ensure_project(connection: sa.Connection, names: tuple[str, str, str]) -> int:
    """Return the id of the project with these names, which is made if missing."""
    hub, group, name = names
    query = sa.select(project.c.id).where(
        project.c.hub == hub, project.c.grp == group, project.c.name == name
    )
    known = connection.scalar(query)
    if known is not None:
        return int(known)
    made = connection.execute(
        sa.insert(project).values(hub=hub, grp=group, name=name).returning(project.c.id)
    )
    return int(made.scalar_one())


def _replace_token(connection: sa.Connection, user_id: str, digest: str, now: datetime.datetime) -> None:
    """Make this the only configured API token; what was given for others goes with them."""
    others = sa.and_(api_token.c.label == _CONFIGURED, api_token.c.digest != digest)
    connection.execute(sa.delete(api_token).where(others))
    if connection.scalar(sa.select(api_token.c.digest).where(api_token.c.digest == digest)) is None:
        insert_token(connection, user_id, digest, now, _CONFIGURED)


def insert_token(
    connection: sa.Connection, user_id: str, digest: str, now: datetime.datetime, label: str
) -> None:
    """Keep a new API token of a user; the label says where it comes from."""
    connection.execute(
        sa.insert(api_token).values(
            digest=digest, selector=selector_of(digest), user_id=user_id, label=label, created=to_micros(now)
        )
    )
