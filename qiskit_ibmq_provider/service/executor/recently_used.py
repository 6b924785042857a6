# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a worker remembers from job to job."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Callable, Generic, TypeVar

__all__ = ["RecentlyUsed"]

Value = TypeVar("Value")


class RecentlyUsed(Generic[Value]):
    """Keeps so many of the values that were used last."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made now if it is not kept."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._kept:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]
