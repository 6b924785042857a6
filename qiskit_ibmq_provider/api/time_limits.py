# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How long everything may take: the time limits and pauses of a connection, in one object that can be scaled as a whole."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

__all__ = ["TimeLimits", "Timeouts"]


@dataclasses.dataclass(frozen=True)
class Timeouts:
    """How long a request may take, in seconds, and how long its answer may be.

    Args:
        connect: until the connection is there.
        read: until the next bytes come.
        total: altogether, repetitions and the waits between them included.
        longest: bytes that an answer may have, unpacked; more would fill the memory of this machine.
    """

    connect: float
    read: float
    total: float
    longest: int = 64 * 2**20

    def within(self, seconds: float) -> Timeouts:
        """Return these timeouts, none of them longer than ``seconds``."""
        if seconds >= self.total:
            return self
        return Timeouts(min(self.connect, seconds), min(self.read, seconds), seconds, self.longest)


@dataclasses.dataclass(frozen=True)
class TimeLimits:
    """All time limits and pauses of a connection to an account, in seconds.

    ``time_scale`` of an account is applied here, by :meth:`scaled`, and nowhere else.
    """

    request: Timeouts = Timeouts(connect=5.0, read=30.0, total=90.0)
    """A request to the API."""

    storage: Timeouts = Timeouts(connect=10.0, read=60.0, total=900.0, longest=2**30)
    """A transfer to or from object storage."""

    brief: float = 10.0
    """A request that is made beside what the caller wants: cancelling a job that failed, looking for a lost answer, acknowledging a result."""

    device_list: float = 20.0
    """The list of devices at login, which is not needed yet."""

    announcements: float = 180.0
    """All announcements of one payload, and the questions between them."""

    result: float = 60.0
    """What fetching a result may take at least, whatever is left of the caller's time: the job is over, and the result is there."""

    missing_result: tuple[float, ...] = (0.5, 1.0, 2.0)
    """The pauses between looking for a result that has to be there."""

    backoff: float = 0.5
    """Factor of the pauses before a request is repeated: see :class:`~qiskit_ibmq_provider.api.backoff.RetryPolicy`."""

    after_failure: float = 5.0
    """How long a login that failed is not tried again, nor the search for a server that has moved: many threads may need them at once."""

    status_check: float = 30.0
    """One status request while a job is waited for."""

    status_grace: float = 2.0
    """By how much a wait may pass its timeout, for the one request that decides whether the job is over after all."""

    status_fresh: float = 1.0
    """How long a status counts as the present one."""

    poll_shortest: float = 0.2
    """Shortest time between two status requests while a job is waited for without a websocket."""

    poll_longest: float = 4.5
    """Longest time between two such requests."""

    websocket_silence: float = 25.0
    """After how much silence a websocket is checked by a status request."""

    websocket_connect: float = 5.0
    """Each step of opening a websocket."""

    websocket_ping: float = 30.0
    """After how much silence the server is asked for a sign of life."""

    websocket_pong: float = 10.0
    """How long it has to give one."""

    websocket_close: float = 1.0
    """How long it has to agree to the end of a connection."""

    reconnect_shortest: float = 0.5
    """The wait before a broken websocket is opened again for the first time; it doubles each time."""

    reconnect_longest: float = 8
    """The longest such wait."""

    def scaled(self, factor: float) -> TimeLimits:
        """Return these limits, all of them multiplied."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return dataclasses.replace(self, **{name: _times(value, factor) for name, value in values.items()})

    def within(self, seconds: Optional[float]) -> TimeLimits:
        """Return these limits with requests and transfers that take no longer than ``seconds``, which are not scaled any more."""
        if seconds is None:
            return self
        return dataclasses.replace(
            self, request=self.request.within(seconds), storage=self.storage.within(seconds)
        )


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, tuple):
        return tuple(each * factor for each in value)
    if isinstance(value, Timeouts):
        return Timeouts(value.connect * factor, value.read * factor, value.total * factor, value.longest)
    return value * factor
