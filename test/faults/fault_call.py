# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A call of the client that rows make."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fault_scene import Scene

__all__ = ["Call", "Prepare", "returns"]

Prepare = Callable[[Scene], Callable[[], Any]]


@dataclasses.dataclass(frozen=True)
class Call:
    """A call.

    Args:
        prepare: makes ready, while nothing is wrong yet, and returns what makes the call.
        check: looks at what the call has returned; raises AssertionError.
        waits: whether the call waits for a job, which the row has to start.
        submits: whether it makes jobs.
        logs_in: whether it logs in.
        repeats: whether it can succeed when the fault is gone.
    """

    prepare: Prepare
    check: Callable[[Scene, Any], None]
    waits: bool = False
    submits: bool = False
    logs_in: bool = False
    repeats: bool = True


def returns(condition: Callable[[Any], bool]) -> Callable[[Scene, Any], None]:
    """Return a check of what a call has returned."""

    def check(scene: Scene, value: Any) -> None:
        assert condition(value), f"the call returned {value!r:.300}"

    return check
