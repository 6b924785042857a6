# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The way from a provider to the server: open already, or named only and opened when it is needed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Optional

from qiskit_ibmq_provider.credentials.reference import AccountReference

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.api.session import RetrySession
    from qiskit_ibmq_provider.credentials.credentials import Credentials
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

__all__ = ["ProjectConnection"]


class ProjectConnection:
    """Credentials and connection of one project. Safe to share between threads.

    Args:
        factory: what opens the account.
        reference: names the project and its account.
        credentials: credentials of the project; ``None`` if the account is still to be opened.
        session: the account's connection, which its providers share; a new one if there is none.
    """

    def __init__(
        self,
        factory: IBMQFactory,
        reference: AccountReference,
        credentials: Optional[Credentials] = None,
        session: Optional[RetrySession] = None,
    ) -> None:
        self.factory = factory
        self.reference = reference
        self._credentials = credentials
        self._session = session
        self._lock = threading.RLock()
        self._client: Optional[AccountClient] = None

    @property
    def credentials(self) -> Credentials:
        """Credentials of the project.

        Raises:
            IBMQError: the account has to be opened, and cannot be.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self._opened().credentials
            return self._credentials

    def client(self) -> AccountClient:
        """Return the requests of the project. An account that is not open is opened at the first of them."""
        with self._lock:
            if self._client is None:
                self._client = self._late_client() if self._credentials is None else self._open_client()
            return self._client

    def is_to_same_project(self, other: ProjectConnection) -> bool:
        """Return whether two connections lead to the same project with the same token, as far as tokens are known."""
        if self._credentials is None or other._credentials is None:
            return self.reference == other.reference
        return self._credentials == other._credentials

    def _open_client(self) -> AccountClient:
        from qiskit_ibmq_provider.api.clients.account import AccountClient

        parameters = {} if self._session is not None else self.credentials.connection_parameters()
        return AccountClient(self.credentials, session=self._session, **parameters)

    def _late_client(self) -> AccountClient:
        from qiskit_ibmq_provider.api.clients.account import DeferredAccountClient

        return DeferredAccountClient(lambda: self._opened()._api_client)  # noqa: SLF001 - one project in two objects

    def _opened(self) -> AccountProvider:
        return self.factory.provider_of(self.reference)
