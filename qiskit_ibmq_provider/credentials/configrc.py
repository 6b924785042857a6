# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Credentials and preferences in the configuration file ``~/.qiskit/qiskitrc``.

The file is private (mode 0600), changed atomically, one writer at a time. What is not ours in it stays as it is. A file that cannot be
read is never written.

Sections whose names begin with ``ibmq`` hold credentials, except ``[ibmq.preferences]``. Everything else in the file belongs to others.
A percent sign is doubled in the file, as the interpolation of Python's ``configparser`` wants it, with which older versions read the file.
"""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials._inifile import IniDocument, IniSyntaxError
from qiskit_ibmq_provider.credentials._safefile import change_text, read_text
from qiskit_ibmq_provider.credentials.credentials import Credentials, OpenedBy, is_local_url
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
    "Preferences",
    "change_qiskitrc",
    "credentials_sections",
    "load_qiskitrc",
    "qiskitrc_path",
    "read_credentials",
    "read_credentials_from_qiskitrc",
    "remove_credentials",
    "store_credentials",
    "store_preferences",
    "write_credentials",
    "write_qiskit_rc",
]

logger = get_logger(__name__)

Preferences = dict[HubGroupProject, dict[str, dict[str, Any]]]
"""``{hub/group/project: {category: {key: value}}}``."""

_PREFERENCES_SECTION: Final = "ibmq.preferences"

_PREFIX: Final = "ibmq"

_BOOLEANS: Final = {
    **dict.fromkeys(("1", "yes", "true", "on"), True),
    **dict.fromkeys(("0", "no", "false", "off"), False),
}

_ACTIVE_PREFERENCES: dict[str, dict[str, Callable[[str], Any]]] = {
    "experiment": {"auto_save": lambda value: value.lower() == "true"},
}
"""How to read each preference, by category and key. Others stay in the file and are not read. The tests of other people add to it."""


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
    return found, _read_preferences(document)


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
        for identity in _read_all(path, document):
            if identity not in credentials:
                _remove(document, identity)
        for new in credentials.values():
            write_credentials(document, new)
        if preferences is not None:
            _write_preferences(document, preferences)

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


# By this name other people's tests look for the logger that the warning comes from.
store_credentials.__module__ = logger.name


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
        _remove(document, credentials.unique_id())

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
        merged = _read_preferences(document)
        for identity, categories in preferences.items():
            merged.setdefault(identity, {}).update(categories)
        _write_preferences(document, merged)

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
        before = _keyring_entries(document)
        change(document)
        after = _keyring_entries(document)
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


def _sections_of(document: IniDocument, identity: HubGroupProject) -> list[str]:
    names = credentials_sections(document)
    return [name for name in names if read_credentials(document, name).unique_id() == identity]


def _remove(document: IniDocument, identity: HubGroupProject) -> None:
    for section in _sections_of(document, identity):
        document.remove(section)


def credentials_sections(document: IniDocument) -> list[str]:
    """Return the names of the sections that hold credentials; one without token and URL holds something else."""
    return [
        name
        for name in document.sections()
        if name.startswith(_PREFIX)
        and name != _PREFERENCES_SECTION
        and not {"keyring", "token", "url"}.isdisjoint(document.options(name))
    ]


def _keyring_entries(document: IniDocument) -> set[str]:
    named = (document.options(section).get("keyring") for section in credentials_sections(document))
    return {_unescaped(entry) for entry in named if entry}


def read_credentials(document: IniDocument, section: str) -> Credentials:
    """Read the credentials of one section. Unknown options are ignored. A token in the keyring is not fetched.

    Raises:
        InvalidCredentialsFormatError: an option is missing or has no usable value; the text begins with ``line N:``.
        HubGroupProjectInvalidStateError: the default provider has no usable value.
    """
    options = {key: _unescaped(value) for key, value in document.options(section).items()}

    def problem(option: Optional[str], text: str) -> InvalidCredentialsFormatError:
        return InvalidCredentialsFormatError(f"line {document.line_of(section, option)}: {text}")

    if not options.get("url"):
        raise problem(None, f"the section [{section}] has no url.")
    if not options.get("token") and not options.get("keyring") and not is_local_url(options["url"]):
        raise problem(None, f"the section [{section}] has no token.")
    verify = _BOOLEANS.get(options.get("verify", "true").lower())
    if verify is None:
        raise problem("verify", "'verify' has to be True or False.")
    proxies = _literal_dict(options.get("proxies", "{}"))
    if proxies is None:
        raise problem(
            "proxies", "'proxies' has to be a dictionary, such as {'urls': {'https': 'http://host:port'}}."
        )
    default_provider = None
    if "default_provider" in options:
        try:
            default_provider = HubGroupProject.from_stored_format(options["default_provider"])
        except HubGroupProjectInvalidStateError as err:
            line = document.line_of(section, "default_provider")
            raise HubGroupProjectInvalidStateError(f"line {line}: {err.message}") from err
    credentials = Credentials(
        options.get("token", ""),
        options["url"],
        websockets_url=options.get("websockets_url"),
        hub=options.get("hub"),
        group=options.get("group"),
        project=options.get("project"),
        proxies=proxies,
        verify=verify,
        access_token=options.get("access_token"),
        default_provider=default_provider,
    )
    credentials.keyring_entry = options.get("keyring")
    credentials.opened_by = OpenedBy.STORED
    return credentials


def write_credentials(document: IniDocument, credentials: Credentials) -> None:
    """Put credentials into the document, in the place of those with the same hub, group and project.

    Options of the section that are not credentials stay.

    Raises:
        InvalidCredentialsFormatError: a value cannot be stored.
    """
    holders = _sections_of(document, credentials.unique_id())
    section = holders[0] if holders else _section_name(document, credentials)
    for other in holders[1:]:
        document.remove(other)
    options = _options(credentials)
    try:
        document.update(
            section, {key: None if value is None else _escaped(value) for key, value in options.items()}
        )
    except ValueError as err:
        # The document never says the value, which may be a secret.
        raise InvalidCredentialsFormatError(f"These credentials cannot be stored. {err}") from None


def _read_preferences(document: IniDocument) -> Preferences:
    """Read the preferences; those that are unknown or broken are left out."""
    preferences: Preferences = {}
    for option, value in document.options(_PREFERENCES_SECTION).items():
        known = _known_preference(option)
        if known:
            identity, category, key = known
            read = _ACTIVE_PREFERENCES[category][key]
            preferences.setdefault(identity, {}).setdefault(category, {})[key] = read(_unescaped(value))
    return preferences


def _write_preferences(document: IniDocument, preferences: Preferences) -> None:
    """Make these the only known preferences in the document; unknown ones stay."""
    new: dict[str, Optional[str]] = {
        option: None for option in document.options(_PREFERENCES_SECTION) if _known_preference(option)
    }
    for identity, categories in preferences.items():
        for category, values in categories.items():
            for key, value in values.items():
                new[f"{identity.to_stored_format()},{category},{key}"] = _escaped(str(value))
    if not new:
        return
    try:
        document.update(_PREFERENCES_SECTION, new)
    except ValueError as err:
        raise InvalidCredentialsFormatError(f"These preferences cannot be stored. {err}") from None
    if not document.options(_PREFERENCES_SECTION):
        document.remove(_PREFERENCES_SECTION)


def _known_preference(option: str) -> Optional[tuple[HubGroupProject, str, str]]:
    """Split the name of a preference; ``None`` if it is not one that is read."""
    parts = option.split(",")
    if len(parts) != 3 or parts[2] not in _ACTIVE_PREFERENCES.get(parts[1], {}):
        return None
    try:
        return HubGroupProject.from_stored_format(parts[0]), parts[1], parts[2]
    except HubGroupProjectInvalidStateError as err:
        logger.warning("A preference in [%s] is ignored. %s", _PREFERENCES_SECTION, err.message)
        return None


def _section_name(document: IniDocument, credentials: Credentials) -> str:
    name = _PREFIX
    if credentials.is_ibmq():
        name = f"{_PREFIX}_{credentials.hub}_{credentials.group}_{credentials.project}"
    while name in document.sections():  # Taken by something that is not credentials, or not these.
        name += "_"
    return name


def _options(credentials: Credentials) -> dict[str, Optional[str]]:
    """Return the options for credentials; ``None`` where one is not to be there."""
    if not isinstance(credentials.verify, bool):
        raise InvalidCredentialsFormatError(
            f"These credentials cannot be stored. 'verify' has to be True or False, not {credentials.verify!r}."
        )
    default = credentials.default_provider
    # The URL itself names the project only in its older form; the newer one would not be read back as such.
    named_in_url = Credentials("", credentials.url).is_ibmq()
    named_apart = credentials.is_ibmq() and not named_in_url
    return {
        "token": None if credentials.keyring_entry else credentials.token or None,
        "keyring": credentials.keyring_entry,
        "url": credentials.base_url if named_apart else credentials.url,
        "hub": credentials.hub if named_apart else None,
        "group": credentials.group if named_apart else None,
        "project": credentials.project if named_apart else None,
        "proxies": repr(credentials.proxies) if credentials.proxies else None,
        "verify": str(credentials.verify),
        "default_provider": default.to_stored_format() if default else None,
    }


def _escaped(value: str) -> str:
    return value.replace("%", "%%")


def _unescaped(value: str) -> str:
    return value.replace("%%", "%")


def _literal_dict(text: str) -> Optional[dict[str, Any]]:
    """Read a dictionary that is written as in Python; ``None`` if it is something else."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
