# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Lists of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]

_JOBS = 5000
_DEVICE = "ibmq_lima"


def _seeded(bench: Bench) -> Any:
    """Return a backend with many jobs, put there once per run of the service."""
    provider = bench.provider()
    backend = provider.get_backend(_DEVICE)

    def seed() -> int:
        missing = _JOBS - len(provider.backend.job_ids(backend_name=_DEVICE, limit=_JOBS))
        return int(bench.control("seed", jobs=missing, backend_name=_DEVICE)["jobs"])

    bench.keep("jobs", seed)
    return backend


def _jobs(limit: int) -> Callable[[Any], None]:
    def measure(backend: Any) -> None:
        found = backend.jobs(limit=limit)
        if len({job.job_id() for job in found}) != limit:
            raise ValueError(f"{len(found)} jobs were listed instead of {limit}.")

    return measure


OPERATIONS = (
    Operation("jobs-5000", "`jobs(limit=5000)`", _jobs(5000), _seeded, rounds=5, shown="cpu", target=4),
    Operation(
        "jobs-1000-paged",
        "`jobs(limit=1000)`, server's pages of 50",
        _jobs(1000),
        _seeded,
        rtts=(0.05,),
        rounds=5,
        settings={"page": 50},
        target=3,
        quick={"requests": 21, "sequential": 8},
    ),
)
