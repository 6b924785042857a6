# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the service needs beyond the client, and what to say when it is not there."""

from __future__ import annotations

import importlib.util
import sys
from typing import Final, Optional

__all__ = ["MODULES", "explain_missing", "missing_module"]

MODULES: Final = (
    "alembic",
    "filelock",
    "httptools",
    "platformdirs",
    "qiskit_aer",
    "regex",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "websockets",
)
"""Modules that the extra ``[service]`` brings, and that the service imports."""

_AER: Final = "qiskit_aer"

_WITHOUT_AER: Final = (3, 13)
"""From this version of Python on, there is no package of Qiskit Aer 0.14."""


def missing_module() -> Optional[str]:
    """Return a module of the extra that this interpreter lacks, or ``None``. Nothing is imported."""
    missing = [name for name in MODULES if not _is_there(name)]
    # Aer last: where the others are there too, it is the version of Python that lacks it.
    return min(missing, key=lambda name: name == _AER, default=None)


def explain_missing(module: str, without_aer: str) -> str:
    """Say that a module of the extra is missing, and what to do.

    Args:
        module: the module.
        without_aer: what to do where Python is too new for Aer.
    """
    advice = []
    if module != _AER or sys.version_info < _WITHOUT_AER:
        advice.append(f"Run `{sys.executable or 'python'} -m pip install '.[service]'` in the checkout.")
    if sys.version_info >= _WITHOUT_AER:
        version = ".".join(map(str, sys.version_info[:2]))
        advice.append(f"Qiskit Aer has no package for Python {version}: {without_aer}.")
    return f"The service needs the extra [service], and the module {module} is not installed here. {' '.join(advice)}"


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
