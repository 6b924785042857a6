# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Loggers of this package, all below ``qiskit.providers.ibmq``.

Users and tools set levels on that name, which is the package's older import name, so every logger is named below it
explicitly, whichever name the module was imported by.
"""

from __future__ import annotations

import logging
from typing import Final

__all__ = [
    "IBMQ_PROVIDER_LOGGER_NAME",
    "QISKIT_IBMQ_PROVIDER_LOG_FILE",
    "QISKIT_IBMQ_PROVIDER_LOG_LEVEL",
    "get_logger",
]

IBMQ_PROVIDER_LOGGER_NAME: Final[str] = "qiskit.providers.ibmq"
"""The logger above all loggers of this package."""

QISKIT_IBMQ_PROVIDER_LOG_LEVEL: Final[str] = "QISKIT_IBMQ_PROVIDER_LOG_LEVEL"
"""Name of the environment variable with the log level."""

QISKIT_IBMQ_PROVIDER_LOG_FILE: Final[str] = "QISKIT_IBMQ_PROVIDER_LOG_FILE"
"""Name of the environment variable with the log file."""

_PACKAGE = "qiskit_ibmq_provider"


def get_logger(name: str) -> logging.Logger:
    """Return the logger of one module.

    Args:
        name: the module's ``__name__``, by either import name of the package.

    Returns:
        The logger ``qiskit.providers.ibmq.<path inside the package>``.
    """
    if name == _PACKAGE or name.startswith(_PACKAGE + "."):
        name = IBMQ_PROVIDER_LOGGER_NAME + name[len(_PACKAGE) :]
    return logging.getLogger(name)
