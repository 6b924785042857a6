# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Small functions that scripts import from the provider: dates, names, tags, Qobj configuration."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qiskit_ibmq_provider.utils.converters import (
    duration_difference,
    local_to_utc,
    seconds_to_duration,
    utc_to_local,
)
from qiskit_ibmq_provider.utils.utils import to_python_identifier, validate_job_tags

if TYPE_CHECKING:
    from qiskit_ibmq_provider.utils.qobj_utils import update_qobj_config

__all__ = [
    "duration_difference",
    "local_to_utc",
    "seconds_to_duration",
    "to_python_identifier",
    "update_qobj_config",
    "utc_to_local",
    "validate_job_tags",
]


def __getattr__(name: str) -> Any:
    # Loaded at its first use: it brings all of the encoding along, which the first account of a process does not need.
    if name in ("qobj_utils", "update_qobj_config"):
        module = importlib.import_module(f"{__name__}.qobj_utils")
        value = module if name == "qobj_utils" else module.update_qobj_config
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "qobj_utils"})
