# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Searching with patterns that strangers wrote.

A pattern such as ``(a|aa)+$`` takes a time that grows without bounds with the text. The search is stopped after
its time, and does not hold the interpreter's lock meanwhile, so nobody else waits for it. And a pattern such as
``((a{999}){999}){999}`` is written out before it is searched for, so what that would take is estimated first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from typing import Callable, Final, TypeVar

import regex

from qiskit_ibmq_provider.protocol.clauses import python_flags
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest

__all__ = ["TimedSearch", "within"]

T = TypeVar("T")

_SECONDS: Final = 1.0
_MAX_EXPANSION: Final = 100_000
"""Most characters of a pattern whose counted repetitions are written out: some ten megabytes when compiled."""
_COUNTED: Final = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class TimedSearch:
    """Searches within a time that is shared by all searches of one listing. Implements ``Search``.

    Args:
        seconds: the time for everything together.
        monotonic: a clock in seconds.
    """

    def __init__(self, seconds: float = _SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._left = seconds
        self._monotonic = monotonic
        self._harmless: set[str] = set()

    def __call__(self, pattern: str, flags: str, text: str) -> bool:
        """Return whether a pattern is found anywhere in a text; one that cannot be compiled is found nowhere.

        Raises:
            InvalidRequest: if the time is over, or the pattern repeats too much.
        """
        if pattern not in self._harmless:
            _check_expansion(pattern)
            self._harmless.add(pattern)
        begin = self._monotonic()
        try:
            if self._left <= 0:
                raise TimeoutError
            found = regex.search(
                pattern, text, flags=python_flags(flags), timeout=self._left, concurrent=True
            )
        except (regex.error, ValueError, OverflowError, RecursionError):
            return False
        except TimeoutError:
            raise InvalidRequest(
                f"The filter's pattern {pattern[:80]!r} takes too long to search for. Write it without nested "
                "repetitions, or narrow the list by dates or tags.",
                ErrorCode.INVALID_FILTER,
            ) from None
        finally:
            self._left -= self._monotonic() - begin
        return found is not None


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


def _check_expansion(pattern: str) -> None:
    """Refuse a pattern that is too long when its counted repetitions are written out, as if each held all others."""
    size = max(1, len(pattern))
    for low, high in _COUNTED.findall(pattern):
        # A number of many digits is too large whatever it is, and costs time to read.
        digits = high or low
        size *= max(1, int(digits or 1)) if len(digits) < 7 else _MAX_EXPANSION
        if size > _MAX_EXPANSION:
            raise InvalidRequest(
                f"The filter's pattern {pattern[:80]!r} repeats too much. Write it without large counted "
                "repetitions.",
                ErrorCode.INVALID_FILTER,
            )
    if size > _MAX_EXPANSION:
        raise InvalidRequest("The filter's pattern is too long.", ErrorCode.INVALID_FILTER)
