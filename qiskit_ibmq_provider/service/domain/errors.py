# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the domain refuses, and why.

The routes turn the class into an HTTP status and ``code`` into the four-digit code of the error body
(both are listed in docs/protocol.md). Nothing branches on the text.
"""

from __future__ import annotations

from typing import Any

from qiskit_ibmq_provider.protocol.errors import ErrorCode

__all__ = [
    "Conflict",
    "DomainError",
    "Forbidden",
    "InvalidRequest",
    "LimitReached",
    "NotFound",
    "RateLimited",
    "StorageFull",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownDevice",
]


class DomainError(Exception):
    """A refusal that the user may read.

    Args:
        message: what happened, with what value, and what to do; never a token or a signed URL.
        code: the code of the error body.
    """

    def __init__(self, message: str, code: ErrorCode) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __reduce__(self) -> tuple[type[DomainError], tuple[Any, ...]]:
        return type(self), (self.message, self.code)


class InvalidRequest(DomainError):
    """The request makes no sense, whatever the state of the service."""


class Unauthenticated(DomainError):
    """No token, an unknown one, or one that has expired."""


class Forbidden(DomainError):
    """The token is valid and does not allow this."""


class NotFound(DomainError):
    """There is no such thing in the caller's projects."""


class UnknownDevice(NotFound):
    """No device of this name is in the catalogue."""


class Conflict(DomainError):
    """The request makes sense, but not in the present state."""


class LimitReached(DomainError):
    """The project already has as many unfinished jobs as it may have."""


class RateLimited(DomainError):
    """The user makes too many requests.

    Args:
        message: as for ``DomainError``.
        code: as for ``DomainError``.
        retry_after: whole seconds after which a request is taken again.
    """

    def __init__(self, message: str, code: ErrorCode, retry_after: int = 1) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[DomainError], tuple[Any, ...]]:
        return type(self), (self.message, self.code, self.retry_after)


class TooLarge(DomainError):
    """A body is over its limit."""


class StorageFull(DomainError):
    """There is no space left where data is kept; nothing was half-written."""


class Unavailable(DomainError):
    """The service cannot do this at the moment; the same request may succeed later."""
