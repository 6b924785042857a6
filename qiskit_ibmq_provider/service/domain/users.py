# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The users of a service: who they are, which projects they may use, and their API tokens.

Each user has one API token, which is told once, when it is made, and kept as a digest. What is changed here counts from
the next request on, also for a service that runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.accounts import SERVICE_USER, digest_of, new_token
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.errors import Conflict, InvalidRequest, NotFound
from qiskit_ibmq_provider.service.domain.store import AccountStore, ProjectNames, UserRecord

__all__ = ["Users"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,127}")


class Users:
    """What an operator does with users.

    Args:
        store: the users in the database.
        clock: the time.
    """

    def __init__(self, store: AccountStore, clock: Clock) -> None:
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
        if not self._store.add_user(name, projects, digest_of(token), self._clock.now()):
            raise Conflict(
                f"There is a user {name} already. Give the user other projects or another token instead.",
                ErrorCode.BAD_REQUEST,
            )
        return token

    def list(self) -> list[UserRecord]:
        """Return the users, by name; that of the setting ``token`` is one of them."""
        return self._store.users()

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
        if not self._store.remove_user(name):
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
