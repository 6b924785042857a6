# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The command: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
from pathlib import Path

from benchmarks.operations import OPERATIONS
from benchmarks.report import excesses, machine, table
from benchmarks.runner import SIDES, BenchmarkError, Measurement, Runner, running_service
from benchmarks.side import Operation


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="This client beside the original one."
    )
    parser.add_argument(
        "--original",
        default=os.environ.get("IBMQ_PEER_PYTHON"),
        help="interpreter with qiskit-ibmq-provider 0.20.2; by default what IBMQ_PEER_PYTHON names; without it ours is measured alone",
    )
    parser.add_argument("--only", help="names of operations, separated by commas; a name may end with *")
    parser.add_argument("--rounds", type=int, help="how often each side's turn comes")
    parser.add_argument(
        "--quick", action="store_true", help="ours alone, one turn each, and only counts are judged"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--list", action="store_true", help="list the operations and end")
    return parser.parse_args()


def _chosen(only: str | None) -> list[str]:
    if not only:
        return list(OPERATIONS)
    chosen = []
    for pattern in only.split(","):
        names = [
            n for n in OPERATIONS if n == pattern or (pattern.endswith("*") and n.startswith(pattern[:-1]))
        ]
        if not names:
            raise SystemExit(f"There is no operation {pattern!r}. There are: {', '.join(OPERATIONS)}.")
        chosen += names
    return chosen


def _measure(operations: list[Operation], options: argparse.Namespace) -> list[Measurement]:
    """Measure operations, those with equally many projects at one service."""
    found: list[Measurement] = []
    for projects in sorted({operation.projects for operation in operations}):
        with running_service(projects) as (url, token):
            original = None if options.quick else options.original
            with contextlib.closing(
                Runner(url, token, original, 2 if options.quick else options.rounds)
            ) as runner:
                for operation in operations:
                    if operation.projects == projects:
                        new = runner.run(operation, ("ours",) if options.quick else SIDES)
                        found += new
                        print("\n".join(table(new, OPERATIONS).splitlines()[2:]), file=sys.stderr, flush=True)
    order = list(OPERATIONS)
    return sorted(found, key=lambda measurement: order.index(measurement["operation"]))


def main() -> int:
    """Run the benchmark; return the exit code: 1 if the short form found too large a count."""
    options = _arguments()
    if options.list:
        print("\n".join(f"{name:20} {operation.title}" for name, operation in OPERATIONS.items()))
        return 0
    names = [name for name in _chosen(options.only) if not options.quick or OPERATIONS[name].quick]
    operations = [OPERATIONS[name] for name in names]
    if options.quick:
        # Whether an instant job is over when it is asked about, and so how often it is, must not be chance: a long delay sees to that.
        operations = [
            dataclasses.replace(operation, rtts=(4 * max(operation.rtts),)) for operation in operations
        ]
    try:
        measurements = _measure(operations, options)
    except BenchmarkError as err:
        sys.stderr.write(f"{err}\n")
        return 2
    print(table(measurements, OPERATIONS))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "measurements": measurements}, indent=1))
    too_large = excesses(measurements, OPERATIONS) if options.quick else []
    print("\n".join(too_large), end="\n" if too_large else "")
    return 1 if too_large else 0


if __name__ == "__main__":
    raise SystemExit(main())
