# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How the client names itself to servers."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Final

__all__ = ["CUSTOM_HEADER_ENV_VAR", "client_application"]

CUSTOM_HEADER_ENV_VAR: Final = "QE_CUSTOM_CLIENT_APP_HEADER"
"""Environment variable whose value is appended to the client's name."""

_PACKAGES: Final = ("qiskit-ibmq-provider", "qiskit-terra", "qiskit-aer")


def client_application() -> str:
    """Return the value of the header ``X-Qx-Client-Application``.

    It is ``qiskit/<version>`` where the package of that name is installed; otherwise the names of the packages that are, comma-separated,
    a slash, and their versions.
    """
    qiskit = _version("qiskit")
    if qiskit is not None:
        name = f"qiskit/{qiskit}"
    else:
        present = {package: version for package in _PACKAGES if (version := _version(package)) is not None}
        name = f"{','.join(present)}/{','.join(present.values())}"
    custom = os.environ.get(CUSTOM_HEADER_ENV_VAR, "")
    return f"{name}/{custom}" if custom else name


def _version(package: str) -> str | None:
    """Return the version of an installed package, or ``None``."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
