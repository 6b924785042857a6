# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""``IBMQ``: the account of a session, and the account stored on disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Optional

from qiskit_ibmq_provider._account import stored_account as _stored_account
from qiskit_ibmq_provider._account.first_generation import FirstGenerationCalls
from qiskit_ibmq_provider._account.login import Account, destination, log_in
from qiskit_ibmq_provider._account.optional_token import no_token_for_local
from qiskit_ibmq_provider._account.provider_choice import matching, stored_default, the_one
from qiskit_ibmq_provider._account.reopening import AccountReopening
from qiskit_ibmq_provider._account.stored_account import UPDATE_ACCOUNT_TEXT, account_errors, check_account
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.time_limits import TimeLimits
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
from qiskit_ibmq_provider.credentials.reference import OpenedBy
from qiskit_ibmq_provider.credentials.updater import update_credentials
from qiskit_ibmq_provider.exceptions import (
    IBMQAccountCredentialsNotFound,
    IBMQAccountError,
)

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.session import RetrySession

__all__ = ["IBMQFactory", "QX_AUTH_URL", "UPDATE_ACCOUNT_TEXT"]

logger = get_logger(__name__)

QX_AUTH_URL: Final = "https://auth.quantum-computing.ibm.com/api"
"""Default URL of the account calls. IBM has switched this service off."""


class IBMQFactory(AccountReopening, FirstGenerationCalls):
    """The account of this session, its providers, and the account on disk. ``IBMQ`` is the one object of this class.

    ``url`` is that of the service, or ``"local"`` for the service of this machine, which needs no token.

    Example:

        >>> IBMQ.save_account(token, url)         # once
        >>> provider = IBMQ.load_account()        # in each session
        >>> IBMQ.providers()
        [<AccountProvider for IBMQ(hub='ibm-q', group='open', project='main')>]
        >>> IBMQ.delete_account()
        >>> IBMQ.stored_account()
        {}

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._credentials: Optional[Credentials] = None
        self._providers: dict[HubGroupProject, AccountProvider] = {}
        self._session: Optional[RetrySession] = None

    @no_token_for_local
    def enable_account(
        self,
        token: str,
        url: str = QX_AUTH_URL,
        hub: Optional[str] = None,
        group: Optional[str] = None,
        project: Optional[str] = None,
        **kwargs: Any,
    ) -> AccountProvider:
        """Log in for this session, without storing anything.

        Args:
            token: API token. The service of this machine needs none.
            url: authentication URL of the service, or ``"local"`` for the service of this machine, which is started if it does not run.
            hub: hub of the provider to return; needed only as far as it tells projects apart, and so are the next two.
            group: group of the provider to return.
            project: project of the provider to return.
            kwargs: ``proxies`` (see :class:`.Credentials`), ``verify`` (whether to verify certificates) and ``time_scale`` (what all time
                limits of the connection are multiplied by: 3 for a slow line).

        Returns:
            The provider of the project asked for, else of the default project.

        Raises:
            IBMQAccountError: an account is in use already, or this one cannot be used; see its subclasses.
            IBMQProviderError: no project matches, or several do, or the account has none. The account is then not in use.
            ApiError: the server refused (a wrong token, for instance), or could not be asked.
        """
        with self._lock:
            try:
                if self._credentials is not None:
                    raise IBMQAccountError(
                        "An IBM Quantum Experience account is already in use for the session. IBMQ.get_provider() gives its "
                        "providers; call IBMQ.disable_account() before you enable another account."
                    )
                check_account(token, url)
                credentials = Credentials(token or "", url, **kwargs)
            finally:
                # From here on no local variable shows the token, nor a password: a traceback may print them.
                del token, url, kwargs
            with account_errors():
                account = log_in(credentials, self, {}, destination(credentials))
            if hub or group or project:
                provider = the_one(account.providers, hub, group, project)
            else:
                provider = next(iter(account.providers.values()))
            self._use(account)
        return _with_backends(provider)

    def disable_account(self) -> None:
        """Stop using the account of this session. Whoever has one of its providers can go on with it.

        Raises:
            IBMQAccountCredentialsNotFound: no account is in use.
        """
        with self._lock:
            if self._credentials is None:
                raise IBMQAccountCredentialsNotFound(
                    "No IBM Quantum Experience account is in use for the session."
                )
            self._use(None)

    def load_account(self) -> AccountProvider:
        """Log in with the account of the environment (``QE_TOKEN`` and ``QE_URL``) or, if there is none, of the file on disk.

        An account that is in use already is replaced.

        Returns:
            The provider of the stored default project, else of the account's own.

        Raises:
            IBMQAccountCredentialsNotFound: there is no account.
            IBMQAccountMultipleCredentialsFound: there are several.
            IBMQAccountCredentialsInvalidFormat: the file cannot be understood. The text names file and line.
            IBMQAccountCredentialsInvalidUrl: the URL is not that of an authentication service.
            IBMQAccountRetiredServiceError: the account is at a service that IBM has switched off. The text names the command that helps.
            IBMQProviderError: the stored default project is not one of the account's, or the account has none.
            ApiError: the server refused (a wrong token, for instance), or could not be asked.
        """
        with self._lock, account_errors():
            credentials, preferences, stored_in = _stored_account.find_account()
            opened_by = OpenedBy.STORED if stored_in else OpenedBy.ENVIRONMENT
            where = destination(credentials, stored_in=stored_in)
            account = log_in(credentials, self, preferences, where, opened_by)
            provider = stored_default(account.providers, credentials)
            if self._credentials is not None:
                logger.warning("Credentials are already in use. The account of the session is replaced.")
            self._use(account)
        return _with_backends(provider)

    @staticmethod
    @no_token_for_local
    def save_account(
        token: str,
        url: str = QX_AUTH_URL,
        hub: Optional[str] = None,
        group: Optional[str] = None,
        project: Optional[str] = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> None:
        """Store an account on disk, in ``~/.qiskit/qiskitrc``, for :meth:`load_account`. Nothing is asked of the service.

        If an account is stored already, a warning is logged and nothing changes, unless ``overwrite`` is set.

        Args:
            token: API token. The service of this machine needs none.
            url: authentication URL of the service, or ``"local"`` for the service of this machine.
            hub: hub of the default project.
            group: group of the default project.
            project: the default project; all three or none.
            overwrite: replace the account that is stored.
            kwargs: ``proxies`` (see :class:`.Credentials`), ``verify`` (whether to verify certificates), and ``keyring`` (whether to keep
                the token in the keyring of the operating system, with ``pip install '.[keyring]'``; the file then only refers to it).

        Raises:
            IBMQAccountCredentialsInvalidToken: the token is empty or not a text.
            IBMQAccountCredentialsInvalidUrl: the URL is empty or not a text.
            IBMQAccountValueError: only some of hub, group and project are given.
            IBMQAccountCredentialsInvalidFormat: a value cannot be stored, or file or keyring cannot be read or written. The file stays as
                it is.
        """
        try:
            credentials = _stored_account.credentials_to_save(token, url, (hub, group, project), **kwargs)
        finally:
            # A traceback may print local variables.
            del token, kwargs
        _stored_account.save(credentials, overwrite)

    @staticmethod
    def delete_account() -> None:
        """Delete the account on disk, and its token in the keyring if it is there. What else is in the file stays.

        Raises:
            IBMQAccountCredentialsNotFound: there is none.
            IBMQAccountMultipleCredentialsFound: there are several.
            IBMQAccountCredentialsInvalidFormat: the file cannot be read or written. It stays as it is.
        """
        _stored_account.delete()

    @staticmethod
    def stored_account() -> dict[str, str]:
        """Return ``token`` and ``url`` of the account on disk; empty if there is none.

        Raises:
            IBMQAccountMultipleCredentialsFound: there are several.
            IBMQAccountCredentialsInvalidFormat: the file cannot be understood.
        """
        credentials = _stored_account.stored()
        return {} if credentials is None else {"token": credentials.token, "url": credentials.url}

    def active_account(self) -> Optional[dict[str, str]]:
        """Return ``token`` and ``url`` of the account in use, as they were given; ``None`` if there is none."""
        credentials = self._credentials
        return None if credentials is None else {"token": credentials.token, "url": credentials.url}

    @staticmethod
    def update_account(force: bool = False) -> Optional[Credentials]:
        """Move stored accounts of the first version to the URL of the second one. Both are switched off.

        Args:
            force: do not ask.

        Returns:
            The new credentials; ``None`` if there is nothing to update, or the user said no.

        Raises:
            IBMQAccountCredentialsInvalidFormat: the file cannot be read or written.
        """
        with account_errors():
            return update_credentials(force)

    def providers(
        self, hub: Optional[str] = None, group: Optional[str] = None, project: Optional[str] = None
    ) -> list[AccountProvider]:
        """Return the providers of the account in use, the default one first.

        Args:
            hub: only those of this hub.
            group: only those of this group.
            project: only those of this project.
        """
        return matching(self._providers, hub, group, project)

    def get_provider(
        self, hub: Optional[str] = None, group: Optional[str] = None, project: Optional[str] = None
    ) -> AccountProvider:
        """Return the one provider that matches.

        Args:
            hub: hub.
            group: group.
            project: project.

        Raises:
            IBMQProviderError: none matches, or several do. The text names those that there are.
        """
        return the_one(self._providers, hub, group, project)

    def __reduce__(self) -> tuple[Any, ...]:
        # What was pickled belongs to IBMQ of the process that loads it.
        return _factory_of_session, ()

    def _use(self, account: Optional[Account]) -> None:
        """Make an account the one in use."""
        old = self._session
        self._credentials = account.credentials if account else None
        self._providers = account.providers if account else {}
        self._session = account.session if account else None
        if old is not None:
            old.close()


def _factory_of_session() -> IBMQFactory:
    """Return ``IBMQ`` of this process."""
    from qiskit_ibmq_provider import IBMQ

    return IBMQ


def _with_backends(provider: AccountProvider) -> AccountProvider:
    """Return a provider after fetching its backends, unless they cannot be had now."""
    provider._devices.prefetch(TimeLimits().scaled(provider.credentials.time_scale).device_list)  # noqa: SLF001 - factory and provider are of one package
    return provider
