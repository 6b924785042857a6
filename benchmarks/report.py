# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The table of a run, and what the short form checks."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Optional

from benchmarks.runner import Measurement
from benchmarks.side import Operation

__all__ = ["excesses", "machine", "table"]

_HEAD = (
    "operation",
    "delay",
    "figure",
    "the original",
    "ours",
    "ratio",
    "target",
    "floor",
    "ours / floor",
    "requests, connections, in sequence",
)


def machine() -> dict[str, Any]:
    """Return what the figures were measured with."""
    packages = ("qiskit-ibmq-provider", "qiskit-terra", "numpy", "requests", "websocket-client", "msgspec")
    return {
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }


def table(measurements: Iterable[Measurement], operations: dict[str, Operation]) -> str:
    """Return the measurements as a Markdown table."""
    rows = [_HEAD, tuple("---" for _ in _HEAD)]
    rows += [_row(measurement, operations[measurement["operation"]]) for measurement in measurements]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(measurement: Measurement, operation: Operation) -> tuple[str, ...]:
    sides = measurement["sides"]
    figures = {name: side[operation.shown] for name, side in sides.items()}
    ours, original, floor = (figures.get(name) for name in ("ours", "original", "floor"))
    reached = None if not ours or original is None else original / ours
    above = None if not floor or ours is None else ours / floor
    target = [] if operation.target is None else [f"≥ {operation.target:g}×"]
    if operation.floor_target is not None:
        target.append(f"≤ {operation.floor_target:g} × floor")
    return (
        operation.title,
        f"{1000 * measurement['rtt']:g} ms",
        operation.shown,
        _figure(original, operation.shown),
        _figure(ours, operation.shown),
        "–" if reached is None else f"{reached:.1f}×",
        ", ".join(target) or "–",
        _figure(floor, operation.shown),
        "–" if above is None else f"{above:.2f}",
        " / ".join(_counts(sides[name]["counts"]) for name in ("original", "ours") if name in sides),
    )


def _figure(value: Optional[float], kind: str) -> str:
    if value is None:
        return "–"
    if kind in ("peak", "growth"):
        return f"{value:.1f} MB"
    if kind == "modules":
        return f"{value:.0f}"
    return f"{value:.3f} s" if value >= 0.1 else f"{1000 * value:.2f} ms"


def _counts(counts: dict[str, Any]) -> str:
    return f"{counts['requests']}, {counts['connections']}, {counts['sequential']}"


def excesses(measurements: Iterable[Measurement], operations: dict[str, Operation]) -> list[str]:
    """Return one line for each count of ours that is larger than it may be."""
    found = []
    for measurement in measurements:
        counts = measurement["sides"]["ours"]["counts"]
        for name, most in (operations[measurement["operation"]].quick or {}).items():
            if counts[name] > most:
                found.append(
                    f"{measurement['operation']}: {name} is {counts[name]}, and may be {most}: {counts['paths']}"
                )
    return found
