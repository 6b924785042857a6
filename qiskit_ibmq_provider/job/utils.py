# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Functions on the server's answers about jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = ["api_to_job_error", "build_error_report", "get_cancel_status", "job_api_error", "job_errors"]


def build_error_report(results: Sequence[Mapping[str, Any]]) -> str:
    """List the experiments that failed.

    Args:
        results: the entries ``results`` of a result document. An entry without ``success`` counts as failed,
            since a good one always says so.

    Returns:
        A heading and one line ``Experiment <index>: <status>`` for each experiment that failed.
    """
    lines = ["The following experiments failed:"]
    for index, entry in enumerate(results):
        if not entry.get("success"):
            lines.append(f"Experiment {index}: {entry.get('status') or 'ERROR (the server gave no reason)'}")
    return "\n".join(lines)


def get_cancel_status(cancel_response: Mapping[str, Any]) -> bool:
    """Tell whether the server cancelled the job.

    Args:
        cancel_response: the answer to the request, ``{"cancelled": true}`` or a refusal with an ``error``.
    """
    return "error" not in cancel_response and bool(cancel_response.get("cancelled", False))


@contextlib.contextmanager
def api_to_job_error() -> Iterator[None]:
    """Turn an ``ApiError`` of the block into an :class:`IBMQJobApiError` with its text and all it says beside."""
    try:
        yield
    except ApiError as err:
        raise _job_form(err.message, err) from err


@contextlib.contextmanager
def job_errors(what: str) -> Iterator[None]:
    """Raise what fails in the transport as an :class:`IBMQJobApiError`, with its reason and codes.

    Args:
        what: what could not be done, without full stop.
    """
    try:
        yield
    except ApiError as err:
        raise job_api_error(what, err) from err
    except ProtocolError as err:
        raise IBMQJobApiError(f"{what}. {err}") from err


def job_api_error(what: str, error: ApiError) -> IBMQJobApiError:
    """Return the job's form of a failed request, with its text and all it says beside."""
    return _job_form(f"{what}: {error.message}", error)


def _job_form(text: str, error: ApiError) -> IBMQJobApiError:
    failure = IBMQJobApiError(text, code=error.code, status_code=error.status_code)
    failure.outcome_unknown = error.outcome_unknown
    return failure
