# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The full run: ``tox -e fuzz``, or ``python -m fuzz.campaign`` with the folder ``test`` on the path.

It prints a table of the cases, and ends with 1 if anything did not hold.
"""

from __future__ import annotations

import argparse
import http.client
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_areas import AREAS, fuzz
from fuzz_patterns import make_jobs_for_patterns, run_evil_filters
from fuzz_payloads import crafted, run_payloads
from fuzz_target import Tally, Target, running
from hypothesis.errors import HypothesisException

__all__ = ["main"]

LEAST_CASES = 10_000
MOST_GROWTH = 1.5
"""How many times the memory of a service that has warmed up may be at the end."""


_FAILURES = (
    AssertionError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    http.client.HTTPException,
    HypothesisException,
)
"""What an area ends with if something does not hold, or if an answer cannot even be read."""


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.campaign", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of cases")
    parser.add_argument("--only", action="append", help="only this area, may be repeated")
    args = parser.parse_args(arguments)
    print(f"seed {args.seed}", flush=True)
    campaign, begin = Campaign(args), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ibmq-fuzz-") as folder:
        try:
            with running(Path(folder) / "data") as target:
                campaign.run(target)
        except _FAILURES as exc:
            campaign.failures.append(("afterwards", exc))
    print(campaign.tally.table())
    for name, failure in campaign.failures:
        print(f"\n{name}: {type(failure).__name__}", failure, *getattr(failure, "__notes__", ()), sep="\n")
    if args.only is None and args.scale >= 1 and campaign.tally.hostile < LEAST_CASES:
        print(f"There were fewer than {LEAST_CASES} hostile cases.")
        return 1
    if campaign.failures:
        return 1
    print(f"No failure, no worker lost, database intact; {time.monotonic() - begin:.0f} s.")
    return 0


class Campaign:
    """Runs the areas one after the other and goes on after a failure."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self.tally = Tally()
        self.failures: list[tuple[str, Exception]] = []

    def run(self, target: Target) -> None:
        """Run everything that was asked for against a service."""
        seed, scale = self._args.seed, self._args.scale
        job_ids = make_jobs_for_patterns(target)
        for area in AREAS:
            fuzz(area, target, Tally(), job_ids, examples=area.short, start=seed + 1)
        run_payloads(target, Tally(), [(payload, True, None) for payload in crafted()])
        run_evil_filters(target, Tally(), 1)
        target.works()
        warm = target.memory()
        for area in AREAS:
            count = max(1, int(area.long * scale))
            self._step(
                target,
                area.name,
                lambda area=area, count=count: fuzz(
                    area, target, self.tally, job_ids, examples=count, start=seed
                ),
            )
        self._step(target, "crafted payloads", lambda: self._crafted(target))
        self._step(target, "evil filters", lambda: self._evil(target, max(1, int(2 * scale))))
        self._step(
            target, "described requests", lambda: self._described(target, max(1, int(50 * scale)), seed)
        )
        self._memory(warm, target.memory())

    def _step(self, target: Target, name: str, act: Callable[[], None]) -> None:
        """Run one area, unless it was not asked for; afterwards a plain job has to run as always."""
        if self._args.only is not None and name not in self._args.only:
            return
        try:
            act()
            target.works()
            print(f"{name}: {target.memory() / 2**20:.0f} MiB", flush=True)
        except _FAILURES as exc:
            self.failures.append((name, exc))

    def _crafted(self, target: Target) -> None:
        for payload in crafted():
            for in_one_request in (True, False):
                run_payloads(target, self.tally, [(payload, in_one_request, None)], "crafted payloads")

    def _evil(self, target: Target, rounds: int) -> None:
        slower = run_evil_filters(target, self.tally, rounds)
        print(f"other requests took {slower:.1f} times as long meanwhile (slowest tenth)")

    def _described(self, target: Target, examples: int, seed: int) -> None:
        from fuzz_described import run_described

        run_described(target, self.tally, examples, seed)

    def _memory(self, warm: int, end: int) -> None:
        print(f"memory of the service: {warm / 2**20:.0f} MiB warm, {end / 2**20:.0f} MiB at the end")
        if end > MOST_GROWTH * warm:
            self.failures.append(("memory", AssertionError(f"It grew by more than {MOST_GROWTH} times.")))


if __name__ == "__main__":
    sys.exit(main())
