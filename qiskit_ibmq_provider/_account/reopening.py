# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Opening again, in another process, the account of something that was pickled.

A pickled provider, backend or job holds a reference to its account and no token. Who loads it needs no account until the server is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Optional

from qiskit_ibmq_provider._account.login import Account, destination, log_in
from qiskit_ibmq_provider._account.provider_choice import matching, the_one
from qiskit_ibmq_provider._account.stored_account import account_errors
from qiskit_ibmq_provider.credentials import Preferences
from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path, read_credentials_from_qiskitrc
from qiskit_ibmq_provider.credentials.credentials import Credentials, is_local_url
from qiskit_ibmq_provider.credentials.environ import read_credentials_from_environ
from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local
from qiskit_ibmq_provider.credentials.reference import AccountReference, OpenedBy, account_url
from qiskit_ibmq_provider.credentials.retired import retired_host
from qiskit_ibmq_provider.exceptions import IBMQAccountCredentialsNotFound

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

__all__ = ["AccountReopening", "reopening_credentials"]

_ORIGINS: Final = {
    OpenedBy.ENVIRONMENT: "the environment",
    OpenedBy.SESSION: "IBMQ.enable_account()",
    OpenedBy.STORED: "the file of stored accounts",
}


class AccountReopening:
    """The part of the factory that finds the account of what was pickled."""

    _credentials: Optional[Credentials]
    _providers: dict[HubGroupProject, AccountProvider]

    def __init__(self) -> None:
        self._reopening = threading.Lock()
        self._reopened: dict[str, Account] = {}

    def provider_of(self, reference: AccountReference) -> AccountProvider:
        """Return the provider of a project, logging in if that is needed.

        The account in use counts if it has the same URL, else that of the environment, else the stored one. For the service of this
        machine none is needed. The account in use stays what it is.

        Args:
            reference: the project, and the URL of its account.

        Raises:
            IBMQAccountCredentialsNotFound: there is no account for this URL here. The text says how to give one.
            IBMQProviderError: the account does not have the project.
            IBMQAccountError: the account cannot be used; see its subclasses.
            ApiError: the server refused, or could not be asked.
        """
        project = reference.project.to_tuple()
        if self._is_in_use(reference):
            return the_one(self._providers, *project)
        with self._reopening, account_errors():
            account = self._reopened.get(reference.url)
            if account is None:
                credentials, preferences, opened_by = reopening_credentials(reference)
                stored_in = str(qiskitrc_path()) if opened_by is OpenedBy.STORED else None
                where = destination(credentials, stored_in=stored_in)
                account = log_in(credentials, _as_factory(self), preferences, where, opened_by)
                self._reopened[reference.url] = account
        return the_one(account.providers, *project)

    def active_provider(self, reference: AccountReference) -> Optional[AccountProvider]:
        """Return the provider of a project if its account is the one in use, else ``None``. Nothing is asked of the server.

        Args:
            reference: names the account and the project.
        """
        found = matching(self._providers, *reference.project.to_tuple()) if self._is_in_use(reference) else []
        return found[0] if len(found) == 1 else None

    def _is_in_use(self, reference: AccountReference) -> bool:
        credentials = self._credentials
        return credentials is not None and account_url(credentials) == reference.url

    def __copy__(self) -> AccountReopening:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> AccountReopening:
        return self


def reopening_credentials(reference: AccountReference) -> tuple[Credentials, Preferences, OpenedBy]:
    """Return the credentials of this process for an account, the preferences that go with them, and where they are from.

    Raises:
        IBMQAccountCredentialsNotFound: there are none.
        CredentialsError: the configuration file cannot be read or understood.
    """
    found = _for_url(read_credentials_from_environ().values(), reference.url)
    if found is not None:
        return found, {}, OpenedBy.ENVIRONMENT
    stored, preferences = read_credentials_from_qiskitrc()
    found = _for_url(stored.values(), reference.url)
    if found is not None:
        return found, preferences, OpenedBy.STORED
    if is_local_url(reference.url) or (retired_host(reference.url) and retired_hosts_go_local()):
        return Credentials("", reference.url), preferences, reference.opened_by
    raise IBMQAccountCredentialsNotFound(
        f"This was pickled by a process with an account at {reference.url}, which {_ORIGINS[reference.opened_by]} gave. "
        "A pickle holds no token, and this process has no account for that URL: call "
        f"IBMQ.enable_account(token, url={reference.url!r}) here first, or set QE_TOKEN and QE_URL for it, or store the "
        "account with IBMQ.save_account()."
    )


def _for_url(accounts: Iterable[Credentials], url: str) -> Optional[Credentials]:
    return next((account for account in accounts if account_url(account) == url), None)


def _as_factory(part: Any) -> IBMQFactory:
    factory: IBMQFactory = part
    return factory
