# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a dispatcher has given to its engine, and whether it still may have it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection
from typing import Optional

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.engine import Engine
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import Holding, Store

__all__ = ["Holdings", "runs_in"]


def runs_in(job: Optional[Job], attempt: int) -> bool:
    """Tell whether a job is still running in this attempt."""
    return job is not None and job.status is ApiJobStatus.RUNNING and job.attempt == attempt


@dataclasses.dataclass
class _Held:
    """A job that the engine has."""

    attempt: int
    lease_until: datetime.datetime
    forfeited: bool = False
    """Somebody else decided about it; the engine was told to stop, and the place is free once it has."""


class Holdings:
    """The jobs that the engine has, one for each of its taken places. Used by one thread.

    Args:
        store: the database.
        engine: what runs the jobs.
        owner: the name of the dispatcher.
        lease: how long a lease holds, in seconds; it is renewed when a third of that is over.
    """

    def __init__(self, store: Store, engine: Engine, owner: str, lease: float) -> None:
        self._store = store
        self._engine = engine
        self._owner = owner
        self._third = datetime.timedelta(seconds=lease / 3)
        self._held: dict[str, _Held] = {}

    @property
    def ids(self) -> Collection[str]:
        """The ids of the jobs that the engine has."""
        return list(self._held)

    def lease_end(self, now: datetime.datetime) -> datetime.datetime:
        """Return until when a lease given now holds."""
        return now + 3 * self._third

    def add(self, job: Job, lease_until: datetime.datetime) -> None:
        """Count a claimed job."""
        self._held[job.id] = _Held(job.attempt, lease_until)

    def drop(self, job_id: str, attempt: int) -> None:
        """Count an attempt no more."""
        held = self._held.get(job_id)
        if held is not None and held.attempt == attempt:
            del self._held[job_id]

    def check(self, job_id: str) -> None:
        """Stop the engine on a job if it was cancelled, deleted or taken over."""
        held = self._held.get(job_id)
        if held is not None and not runs_in(self._store.jobs.get(job_id), held.attempt):
            self._forfeit(job_id, held)

    def renew(self, now: datetime.datetime) -> None:
        """Prolong the leases if it is time, and stop the engine on jobs whose lease was lost.

        That it is time is told by the same clock that ends the lease: a machine that slept finds its leases due.
        """
        mine = {job_id: held for job_id, held in self._held.items() if not held.forfeited}
        if not any(held.lease_until - now <= 2 * self._third for held in mine.values()):
            return
        until = self.lease_end(now)
        wanted = [Holding(job_id, held.attempt) for job_id, held in mine.items()]
        kept = self._store.queue.renew(self._owner, wanted, until)
        for job_id, held in mine.items():
            if Holding(job_id, held.attempt) in kept:
                held.lease_until = until
            else:
                self._forfeit(job_id, held)

    def _forfeit(self, job_id: str, held: _Held) -> None:
        """Stop the engine on a job about which somebody else decided."""
        if not held.forfeited:
            held.forfeited = True
            self._engine.cancel(job_id)
