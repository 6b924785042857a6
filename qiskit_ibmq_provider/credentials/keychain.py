# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Tokens in the keyring of the operating system, by the package ``keyring``, which only this module loads.

The configuration file then holds the name of the entry and no token.
"""

from __future__ import annotations

import secrets
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider.credentials.credentials import Credentials, without_userinfo
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError

__all__ = ["KEYRING_SERVICE", "new_entry", "put_token", "remove_token", "take_token"]

KEYRING_SERVICE: Final = "qiskit-ibmq-provider"
"""The service under which the entries stand in the keyring; the user name is that of the entry."""


def new_entry(url: str) -> str:
    """Return a name for a new entry. It is never that of another one, so that two accounts do not overwrite each other."""
    return f"{without_userinfo(url)} {secrets.token_hex(4)}"


def put_token(credentials: Credentials) -> None:
    """Store the token of credentials under their entry."""
    entry = credentials.keyring_entry

    def put(keyring: Any) -> str:
        keyring.set_password(KEYRING_SERVICE, entry, credentials.token)
        is_kept = keyring.get_password(KEYRING_SERVICE, entry) == credentials.token
        return "" if is_kept else _name_of(keyring)

    forgetful = _use("cannot be stored", put, credentials)
    if forgetful:
        raise CredentialsError(
            f"The keyring ({forgetful}) does not keep what is stored in it, so the account is not saved. "
            "Choose another keyring with PYTHON_KEYRING_BACKEND, or save the account without keyring=True."
        )


def take_token(credentials: Credentials) -> None:
    """Give credentials the token that stands under their entry."""
    entry = credentials.keyring_entry

    def take(keyring: Any) -> str:
        credentials.token = keyring.get_password(KEYRING_SERVICE, entry) or ""
        return _name_of(keyring)

    name = _use("cannot be read", take, credentials)
    if not credentials.token:
        raise CredentialsError(
            f"The token of {credentials!r} is not in the keyring ({name}): there is no entry {entry!r} of "
            f"{KEYRING_SERVICE!r}. Save the account again: IBMQ.save_account(token, url, overwrite=True, keyring=True)."
        )


def remove_token(entry: str) -> None:
    """Remove an entry; it need not be there."""

    def remove(keyring: Any) -> str:
        if keyring.get_password(KEYRING_SERVICE, entry) is not None:
            keyring.delete_password(KEYRING_SERVICE, entry)
        return ""

    _use(f"under {entry!r} is no longer referred to, but cannot be removed", remove)


def _use(problem: str, action: Callable[[Any], str], credentials: Optional[Credentials] = None) -> str:
    """Do something with the package; raise :class:`CredentialsError` whatever goes wrong."""
    try:
        import keyring
        from keyring import errors
    except ImportError as err:
        raise CredentialsError(
            f"The token {problem}: the keyring needs the package keyring. Install it with: pip install '.[keyring]'"
        ) from err
    try:
        return action(keyring)
    except (errors.KeyringError, OSError, RuntimeError) as err:
        reason = f"{type(err).__name__}: {err}"
    # Outside the handler: what a keyring raises, and its frames, may hold the token.
    if credentials is not None and credentials.token:
        reason = reason.replace(credentials.token, "...")
    raise CredentialsError(
        f"The token {problem} in the keyring of this machine ({reason}). Unlock it, or choose another one with "
        "PYTHON_KEYRING_BACKEND."
    )


def _name_of(keyring: Any) -> str:
    return type(keyring.get_keyring()).__module__
