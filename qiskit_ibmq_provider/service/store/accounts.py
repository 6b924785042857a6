# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Users, their projects and their tokens in the database."""

from __future__ import annotations

import contextlib
import datetime
import secrets
from collections.abc import Iterator, Sequence
from typing import Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.accounts import selector_of
from qiskit_ibmq_provider.service.domain.errors import Unauthenticated
from qiskit_ibmq_provider.service.domain.model import Principal, Project
from qiskit_ibmq_provider.service.domain.store import AccountStore, ProjectNames, StoredToken, UserRecord
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.schema import (
    access_token,
    account_user,
    api_token,
    membership,
    project,
)

__all__ = ["SqlAccounts"]

_CONFIGURED: Final = "configured"
"""Label of the API token that the service was started with."""
_ISSUED: Final = "issued"
"""Label of the API tokens that an operator made."""

# Made once: each request asks these two questions, and making them takes longer than the answers.
_ACCESS_TOKENS: Final = sa.select(access_token.c.digest, access_token.c.user_id).where(
    access_token.c.selector == sa.bindparam("given"), access_token.c.expires > sa.bindparam("now")
)
_PRINCIPAL: Final = (
    sa.select(
        account_user.c.email,
        project.c.id,
        project.c.hub,
        project.c.group,
        project.c.project,
        membership.c.is_default,
    )
    .join_from(account_user, membership, isouter=True)
    .join(project, project.c.id == membership.c.project_id, isouter=True)
    .where(account_user.c.id == sa.bindparam("user"))
    .order_by(membership.c.is_default.desc(), project.c.id)
)


class SqlAccounts(AccountStore):
    """The users of a :class:`SqlStore`. A user is there as long as there is an API token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bootstrap(
        self, email: str, projects: Sequence[tuple[str, str, str]], digest: str, now: datetime.datetime
    ) -> None:
        with self._database.write() as connection:
            self._database.serialize(connection, "bootstrap")
            user_id = _ensure_user(connection, email, now)
            _replace_projects(connection, user_id, projects)
            _replace_token(connection, user_id, digest, now)

    def api_tokens(self, selector: str) -> list[StoredToken]:
        query = sa.select(api_token.c.digest, api_token.c.user_id).where(api_token.c.selector == selector)
        with self._database.read() as connection:
            return [StoredToken(digest, user_id) for digest, user_id in connection.execute(query)]

    def access_tokens(self, selector: str, now: datetime.datetime) -> list[StoredToken]:
        given = {"given": selector, "now": now}
        with self._database.read() as connection:
            return [
                StoredToken(digest, user_id) for digest, user_id in connection.execute(_ACCESS_TOKENS, given)
            ]

    def add_access_token(
        self, digest: str, api_token: StoredToken, created: datetime.datetime, expires: datetime.datetime
    ) -> None:
        with self._database.write() as connection:
            connection.execute(
                sa.insert(access_token).values(
                    digest=digest,
                    selector=selector_of(digest),
                    user_id=api_token.user_id,
                    api_digest=api_token.digest,
                    created=created,
                    expires=expires,
                )
            )

    def principal(self, user_id: str) -> Principal:
        with self._database.read() as connection:
            rows = connection.execute(_PRINCIPAL, {"user": user_id}).all()
        if not rows:
            raise Unauthenticated(
                "The account of this token is gone. Log in again.", ErrorCode.NOT_AUTHENTICATED
            )
        projects = tuple(
            Project(row.id, row.hub, row.group, row.project, bool(row.is_default))
            for row in rows
            if row.id is not None
        )
        return Principal(user_id, rows[0].email, projects)

    def delete_expired(self, now: datetime.datetime) -> int:
        with self._database.write() as connection:
            expired = access_token.c.expires <= now
            return connection.execute(sa.delete(access_token).where(expired)).rowcount

    def add_user(
        self, name: str, projects: Sequence[ProjectNames], digest: str, now: datetime.datetime
    ) -> bool:
        with self._changing(name) as (connection, active):
            if active is not None:
                return False
            user_id = _ensure_user(connection, name, now)
            _replace_projects(connection, user_id, projects)
            _insert_token(connection, user_id, digest, now, _ISSUED)
            return True

    def users(self) -> list[UserRecord]:
        made = sa.func.max(api_token.c.created).label("made")
        users = (
            sa.select(account_user.c.id, account_user.c.email, made)
            .join_from(account_user, api_token)
            .group_by(account_user.c.id, account_user.c.email)
            .order_by(account_user.c.email)
        )
        members = (
            sa.select(membership.c.user_id, project.c.hub, project.c.group, project.c.project)
            .join_from(membership, project)
            .order_by(membership.c.is_default.desc(), project.c.id)
        )
        with self._database.read() as connection:
            projects: dict[str, list[ProjectNames]] = {}
            for user_id, hub, group, name in connection.execute(members):
                projects.setdefault(user_id, []).append((hub, group, name))
            return [
                UserRecord(email, tuple(projects.get(user_id, ())), instant)
                for user_id, email, instant in connection.execute(users)
            ]

    def set_projects(self, name: str, projects: Sequence[ProjectNames]) -> bool:
        with self._changing(name) as (connection, user_id):
            if user_id is None:
                return False
            _replace_projects(connection, user_id, projects)
            return True

    def set_token(self, name: str, digest: str, now: datetime.datetime) -> bool:
        with self._changing(name) as (connection, user_id):
            if user_id is None:
                return False
            # The access tokens that were given for it go with it.
            connection.execute(sa.delete(api_token).where(api_token.c.user_id == user_id))
            _insert_token(connection, user_id, digest, now, _ISSUED)
            return True

    def remove_user(self, name: str) -> bool:
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


def _ensure_user(connection: sa.Connection, email: str, now: datetime.datetime) -> str:
    """Return the id of the user with this address, who is made if missing."""
    known = connection.scalar(sa.select(account_user.c.id).where(account_user.c.email == email))
    if known is not None:
        return str(known)
    user_id = secrets.token_hex(12)
    connection.execute(sa.insert(account_user).values(id=user_id, email=email, created=now))
    return user_id


def _replace_projects(
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
        project.c.hub == hub, project.c.group == group, project.c.project == name
    )
    known = connection.scalar(query)
    if known is not None:
        return int(known)
    made = connection.execute(
        sa.insert(project).values(hub=hub, group=group, project=name).returning(project.c.id)
    )
    return int(made.scalar_one())


def _replace_token(connection: sa.Connection, user_id: str, digest: str, now: datetime.datetime) -> None:
    """Make this the only configured API token; what was given for others goes with them."""
    others = sa.and_(api_token.c.label == _CONFIGURED, api_token.c.digest != digest)
    connection.execute(sa.delete(api_token).where(others))
    if connection.scalar(sa.select(api_token.c.digest).where(api_token.c.digest == digest)) is None:
        _insert_token(connection, user_id, digest, now, _CONFIGURED)


def _insert_token(
    connection: sa.Connection, user_id: str, digest: str, now: datetime.datetime, label: str
) -> None:
    """Keep a new API token of a user; the label says where it comes from."""
    connection.execute(
        sa.insert(api_token).values(
            digest=digest, selector=selector_of(digest), user_id=user_id, label=label, created=now
        )
    )
