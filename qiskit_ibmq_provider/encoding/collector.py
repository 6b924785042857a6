# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Python's cyclic garbage collector, held while many short-lived objects are made.

Assembling one large circuit makes hundreds of thousands of objects that all die by reference count. The collector walks them again
and again for nothing: that costs more than the assembling.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

__all__ = ["collector_held"]


class _Hold:
    """How many threads want the collector held, and whether it is to be let go when the last of them is done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._was_enabled = False

    def take(self) -> None:
        with self._lock:
            if self._holders == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0 and self._was_enabled:
                gc.enable()


_HOLD = _Hold()


@contextlib.contextmanager
def collector_held() -> Iterator[None]:
    """Hold the garbage collector for the time of a ``with`` block.

    Blocks may be nested and overlap in several threads; the last one to end lets the collector go. It is never switched on for
    somebody who had switched it off before the first block began.
    """
    _HOLD.take()
    try:
        yield
    finally:
        _HOLD.release()
