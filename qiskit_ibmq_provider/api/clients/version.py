# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Client that asks what kind of server is behind a URL."""

from __future__ import annotations

from typing import Any, Optional

from qiskit_ibmq_provider.api.clients.base import BaseClient
from qiskit_ibmq_provider.api.rest.root import Api
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.protocol.accounts import VersionInfo

__all__ = ["VersionClient"]


class VersionClient(BaseClient):
    """Asks for versions, without an account.

    Args:
        url: the URL.
        session: a connection to use; by default a new one.
        request_kwargs: ``verify``, ``proxies`` and ``auth`` of a new connection.
    """

    def __init__(self, url: str, *, session: Optional[RetrySession] = None, **request_kwargs: Any) -> None:
        self.session = RetrySession(url, **request_kwargs) if session is None else session.at(url)
        self.client_version_finder = Api(self.session)

    def version(self) -> VersionInfo:
        """Return the versions of the server's components; none where the server is not one of this API.

        Raises:
            ApiError: there is no answer, or one with an error status.
        """
        return self.client_version_finder.version()
