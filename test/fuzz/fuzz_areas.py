# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""All areas in one place: what is drawn, what is done with it, and how many cases one example is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fuzz_heads import heads, run_head
from fuzz_payloads import batches, run_payloads
from fuzz_requests import filters, requests, run_filter, run_request
from fuzz_sockets import conversations, run_conversation
from fuzz_target import Tally, Target
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

__all__ = ["AREAS", "Area", "fuzz"]


@dataclasses.dataclass(frozen=True)
class Area:
    """One kind of input."""

    name: str
    strategy: Callable[[list[str]], st.SearchStrategy[Any]]
    """From the ids of jobs that exist."""
    run: Callable[[Target, Tally, Any], None]
    short: int
    """Examples in the short form."""
    long: int
    """Examples in the full run."""


AREAS = [
    Area("requests", requests, run_request, 150, 3200),
    Area("filters", lambda ids: filters, run_filter, 60, 900),
    Area("malformed HTTP", lambda ids: heads(), run_head, 100, 2000),
    Area("websockets", lambda ids: conversations, run_conversation, 60, 1200),
    Area("payloads", lambda ids: batches(), run_payloads, 2, 110),
]


def fuzz(area: Area, target: Target, tally: Tally, job_ids: list[str], *, examples: int, start: int) -> None:
    """Try an area with so many examples, from a seed on; a failing example is made small before it is shown."""

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(area.strategy(job_ids))
    def run(value: Any) -> None:
        area.run(target, tally, value)

    run()
