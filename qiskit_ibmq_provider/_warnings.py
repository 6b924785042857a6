# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Warnings that name the caller's line, however deep inside the package they are given."""

from __future__ import annotations

import inspect
import warnings
from typing import Final

__all__ = ["warn_caller"]

_PACKAGE: Final = __name__.partition(".")[0]


def warn_caller(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn about the line that called into this package: filters and readers look there, not inside.

    Args:
        text: what to say.
        category: kind of the warning.
    """
    level = 1
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        frame = frame.f_back
        level += 1
    warnings.warn(text, category, stacklevel=level)
