# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Storing that the service of this machine is the account, or stands in for hosts that IBM has switched off."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final, Optional

from qiskit_ibmq_provider.credentials._inifile import IniDocument
from qiskit_ibmq_provider.credentials._safefile import read_text
from qiskit_ibmq_provider.credentials.configrc import (
    change_qiskitrc,
    credentials_sections,
    load_qiskitrc,
    qiskitrc_path,
    read_credentials,
    write_credentials,
)
from qiskit_ibmq_provider.credentials.credentials import LOCAL_URL, Credentials
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError, HubGroupProjectInvalidStateError
from qiskit_ibmq_provider.credentials.retired import retired_host

__all__ = [
    "LocalAccountChange",
    "choose_local_for_retired",
    "retired_hosts_go_local",
    "save_local_account",
]

_SECTION: Final = "local-service"
"""Section of these choices. Its name does not begin with ``ibmq``, which would make it credentials for older versions."""

_OPTION: Final = "retired_hosts"

_KEPT: Final = "old."
"""What the names of sections with replaced accounts begin with."""


@dataclasses.dataclass(frozen=True)
class LocalAccountChange:
    """What :func:`save_local_account` did.

    Attributes:
        path: the configuration file.
        account_is_local: whether ``IBMQ.load_account()`` now uses the service of this machine (directly, or since its host is retired).
        replaced: URLs of accounts that were replaced. Their values are still in the file, in sections that nothing reads.
        for_retired: whether retired hosts are now sent to the service of this machine.
    """

    path: Path
    account_is_local: bool
    replaced: tuple[str, ...]
    for_retired: bool


def save_local_account(
    for_retired: bool = False, *, overwrite: bool = False, filename: Optional[str] = None
) -> LocalAccountChange:
    """Store the service of this machine as the account, so that ``IBMQ.load_account()`` uses it.

    An account of a retired host is replaced, but its values stay in the file. With ``for_retired`` a stored account stays what it is.

    Args:
        for_retired: also send accounts and calls that name a retired host to the service of this machine.
        overwrite: replace a stored account of a service that is not retired.
        filename: the file to write instead of the default one.

    Raises:
        CredentialsError: an account of another service is stored and ``overwrite`` is not set, or the file cannot be read or written.
    """
    path = qiskitrc_path(filename)
    replaced: list[str] = []
    outcome = {"local": False, "retired": False}

    def change(document: IniDocument) -> None:
        stored = {section: _url(document, section) for section in credentials_sections(document)}
        others = [url for url in stored.values() if not _counts_as_local(url)]
        if others and not overwrite and not for_retired:
            raise CredentialsError(
                f"{path} holds an account for {', '.join(others)}. "
                "Delete it with IBMQ.delete_account(), or ask for it to be overwritten."
            )
        if not stored or not for_retired or (others and overwrite):
            for section, url in stored.items():
                if url != LOCAL_URL:
                    _set_aside(document, section)
                    replaced.append(url)
            write_credentials(document, Credentials("", LOCAL_URL))
        if for_retired:
            document.update(_SECTION, {_OPTION: "True"})
        outcome["retired"] = _is_chosen(document)
        outcome["local"] = all(
            _counts_as_local(_url(document, name)) for name in credentials_sections(document)
        )

    change_qiskitrc(change, filename)
    return LocalAccountChange(path, outcome["local"], tuple(replaced), outcome["retired"])


def choose_local_for_retired(enabled: bool, *, filename: Optional[str] = None) -> None:
    """Store whether accounts and calls that name a retired host are sent to the service of this machine.

    Args:
        enabled: the choice.
        filename: the file to write instead of the default one.

    Raises:
        CredentialsError: the file cannot be read or written.
    """

    def change(document: IniDocument) -> None:
        if enabled or _is_chosen(document):
            document.update(_SECTION, {_OPTION: str(enabled)})

    change_qiskitrc(change, filename)


def retired_hosts_go_local(filename: Optional[str] = None) -> bool:
    """Return whether the user chose to send retired hosts to the service of this machine.

    Raises:
        CredentialsError: the configuration file cannot be read.
    """
    path = qiskitrc_path(filename)
    return _is_chosen(load_qiskitrc(path, read_text(path)))


def _is_chosen(document: IniDocument) -> bool:
    return document.options(_SECTION).get(_OPTION, "").lower() == "true"


def _counts_as_local(url: str) -> bool:
    return url == LOCAL_URL or retired_host(url) is not None


def _url(document: IniDocument, section: str) -> str:
    """Return the URL in a section, also where the section is broken otherwise: it is going to be replaced."""
    try:
        credentials = read_credentials(document, section)
    except (CredentialsError, HubGroupProjectInvalidStateError):
        return document.options(section).get("url", f"[{section}]")
    return LOCAL_URL if credentials.is_local() else credentials.base_url


def _set_aside(document: IniDocument, section: str) -> None:
    name = _KEPT + section
    while name in document.sections():
        name += "_"
    document.update(name, dict(document.options(section)))
    document.remove(section)
