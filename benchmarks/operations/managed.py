# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Sets of jobs."""

from __future__ import annotations

from typing import Any

from benchmarks.operations.jobs import CircuitJob
from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]

_CIRCUITS = 2000


def _manager(bench: Bench) -> tuple[CircuitJob, Any]:
    from qiskit.providers.ibmq.managed import IBMQJobManager

    return CircuitJob(bench, _CIRCUITS), IBMQJobManager()


def _submit(state: tuple[CircuitJob, Any]) -> Any:
    job, manager = state
    return manager.run(job.circuits, backend=job.backend, name="benchmark", shots=128)


def _to_results(state: tuple[CircuitJob, Any]) -> None:
    _submit(state).results()


def _kept(bench: Bench) -> tuple[Any, Any, str]:
    """Return the id of a set that is over, which each side makes once."""
    state = _manager(bench)

    def make() -> str:
        jobs = _submit(state)
        jobs.results()
        return str(jobs.job_set_id())

    return bench.provider(), state[1], bench.keep("set", make)


def _retrieve(state: tuple[Any, Any, str]) -> None:
    provider, manager, set_id = state
    # The manager of the process knows its sets; another one has to ask.
    manager.retrieve_job_set(set_id, provider, refresh=True)


OPERATIONS = (
    Operation(
        "manager-2000",
        "`IBMQJobManager`, 2000 circuits, to results",
        _to_results,
        _manager,
        rounds=3,
        target=5,
    ),
    Operation(
        "retrieve-set-2000", "`retrieve_job_set`, 2000 circuits", _retrieve, _kept, rounds=3, target=30
    ),
)
