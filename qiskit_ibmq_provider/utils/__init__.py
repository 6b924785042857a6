# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Small functions that scripts import from the provider: dates, names, tags, Qobj configuration."""

from __future__ import annotations

from qiskit_ibmq_provider.utils.converters import (
    duration_difference,
    local_to_utc,
    seconds_to_duration,
    utc_to_local,
)
from qiskit_ibmq_provider.utils.qobj_utils import update_qobj_config
from qiskit_ibmq_provider.utils.utils import to_python_identifier, validate_job_tags

__all__ = [
    "duration_difference",
    "local_to_utc",
    "seconds_to_duration",
    "to_python_identifier",
    "update_qobj_config",
    "utc_to_local",
    "validate_job_tags",
]
