# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Python's cyclic garbage collector, held while many short-lived objects are made.

Assembling one large circuit makes hundreds of thousands of objects, and all of them are freed by their reference counts. The collector
still goes through them again and again, which takes longer than the assembling itself.
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from collections.abc import Iterator
from typing import Optional

__all__ = ["collector_held"]


class _Hold:
    """Which threads want the collector held, and what it is to be set to when the last of them is done.

    The threshold is what holds it, not ``gc.disable()``: that switch is the user's. If another thread turns it meanwhile, it stays as that
    thread has set it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[int, int] = {}
        self._thresholds: Optional[tuple[int, int, int]] = None
        self._knows_forks = False

    def take(self) -> None:
        with self._lock:
            self._mind_forks()
            if not self._holders:
                self._thresholds = gc.get_threshold()
                gc.set_threshold(0, *self._thresholds[1:])
            thread = threading.get_ident()
            self._holders[thread] = self._holders.get(thread, 0) + 1

    def release(self) -> None:
        with self._lock:
            thread = threading.get_ident()
            self._holders[thread] -= 1
            if not self._holders[thread]:
                del self._holders[thread]
            self._let_go_if_unused()

    def _let_go_if_unused(self) -> None:
        if self._holders or self._thresholds is None:
            return
        # If somebody else has set a threshold meanwhile, theirs is newer and stays.
        if gc.get_threshold()[0] == 0:
            gc.set_threshold(*self._thresholds)
        self._thresholds = None

    def _mind_forks(self) -> None:
        if not self._knows_forks and hasattr(os, "register_at_fork"):
            self._knows_forks = True
            os.register_at_fork(
                before=self._lock.acquire, after_in_parent=self._lock.release, after_in_child=self._forked
            )

    def _forked(self) -> None:
        """Forget all threads but the one that forked: the others do not run in the child process."""
        thread = threading.get_ident()
        self._holders = {thread: self._holders[thread]} if thread in self._holders else {}
        self._let_go_if_unused()
        self._lock.release()


_HOLD = _Hold()


@contextlib.contextmanager
def collector_held() -> Iterator[None]:
    """Hold the garbage collector for the time of a ``with`` block.

    Blocks may be nested and overlap in several threads; the last one to end lets the collector go. It is never switched on for
    somebody who has switched it off, before the block or while it runs.
    """
    _HOLD.take()
    try:
        yield
    finally:
        _HOLD.release()
