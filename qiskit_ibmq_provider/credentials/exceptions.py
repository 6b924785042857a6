# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions of the credentials package.

::

    IBMQError
     ├─ CredentialsError
     │   ├─ InvalidCredentialsFormatError
     │   └─ CredentialsNotFoundError
     └─ HubGroupProjectError
         └─ HubGroupProjectInvalidStateError

Example:

    >>> from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject
    >>> try:
    ...     HubGroupProject.from_stored_format("ibm-q/open")
    ... except HubGroupProjectInvalidStateError as err:
    ...     print(err.message)
    The hub/group/project "ibm-q/open" has 2 part(s) instead of three. ...
"""

from __future__ import annotations

from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = [
    "CredentialsError",
    "CredentialsNotFoundError",
    "HubGroupProjectError",
    "HubGroupProjectInvalidStateError",
    "InvalidCredentialsFormatError",
]


class CredentialsError(IBMQError):
    """Credentials cannot be read or stored."""


class InvalidCredentialsFormatError(CredentialsError):
    """The file with the credentials, or a value for it, does not have the right form."""


class CredentialsNotFoundError(CredentialsError):
    """The credentials asked for are not stored."""


class HubGroupProjectError(IBMQError):
    """A hub/group/project cannot be used."""


class HubGroupProjectInvalidStateError(HubGroupProjectError):
    """A hub/group/project is not complete, or its text does not have the right form."""
