# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""``IBMQ``: the account of a session, and the account stored on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, Final, NoReturn, Optional, TypeVar, cast

from qiskit_ibmq_provider._logging import IBMQ_PROVIDER_LOGGER_NAME, get_logger
from qiskit_ibmq_provider._login import Destination, destination, reopening_credentials
from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.api.time_limits import TimeLimits
from qiskit_ibmq_provider.credentials import Preferences, discover_credentials
from qiskit_ibmq_provider.credentials.configrc import (
    qiskitrc_path,
    read_credentials_from_qiskitrc,
    remove_credentials,
    store_credentials,
)
from qiskit_ibmq_provider.credentials.credentials import (
    AccountReference,
    Credentials,
    account_url,
    is_local_url,
)
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError, HubGroupProjectError
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
from qiskit_ibmq_provider.credentials.keychain import new_entry
from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local
from qiskit_ibmq_provider.credentials.retired import retired_host, retired_message
from qiskit_ibmq_provider.credentials.updater import update_credentials
from qiskit_ibmq_provider.exceptions import (
    IBMQAccountCredentialsInvalidFormat,
    IBMQAccountCredentialsInvalidToken,
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountCredentialsNotFound,
    IBMQAccountError,
    IBMQAccountMultipleCredentialsFound,
    IBMQAccountValueError,
    IBMQProviderError,
)

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.session import RetrySession

    _Providers = dict[HubGroupProject, AccountProvider]

__all__ = ["IBMQFactory", "QX_AUTH_URL", "UPDATE_ACCOUNT_TEXT", "factory_of_session"]

logger = get_logger(__name__)

QX_AUTH_URL: Final = "https://auth.quantum-computing.ibm.com/api"
"""Default URL of the account calls. IBM has switched this service off."""

UPDATE_ACCOUNT_TEXT: Final = "Keep one of them: delete the others from the file, or let IBMQ.update_account() merge those of older versions."
"""What to do when several accounts are stored."""

_NOT_FOUND: Final = 404

_F = TypeVar("_F", bound=Callable[..., Any])


class _Arguments:
    """Arguments of a call, which do not show what they are."""

    __slots__ = ("_args", "_kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._args, self._kwargs = args, kwargs

    def pass_to(self, method: Callable[..., Any]) -> Any:
        return method(*self._args, **self._kwargs)


def _no_token_for_local(method: _F) -> _F:
    """Let a call do without its token if it is for the service of this machine: ``enable_account(url="local")``."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        # The token comes first, so where no positional argument is a text or None, none is the token.
        if is_local_url(kwargs.get("url")) and not any(
            value is None or isinstance(value, str) for value in args
        ):
            kwargs.setdefault("token", "")
        arguments = _Arguments(args, kwargs)
        # A traceback may print local variables, and one of these is a token.
        del args, kwargs
        return arguments.pass_to(method)

    return cast("_F", call)


@dataclasses.dataclass(frozen=True)
class _Account:
    """A login: the credentials that the user gave, the providers by project in the server's order, and their common connection."""

    credentials: Credentials
    providers: _Providers
    session: RetrySession = dataclasses.field(repr=False)


def _gone(name: str, today: str) -> Callable[..., NoReturn]:
    """Make a method that went with version 0.4 of the original. It is there, so that probing for it does not fail, and raises."""

    def method(self: IBMQFactory, *args: Any, **kwargs: Any) -> NoReturn:
        raise IBMQAccountError(
            f"IBMQ.{name}() belongs to the first version and is gone. Today's call: {today}."
        )

    method.__name__, method.__qualname__ = name, f"IBMQFactory.{name}"
    method.__doc__ = f"Gone: use ``{today}``.\n\nRaises:\n    IBMQAccountError: always.\n"
    return method


class IBMQFactory:
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
        self._lock = threading.RLock()
        self._credentials: Optional[Credentials] = None
        self._providers: _Providers = {}
        self._session: Optional[RetrySession] = None
        self._reopening = threading.Lock()
        self._reopened: dict[str, _Account] = {}

    @_no_token_for_local
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
                _check_account(token, url)
                credentials = Credentials(token or "", url, **kwargs)
            finally:
                # From here on no local variable shows the token, nor a password: a traceback may print them.
                del token, url, kwargs
            with _account_errors():
                account = self._initialize_providers(credentials)
            if account is None:
                return None  # type: ignore[return-value]  # only where a test suite has replaced the login
            if hub or group or project:
                provider = _the_one(account.providers, HubGroupProject(hub, group, project))
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
        with self._lock, _account_errors():
            credentials, preferences = _account_to_load()
            account = self._initialize_providers(credentials, preferences)
            if account is None:
                return None  # type: ignore[return-value]  # only where a test suite has replaced the login
            provider = _stored_default(account.providers, credentials)
            if self._credentials is not None:
                logger.warning("Credentials are already in use. The account of the session is replaced.")
            self._use(account)
        return _with_backends(provider)

    @staticmethod
    @_no_token_for_local
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
            credentials = _credentials_to_save(token, url, (hub, group, project), **kwargs)
        finally:
            # A traceback may print local variables.
            del token, kwargs
        with _account_errors():
            is_new = store_credentials(credentials, overwrite=overwrite)
            host = retired_host(credentials.base_url)
            if is_new and host and not retired_hosts_go_local():
                logger.warning(
                    "The account is saved. %s", retired_message(host, stored_in=str(qiskitrc_path()))
                )

    @staticmethod
    def delete_account() -> None:
        """Delete the account on disk, and its token in the keyring if it is there. What else is in the file stays.

        Raises:
            IBMQAccountCredentialsNotFound: there is none.
            IBMQAccountMultipleCredentialsFound: there are several.
            IBMQAccountCredentialsInvalidFormat: the file cannot be read or written. It stays as it is.
        """
        credentials = _stored(with_token=False)
        if credentials is None:
            raise IBMQAccountCredentialsNotFound(
                f"No IBM Quantum Experience credentials found on disk, that is in {qiskitrc_path()}."
            )
        with _account_errors():
            remove_credentials(credentials)

    @staticmethod
    def stored_account() -> dict[str, str]:
        """Return ``token`` and ``url`` of the account on disk; empty if there is none.

        Raises:
            IBMQAccountMultipleCredentialsFound: there are several.
            IBMQAccountCredentialsInvalidFormat: the file cannot be understood.
        """
        credentials = _stored()
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
        with _account_errors():
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
        return _matching(self._providers, HubGroupProject(hub, group, project))

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
        return _the_one(self._providers, HubGroupProject(hub, group, project))

    load_accounts = _gone("load_accounts", "provider = IBMQ.load_account()")
    backends = _gone("backends", "provider = IBMQ.load_account(), then provider.backends()")
    get_backend = _gone("get_backend", "provider = IBMQ.load_account(), then provider.get_backend(name)")
    active_accounts = _gone("active_accounts", "IBMQ.active_account()")
    stored_accounts = _gone("stored_accounts", "IBMQ.stored_account()")
    disable_accounts = _gone("disable_accounts", "IBMQ.disable_account()")
    delete_accounts = _gone("delete_accounts", "IBMQ.delete_account()")

    def provider_of(self, reference: AccountReference) -> AccountProvider:
        """Return the provider of a project, logging in if that is needed.

        A pickled provider, backend or job holds a reference to its account and no token. Whoever loads it needs no account until the server
        is asked. The account in use counts if it has the same URL, else that of the environment, else the stored one. For the service of
        this machine none is needed. The account in use stays what it is.

        Args:
            reference: the project, and the URL of its account.

        Raises:
            IBMQAccountCredentialsNotFound: there is no account for this URL here. The text says how to give one.
            IBMQProviderError: the account does not have the project.
            IBMQAccountError: the account cannot be used; see its subclasses.
            ApiError: the server refused, or could not be asked.
        """
        if self._is_in_use(reference):
            return _the_one(self._providers, reference.project)
        with self._reopening, _account_errors():
            account = self._reopened.get(reference.url)
            if account is None:
                credentials, preferences = reopening_credentials(reference)
                account = self._log_in(credentials, preferences, destination(credentials))
                self._reopened[reference.url] = account
        return _the_one(account.providers, reference.project)

    def active_provider(self, reference: AccountReference) -> Optional[AccountProvider]:
        """Return the provider of a project if its account is the one in use, else ``None``. Nothing is asked of the server.

        Args:
            reference: names the account and the project.
        """
        found = _matching(self._providers, reference.project) if self._is_in_use(reference) else []
        return found[0] if len(found) == 1 else None

    def _is_in_use(self, reference: AccountReference) -> bool:
        credentials = self._credentials
        return credentials is not None and account_url(credentials) == reference.url

    def _initialize_providers(
        self, credentials: Credentials, preferences: Optional[Preferences] = None
    ) -> Optional[_Account]:
        """Log in. Test suites replace this by a function that sets ``_credentials`` and returns ``None``."""
        return self._log_in(credentials, preferences or {}, destination(credentials))

    @staticmethod
    def _check_api_version(credentials: Credentials, session: RetrySession) -> None:
        """Refuse a URL that is not that of an authentication service. Test suites replace this."""
        from qiskit_ibmq_provider.api.clients.version import VersionClient

        reason = "its path /version does not answer as one"
        try:
            if VersionClient(credentials.base_url, session=session).version().is_authentication_api:
                return
        except RequestsApiError as err:
            if err.status_code != _NOT_FOUND:
                raise
            reason = "there is nothing at its path /version"
        raise IBMQAccountCredentialsInvalidUrl(
            f"The URL of {credentials!r} is not an authentication URL of this kind of service: {reason}. "
            "Check it: the service prints its URL when it starts, such as http://127.0.0.1:8000/api; url='local' uses the service on this machine."
        )

    def _log_in(self, credentials: Credentials, preferences: Preferences, to: Destination) -> _Account:
        """Log in and make one provider for each project, the default one first. No backends are asked for."""
        # Most of the package, and what it needs, is not loaded before there is an account to use it with.
        from qiskit_ibmq_provider.accountprovider import AccountProvider
        from qiskit_ibmq_provider.api.clients.auth import AuthClient
        from qiskit_ibmq_provider.api.session import RetrySession

        at = to.credentials
        session = RetrySession(at.base_url, **at.connection_parameters())
        self._check_api_version(at, session)
        client = AuthClient(at.token, at.base_url, session=session, locate=to.locate)
        providers: _Providers = {}
        for entry in client.user_hubs():
            identity = HubGroupProject(entry.hub, entry.group, entry.project)
            if not all(identity.to_tuple()):
                # The names are parts of the path of every request.
                logger.warning(
                    "Unable to instantiate provider for hub %r, group %r, project %r: one of the names is empty.",
                    *identity.to_tuple(),
                )
                continue
            project = at.for_project(
                identity,
                url=client.user_info.http_url,
                websockets_url=client.user_info.ws_url,
                services=client.user_info.services,
                access_token=client.current_access_token(),
                preferences=preferences.get(identity),
            )
            reference = AccountReference.of(credentials, identity)
            providers[identity] = AccountProvider(project, self, session=client.session, reference=reference)
        if not providers:
            raise IBMQProviderError(
                f"The account at {at!r} has no project (hub/group/project), so there is nothing to run on. "
                "Ask whoever runs the service for one."
            )
        return _Account(credentials, providers, client.session)

    def _use(self, account: Optional[_Account]) -> None:
        """Make an account the one in use."""
        old = self._session
        self._credentials = account.credentials if account else None
        self._providers = account.providers if account else {}
        self._session = account.session if account else None
        if old is not None:
            old.close()

    def __copy__(self) -> IBMQFactory:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> IBMQFactory:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # What was pickled belongs to IBMQ of the process that loads it.
        return factory_of_session, ()


_SESSION_LOCK = threading.Lock()

_session: list[IBMQFactory] = []
"""``IBMQ``, once there is one."""


def factory_of_session() -> IBMQFactory:
    """Return ``IBMQ``, the one object of this process. When it is made, the log settings of the environment are applied."""
    from qiskit_ibmq_provider.utils.utils import setup_logger

    with _SESSION_LOCK:
        if not _session:
            setup_logger(logging.getLogger(IBMQ_PROVIDER_LOGGER_NAME))
            _session.append(IBMQFactory())
        return _session[0]


def _with_backends(provider: AccountProvider) -> AccountProvider:
    """Return a provider after listing its backends, unless they cannot be had now."""
    provider._prefetch_backends(TimeLimits().scaled(provider.credentials.time_scale).device_list)  # noqa: SLF001 - factory and provider are of one package
    return provider


@contextlib.contextmanager
def _account_errors() -> Iterator[None]:
    """Raise what is wrong with the file, or with a value for it, as an account error."""
    try:
        yield
    except (CredentialsError, HubGroupProjectError) as err:
        raise IBMQAccountCredentialsInvalidFormat(err.message) from _without_frames(err)


def _without_frames(err: BaseException) -> BaseException:
    """Take the traceback from an exception and those behind it: their frames hold the file with its tokens."""
    err.with_traceback(None)
    for behind in (err.__cause__, err.__context__):
        if behind is not None:
            _without_frames(behind)
    return err


def _check_account(token: Any, url: Any) -> None:
    """Refuse what cannot be an account, before anything is asked or written.

    Raises:
        IBMQAccountCredentialsInvalidUrl: the URL is empty or not a text.
        IBMQAccountCredentialsInvalidToken: the token is empty or not a text; the service of this machine needs none.
    """
    if not isinstance(url, str) or not url.strip():
        del token  # A traceback may print local variables.
        raise IBMQAccountCredentialsInvalidUrl(
            f"{url!r} cannot be an authentication URL. Give the service's URL, or 'local' for the service of this machine."
        )
    if is_local_url(url) and (token is None or isinstance(token, str)):
        return
    if not isinstance(token, str) or not token.strip():
        shown = repr(token) if not token else f"a value of type {type(token).__name__}"
        del token
        raise IBMQAccountCredentialsInvalidToken(
            f"Invalid IBM Quantum Experience token: {shown}. It has to be a text that is not empty."
        )


def _credentials_to_save(
    token: Optional[str],
    url: str,
    project: tuple[Optional[str], Optional[str], Optional[str]],
    **kwargs: Any,
) -> Credentials:
    try:
        _check_account(token, url)
        if any(project) and not all(project):
            hub, group, name = project
            raise IBMQAccountValueError(
                "The hub, group, and project parameters must all be specified when a default provider is stored: "
                f'hub = "{hub}", group = "{group}", project = "{name}".'
            )
        default = HubGroupProject(*project) if all(project) else None
        in_keyring = kwargs.pop("keyring", False)
        credentials = Credentials(token or "", url, default_provider=default, **kwargs)
        if in_keyring and token:
            credentials.keyring_entry = new_entry(credentials.base_url)
        return credentials
    finally:
        # A traceback may print local variables.
        del token, kwargs


def _stored(*, with_token: bool = True) -> Optional[Credentials]:
    """Return the account on disk, or ``None``; a token in the keyring only where it is wanted."""
    with _account_errors():
        found, _ = read_credentials_from_qiskitrc(with_tokens=with_token)
    return _only(found, f"in {qiskitrc_path()}") if found else None


def _account_to_load() -> tuple[Credentials, Preferences]:
    """Return the account of the environment, else the stored one, and the preferences that go with it."""
    path = qiskitrc_path()
    with _account_errors():
        found, preferences = discover_credentials()
    if not found:
        raise IBMQAccountCredentialsNotFound(
            f"No IBM Quantum Experience credentials found, neither in QE_TOKEN and QE_URL nor in {path}. "
            "Save an account with IBMQ.save_account(token, url), or run `ibmq account local` to use the service on this machine."
        )
    return _only(found, f"in {path}"), preferences


def _only(found: Mapping[HubGroupProject, Credentials], where: str) -> Credentials:
    if len(found) > 1:
        accounts = ", ".join(repr(credentials) for credentials in found.values())
        raise IBMQAccountMultipleCredentialsFound(
            f"Multiple IBM Quantum Experience credentials found {where}: {accounts}. {UPDATE_ACCOUNT_TEXT}"
        )
    return next(iter(found.values()))


def _matching(providers: _Providers, wanted: HubGroupProject) -> list[AccountProvider]:
    """Return the providers that match, in their order; what is ``None`` or empty matches all."""
    return [
        provider
        for identity, provider in providers.items()
        if all(not value or value == name for value, name in zip(wanted.to_tuple(), identity.to_tuple()))
    ]


def _the_one(providers: _Providers, wanted: HubGroupProject) -> AccountProvider:
    """Return the one provider that matches. The text of the error names those that there are."""
    found = _matching(providers, wanted)
    if len(found) == 1:
        return found[0]
    criteria = f"hub = {wanted.hub}, group = {wanted.group}, project = {wanted.project}"
    if found:
        raise IBMQProviderError(
            f"More than one provider matches the specified criteria: {criteria}. "
            f"The account has {_names(providers)}. Name hub, group and project."
        )
    if not providers:
        raise IBMQProviderError(
            f"No provider matches the specified criteria: {criteria}. No account is in use: call IBMQ.load_account() "
            "or IBMQ.enable_account() first (saving an account does not load it)."
        )
    raise IBMQProviderError(
        f"No provider matches the specified criteria: {criteria}. The account has {_names(providers)}."
    )


def _stored_default(providers: _Providers, credentials: Credentials) -> AccountProvider:
    """Return the provider of the project that is stored with an account, else the first one.

    An account that the user chose to have sent from a retired host to the service of this machine cannot have its stored project there,
    so then the first one is returned, with a warning in the log.
    """
    default = credentials.default_provider
    first = next(iter(providers.values()))
    if default is None:
        return first
    try:
        return _the_one(providers, default)
    except IBMQProviderError as err:
        problem = f"The default provider (hub/group/project) stored on disk could not be found. {err.message}"
    if retired_host(credentials.base_url):
        logger.warning("%s %r is used instead.", problem, first)
        return first
    raise IBMQProviderError(
        f"{problem} Store another one with IBMQ.save_account(token, url, hub, group, project, overwrite=True)."
    )


def _names(identities: Iterable[HubGroupProject]) -> str:
    return ", ".join("/".join(str(name) for name in identity.to_tuple()) for identity in identities)
