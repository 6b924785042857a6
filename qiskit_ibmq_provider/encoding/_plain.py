# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Copies and pickles of our variants of Qiskit's models."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

__all__ = ["as_plain"]


def as_plain(model: Any, kind: type, without: Collection[str] = ()) -> tuple[Any, ...]:
    """Return what a model is copied and pickled as: Qiskit's own class, which needs nothing of ours to be loaded.

    Args:
        model: the model, with all that Qiskit's class has.
        kind: Qiskit's class.
        without: attributes that only our variant has.
    """
    plain = kind.__new__(kind)
    vars(plain).update({key: value for key, value in vars(model).items() if key not in without})
    return copy.copy, (plain,)
