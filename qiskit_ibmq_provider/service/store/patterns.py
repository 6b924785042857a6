# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Searching with patterns that strangers wrote.

A pattern such as ``(a+)+$`` takes a time that doubles with every character. The search is stopped after its
time, and does not hold the interpreter's lock meanwhile, so nobody else waits for it.
"""

from __future__ import annotations

import time
from typing import Callable, Final

import regex

from qiskit_ibmq_provider.protocol.clauses import python_flags
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest

__all__ = ["TimedSearch"]

_SECONDS: Final = 2.0


class TimedSearch:
    """Searches within a time that is shared by all searches of one listing. Implements ``Search``.

    Args:
        seconds: the time for everything together.
        monotonic: a clock in seconds.
    """

    def __init__(self, seconds: float = _SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._left = seconds
        self._monotonic = monotonic

    def __call__(self, pattern: str, flags: str, text: str) -> bool:
        """Return whether a pattern is found anywhere in a text; one that cannot be compiled is found nowhere.

        Raises:
            InvalidRequest: if the time is over.
        """
        begin = self._monotonic()
        try:
            if self._left <= 0:
                raise TimeoutError
            found = regex.search(
                pattern, text, flags=python_flags(flags), timeout=self._left, concurrent=True
            )
        except regex.error:
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
