# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How soon a wait notices that its job is over."""

from __future__ import annotations

import threading
import time
from typing import Any

from benchmarks.operations.jobs import CircuitJob
from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]


class _Wait:
    """A job that is held for a while, then let go.

    Args:
        bench: the side.
        seconds: how long it is held.
    """

    def __init__(self, bench: Bench, seconds: float) -> None:
        self._bench = bench
        self._seconds = seconds
        self._job = CircuitJob(bench, 1, hold=True).run()

    def measure(self) -> dict[str, float]:
        """Wait for the end; return how late it was noticed, in seconds."""
        released: list[float] = []

        def release() -> None:
            time.sleep(self._seconds)
            released.append(self._bench.control("release")["time"])

        thread = threading.Thread(target=release)
        thread.start()
        self._job.wait_for_final_state()
        noticed = time.time()
        thread.join()
        return {"late": noticed - released[0]}


def _measure(state: Any) -> dict[str, float]:
    late: dict[str, float] = state.measure()
    return late


OPERATIONS = (
    Operation(
        "wait-websocket",
        "end of a wait of 2 s after completion, websocket",
        _measure,
        lambda bench: _Wait(bench, 2.0),
        rounds=5,
        shown="late",
    ),
    Operation(
        "wait-refused-2",
        "end of a wait of 2 s after completion, websocket refused",
        _measure,
        lambda bench: _Wait(bench, 2.0),
        rounds=5,
        settings={"websocket": False},
        shown="late",
    ),
    Operation(
        "wait-refused-12",
        "end of a wait of 12 s after completion, websocket refused",
        _measure,
        lambda bench: _Wait(bench, 12.0),
        rounds=3,
        settings={"websocket": False},
        shown="late",
    ),
)
