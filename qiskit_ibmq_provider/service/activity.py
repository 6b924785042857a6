# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""When the service was last used, so that an idle one can end itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

__all__ = ["Activity"]


class Activity:
    """Counts what is under way and remembers when the last of it ended. For one thread.

    Args:
        monotonic: A clock that never runs backwards, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._open = 0
        self._last = monotonic()

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Count something as under way while the block runs."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self.touch()

    def touch(self) -> None:
        """Count this moment as used."""
        self._last = self._monotonic()

    def idle_seconds(self) -> float:
        """Return for how long nothing has been under way; 0 while something is."""
        return 0.0 if self._open else self._monotonic() - self._last
