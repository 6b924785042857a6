# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Account credentials: what they hold, where they are found, and how they are stored."""

from __future__ import annotations

from typing import Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials.configrc import (
    Preferences,
    read_credentials_from_qiskitrc,
    store_credentials,
    store_preferences,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.environ import read_credentials_from_environ
from qiskit_ibmq_provider.credentials.exceptions import (
    CredentialsError,
    CredentialsNotFoundError,
    HubGroupProjectInvalidStateError,
    InvalidCredentialsFormatError,
)
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = [
    "Credentials",
    "CredentialsError",
    "CredentialsNotFoundError",
    "HubGroupProject",
    "HubGroupProjectInvalidStateError",
    "InvalidCredentialsFormatError",
    "Preferences",
    "discover_credentials",
    "read_credentials_from_environ",
    "read_credentials_from_qiskitrc",
    "store_credentials",
    "store_preferences",
]

logger = get_logger(__name__)


def discover_credentials(
    qiskitrc_filename: Optional[str] = None,
) -> tuple[dict[HubGroupProject, Credentials], Preferences]:
    """Find credentials: those of the environment if there are any, else those of the configuration file.

    Args:
        qiskitrc_filename: the configuration file to read instead of the default one.

    Returns:
        credentials by hub/group/project, and the preferences of the file (none if the environment was used, since then the file is not
        read); both empty if nothing was found.

    Raises:
        CredentialsError: the configuration file cannot be read or understood.
        HubGroupProjectInvalidStateError: the default provider in the file does not have the right form.
    """
    credentials = read_credentials_from_environ()
    if credentials:
        logger.info("Using credentials from environment variables")
        return credentials, {}
    credentials, preferences = read_credentials_from_qiskitrc(qiskitrc_filename)
    if credentials:
        logger.info("Using credentials from qiskitrc")
    return credentials, preferences
