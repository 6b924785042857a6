# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How credentials and preferences stand in the configuration file.

Sections whose names begin with ``ibmq`` hold credentials, except ``[ibmq.preferences]``. Everything else in the file belongs to others.
A percent sign is doubled in the file, as the interpolation of Python's ``configparser`` wants it, with which older versions read the file.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials._inifile import IniDocument
from qiskit_ibmq_provider.credentials.credentials import Credentials, is_local_url
from qiskit_ibmq_provider.credentials.exceptions import (
    HubGroupProjectInvalidStateError,
    InvalidCredentialsFormatError,
)
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = [
    "PREFERENCES_SECTION",
    "Preferences",
    "credentials_sections",
    "keyring_entries",
    "read_credentials",
    "read_preferences",
    "write_credentials",
    "write_preferences",
]

logger = get_logger(__name__)

Preferences = dict[HubGroupProject, dict[str, dict[str, Any]]]
"""``{hub/group/project: {category: {key: value}}}``."""

PREFERENCES_SECTION: Final = "ibmq.preferences"
"""Section with the preferences."""

_PREFIX: Final = "ibmq"

_BOOLEANS: Final = {
    **dict.fromkeys(("1", "yes", "true", "on"), True),
    **dict.fromkeys(("0", "no", "false", "off"), False),
}

_KNOWN_PREFERENCES: Final[Mapping[tuple[str, str], Callable[[str], Any]]] = {
    ("experiment", "auto_save"): lambda value: value.lower() == "true",
}
"""How to read each preference, by category and key. Others stay in the file and are not read."""


def credentials_sections(document: IniDocument) -> list[str]:
    """Return the names of the sections that hold credentials; one without token and URL holds something else."""
    return [
        name
        for name in document.sections()
        if name.startswith(_PREFIX)
        and name != PREFERENCES_SECTION
        and not {"keyring", "token", "url"}.isdisjoint(document.options(name))
    ]


def keyring_entries(document: IniDocument) -> set[str]:
    """Return the names of the entries of the keyring that credentials refer to."""
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
    return credentials


def write_credentials(document: IniDocument, credentials: Credentials) -> None:
    """Put credentials into the document, in the place of those with the same hub, group and project.

    Options of the section that are not credentials stay.

    Raises:
        InvalidCredentialsFormatError: a value cannot be stored.
    """
    identity = credentials.unique_id()
    holders = [
        name
        for name in credentials_sections(document)
        if read_credentials(document, name).unique_id() == identity
    ]
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


def read_preferences(document: IniDocument) -> Preferences:
    """Read the preferences; those that are unknown or broken are left out."""
    preferences: Preferences = {}
    for option, value in document.options(PREFERENCES_SECTION).items():
        known = _known_preference(option)
        if known:
            identity, category, key = known
            convert = _KNOWN_PREFERENCES[category, key]
            preferences.setdefault(identity, {}).setdefault(category, {})[key] = convert(_unescaped(value))
    return preferences


def write_preferences(document: IniDocument, preferences: Preferences) -> None:
    """Make these the only known preferences in the document; unknown ones stay."""
    new: dict[str, Optional[str]] = {
        option: None for option in document.options(PREFERENCES_SECTION) if _known_preference(option)
    }
    for identity, categories in preferences.items():
        for category, values in categories.items():
            for key, value in values.items():
                new[f"{identity.to_stored_format()},{category},{key}"] = _escaped(str(value))
    if not new:
        return
    try:
        document.update(PREFERENCES_SECTION, new)
    except ValueError as err:
        raise InvalidCredentialsFormatError(f"These preferences cannot be stored. {err}") from None
    if not document.options(PREFERENCES_SECTION):
        document.remove(PREFERENCES_SECTION)


def _known_preference(option: str) -> Optional[tuple[HubGroupProject, str, str]]:
    """Split the name of a preference; ``None`` if it is not one that is read."""
    parts = option.split(",")
    if len(parts) != 3 or (parts[1], parts[2]) not in _KNOWN_PREFERENCES:
        return None
    try:
        return HubGroupProject.from_stored_format(parts[0]), parts[1], parts[2]
    except HubGroupProjectInvalidStateError as err:
        logger.warning("A preference in [%s] is ignored. %s", PREFERENCES_SECTION, err.message)
        return None


def _section_name(document: IniDocument, credentials: Credentials) -> str:
    """Return a name for a new section."""
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
