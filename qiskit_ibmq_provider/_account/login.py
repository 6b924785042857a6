# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From credentials to the providers of an account: where to go, whether that is a service, login, projects."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Callable, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.credentials import Preferences
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local
from qiskit_ibmq_provider.credentials.reference import AccountReference, OpenedBy
from qiskit_ibmq_provider.credentials.retired import announce_redirect, retired_host, retired_message
from qiskit_ibmq_provider.exceptions import (
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountRetiredServiceError,
    IBMQProviderError,
)

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.addresses import ServiceLocation
    from qiskit_ibmq_provider.api.session import RetrySession
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
    from qiskit_ibmq_provider.protocol.accounts import ProjectEntry

__all__ = ["Account", "Destination", "destination", "log_in"]

logger = get_logger(__name__)

_NOT_FOUND: Final = 404


@dataclasses.dataclass(frozen=True)
class Account:
    """A login: the credentials that the user gave, the providers by project in the server's order, and their common connection."""

    credentials: Credentials
    providers: dict[HubGroupProject, AccountProvider]
    session: RetrySession = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Destination:
    """Where to log in, with which credentials; and for a service that may move, what finds it again."""

    credentials: Credentials
    locate: Optional[Callable[[], ServiceLocation]] = None


def destination(credentials: Credentials, *, stored_in: Optional[str] = None) -> Destination:
    """Return where to log in: as the credentials say, or at the service of this machine.

    Args:
        credentials: the account.
        stored_in: the file that the account is stored in, if it is.

    Raises:
        IBMQAccountRetiredServiceError: the account is at a host that IBM has switched off, and the user has not chosen to be sent to the
            service of this machine instead.
        IBMQLocalServiceError: the service of this machine cannot be found or started.
    """
    host = retired_host(credentials.base_url)
    if host is not None:
        if not retired_hosts_go_local():
            raise IBMQAccountRetiredServiceError(retired_message(host, stored_in=stored_in))
        announce_redirect(host)
    elif not credentials.is_local():
        return Destination(credentials)
    place = _locate()
    # Proxies and 'verify' are for the world outside.
    local = Credentials(
        place.token.reveal(),
        place.url,
        default_provider=credentials.default_provider,
        time_scale=credentials.time_scale,
    )
    return Destination(local, _locate)


def _locate() -> ServiceLocation:
    """Find the service of this machine; start it if it is not running."""
    from qiskit_ibmq_provider.api.addresses import ServiceLocation
    from qiskit_ibmq_provider.api.redaction import Secret

    # The one door from the client to the service.
    from qiskit_ibmq_provider.service.local import resolve_local

    endpoint = resolve_local()
    return ServiceLocation(endpoint.url, Secret(endpoint.token))


def log_in(
    credentials: Credentials,
    factory: IBMQFactory,
    preferences: Preferences,
    to: Destination,
    opened_by: OpenedBy = OpenedBy.SESSION,
) -> Account:
    """Log in and return one provider for each project, the default one first. No backends are asked for.

    Args:
        credentials: the account as the user gave it.
        factory: what the providers belong to.
        preferences: preferences by project.
        to: where to log in.
        opened_by: where the credentials are from.

    Raises:
        IBMQAccountCredentialsInvalidUrl: the URL is not that of an authentication service.
        IBMQProviderError: the account has no project.
        ApiError: the server refused, or could not be asked.
    """
    # Most of the package, and what it needs, is not loaded before there is an account to use it with.
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.auth import AuthClient

    at = to.credentials
    session = _authentication_session(at)
    client = AuthClient(at.token, at.base_url, session=session, locate=to.locate)
    entries = [entry for entry in client.user_hubs() if _is_named(entry)]
    if not entries:
        raise IBMQProviderError(
            f"The account at {at!r} has no project (hub/group/project), so there is nothing to run on. "
            "Ask whoever runs the service for one."
        )
    providers: dict[HubGroupProject, AccountProvider] = {}
    for entry in entries:
        identity = HubGroupProject(entry.hub, entry.group, entry.project)
        project = at.for_project(
            entry.hub,
            entry.group,
            entry.project,
            url=client.user_info.http_url,
            websockets_url=client.user_info.ws_url,
            services=client.user_info.services,
            access_token=client.current_access_token(),
            preferences=preferences.get(identity),
        )
        reference = AccountReference.of(credentials, identity, opened_by)
        providers[identity] = AccountProvider(project, factory, session=client.session, reference=reference)
    return Account(credentials, providers, client.session)


def _is_named(entry: ProjectEntry) -> bool:
    """Return whether a project can be asked about: its names are parts of the path of every request."""
    if entry.hub and entry.group and entry.project:
        return True
    logger.warning(
        "Unable to instantiate provider for hub %r, group %r, project %r: one of the names is empty.",
        entry.hub,
        entry.group,
        entry.project,
    )
    return False


def _authentication_session(credentials: Credentials) -> RetrySession:
    """Return a connection to an authentication service, after asking whether it is one."""
    from qiskit_ibmq_provider.api.clients.version import VersionClient

    client = VersionClient(credentials.base_url, **credentials.connection_parameters())
    try:
        info = client.version()
    except RequestsApiError as err:
        if err.status_code != _NOT_FOUND:
            raise
        raise _not_an_authentication_url(credentials, "there is nothing at its path /version") from err
    if not info.is_authentication_api:
        raise _not_an_authentication_url(credentials, "its path /version does not answer as one")
    return client.session


def _not_an_authentication_url(credentials: Credentials, reason: str) -> IBMQAccountCredentialsInvalidUrl:
    return IBMQAccountCredentialsInvalidUrl(
        f"The URL of {credentials!r} is not an authentication URL of this kind of service: {reason}. "
        "Check it: the service prints its URL when it starts, such as http://127.0.0.1:8000/api; url='local' uses the service on this machine."
    )
