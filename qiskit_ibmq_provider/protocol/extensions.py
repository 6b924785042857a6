# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What our service offers beyond the original protocol.

It is announced as ``capabilities`` in the answer to ``GET /users/me``, a map from name to version. A client uses only what is
announced, in a version that it knows; a server that announces nothing is served in the original way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["DIRECT_JOBS", "DIRECT_RESULTS", "IDEMPOTENCY", "IDEMPOTENCY_HEADER", "offered"]

IDEMPOTENCY: Final = "idempotency"
"""Job creation may carry a key; the same key and body give the same job."""

DIRECT_JOBS: Final = "direct-jobs"
"""A job and its payload may be sent in one request."""

DIRECT_RESULTS: Final = "direct-results"
"""A result may be fetched in one request."""

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"


def offered(capabilities: Mapping[str, Any], name: str, version: int = 1) -> bool:
    """Tell whether the server offers ``name`` in exactly this version."""
    return capabilities.get(name) == version
