# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Answers with one thing in them that is of another kind, anywhere, and everything that users read of what comes of them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

from fault_acts import changed
from fault_calls import CALLS
from fault_proxy import Act, Exchange, Fault
from fault_row import always
from fault_scene import Scene
from qiskit.exceptions import QiskitError

from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.protocol import routes

__all__ = ["odd_answers", "try_odd_answer"]

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**400,
    float("nan"),
    "",
    "text",
    "\ud800",
    [],
    [None],
    [[]],
    {},
    {"a": []},
)
"""What stands in place of what belongs there."""

LEFT_OUT = 0.2
"""How often something is left out instead."""

DEEPER = 0.65
"""How often the way into the document goes on."""

CHOSEN = tuple(
    name
    for name, call in CALLS.items()
    if call.repeats and not call.waits and name not in ("100 jobs", "all jobs", "iterate jobs", "load")
    if not name.startswith(("manager", "retrieve set", "set results", "status in"))
)
"""Calls that ask for one thing, of which there can be many in a second."""

ROUTES = tuple(
    (method, route)
    for route in (getattr(routes, name) for name in routes.__all__ if not name.startswith(("LEGACY", "WS")))
    if isinstance(route, routes.Route)
    for method in ("GET", "POST", "PUT")
)


def odd_answers(source: random.Random) -> tuple[Fault, ...]:
    """Return faults that put something of another kind into every answer that is JSON."""
    act = _unless_no_json(changed(lambda said: _spoilt(said, source)))
    return tuple(always(method, route, act) for method, route in ROUTES)


def try_odd_answer(scene: Scene, source: random.Random) -> str:
    """Make one call whose answers are spoilt, and read what comes of it.

    Returns:
        the name of the call.

    Raises:
        Exception: something else than what is documented came out of our code.
    """
    name = source.choice(CHOSEN)
    scene.proxy.clear()
    scene.name = f"odd-{source.randrange(1 << 30)}"
    call = CALLS[name].prepare(scene)
    scene.proxy.spoil(*odd_answers(source))
    try:
        with contextlib.suppress(IBMQError):
            _read(name, call())
    finally:
        scene.proxy.clear()
    return name


def _unless_no_json(act: Act) -> Act:
    """Return an act that breaks the connection where the answer is not JSON."""

    def either(exchange: Exchange) -> None:
        try:
            act(exchange)
        except ValueError as err:
            raise ConnectionError("there is nothing to change in the answer") from err

    return either


def _spoilt(document: Any, source: random.Random) -> Any:
    """Return a document with one thing changed or left out."""
    place = _place(document, source)
    if not place:
        return source.choice(ODD)
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    if source.random() < LEFT_OUT:
        del inside[place[-1]]
    else:
        inside[place[-1]] = source.choice(ODD)
    return document


def _place(document: Any, source: random.Random) -> list[Any]:
    """Return the way to some place in a document."""
    way: list[Any] = []
    while document and isinstance(document, (dict, list)):
        is_list = isinstance(document, list)
        key = source.randrange(len(document)) if is_list else source.choice(sorted(document))
        way.append(key)
        document = document[key]
        if source.random() > DEEPER:
            break
    return way


def _read(call: str, value: Any) -> None:
    """Read what users read. What is missing may raise Qiskit's own exceptions where the value is one of Qiskit's classes."""
    repr(value)
    if call == "backends":
        for backend in value:
            backend.configuration().to_dict()
    elif call in ("properties", "job properties", "defaults", "status") and value is not None:
        value.to_dict()
    elif call.startswith("fetch result"):
        with contextlib.suppress(QiskitError):
            value.get_counts()
    for job in _jobs(call, value):
        for read in _readings(job):
            with contextlib.suppress(IBMQError):
                read()


def _jobs(call: str, value: Any) -> list[Any]:
    if call in ("jobs", "active jobs"):
        return list(value)
    return [value] if call in ("retrieve job", "run") else []


def _readings(job: Any) -> Iterator[Callable[[], Any]]:
    yield from (job.creation_date, job.tags, job.name, job.queue_position, job.backend, job.share_level)
    yield from (job.scheduling_mode, job.in_final_state, job.time_per_step, job.status, job.queue_info)
    yield from (job.header, job.backend_options, job.circuits, job.properties)
    yield lambda: job.client_version
    yield lambda: repr(job)
