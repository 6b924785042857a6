# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Filters that take as long as they can, while others are served."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import quote

from fuzz_target import HARMLESS, JOBS, SIMULATOR, Defect, Tally, Target, judge

__all__ = ["EVIL", "make_jobs_for_patterns", "run_evil_filters"]

EVIL = [
    {"name": {"regexp": "(a|aa)+$"}},
    {"name": {"regexp": "(a*)*b"}},
    {"name": {"regexp": "^(([a-z])+.)+[A-Z]([a-z])+$"}},
    {"name": {"regexp": "(.*a){25}$"}},
    {"name": {"regexp": "/^(a+)+$/i"}},
    {"name": {"like": "(a|a)*$"}},
    {"tags": {"nilike": "(x+x+)+y"}},
    {"or": [{"name": {"regexp": f"(a+)+{n}$"}} for n in range(200)]},
    {"or": [{"clientInfo.name": {"nin": [["y"] * 3] * 300}} for _ in range(100)]},
]
"""Each takes seconds or for ever in a program that does not look after its time."""

_LARGE = 30
"""So many further filters of each client take about a megabyte each when they are compiled, and no two are the same."""

_CLIENTS = 6


def make_jobs_for_patterns(target: Target, count: int = 30) -> list[str]:
    """Make jobs whose names and tags the patterns are slow on; return their ids."""
    made = []
    for number in range(count):
        body = {
            "backend": {"name": SIMULATOR},
            "name": "a" * 40 + f"!{number}",
            "tags": ["x" * 40, f"t{number}"],
        }
        made.append(target.send("POST", JOBS, body=body).json()["id"])
    return made


def run_evil_filters(target: Target, tally: Tally, rounds: int) -> float:
    """Let clients send all of them at the same time, and meanwhile ask for other things.

    Returns:
        how many times longer the slowest tenth of the other requests took while the filters ran than without them.

    Raises:
        Defect: if others wait for the filters.
    """
    countdown = iter(range(100))
    quiet = _slowest_tenth(_times(target, tally, lambda: next(countdown, None) is None))
    busy: list[float] = []
    for _ in range(rounds):
        with ThreadPoolExecutor(_CLIENTS) as pool:
            sent = [pool.submit(_send_evil, target, tally, number) for number in range(_CLIENTS)]
            served = _times(target, tally, _all_done(sent))
            for each in sent:
                each.result()
        busy += served
        if len(served) < 20 * _CLIENTS:
            raise Defect(
                f"Only {len(served)} other requests were served while {_CLIENTS * (len(EVIL) + _LARGE)} filters ran."
            )
    return _slowest_tenth(busy) / quiet


def _send_evil(target: Target, tally: Tally, number: int) -> None:
    """Send all of them, one after the other, as a client of its own."""
    own = Target(target.service)
    try:
        large = [{"name": {"regexp": f"(a{{70}}){{70}}{secrets.token_hex(4)}"}} for _ in range(_LARGE)]
        for where in [*EVIL[number:], *EVIL[:number], *large]:
            answer = own.send("GET", f"{JOBS}/v/1?filter={quote(json.dumps({'where': where}))}")
            judge(answer)
            tally.count("evil filters", f"{answer.status // 100}xx")
    finally:
        own.close()


def _all_done(futures: Sequence[Future[None]]) -> Callable[[], bool]:
    return lambda: all(each.done() for each in futures)


def _times(target: Target, tally: Tally, over: Callable[[], bool]) -> list[float]:
    """Ask for something else until it is over, and return how long each answer took."""
    times: list[float] = []
    while not over():
        begin = time.monotonic()
        target.ask(HARMLESS, tally, "GET", "/api/users/me")
        times.append(time.monotonic() - begin)
    return times


def _slowest_tenth(times: list[float]) -> float:
    """Return the time that nine of ten stay below."""
    return sorted(times)[int(len(times) * 0.9)] if times else float("inf")
