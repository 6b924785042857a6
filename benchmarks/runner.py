# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Starts the service and the sides, lets the sides take turns, and collects what they say."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

from benchmarks.side import Operation, control

__all__ = ["SIDES", "BenchmarkError", "Measurement", "Runner", "running_service"]

SIDES = ("ours", "original", "floor")
"""In the order of their turns."""

ROOT = Path(__file__).resolve().parent.parent

Measurement = dict[str, Any]
"""``operation``, ``rtt``, and ``sides``: for each side the medians of its figures and the counts of its last turn."""


class BenchmarkError(Exception):
    """A side or the service failed."""


class _Side:
    """One side's child process, started when it is needed."""

    def __init__(self, name: str, python: str, url: str, token: str) -> None:
        self.name = name
        self._command = [python, "-W", "ignore", str(ROOT / "benchmarks" / "side.py"), url, token, name]
        self._process: Optional[subprocess.Popen[str]] = None

    def ask(self, do: str, operation: Operation) -> Any:
        """Let the side do something; return its answer."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=tempfile.gettempdir(),
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"do": do, "operation": operation.name}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise BenchmarkError(f"The side {self.name} ended during {do} of {operation.name}.")
        answer = json.loads(line)
        if "error" in answer:
            raise BenchmarkError(
                f"{do} of {operation.name} failed on the side {self.name}:\n{answer['error']}"
            )
        return answer["value"]

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(60)


@contextlib.contextmanager
def running_service(projects: int) -> Iterator[tuple[str, str]]:
    """Run the metered service; give its URL and token.

    Args:
        projects: how many projects it has.
    """
    token = secrets.token_hex(32)
    names = ["ibm-q/open/main", *(f"ibm-q-lab/research/project-{n}" for n in range(1, projects))]
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.service", directory, token, *names],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise BenchmarkError("The service did not start; what it said is above.")
            yield url, token
        finally:
            process.terminate()
            process.wait(30)


class Runner:
    """Measures operations.

    Args:
        url: URL of the service.
        token: API token.
        original: interpreter with the original client; ``None`` to do without it.
        rounds: how often each side's turn comes; by default what the operation says.
    """

    def __init__(self, url: str, token: str, original: Optional[str], rounds: Optional[int] = None) -> None:
        self._url = url
        self._rounds = rounds
        pythons = {"ours": sys.executable, "original": original, "floor": sys.executable}
        self._sides = {name: _Side(name, python, url, token) for name, python in pythons.items() if python}

    def close(self) -> None:
        """End the sides."""
        for side in self._sides.values():
            side.end()

    def run(self, operation: Operation, sides: Sequence[str] = SIDES) -> list[Measurement]:
        """Measure an operation at each of its delays."""
        taking_part = [
            side
            for name, side in self._sides.items()
            if name in sides and (name != "floor" or operation.floor is not None)
        ]
        return [self._at(operation, rtt, taking_part) for rtt in operation.rtts]

    def _at(self, operation: Operation, rtt: float, sides: list[_Side]) -> Measurement:
        turns: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
        for _ in range(self._rounds or operation.rounds):
            for side in sides:
                turns[side.name].append(self._turn(operation, rtt, side))
        return {
            "operation": operation.name,
            "rtt": rtt,
            "sides": {name: _summary(figures) for name, figures in turns.items()},
        }

    def _turn(self, operation: Operation, rtt: float, side: _Side) -> dict[str, Any]:
        control(self._url, "set")
        side.ask("prepare", operation)
        control(self._url, "set", rtt=rtt, **(operation.settings or {}))
        control(self._url, "reset")
        figures: dict[str, Any] = side.ask("measure", operation)
        control(self._url, "set")
        figures["counts"] = control(self._url, "counts")
        if operation.fresh:
            side.end()
        return figures


def _summary(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of the figures, and the counts of the last turn: the first may have opened connections."""
    names = [name for name, value in turns[0].items() if isinstance(value, (int, float))]
    summary: dict[str, Any] = {name: statistics.median(turn[name] for turn in turns) for name in names}
    summary["counts"] = turns[-1]["counts"]
    return summary
