# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The version of this package. Importing it does nothing but set constants."""

from __future__ import annotations

import os
import subprocess
from typing import Final

__all__ = ["ROOT_DIR", "VERSION", "__version__", "get_version_info", "git_version"]

VERSION: Final[str] = "0.21.0"
"""The released version; setup.py reads it from the source text."""

ROOT_DIR: Final[str] = os.path.dirname(os.path.abspath(__file__))
"""The directory of the installed package."""

__version__: Final[str] = VERSION
"""The version under the name that ``qiskit.version`` looks for."""


def git_version() -> str:
    """Return the commit of the checkout that this package runs from.

    Returns:
        The full hash, or an empty string for an installed package or without git.
    """
    checkout = os.path.dirname(ROOT_DIR)
    if not os.path.exists(os.path.join(checkout, ".git")):
        return ""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=checkout,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("ascii", "replace").strip() if answer.returncode == 0 else ""


def get_version_info() -> str:
    """Return the version, with the commit behind it when running from a checkout.

    Returns:
        ``"0.21.0"``, or ``"0.21.0+git.0123456"`` in a checkout.
    """
    commit = git_version()
    return f"{VERSION}+git.{commit[:7]}" if commit else VERSION
