# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Failures of the transport, as errors of a backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

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
    except ProtocolError as err:
        text = str(err).rstrip(".")
        raise IBMQBackendApiProtocolError(
            f"{what}: {text}. Try again later; if this stays, whoever runs the service should know."
        ) from err
    except ApiError as err:
        text = f"{what}: {err.message}"
        if str(err.code) == str(int(ErrorCode.JOB_LIMIT)) and not err.outcome_unknown:
            text = f"{what}, because there are too many unfinished jobs. Wait until one is over, or cancel one. {err.message}"
            raise IBMQBackendJobLimitError(text, code=err.code, status_code=err.status_code) from err
        kind = IBMQBackendApiProtocolError if isinstance(err, ApiIBMQProtocolError) else IBMQBackendApiError
        failure = kind(text, code=err.code, status_code=err.status_code)
        failure.job_id, failure.outcome_unknown = err.job_id, err.outcome_unknown
        failure.idempotency_key = err.idempotency_key
        raise failure from err
