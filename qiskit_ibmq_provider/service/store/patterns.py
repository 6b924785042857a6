# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Searching with patterns that strangers wrote.

A pattern such as ``(a|aa)+$`` takes a time that grows without bounds with the text. The search is stopped after
its time, and does not hold the interpreter's lock meanwhile, so nobody else waits for it. And a pattern such as
``((a{999}){999}){999}`` is written out before it is searched for, so what that would take is estimated first.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Final, TypeVar

import regex

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import python_flags
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest

__all__ = ["TimedSearch", "within"]

T = TypeVar("T")

_SECONDS: Final = 1.0
_MAX_EXPANSION: Final = 100_000
"""Most characters of all patterns of a search, with counted repetitions written out: one or two megabytes when compiled."""
_CACHED_EXPANSION: Final = 300_000
"""So many characters may be in the caches of the libraries."""
_COUNTED: Final = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


_SHORT: Final = 100
_FEW: Final = 2
"""A pattern without groups and with so few repetitions takes at most some million steps on a text of so many
characters, which is a few milliseconds at the very worst: no need to watch it."""


class TimedSearch:
    """Searches within a time that is shared by all searches of one listing. Implements ``Search``.

    Args:
        seconds: the time for everything together.
        monotonic: a clock in seconds.
    """

    def __init__(self, seconds: float = _SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._left = seconds
        self._monotonic = monotonic
        self._size = 0
        self._known: dict[tuple[str, str], Callable[[str], bool]] = {}

    def __call__(self, pattern: str, flags: str) -> Callable[[str], bool]:
        """Return what tells whether a pattern is found anywhere in a text; one that cannot be compiled is found nowhere.

        Raises:
            InvalidRequest: if the pattern repeats too much, or the time is over, then or when a text is searched.
        """
        key = (pattern, flags)
        if key not in self._known:
            self._known[key] = self._tester(pattern, flags)
        return self._known[key]

    def _tester(self, pattern: str, flags: str) -> Callable[[str], bool]:
        """Compile a pattern, which uses up time and size."""
        self._refuse_large(pattern)
        try:
            search = self._timed(pattern, lambda _: regex.compile(pattern, flags=python_flags(flags)).search)
        except (regex.error, ValueError, OverflowError, RecursionError):
            return lambda text: False

        def in_time(text: str) -> bool:
            try:
                # Without holding up others.
                found = self._timed(pattern, lambda left: search(text, timeout=left, concurrent=True))
            except (ValueError, OverflowError, RecursionError):
                return False
            return found is not None

        if "(" in pattern or sum(map(pattern.count, "*+{?")) > _FEW:
            return in_time
        # Watching it takes longer than most searches.
        return lambda text: search(text) is not None if len(text) <= _SHORT else in_time(text)

    def _refuse_large(self, pattern: str) -> None:
        size = _expansion(pattern)
        self._size += size
        if self._size > _MAX_EXPANSION:
            raise InvalidRequest(
                f"The filter's pattern {pattern[:80]!r} repeats too much. Write it without large counted repetitions, "
                "and use fewer patterns.",
                ErrorCode.INVALID_FILTER,
            )
        _LIBRARY_CACHES.add(size)

    def _timed(self, pattern: str, action: Callable[[float], Any]) -> Any:
        """Do something with a pattern that is given the time that is left, and count what it takes.

        Raises:
            InvalidRequest: if there is no time left, before or while it is done.
        """
        begin = self._monotonic()
        try:
            if self._left <= 0:
                raise TimeoutError
            return action(self._left)
        except TimeoutError:
            raise InvalidRequest(
                f"The filter's pattern {pattern[:80]!r} takes too long to search for. Write it without nested repetitions, or narrow "
                "the list by dates or tags.",
                ErrorCode.INVALID_FILTER,
            ) from None
        finally:
            self._left -= self._monotonic() - begin


def within(
    seconds: float, candidates: Iterable[T], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[T]:
    """Yield candidates as long as there is time, which whatever is done with them uses, too.

    Raises:
        InvalidRequest: if the time is over before the candidates are.
    """
    ends = monotonic() + seconds
    for candidate in candidates:
        if monotonic() >= ends:
            raise InvalidRequest(
                f"The search takes longer than {seconds:g} s. Narrow the filter by dates, tags, status or device.",
                ErrorCode.INVALID_FILTER,
            )
        yield candidate


def _expansion(pattern: str) -> int:
    """Return how many characters a pattern has when its counted repetitions are written out, as if each held all others."""
    size = max(1, len(pattern))
    for low, high in _COUNTED.findall(pattern):
        # A number of many digits is too large whatever it is, and costs time to read.
        digits = high or low
        size *= max(1, int(digits or 1)) if len(digits) < 7 else _MAX_EXPANSION
        if size > _MAX_EXPANSION:
            break
    return min(size, _MAX_EXPANSION + 1)


class _Caches:
    """What the libraries keep of patterns that were compiled. They count patterns, so that some hundred large ones fill the memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Make room for a pattern of this size."""
        with self._lock:
            self._size += size
            if self._size > self._most:
                regex.purge()
                re.purge()
                self._size = size


_LIBRARY_CACHES: Final = _Caches(_CACHED_EXPANSION)
