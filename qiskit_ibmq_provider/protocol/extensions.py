# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What our service offers beyond the original protocol.

It is announced as ``capabilities`` in the answer to ``GET /users/me``, a map from name to version. A client uses only what is
announced, in a version that it knows; a server that announces nothing is served in the original way. Beside it stands ``limits``, a map
from name to number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "DIRECT_JOBS",
    "DIRECT_JOB_BYTES",
    "DIRECT_JOB_LIMIT",
    "DIRECT_RESULTS",
    "IDEMPOTENCY",
    "IDEMPOTENCY_HEADER",
    "direct_job_bytes",
    "offered",
]

IDEMPOTENCY: Final = "idempotency"
"""Job creation may carry a key; the same key and body give the same job."""

DIRECT_JOBS: Final = "direct-jobs"
"""A job and its payload may be sent in one request."""

DIRECT_RESULTS: Final = "direct-results"
"""A result may be fetched in one request."""

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"

DIRECT_JOB_LIMIT: Final = "directJobBytes"
"""The name, among the ``limits`` beside the capabilities, of the largest payload that may be sent with its job."""

DIRECT_JOB_BYTES: Final = 4 * 1024 * 1024
"""Its value where the server does not say it."""


def offered(capabilities: Mapping[str, Any], name: str, version: int = 1) -> bool:
    """Tell whether the server offers ``name`` in exactly this version."""
    return capabilities.get(name) == version


def direct_job_bytes(limits: Mapping[str, Any]) -> int:
    """Return the largest payload, in bytes, that may be sent with its job, from the ``limits`` that the server announces."""
    value = limits.get(DIRECT_JOB_LIMIT)
    return value if isinstance(value, int) and value >= 0 else DIRECT_JOB_BYTES
