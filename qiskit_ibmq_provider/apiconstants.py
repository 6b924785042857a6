# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Status and kind values of the API, under the module name that scripts import them from."""

from __future__ import annotations

from qiskit_ibmq_provider.protocol.status import (
    API_JOB_FINAL_STATES,
    ApiJobKind,
    ApiJobShareLevel,
    ApiJobStatus,
)

__all__ = ["API_JOB_FINAL_STATES", "ApiJobKind", "ApiJobShareLevel", "ApiJobStatus"]
