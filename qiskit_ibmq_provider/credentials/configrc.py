# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Credentials and preferences in the configuration file ``~/.qiskit/qiskitrc``.

The file is private (mode 0600), changed atomically, one writer at a time. What is not ours in it stays as it is. A file that cannot be
read is never written.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Callable, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials._inifile import IniDocument, IniSyntaxError
from qiskit_ibmq_provider.credentials._safefile import change_text, read_text
from qiskit_ibmq_provider.credentials._sections import (
    Preferences,
    credentials_sections,
    keyring_entries,
    read_credentials,
    read_preferences,
    write_credentials,
    write_preferences,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.exceptions import (
    CredentialsError,
    CredentialsNotFoundError,
    HubGroupProjectInvalidStateError,
    InvalidCredentialsFormatError,
)
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
from qiskit_ibmq_provider.credentials.keychain import put_token, remove_token, take_token

__all__ = [
    "DEFAULT_QISKITRC_FILE",
    "change_qiskitrc",
    "load_qiskitrc",
    "qiskitrc_path",
    "read_credentials_from_qiskitrc",
    "remove_credentials",
    "store_credentials",
    "store_preferences",
    "write_qiskit_rc",
]

logger = get_logger(__name__)


def _file_of_home() -> str:
    return os.path.join(os.path.expanduser("~"), ".qiskit", "qiskitrc")


DEFAULT_QISKITRC_FILE = _file_of_home()
"""Where the configuration file is, unless a call names another one. Set it to use another file."""

_FILE_AT_IMPORT = DEFAULT_QISKITRC_FILE


def qiskitrc_path(filename: Optional[str] = None) -> Path:
    """Return the path of the configuration file, as of now.

    Args:
        filename: the file, if a caller names one; else the one that ``DEFAULT_QISKITRC_FILE`` was set to, or the one in the present home
            directory.
    """
    if filename:
        return Path(filename)
    if DEFAULT_QISKITRC_FILE != _FILE_AT_IMPORT:
        return Path(DEFAULT_QISKITRC_FILE)
    return Path(_file_of_home())


def read_credentials_from_qiskitrc(
    filename: Optional[str] = None, *, with_tokens: bool = True
) -> tuple[dict[HubGroupProject, Credentials], Preferences]:
    """Return the stored credentials and preferences.

    Args:
        filename: the file to read instead of the default one.
        with_tokens: fetch the tokens that are in the keyring.

    Returns:
        credentials by hub/group/project, and preferences as ``{hub/group/project: {category: {key: value}}}``; both empty if there is no
        such file.

    Raises:
        InvalidCredentialsFormatError: the file cannot be understood; the text names file and line.
        HubGroupProjectInvalidStateError: the default provider in the file does not have the right form.
        CredentialsError: the file cannot be read, or a token cannot be fetched from the keyring.
    """
    path = qiskitrc_path(filename)
    document = load_qiskitrc(path, read_text(path))
    found = _read_all(path, document)
    for credentials in found.values() if with_tokens else ():
        if credentials.keyring_entry:
            take_token(credentials)
    return found, read_preferences(document)


def write_qiskit_rc(
    credentials: Mapping[HubGroupProject, Credentials],
    preferences: Optional[Preferences] = None,
    filename: Optional[str] = None,
) -> None:
    """Make these the only credentials in the configuration file.

    Args:
        credentials: credentials by hub/group/project.
        preferences: make these the only preferences too; ``None`` leaves those in the file.
        filename: the file to write instead of the default one.

    Raises:
        CredentialsError: the file cannot be read or written, or a value cannot be stored; the file stays as it is.
    """

    def change(document: IniDocument) -> None:
        path = qiskitrc_path(filename)
        for identity, old in _read_all(path, document).items():
            if identity not in credentials:
                _remove(document, old)
        for new in credentials.values():
            write_credentials(document, new)
        if preferences is not None:
            write_preferences(document, preferences)

    _change_accounts(change, filename)


def store_credentials(
    credentials: Credentials, overwrite: bool = False, filename: Optional[str] = None
) -> bool:
    """Store credentials. If there are some with the same hub, group and project, a warning is logged and nothing changes.

    Args:
        credentials: credentials to store.
        overwrite: replace credentials that are there.
        filename: the file to write instead of the default one.

    Returns:
        whether the file was written.

    Raises:
        CredentialsError: the file cannot be read or written, or a value cannot be stored; the file stays as it is.
    """
    path = qiskitrc_path(filename)

    def change(document: IniDocument) -> None:
        present = _read_all(path, document)
        if not overwrite and credentials.unique_id() in present:
            logger.warning(
                "Credentials are already present in %s, and stay as they are. Set overwrite=True to replace them.",
                path,
            )
            return
        write_credentials(document, credentials)
        if credentials.keyring_entry:
            put_token(credentials)

    return _change_accounts(change, filename)


def remove_credentials(credentials: Credentials, filename: Optional[str] = None) -> None:
    """Remove the stored credentials that have the hub, group and project of the given ones.

    Args:
        credentials: credentials to remove.
        filename: the file to write instead of the default one.

    Raises:
        CredentialsNotFoundError: there are none.
        CredentialsError: the file cannot be read or written; it stays as it is.
    """
    path = qiskitrc_path(filename)

    def change(document: IniDocument) -> None:
        if credentials.unique_id() not in _read_all(path, document):
            raise CredentialsNotFoundError(f"{path} holds no credentials for {credentials!r}.")
        _remove(document, credentials)

    _change_accounts(change, filename)


def store_preferences(preferences: Preferences, filename: Optional[str] = None) -> None:
    """Store preferences. Other projects and other categories stay; a category that is given is replaced as a whole.

    Args:
        preferences: ``{hub/group/project: {category: {key: value}}}``.
        filename: the file to write instead of the default one.

    Raises:
        CredentialsError: the file cannot be read or written, or a value cannot be stored; the file stays as it is.
    """

    def change(document: IniDocument) -> None:
        merged = read_preferences(document)
        for identity, categories in preferences.items():
            merged.setdefault(identity, {}).update(categories)
        write_preferences(document, merged)

    change_qiskitrc(change, filename)


def load_qiskitrc(path: Path, text: Optional[str]) -> IniDocument:
    """Read the text of a configuration file (``None`` counts as empty).

    Raises:
        InvalidCredentialsFormatError: the text is not in INI format; the message names file and line.
    """
    try:
        return IniDocument(text or "")
    except IniSyntaxError as err:
        raise InvalidCredentialsFormatError(
            f"{path}, {err}. Correct the line, or move the file away and save the account again."
        ) from err


def change_qiskitrc(change: Callable[[IniDocument], None], filename: Optional[str] = None) -> bool:
    """Change the configuration file, one writer at a time.

    Args:
        change: changes the document; if it raises, the file stays as it is.
        filename: the file to write instead of the default one.

    Returns:
        whether the file was written.

    Raises:
        CredentialsError: the file cannot be read or written.
    """
    path = qiskitrc_path(filename)

    def change_document(text: Optional[str]) -> Optional[str]:
        document = load_qiskitrc(path, text)
        before = document.render()
        change(document)
        after = document.render()
        return None if after == before else after

    return change_text(path, change_document)


def _change_accounts(change: Callable[[IniDocument], None], filename: Optional[str] = None) -> bool:
    """Change the configuration file, and remove from the keyring what the file then does not refer to."""
    gone: set[str] = set()
    added: set[str] = set()

    def change_and_compare(document: IniDocument) -> None:
        before = keyring_entries(document)
        change(document)
        after = keyring_entries(document)
        gone.update(before - after)
        added.update(after - before)

    try:
        written = change_qiskitrc(change_and_compare, filename)
    except CredentialsError:
        with contextlib.suppress(CredentialsError):  # What is wrong with the file matters more.
            for entry in added:
                remove_token(entry)
        raise
    for entry in sorted(gone):
        remove_token(entry)
    return written


def _read_all(path: Path, document: IniDocument) -> dict[HubGroupProject, Credentials]:
    """Read all credentials of a document; of several for one project, the last one counts."""
    found: dict[HubGroupProject, Credentials] = {}
    for section in credentials_sections(document):
        try:
            credentials = read_credentials(document, section)
        except InvalidCredentialsFormatError as err:
            raise InvalidCredentialsFormatError(f"{path}, {err.message}") from None
        except HubGroupProjectInvalidStateError as err:
            raise HubGroupProjectInvalidStateError(f"{path}, {err.message}") from None
        if credentials.unique_id() in found:
            logger.warning(
                "%s holds several accounts for %r; that of [%s] is used.", path, credentials, section
            )
        found[credentials.unique_id()] = credentials
    return found


def _remove(document: IniDocument, credentials: Credentials) -> None:
    """Remove all sections that hold credentials for the same hub, group and project."""
    for section in credentials_sections(document):
        if read_credentials(document, section).unique_id() == credentials.unique_id():
            document.remove(section)
