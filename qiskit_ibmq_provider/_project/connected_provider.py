# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a provider is by its project and its account: equal to others, copied, pickled, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qiskit.providers.provider import ProviderV1

from qiskit_ibmq_provider._project.connection import ProjectConnection

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.credentials.credentials import Credentials
    from qiskit_ibmq_provider.credentials.reference import AccountReference
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

__all__ = ["ConnectedProvider"]


class ConnectedProvider(ProviderV1):
    """A provider with a connection. A copy of it is the provider itself; a pickle of it names account and project."""

    _connection: ProjectConnection

    def _set_up(self, connection: ProjectConnection) -> None:
        """Give a new provider its parts."""
        super().__init__()
        self._connection = connection

    @property
    def credentials(self) -> Credentials:
        """Credentials of the project."""
        return self._connection.credentials

    @property
    def _api_client(self) -> AccountClient:
        """The connection to the project, under the name by which tools know it."""
        return self._connection.client()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConnectedProvider):
            return False
        return self._connection.is_to_same_project(other._connection)

    def __hash__(self) -> int:
        return hash(self._connection.reference.project)

    def __copy__(self) -> ConnectedProvider:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ConnectedProvider:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._connection.factory, self._connection.reference)

    def __repr__(self) -> str:
        hgp = self._connection.reference.project
        return (
            f"<{type(self).__name__} for IBMQ(hub='{hgp.hub}', group='{hgp.group}', project='{hgp.project}')>"
        )


def _restored(
    kind: type[ConnectedProvider], factory: IBMQFactory, reference: AccountReference
) -> ConnectedProvider:
    """Return a provider that was pickled: the present one of its project, or one that logs in when it is needed."""
    present = factory.active_provider(reference)
    if present is not None:
        return present
    provider = kind.__new__(kind)
    provider._set_up(ProjectConnection(factory, reference))  # noqa: SLF001 - as its constructor does
    return provider
