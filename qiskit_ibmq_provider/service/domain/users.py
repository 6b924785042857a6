# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The users of a service: who they are, which projects they may use, and their API tokens.

Each user has one API token, which is told once, when it is made, and kept as a digest. What is changed here counts from
the next request on, also for a service that runs.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Sequence
from typing import Final, Protocol

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.accounts import SERVICE_USER, digest_of, new_token
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.errors import Conflict, InvalidRequest, NotFound

__all__ = ["UserRecord", "UserStore", "Users"]

ProjectNames = tuple[str, str, str]
"""Hub, group and project."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,127}")


@dataclasses.dataclass(frozen=True)
class UserRecord:
    """A user who has an API token."""

    name: str
    """Name or e-mail address; unique."""
    projects: tuple[ProjectNames, ...]
    """The default project first."""
    token_made: datetime.datetime
    """When the present API token was made."""


class UserStore(Protocol):
    """Users in the database. Each method is one transaction."""

    def add(self, name: str, projects: Sequence[ProjectNames], digest: str, now: datetime.datetime) -> bool:
        """Give a user projects, the first as the default one, and an API token; return whether the user had none.

        A user who was removed before comes back as the same one. A user with a token is left as is.
        """
        ...

    def list(self) -> list[UserRecord]:
        """Return the users who have an API token, by name."""
        ...

    def set_projects(self, name: str, projects: Sequence[ProjectNames]) -> bool:
        """Replace the projects of a user with an API token; return whether there is one."""
        ...

    def set_token(self, name: str, digest: str, now: datetime.datetime) -> bool:
        """Replace the API token of a user who has one, and revoke what was given for the old one; return whether there is one."""
        ...

    def remove(self, name: str) -> bool:
        """Revoke the tokens of a user and take the projects away; return whether there was a token. Jobs are kept."""
        ...


class Users:
    """What an operator does with users.

    Args:
        store: the users in the database.
        clock: the time.
    """

    def __init__(self, store: UserStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, name: str, projects: Sequence[ProjectNames]) -> str:
        """Add a user, and return the user's API token.

        Raises:
            InvalidRequest: if the name is not acceptable, or there is no project.
            Conflict: if there is such a user.
        """
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"{name[:130]!a} cannot be the name of a user: it has 1 to 128 letters, digits and _.@+-, and begins with "
                "a letter or a digit.",
                ErrorCode.BAD_REQUEST,
            )
        _refuse_service_user(name)
        _check_projects(projects)
        token = new_token()
        if not self._store.add(name, projects, digest_of(token), self._clock.now()):
            raise Conflict(
                f"There is a user {name} already. Give the user other projects or another token instead.",
                ErrorCode.BAD_REQUEST,
            )
        return token

    def list(self) -> list[UserRecord]:
        """Return the users, by name; that of the setting ``token`` is one of them."""
        return self._store.list()

    def set_projects(self, name: str, projects: Sequence[ProjectNames]) -> None:
        """Replace the projects of a user; the first is the default one.

        Raises:
            InvalidRequest: if there is no project.
            NotFound: if there is no such user.
        """
        _refuse_service_user(name)
        _check_projects(projects)
        if not self._store.set_projects(name, projects):
            raise _unknown(name)

    def rotate(self, name: str) -> str:
        """Give a user another API token and return it; the old one and all that was given for it end.

        Raises:
            NotFound: if there is no such user.
        """
        _refuse_service_user(name)
        token = new_token()
        if not self._store.set_token(name, digest_of(token), self._clock.now()):
            raise _unknown(name)
        return token

    def remove(self, name: str) -> None:
        """End the tokens of a user. The jobs stay in their projects.

        Raises:
            NotFound: if there is no such user.
        """
        _refuse_service_user(name)
        if not self._store.remove(name):
            raise _unknown(name)


def _check_projects(projects: Sequence[ProjectNames]) -> None:
    if not projects:
        raise InvalidRequest("A user needs at least one project.", ErrorCode.BAD_REQUEST)


def _refuse_service_user(name: str) -> None:
    if name == SERVICE_USER:
        raise InvalidRequest(
            f"{SERVICE_USER} is the user of the service's own token: change the settings 'token' and 'projects' and restart "
            "the service.",
            ErrorCode.BAD_REQUEST,
        )


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no user {name[:130]!a}.", ErrorCode.NOT_FOUND)
