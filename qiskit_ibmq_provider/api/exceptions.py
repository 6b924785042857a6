# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions of the transport.

::

    IBMQError
     └─ ApiError                             code, status_code, message, job_id, idempotency_key, outcome_unknown
         ├─ RequestsApiError                 a request failed; status_code is -1 where no answer came
         ├─ ApiIBMQProtocolError             an answer cannot be read
         ├─ AuthenticationLicenseError       the licence of the service is not accepted yet
         ├─ UserTimeoutExceededError         the caller's timeout is over
         └─ WebsocketError
             ├─ WebsocketAuthenticationError
             ├─ WebsocketIBMQProtocolError
             ├─ WebsocketRetryableError
             └─ WebsocketTimeoutError

Nothing of ``requests``, ``urllib3`` or ``websocket`` leaves the transport; what they raised is kept as ``__cause__``, without its
traceback and with tokens and signed URLs taken out.
"""

from __future__ import annotations

import copy
from typing import Optional, TypeVar, Union

from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = [
    "ApiError",
    "ApiIBMQProtocolError",
    "AuthenticationLicenseError",
    "RequestsApiError",
    "UserTimeoutExceededError",
    "WebsocketAuthenticationError",
    "WebsocketError",
    "WebsocketIBMQProtocolError",
    "WebsocketRetryableError",
    "WebsocketTimeoutError",
]

E = TypeVar("E", bound="ApiError")


class ApiError(IBMQError):
    """The server refused, answered what cannot be read, or could not be asked."""

    job_id: Optional[str] = None
    """The job that the failed call was about, where the call made one; ask for it with ``retrieve_job``."""

    idempotency_key: Optional[str] = None
    """The key with which the failed call may have made a job, where nobody knows: ask for it with ``find_submitted_job``."""

    outcome_unknown: bool = False
    """Whether the server may have done what was asked although the call failed."""

    may_be_processed: bool = False
    """Whether the server may have processed the request, or one before it that it repeats, also where it has refused the last one."""

    may_be_under_way: bool = False
    """Whether it may even do so later, because no answer has ended one of them."""

    def introduced_by(self: E, text: str) -> E:
        """Return this error with a text before its own; after it would hide the error code that stands at the end."""
        other = copy.copy(self)
        other.message = f"{text} {self.message}"
        other.args = (other.message,)
        other.__cause__ = self.__cause__
        return other


class RequestsApiError(ApiError):
    """A request failed.

    Args:
        message: what happened and what to do.
        status_code: HTTP status of the answer, -1 where none came.
        code: the error code that the server gave, if any.
        error_name: the name of the error that the server gave, if any.
    """

    def __init__(
        self,
        message: str,
        status_code: int = -1,
        *,
        code: Optional[Union[int, str]] = None,
        error_name: Optional[str] = None,
    ) -> None:
        super().__init__(message, code=code, status_code=status_code)
        self.error_name = error_name


class ApiIBMQProtocolError(ApiError):
    """An answer of the server does not have the form that the protocol wants."""


class AuthenticationLicenseError(ApiError):
    """The user has to accept the licence of the service before logging in."""


class UserTimeoutExceededError(ApiError):
    """The time that the caller allowed is over."""


class WebsocketError(ApiError):
    """A websocket failed for good; the same can be asked by HTTP."""


class WebsocketAuthenticationError(WebsocketError):
    """The connection ended before the server had accepted the token."""


class WebsocketIBMQProtocolError(WebsocketError):
    """A websocket message cannot be read."""


class WebsocketRetryableError(WebsocketError):
    """The connection broke; another one may last."""


class WebsocketTimeoutError(WebsocketError):
    """The connection was closed because the caller's time is over."""
