# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Failures of the transport, as errors of a backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendJobLimitError,
)
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError

__all__ = ["api_errors"]


@contextlib.contextmanager
def api_errors(what: str) -> Iterator[None]:
    """Raise what fails in the transport as an error of the backend, with its reason and codes.

    Args:
        what: what failed, as the beginning of a sentence.
    """
    try:
        yield
    except (ApiIBMQProtocolError, ProtocolError) as err:
        raise IBMQBackendApiProtocolError(f"{what}: {_text(err)}", **_codes(err)) from err
    except ApiError as err:
        limit = str(err.code) == str(int(ErrorCode.JOB_LIMIT))
        kind = IBMQBackendJobLimitError if limit else IBMQBackendApiError
        raise kind(f"{what}: {_text(err)}", **_codes(err)) from err


def _text(err: Exception) -> str:
    return str(getattr(err, "message", err))


def _codes(err: Exception) -> dict[str, Any]:
    return {"code": getattr(err, "code", None), "status_code": getattr(err, "status_code", None)}
