# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where to log in with credentials, and which credentials open the account of something that was pickled."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Callable, Final, Optional

from qiskit_ibmq_provider.credentials import Preferences
from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path, read_credentials_from_qiskitrc
from qiskit_ibmq_provider.credentials.credentials import (
    AccountReference,
    Credentials,
    OpenedBy,
    account_url,
    is_local_url,
)
from qiskit_ibmq_provider.credentials.environ import read_credentials_from_environ
from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local
from qiskit_ibmq_provider.credentials.retired import announce_redirect, retired_host, retired_message
from qiskit_ibmq_provider.exceptions import IBMQAccountCredentialsNotFound, IBMQAccountRetiredServiceError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.addresses import ServiceLocation

__all__ = ["Destination", "destination", "reopening_credentials"]

_ORIGINS: Final = {
    OpenedBy.ENVIRONMENT: "the environment",
    OpenedBy.SESSION: "IBMQ.enable_account()",
    OpenedBy.STORED: "the file of stored accounts",
}


@dataclasses.dataclass(frozen=True)
class Destination:
    """Where to log in, with which credentials; and for a service that may move, what finds it again."""

    credentials: Credentials
    locate: Optional[Callable[[], ServiceLocation]] = None


def destination(credentials: Credentials) -> Destination:
    """Return where to log in: as the credentials say, or at the service of this machine.

    Raises:
        IBMQAccountRetiredServiceError: the account is at a host that IBM has switched off, and the user has not chosen to be sent to the
            service of this machine instead.
        IBMQLocalServiceError: the service of this machine cannot be found or started.
    """
    host = retired_host(credentials.base_url)
    if host is not None:
        if not retired_hosts_go_local():
            stored_in = str(qiskitrc_path()) if credentials.opened_by is OpenedBy.STORED else None
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


def reopening_credentials(reference: AccountReference) -> tuple[Credentials, Preferences]:
    """Return the credentials of this process for an account, and the preferences that go with them.

    Raises:
        IBMQAccountCredentialsNotFound: there are none.
        CredentialsError: the configuration file cannot be read or understood.
    """
    found = _for_url(read_credentials_from_environ().values(), reference.url)
    if found is not None:
        return found, {}
    stored, preferences = read_credentials_from_qiskitrc()
    found = _for_url(stored.values(), reference.url)
    if found is not None:
        return found, preferences
    if is_local_url(reference.url) or (retired_host(reference.url) and retired_hosts_go_local()):
        local = Credentials("", reference.url)
        local.opened_by = reference.opened_by
        return local, preferences
    raise IBMQAccountCredentialsNotFound(
        f"This was pickled by a process with an account at {reference.url}, which {_ORIGINS[reference.opened_by]} gave. "
        "A pickle holds no token, and this process has no account for that URL: call "
        f"IBMQ.enable_account(token, url={reference.url!r}) here first, or set QE_TOKEN and QE_URL for it, or store the "
        "account with IBMQ.save_account()."
    )


def _for_url(accounts: Iterable[Credentials], url: str) -> Optional[Credentials]:
    return next((account for account in accounts if account_url(account) == url), None)
