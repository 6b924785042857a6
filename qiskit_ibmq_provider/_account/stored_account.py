# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The account on disk: saving, showing and deleting it, and finding the one to load."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials import Preferences, discover_credentials
from qiskit_ibmq_provider.credentials.configrc import (
    qiskitrc_path,
    read_credentials_from_qiskitrc,
    remove_credentials,
    store_credentials,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials, is_local_url
from qiskit_ibmq_provider.credentials.environ import read_credentials_from_environ
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError, HubGroupProjectError
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
from qiskit_ibmq_provider.credentials.keychain import new_entry
from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local
from qiskit_ibmq_provider.credentials.retired import retired_host, retired_message
from qiskit_ibmq_provider.exceptions import (
    IBMQAccountCredentialsInvalidFormat,
    IBMQAccountCredentialsInvalidToken,
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountCredentialsNotFound,
    IBMQAccountMultipleCredentialsFound,
    IBMQAccountValueError,
)

__all__ = [
    "UPDATE_ACCOUNT_TEXT",
    "account_errors",
    "check_account",
    "credentials_to_save",
    "delete",
    "find_account",
    "save",
    "stored",
]

logger = get_logger(__name__)

UPDATE_ACCOUNT_TEXT: Final = "Keep one of them: delete the others from the file, or let IBMQ.update_account() merge those of older versions."
"""What to do when several accounts are stored."""


@contextlib.contextmanager
def account_errors() -> Iterator[None]:
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


def check_account(token: Any, url: Any) -> None:
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


def credentials_to_save(
    token: Optional[str],
    url: str,
    project: tuple[Optional[str], Optional[str], Optional[str]],
    **kwargs: Any,
) -> Credentials:
    """Return the credentials of an account with its default project; see :meth:`.IBMQFactory.save_account`."""
    try:
        check_account(token, url)
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


def save(credentials: Credentials, overwrite: bool) -> None:
    """Store an account; see :meth:`.IBMQFactory.save_account`."""
    with account_errors():
        is_new = store_credentials(credentials, overwrite=overwrite)
        host = retired_host(credentials.base_url)
        if is_new and host and not retired_hosts_go_local():
            logger.warning("The account is saved. %s", retired_message(host, stored_in=str(qiskitrc_path())))


def stored(*, with_token: bool = True) -> Optional[Credentials]:
    """Return the account on disk, or ``None``.

    Args:
        with_token: fetch the token if it is in the keyring.

    Raises:
        IBMQAccountMultipleCredentialsFound: there are several.
        IBMQAccountCredentialsInvalidFormat: the file cannot be understood.
    """
    with account_errors():
        found, _ = read_credentials_from_qiskitrc(with_tokens=with_token)
    return _only(found, f"in {qiskitrc_path()}") if found else None


def delete() -> None:
    """Delete the account on disk; see :meth:`.IBMQFactory.delete_account`."""
    credentials = stored(with_token=False)
    if credentials is None:
        raise IBMQAccountCredentialsNotFound(
            f"No IBM Quantum Experience credentials found on disk, that is in {qiskitrc_path()}."
        )
    with account_errors():
        remove_credentials(credentials)


def find_account() -> tuple[Credentials, Preferences, Optional[str]]:
    """Return the account to load, the preferences, and the file that the account is from (``None``: the environment).

    Raises:
        IBMQAccountCredentialsNotFound: there is none.
        IBMQAccountMultipleCredentialsFound: there are several.
        IBMQAccountCredentialsInvalidFormat: the file cannot be understood.
    """
    path = qiskitrc_path()
    source = None if read_credentials_from_environ() else str(path)
    with account_errors():
        found, preferences = discover_credentials()
    if not found:
        raise IBMQAccountCredentialsNotFound(
            f"No IBM Quantum Experience credentials found, neither in QE_TOKEN and QE_URL nor in {path}. "
            "Save an account with IBMQ.save_account(token, url), or run `ibmq account local` to use the service on this machine."
        )
    return _only(found, f"in {path}"), preferences, source


def _only(found: Mapping[HubGroupProject, Credentials], where: str) -> Credentials:
    """Return the one account of several possible ones."""
    if len(found) > 1:
        accounts = ", ".join(repr(credentials) for credentials in found.values())
        raise IBMQAccountMultipleCredentialsFound(
            f"Multiple IBM Quantum Experience credentials found {where}: {accounts}. {UPDATE_ACCOUNT_TEXT}"
        )
    return next(iter(found.values()))
