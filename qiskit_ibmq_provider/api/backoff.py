# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What to do after a failure, and how long to wait first. Pure functions; the loops that follow them are elsewhere.

The statuses that are repeated, also for POST, and their delays (0, 1, 2, 4, 8 seconds) are those that servers of this API are used to. A
request that may have been processed (its answer was lost or cannot be read) is only repeated if repeating it does no harm.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.utils
import enum
from typing import Final, Optional

from qiskit_ibmq_provider.api.time_limits import TimeLimits

__all__ = [
    "RetryPolicy",
    "STATUS_FORCELIST",
    "Tally",
    "Trouble",
    "may_be_processed",
    "may_be_under_way",
    "next_delay",
    "parse_retry_after",
    "poll_delay",
    "reconnect_delay",
]

STATUS_FORCELIST: Final = (500, 502, 503, 504, 520, 522, 524)
"""Statuses after which any request is repeated. A server that sends one has to accept the same POST again."""

_BUSY_STATUSES: Final = (413, 429)
"""Statuses that say "not now": nothing was processed."""

_GATEWAY_STATUSES: Final = (502, 504, 520, 522, 524)
"""Statuses with which something between client and server says that it has lost the server's answer."""

_UNREADABLE_RETRIES: Final = 2
"""How often an answer that cannot be read is asked for again: a server that sends it twice more always sends it."""


class Trouble(enum.Enum):
    """What went wrong with a request."""

    INVALID = "the request cannot be made"
    UNREACHABLE = "no connection"
    PROXY = "no connection to the proxy"
    TLS = "no secure connection"
    DROPPED = "the connection broke"
    SILENT = "no answer in time"
    DEADLINE = "no complete answer in time"
    UNREADABLE = "the answer cannot be read"
    TOO_LONG = "the answer is too long"
    STATUS = "the server refused"


_NOT_SENT: Final = frozenset({Trouble.INVALID, Trouble.UNREACHABLE, Trouble.PROXY, Trouble.TLS})
_HOPELESS: Final = frozenset({Trouble.INVALID, Trouble.TLS, Trouble.DEADLINE, Trouble.TOO_LONG})


@dataclasses.dataclass(frozen=True)
class RetryPolicy:
    """How often a request is repeated.

    Args:
        total: most repetitions of one request.
        connect: most repetitions of one that found no connection.
        backoff_factor: seconds; the wait before repetition ``n`` is ``backoff_factor * 2 ** n``, and none before the first.
    """

    total: int = 5
    connect: int = 3
    backoff_factor: float = 0.5

    def delay(self, repetition: int) -> float:
        """Return the wait in seconds before a repetition, counted from 0."""
        return 0.0 if repetition == 0 else self.backoff_factor * float(2**repetition)


@dataclasses.dataclass(frozen=True)
class Tally:
    """How often one request has been repeated so far, and after what."""

    total: int = 0
    connect: int = 0
    unreadable: int = 0
    may_be_processed: bool = False
    may_be_under_way: bool = False

    def after(self, trouble: Trouble, status: Optional[int]) -> Tally:
        """Return the tally after one more failure."""
        return Tally(
            total=self.total + 1,
            connect=self.connect + (trouble in (Trouble.UNREACHABLE, Trouble.PROXY)),
            unreadable=self.unreadable + (trouble is Trouble.UNREADABLE),
            may_be_processed=self.may_be_processed or may_be_processed(trouble, status),
            may_be_under_way=self.may_be_under_way or may_be_under_way(trouble, status),
        )


def may_be_processed(trouble: Trouble, status: Optional[int]) -> bool:
    """Tell whether the server may have done what a failed request asked for."""
    if trouble is Trouble.STATUS:
        return status is not None and status >= 500 and status != 501
    return trouble not in _NOT_SENT


def may_be_under_way(trouble: Trouble, status: Optional[int]) -> bool:
    """Tell whether a failed request may even be processed later: then no answer of the server has ended it."""
    return status in _GATEWAY_STATUSES if trouble is Trouble.STATUS else trouble not in _NOT_SENT


def next_delay(
    policy: RetryPolicy,
    tally: Tally,
    trouble: Trouble,
    *,
    status: Optional[int] = None,
    retry_after: Optional[float] = None,
    replayable: bool,
) -> Optional[float]:
    """Return the wait in seconds before a failed request is repeated, or ``None`` if it is not.

    Args:
        policy: how often at most.
        tally: the failures before this one.
        trouble: what went wrong this time.
        status: HTTP status of the answer, if there was one.
        retry_after: seconds that the server asked to wait, if it did.
        replayable: whether the request does no harm if it is processed twice.
    """
    if tally.total >= policy.total or trouble in _HOPELESS:
        return None
    if trouble in (Trouble.UNREACHABLE, Trouble.PROXY):
        return policy.delay(tally.connect) if tally.connect < policy.connect else None
    if trouble is Trouble.STATUS:
        return _delay_after_status(policy, tally, status, retry_after)
    if not replayable or (trouble is Trouble.UNREADABLE and tally.unreadable >= _UNREADABLE_RETRIES):
        return None
    return policy.delay(tally.total)


def _delay_after_status(
    policy: RetryPolicy, tally: Tally, status: Optional[int], retry_after: Optional[float]
) -> Optional[float]:
    if status in STATUS_FORCELIST:
        return policy.delay(tally.total) if retry_after is None else retry_after
    if status == 413 and retry_after is None:
        return None
    if status in _BUSY_STATUSES:
        # Never at once: the server has just said that it is asked too often.
        return policy.delay(max(1, tally.total)) if retry_after is None else retry_after
    return None


def parse_retry_after(value: Optional[str], now: dt.datetime) -> Optional[float]:
    """Return the seconds that a ``Retry-After`` header asks to wait, or ``None`` if it says nothing usable.

    Args:
        value: the header: a number of seconds or an HTTP date.
        now: the present instant, aware.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        instant = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.timezone.utc)
    return max(0.0, (instant - now).total_seconds())


def reconnect_delay(attempt: int, shortest: float, longest: float) -> float:
    """Return the wait in seconds before a broken websocket is opened again for the ``attempt``-th time, counted from 1."""
    return min(longest, shortest * float(2 ** min(attempt - 1, 16)))


def poll_delay(elapsed: float, wait: Optional[float], limits: TimeLimits) -> float:
    """Return the seconds to the next status request.

    A job that has just begun may be over soon, one that has run for long need not be noticed to the second: the wait is a 25th of
    the time waited so far, within bounds.

    Args:
        elapsed: seconds since the wait began.
        wait: the caller's own interval, which is then the answer.
        limits: the bounds.
    """
    if wait is not None:
        return max(0.0, wait)
    return min(limits.poll_longest, max(limits.poll_shortest, elapsed / 25))
