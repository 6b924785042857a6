# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The child process of one side: reads commands from its standard input, one JSON document per line, and answers each with one.

Commands: ``prepare`` and ``measure``, with the name of an operation; both answer ``{"value": …}`` or ``{"error": …}``. The same file runs
with the original client, so it uses nothing but the standard library and what operations import.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

__all__ = ["Bench", "Operation", "control", "main"]


@dataclass(frozen=True)
class Operation:
    """Something that is measured.

    Args:
        name: short, for the command line.
        title: for the table.
        measure: what is measured; takes what ``prepare`` returned, and returns figures of its own, or ``None``.
        prepare: what comes before; takes the :class:`Bench`.
        floor: the same work by the raw means, from the same ``prepare``; ``None`` where there is no floor.
        rtts: seconds added to each round trip, one measurement each.
        rounds: how often each side's turn comes.
        settings: what the meter is told before.
        fresh: whether each turn has a process of its own.
        shown: which figure the ratio is about: ``wall``, ``cpu``, ``peak`` or one that ``measure`` returns.
        target: least ratio of the original's figure to ours, if there is one.
        floor_target: largest ratio of our figure to the floor's, if there is one.
        quick: counts that the short form demands of ours, at most, by name: ``requests``, ``connections``, ``sequential``, …
        projects: how many projects the account has.
    """

    name: str
    title: str
    measure: Callable[[Any], Any]
    prepare: Callable[[Any], Any]
    floor: Optional[Callable[[Any], Any]] = None
    rtts: tuple[float, ...] = (0.0,)
    rounds: int = 5
    settings: Optional[dict[str, Any]] = None
    fresh: bool = False
    shown: str = "wall"
    target: Optional[float] = None
    floor_target: Optional[float] = None
    quick: Optional[dict[str, int]] = None
    projects: int = 2


class Bench:
    """What operations find when they prepare.

    Args:
        url: URL of the service.
        token: API token.
        side: ``ours``, ``original`` or ``floor``.
    """

    def __init__(self, url: str, token: str, side: str) -> None:
        self.url = url
        self.token = token
        self.side = side
        self.kept: dict[str, Any] = {}

    def provider(self) -> Any:
        """Return the provider of the default project; the account is opened if it is not."""
        from qiskit import IBMQ

        project = {"hub": "ibm-q", "group": "open", "project": "main"}
        if not IBMQ.active_account():
            IBMQ.enable_account(self.token, self.url, **project)
        return IBMQ.get_provider(**project)

    def keep(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what is made once per process."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def control(self, command: str, **document: Any) -> Any:
        """Tell the service something, or ask it."""
        return control(self.url, command, **document)


def control(url: str, command: str, **document: Any) -> Any:
    """Tell the service something beside its own protocol, or ask it.

    Args:
        url: URL of the service.
        command: what to do; see ``benchmarks.service``.
        document: its arguments.
    """
    # Not at the top: what a side has loaded counts in its memory.
    import urllib.request

    request = urllib.request.Request(
        url.rsplit("/", 1)[0] + "/bench/" + command, data=json.dumps(document).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.loads(answer.read())


def _usage() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    return sum(
        use.ru_utime + use.ru_stime
        for use in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _reset_peak() -> None:
    """Let the kernel count the peak of resident memory anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def _memory(field: str) -> float:
    """Return a figure of the kernel about this process's memory, in MB: ``VmHWM`` or ``VmRSS``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _measured(work: Callable[[Any], Any], state: Any) -> dict[str, Any]:
    gc.collect()
    _reset_peak()
    cpu, wall = _usage(), time.perf_counter()
    own = work(state)
    wall, cpu = time.perf_counter() - wall, _usage() - cpu
    figures = {"wall": wall, "cpu": cpu, "peak": _memory("VmHWM")}
    return {**figures, **(own if isinstance(own, dict) else {})}


def main(url: str, token: str, side: str) -> None:
    """Serve commands until standard input ends."""
    warnings.simplefilter("ignore")
    from benchmarks.operations import OPERATIONS

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    bench, state = Bench(url, token, side), None
    for line in sys.stdin:
        command = json.loads(line)
        operation = OPERATIONS[command["operation"]]
        try:
            if command["do"] == "prepare":
                state = operation.prepare(bench)
                value: Any = None
            else:
                work = operation.floor if side == "floor" else operation.measure
                value = _measured(work, state)  # type: ignore[arg-type]  # the runner only asks for floors that there are
        except Exception:  # noqa: BLE001 - whatever went wrong is the answer
            answers.write(json.dumps({"error": traceback.format_exc()}) + "\n")
        else:
            answers.write(json.dumps({"value": value}) + "\n")
        answers.flush()


if __name__ == "__main__":
    # As a script this is another module than the one that operations import.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    importlib.import_module("benchmarks.side").main(*sys.argv[1:4])
