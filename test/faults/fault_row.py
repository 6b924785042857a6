# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""One row of the table of faults."""

from __future__ import annotations

import dataclasses
from typing import Optional, Union

from fault_proxy import Act, Fault

from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["CLEAN", "QUICK", "Row", "always", "first"]

CLEAN = "ok"
"""The outcome of a call that succeeds."""

QUICK = 15.0
"""Seconds for what needs a few repetitions and their pauses: 0, 1, 2, 4 and 8 s."""


@dataclasses.dataclass(frozen=True)
class Row:
    """What goes wrong, in which call, and what has to come of it.

    Args:
        id: number of the row; those with P are the faults that the original client was measured with.
        fault: what happens on the way, for the reader.
        call: which call of the client, a name of ``CALLS``.
        faults: the same for the proxy.
        outcome: ``"ok"``, or the name of the exception that is raised.
        bound: seconds within which the call ends, as documented, that is at a time scale of 1.
        says: what the text of the exception has to contain, as a pattern.
        server: ``plain`` for one that speaks the original protocol only, ``own`` for ours with what it offers beyond.
        release: when the job that is waited for is started: ``"now"`` before the call, a number for that many websocket messages seen by
            the client, a route for when it is asked for; ``None`` for never.
        again: whether the same call has to succeed once the fault is gone.
        recovers: seconds after which it has to; for these a login that has failed is not tried again.
        asked: how often a path may be asked for at most, and at least, by method and route.
        optional: whether the call may do without the request that is spoiled.
        short: whether the row belongs to the short form.
        scale: time scale; small where the row runs into a deadline.
    """

    id: str
    fault: str
    call: str
    faults: tuple[Fault, ...] = ()
    outcome: str = CLEAN
    bound: float = QUICK
    says: str = ""
    server: str = "plain"
    release: Union[None, str, int, Route] = None
    again: bool = True
    recovers: float = 0.0
    asked: Optional[tuple[str, Route, int, int]] = None
    optional: bool = False
    short: bool = False
    scale: float = 0.1


def first(method: str, route: Route, *acts: Act) -> Fault:
    """The first requests of a kind meet these acts, one each; later ones pass."""
    return Fault(method, route, acts)


def always(method: str, route: Route, *acts: Act) -> Fault:
    """As :func:`first`, but the last act stays."""
    return Fault(method, route, acts, stays=True)
