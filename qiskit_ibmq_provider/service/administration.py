# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Changing the users of a service, whether or not it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from qiskit_ibmq_provider.service._settings import projects
from qiskit_ibmq_provider.service.compose import open_database
from qiskit_ibmq_provider.service.config import ServiceConfig
from qiskit_ibmq_provider.service.data_lock import DataDirError, DataDirInUse, hold_data_dir
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.errors import DomainError
from qiskit_ibmq_provider.service.domain.store import StoreUnusable
from qiskit_ibmq_provider.service.domain.users import Users
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore

__all__ = ["AdministrationError", "open_users", "read_projects"]


class AdministrationError(Exception):
    """The users cannot be changed; the text tells the operator why and what to do."""


def read_projects(values: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Read projects that are written as ``hub/group/project``.

    Raises:
        AdministrationError: If one of them is none, or is there twice.
    """
    try:
        return projects(values)
    except ValueError as exc:
        raise AdministrationError(f"A project cannot be {' '.join(values)!r}: {exc}.") from None


@contextlib.contextmanager
def open_users(config: ServiceConfig) -> Iterator[Users]:
    """Open the users of the service with these settings, which may be running.

    Raises:
        AdministrationError: If data directory or database cannot be used, or a change is refused.
    """
    try:
        with contextlib.closing(_open(config)) as store:
            yield Users(store.accounts, Clock())
    except (DataDirError, StoreUnusable) as exc:
        raise AdministrationError(str(exc)) from exc
    except DomainError as exc:
        raise AdministrationError(exc.message) from exc


def _open(config: ServiceConfig) -> SqlStore:
    """Open the database; it is made or migrated only if no service holds the directory."""
    try:
        with hold_data_dir(config.data_dir):
            return open_database(config)
    except DataDirInUse:
        return open_database(config, migrate=False)
