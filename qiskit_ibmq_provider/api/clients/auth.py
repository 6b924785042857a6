# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Client that logs in and finds out what the account may use."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Optional

from qiskit_ibmq_provider.api.addresses import Relocation, ServiceLocation
from qiskit_ibmq_provider.api.clients.base import BaseClient
from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.root import Api
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.protocol.accounts import ProjectEntry, UserInfo, VersionInfo

__all__ = ["AuthClient", "connect", "keep_logged_in"]


class AuthClient(BaseClient):
    """Logs in when it is made.

    Its session may be shared: it renews the access token, once for all who use it, when the server no longer takes it.

    Args:
        api_token: the long-lived token of the user.
        auth_url: URL of the authentication service.
        session: a connection to use; by default a new one.
        locate: finds a service that may move, and its token; by default the service stays where it is.
        request_kwargs: ``verify``, ``proxies`` and ``auth`` of a new connection.

    Raises:
        AuthenticationLicenseError: the user has to accept the licence first.
        ApiError: login failed, or the user information cannot be had.
    """

    def __init__(
        self,
        api_token: str,
        auth_url: str,
        *,
        session: Optional[RetrySession] = None,
        locate: Optional[Callable[[], ServiceLocation]] = None,
        **request_kwargs: Any,
    ) -> None:
        secret = Secret(api_token)
        # From here on no local variable shows the token, nor a proxy's password: a traceback may print them.
        del api_token
        self.session = RetrySession(auth_url, **request_kwargs) if session is None else session.at(auth_url)
        del request_kwargs
        if locate is not None:
            self.session.relocation = Relocation(auth_url, locate, self.session.time_limits.after_failure)
        self.auth_url = auth_url
        self.auth_api = Api(self.session)
        self._api_token = secret
        # From now on the session logs in again by itself when it has to.
        keep_logged_in(self.session, self.auth_api, secret)
        self.session.access_token = self.auth_api.login(secret).reveal()
        self.user_info: UserInfo = self.auth_api.user_info()
        self.session.capabilities = self.user_info.capabilities
        self.session.limits = self.user_info.limits
        self.base_api = Api(self.session.at(self.user_info.http_url))

    @property
    def api_token(self) -> str:
        """The long-lived token of the user."""
        return self._api_token.reveal()

    def api_version(self) -> VersionInfo:
        """Return the versions of the server's components."""
        return self.auth_api.version()

    def user_urls(self) -> dict[str, Any]:
        """Return where the services are: ``http``, ``ws`` and ``services``."""
        return {
            "http": self.user_info.http_url,
            "ws": self.user_info.ws_url,
            "services": dict(self.user_info.services),
        }

    def current_service_urls(self) -> dict[str, Any]:
        """Return what :meth:`user_urls` does."""
        return self.user_urls()

    def user_hubs(self) -> list[ProjectEntry]:
        """Return the projects of the user, the default one first.

        Raises:
            ApiError: they cannot be had.
        """
        return self.base_api.hubs()

    def current_access_token(self) -> Optional[str]:
        """Return the access token."""
        return self.session.access_token


def keep_logged_in(session: RetrySession, auth_api: Api, api_token: Secret) -> None:
    """Let a session renew its access token.

    Args:
        session: the session.
        auth_api: the authentication service, over the same connections.
        api_token: the long-lived token of the user.
    """
    session.redactor.add(api_token.reveal())

    def log_in(seconds: float) -> Secret:
        ends = time.monotonic() + seconds
        token = api_token if session.relocation is None else _token_of_today(session)
        return auth_api.within(max(0.001, ends - time.monotonic())).login(token)

    session.tokens.renew_with(log_in)


def _token_of_today(session: RetrySession) -> Secret:
    """Return the API token of a service that may have been started again, with another one."""
    assert session.relocation is not None
    try:
        token = session.relocation.find().token
    except IBMQError as err:
        problem = err.message
    else:
        session.redactor.add(token.reveal())
        return token
    raise RequestsApiError(f"The service cannot be found to log in again. {problem}")


def connect(credentials: Credentials, request_kwargs: Mapping[str, Any]) -> RetrySession:
    """Return a connection for credentials that come without one.

    Args:
        credentials: the account, with an access token; with an API token too, the connection renews the access token itself.
        request_kwargs: settings of the connection beside the credentials' own.
    """
    settings = {**credentials.connection_parameters(), **request_kwargs}
    session = RetrySession(credentials.auth_url, credentials.access_token, **settings)
    if credentials.token:
        keep_logged_in(session, Api(session), Secret(credentials.token))
    return session
