# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Moving stored accounts of the first IBM Quantum Experience to the URL of its second version.

Both are switched off; this is kept for tools that call it. ``ibmq account local`` is what helps today.
"""

from __future__ import annotations

import sys
from typing import Final, Optional

from qiskit_ibmq_provider.credentials.configrc import (
    read_credentials_from_qiskitrc,
    write_qiskit_rc,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials

__all__ = [
    "QCONSOLE2_URL",
    "QCONSOLE_URL",
    "QE2_AUTH_URL",
    "QE2_URL",
    "QE_URL",
    "is_directly_updatable",
    "update_credentials",
]

QE_URL: Final = "https://quantumexperience.ng.bluemix.net/api"
"""The first IBM Quantum Experience."""

QCONSOLE_URL: Final = "https://q-console-api.mybluemix.net/api"
"""The first console for partners; hub, group and project follow in the path."""

QE2_URL: Final = "https://api.quantum-computing.ibm.com/api"
"""The second version, without login."""

QCONSOLE2_URL: Final = "https://api-qcon.quantum-computing.ibm.com/api"
"""The second version for partners, without login."""

QE2_AUTH_URL: Final = "https://auth.quantum-computing.ibm.com/api"
"""The second version: the authentication URL."""


def is_directly_updatable(credentials: Credentials) -> bool:
    """Return whether credentials only need another URL, since they name no project."""
    if credentials.base_url == QE_URL:
        return True
    return (
        credentials.base_url in (QCONSOLE_URL, QE2_URL, QCONSOLE2_URL)
        and credentials.base_url == credentials.url
    )


def update_credentials(force: bool = False) -> Optional[Credentials]:
    """Replace stored accounts of older versions by one account with the authentication URL of version 2.

    Prints what is going to change and asks on stdin. An account is of an older version if its URL is one of the old ones, or names hub,
    group and project in its path. Other accounts stay.

    Args:
        force: do not ask.

    Returns:
        the new credentials; ``None`` if there is nothing to update, or the user said no.

    Raises:
        CredentialsError: the configuration file cannot be read or written.
    """
    stored, _ = read_credentials_from_qiskitrc()
    old = {
        identity: credentials
        for identity, credentials in stored.items()
        # Only the first version named the project in the URL, on whatever host.
        if is_directly_updatable(credentials) or Credentials("", credentials.url).is_ibmq()
    }
    kept = {identity: credentials for identity, credentials in stored.items() if identity not in old}
    _say(f"Accounts found: {len(stored)}, of which of an older version: {len(old)}.")
    for credentials in kept.values():
        _say(f"The account {credentials!r} is of version 2 already or of another service; it stays.")
    if not old:
        _say("There is nothing to update.")
        return None
    first = next(iter(old.values()))
    new = Credentials(first.token, QE2_AUTH_URL, proxies=first.proxies, verify=first.verify)
    new.keyring_entry = first.keyring_entry
    present = kept.get(new.unique_id())
    if present is not None and present.url == QE2_AUTH_URL:
        _say("The account of version 2 keeps its token; those of older versions go.")
        new = present
    elif present is not None:
        _say(
            "The account that stays is in the way of the new one. Delete one of them first. Nothing was changed."
        )
        return None
    _explain(list(old.values()))
    if not force and input("Update the account? [y/N]: ").strip().lower() != "y":
        return None
    write_qiskit_rc({**kept, new.unique_id(): new})
    return new


def _explain(old: list[Credentials]) -> None:
    _say(f"They are replaced by one account for {QE2_AUTH_URL}; proxies and 'verify' are kept.")
    first = (old[0].token, old[0].proxies, old[0].verify)
    if any((credentials.token, credentials.proxies, credentials.verify) != first for credentials in old[1:]):
        _say("The accounts differ in token, proxies or 'verify'. Those of the first one are used.")
    projects = [credentials for credentials in old if credentials.is_ibmq()]
    _say("In your programs, get the provider with:\n  provider = IBMQ.load_account()")
    for credentials in projects:
        hub, group, project = credentials.hub, credentials.group, credentials.project
        _say(f"  provider = IBMQ.get_provider(hub={hub!r}, group={group!r}, project={project!r})")
    _say("This service is switched off too. `ibmq account local` uses the service on this machine instead.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
