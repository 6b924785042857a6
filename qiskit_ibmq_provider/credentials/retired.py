# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The hosts that IBM has switched off, and what to say when an account points to one of them."""

from __future__ import annotations

import sys
from typing import Final, Optional
from urllib.parse import urlsplit

__all__ = ["RETIRED_HOSTS", "announce_redirect", "retired_host", "retired_message"]

RETIRED_HOSTS: Final = frozenset(
    {
        "api-qcon.quantum-computing.ibm.com",
        "api.quantum-computing.ibm.com",
        "auth.quantum-computing.ibm.com",
        "q-console-api.mybluemix.net",
        "quantumexperience.ng.bluemix.net",
    }
)
"""Hosts of the IBM Quantum Experience. Only an exact match counts: other hosts below the same domains may be alive."""


def retired_host(url: str) -> Optional[str]:
    """Return the retired host that a URL names, or ``None`` if it names another one or cannot be read."""
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname
    except ValueError:
        return None
    host = (host or "").rstrip(".")
    return host if host in RETIRED_HOSTS else None


def retired_message(host: str, *, stored_in: Optional[str] = None) -> str:
    """Return what happened and the one command that helps.

    Args:
        host: the retired host.
        stored_in: where the account with this host is stored, if it is a stored one; else the URL came with the call.
    """
    if stored_in is None:
        command = "ibmq account local --for-retired"
        effect = "sends calls like this one to the service on this machine"
    else:
        command = "ibmq account local"
        effect = f"puts the service on this machine in place of the account that {stored_in} holds"
    return (
        f"IBM has switched off the IBM Quantum Experience: {host} is no longer an authentication URL that answers. "
        f"Run `{command}` once, which {effect}, or give the URL of another service."
    )


def announce_redirect(host: str) -> None:
    """Say on stderr, in one line, that the local service is used instead of a retired host.

    Neither the log nor ``warnings`` would do: the line must appear each time, whatever the levels and filters, and must never raise.
    """
    if sys.stderr is None:  # A windowed interpreter has no stderr.
        return
    sys.stderr.write(
        f"qiskit-ibmq-provider: {host} is switched off; using the service on this machine instead, "
        "as chosen by `ibmq account local --for-retired`.\n"
    )
