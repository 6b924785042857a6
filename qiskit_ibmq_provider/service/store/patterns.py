# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Searching with patterns that strangers wrote.

A pattern such as ``(a|aa)+$`` takes a time that grows without bounds with the text. The search is stopped after
its time, and does not hold the interpreter's lock meanwhile, so nobody else waits for it. And a pattern such as
``((a{999}){999}){999}`` is written out before it is searched for, so what that would take is estimated first.
"""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Final, Optional, TypeVar

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


@dataclasses.dataclass(frozen=True)
class _Compiled:
    """A pattern ready to search for."""

    search: Callable[..., Any]
    quick: bool
    """Whether it needs no time limit on a short text."""


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
        self._compiled: dict[tuple[str, str], Optional[_Compiled]] = {}

    def __call__(self, pattern: str, flags: str, text: str) -> bool:
        """Return whether a pattern is found anywhere in a text; one that cannot be compiled is found nowhere.

        Raises:
            InvalidRequest: if the time is over, or the pattern repeats too much.
        """
        key = (pattern, flags)
        if key not in self._compiled:
            self._compiled[key] = self._compile(pattern, flags)
        known = self._compiled[key]
        if known is None:
            return False
        if known.quick and len(text) <= _SHORT:
            return known.search(text) is not None
        return self._search_in_time(pattern, known, text)

    def _compile(self, pattern: str, flags: str) -> Optional[_Compiled]:
        """Return a pattern ready to search for, or ``None`` for one that cannot be compiled. It uses up time and size."""
        begin = self._monotonic()
        if self._left <= 0:
            raise _too_slow(pattern)
        size = _expansion(pattern)
        self._size += size
        if self._size > _MAX_EXPANSION:
            raise InvalidRequest(
                f"The filter's pattern {pattern[:80]!r} repeats too much. Write it without large counted repetitions, "
                "and use fewer patterns.",
                ErrorCode.INVALID_FILTER,
            )
        _LIBRARY_CACHES.add(size)
        try:
            search = regex.compile(pattern, flags=python_flags(flags)).search
        except (regex.error, ValueError, OverflowError, RecursionError):
            return None
        finally:
            self._left -= self._monotonic() - begin
        quick = "(" not in pattern and sum(map(pattern.count, "*+{?")) <= _FEW
        return _Compiled(search, quick)

    def _search_in_time(self, pattern: str, known: _Compiled, text: str) -> bool:
        """Search without holding up others, and not beyond the time. Watching it takes longer than most searches."""
        begin = self._monotonic()
        try:
            if self._left <= 0:
                raise TimeoutError
            return known.search(text, timeout=self._left, concurrent=True) is not None
        except (ValueError, OverflowError, RecursionError):
            return False
        except TimeoutError:
            raise _too_slow(pattern) from None
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


def _too_slow(pattern: str) -> InvalidRequest:
    return InvalidRequest(
        f"The filter's pattern {pattern[:80]!r} takes too long to search for. Write it without nested repetitions, or narrow "
        "the list by dates or tags.",
        ErrorCode.INVALID_FILTER,
    )


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
