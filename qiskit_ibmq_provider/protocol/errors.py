# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Errors on the wire: their codes and their body.

The body is ``{"error": {"message": ..., "code": ..., "status": ..., "name": ...}}``. Clients show message and code; two of the codes
(``JOB_LIMIT`` and the 404 of a job) are also looked at by programs.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any, Final, Optional, Union

__all__ = ["ErrorBody", "ErrorCode", "LICENSE_REQUIRED", "ProtocolError", "encode_error"]

LICENSE_REQUIRED: Final = "ACCEPT_LICENSE_REQUIRED"
"""``name`` of the 401 at login that asks the user to accept the service's licence first."""

_SHOWN: Final = 400


class ProtocolError(Exception):
    """A document, message or value does not have the form that the protocol wants."""


class ErrorCode(enum.IntEnum):
    """Codes that our service gives. 3458, 3250 and 2801 are the original's; the others are our own choice of four digits."""

    BAD_REQUEST = 2000
    """The request cannot be read."""
    NOT_FOUND = 2001
    """There is no such path, device or project."""
    METHOD_NOT_ALLOWED = 2002
    """The path exists, the method does not."""
    INTERNAL = 2500
    """The service failed; its log says why."""
    STORAGE_FULL = 2507
    """The service's disk is full."""
    UNAVAILABLE = 2503
    """The service cannot do this now: its database or its disk does not answer."""
    RATE_LIMIT = 2429
    """Too many requests of one account."""
    DATA_GONE = 2801
    """The data of the job is not, or no longer, available."""
    UPLOAD_URL_INVALID = 2802
    """A storage URL is not valid: tampered with, for another purpose, or expired."""
    PAYLOAD_TOO_LARGE = 2803
    """The payload is over the service's limit."""
    PAYLOAD_MISSING = 2804
    """The job was announced before its payload was uploaded."""
    LOGIN_FAILED = 3446
    """The API token is not known."""
    NOT_AUTHENTICATED = 3447
    """The access token is missing, unknown or expired."""
    NOT_AUTHORIZED = 3448
    """The account may not do this."""
    JOB_LIMIT = 3458
    """The limit of unfinished jobs is reached."""
    JOB_NOT_FOUND = 3250
    """There is no such job in this project."""
    CANCEL_REFUSED = 3209
    """The job is over and cannot be cancelled."""
    JOB_STATE = 3210
    """The job's status does not allow this."""
    IDEMPOTENCY_MISMATCH = 3211
    """An idempotency key was used again with another body."""
    INVALID_FILTER = 3212
    """A list filter cannot be understood."""
    INVALID_ATTRIBUTE = 3213
    """A job attribute cannot be set to this value."""
    DEVICE_NOT_FOUND = 3214
    """There is no such device."""
    INVALID_PAYLOAD = 7000
    """The job's payload is not a Qobj that can be read."""
    NO_EXPERIMENTS = 7001
    """The job holds no circuit."""
    TOO_MANY_EXPERIMENTS = 7002
    """The job holds more circuits than the device accepts."""
    INVALID_SHOTS = 7003
    """The number of shots is out of the device's range."""
    INVALID_INSTRUCTION = 7006
    """The device does not support an instruction, or its operands."""
    TOO_MANY_QUBITS = 7007
    """A circuit is wider than the device, or than the machine can simulate."""
    SCHEDULES_UNSUPPORTED = 7008
    """The device cannot run schedules."""
    EXECUTION_FAILED = 8000
    """The simulator failed."""
    TIME_LIMIT = 8001
    """The job ran longer than allowed."""
    WORKER_LOST = 8002
    """The job made its worker fail again and again."""


@dataclasses.dataclass(frozen=True)
class ErrorBody:
    """What an error answer says. Any field may be missing: not every answer comes from the API itself."""

    message: Optional[str] = None
    code: Optional[Union[int, str]] = None
    name: Optional[str] = None
    raw_text: str = ""

    @classmethod
    def from_bytes(cls, body: bytes) -> ErrorBody:
        """Read an error body of any shape. Never raises."""
        text = body[: 64 * _SHOWN].decode("utf-8", errors="replace")
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return cls(raw_text=shown)
        error = document.get("error") if isinstance(document, dict) else None
        if isinstance(error, str):
            return cls(message=error, raw_text=shown)
        if not isinstance(error, dict):
            return cls(raw_text=shown)
        message, code, name = error.get("message"), error.get("code"), error.get("name")
        return cls(
            message=message if isinstance(message, str) and message else None,
            code=code if isinstance(code, (int, str)) and not isinstance(code, bool) else None,
            name=name if isinstance(name, str) else None,
            raw_text=shown,
        )


def encode_error(code: ErrorCode, message: str, status: int, name: str = "Error") -> dict[str, Any]:
    """Return the document of an error answer.

    Clients write ``<message>, Error code: <code>.``, so the text goes without its full stop.
    """
    return {"error": {"message": message.rstrip("."), "code": int(code), "status": status, "name": name}}
