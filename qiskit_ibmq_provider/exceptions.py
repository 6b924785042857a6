# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions that this package raises.

::

    QiskitError
     └─ IBMQError                                 code, status_code, message
         ├─ IBMQAccountError
         │   ├─ IBMQAccountCredentialsInvalidFormat
         │   ├─ IBMQAccountCredentialsInvalidToken
         │   ├─ IBMQAccountCredentialsInvalidUrl
         │   │   └─ IBMQAccountRetiredServiceError
         │   ├─ IBMQAccountCredentialsNotFound
         │   ├─ IBMQAccountMultipleCredentialsFound
         │   └─ IBMQProviderError
         ├─ IBMQAccountValueError
         ├─ IBMQBackendError
         │   ├─ IBMQBackendApiError
         │   │   └─ IBMQBackendApiProtocolError
         │   ├─ IBMQBackendJobLimitError
         │   └─ IBMQBackendValueError             (also ValueError)
         ├─ IBMQLocalServiceError                 the service behind url="local"
         ├─ IBMQInputValueError
         ├─ IBMQNotAuthorizedError
         └─ IBMQApiError

The exceptions of jobs, credentials and transport derive from :class:`IBMQError` too; they live in ``job.exceptions``,
``credentials.exceptions`` and ``api.exceptions``.

Example:

    >>> try:
    ...     backend.retrieve_job("5f8c00000000000000000000")
    ... except IBMQBackendApiError as err:
    ...     print(err.code, err.status_code)
    3250 404
"""

from __future__ import annotations

from typing import Any, Optional, Union

from qiskit.exceptions import QiskitError

__all__ = [
    "IBMQAccountCredentialsInvalidFormat",
    "IBMQAccountCredentialsInvalidToken",
    "IBMQAccountCredentialsInvalidUrl",
    "IBMQAccountCredentialsNotFound",
    "IBMQAccountError",
    "IBMQAccountMultipleCredentialsFound",
    "IBMQAccountRetiredServiceError",
    "IBMQAccountValueError",
    "IBMQApiError",
    "IBMQBackendApiError",
    "IBMQBackendApiProtocolError",
    "IBMQBackendError",
    "IBMQBackendJobLimitError",
    "IBMQBackendValueError",
    "IBMQError",
    "IBMQInputValueError",
    "IBMQLocalServiceError",
    "IBMQNotAuthorizedError",
    "IBMQProviderError",
]


class IBMQError(QiskitError):
    """Base class of everything that this package raises.

    Args:
        message: what happened, with what value, and what to do.
        code: the error code that the server gave, if any.
        status_code: the HTTP status of the server's answer, if there was one.
    """

    def __init__(
        self,
        *message: Any,
        code: Optional[Union[int, str]] = None,
        status_code: Optional[int] = None,
    ) -> None:
        super().__init__(*message)
        self.code = code
        self.status_code = status_code


class IBMQAccountError(IBMQError):
    """An account cannot be used or managed."""


class IBMQAccountValueError(IBMQError):
    """A value given to an account call is not usable."""


class IBMQAccountCredentialsNotFound(IBMQAccountError):
    """No credentials are stored, or none are in use."""


class IBMQAccountMultipleCredentialsFound(IBMQAccountError):
    """More than one set of credentials is stored where one is expected."""


class IBMQAccountCredentialsInvalidFormat(IBMQAccountError):
    """The stored credentials cannot be read."""


class IBMQAccountCredentialsInvalidToken(IBMQAccountError):
    """The token is empty or is not a string."""


class IBMQAccountCredentialsInvalidUrl(IBMQAccountError):
    """The URL is not the authentication URL of a service."""


class IBMQAccountRetiredServiceError(IBMQAccountCredentialsInvalidUrl):
    """The account points to a service that IBM has switched off."""


class IBMQProviderError(IBMQAccountError):
    """No provider, or more than one, matches the hub, group and project asked for."""


class IBMQBackendError(IBMQError):
    """A backend cannot do what was asked."""


class IBMQBackendApiError(IBMQBackendError):
    """The server refused, or could not be asked.

    Attributes:
        job_id: the job that was being submitted, once the server had given it an id; ``provider.backend.retrieve_job`` finds it.
        idempotency_key: the key that was sent with the job, where its id is not known;
            ``provider.backend.find_submitted_job`` says whether it made a job, and which.
        outcome_unknown: whether the server may have done what was asked, though its answer is lost.
    """

    job_id: Optional[str] = None
    idempotency_key: Optional[str] = None
    outcome_unknown: bool = False


class IBMQBackendApiProtocolError(IBMQBackendApiError):
    """The server's answer does not have the agreed form."""


class IBMQBackendValueError(IBMQBackendError, ValueError):
    """A value given to a backend is not usable."""


class IBMQBackendJobLimitError(IBMQBackendError):
    """The backend's limit of unfinished jobs is reached."""


class IBMQLocalServiceError(IBMQError):
    """The service of this machine (``url="local"``) cannot be found or started."""


class IBMQInputValueError(IBMQError):
    """An input value is not usable."""


class IBMQNotAuthorizedError(IBMQError):
    """The account may not use this service."""


class IBMQApiError(IBMQError):
    """The server refused, or could not be asked."""
