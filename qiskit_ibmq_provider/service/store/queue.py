# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs in the database, as dispatchers see them."""

from __future__ import annotations

import datetime
import heapq
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.domain.model import Job, Project
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, Holding
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.positions import queue_length
from qiskit_ibmq_provider.service.store.rows import job_of, select_jobs, swap_row, to_micros
from qiskit_ibmq_provider.service.store.schema import in_status, job, project
from qiskit_ibmq_provider.service.store.turns import (
    Key,
    Standing,
    mark_served,
    only_waiting,
    projects_waiting,
    standings,
)

__all__ = ["SqlQueue"]

_RECENT_JOBS: Final = 1000
"""Among so many of the newest jobs those of a device are looked for: a bound on what the question costs."""
_RECENT_RUNS: Final = 20
"""Of so many finished jobs the mean is taken."""


class SqlQueue:
    """Implements ``QueueStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, change: Callable[[Job], Job], *, limit: int, excluding: Collection[str] = ()
    ) -> list[Job]:
        """Claim at most ``limit`` queued jobs; each goes to exactly one of several dispatchers."""
        # Most rounds find nothing to do; looking first keeps them from waiting for a writer.
        with self._database.read() as connection:
            if connection.scalar(sa.select(job.c.seq).where(in_status(ApiJobStatus.QUEUED)).limit(1)) is None:
                return []
        claimed: list[Job] = []
        # A claim that a power cut takes back leaves the job in the queue, and its worker is gone, too.
        with self._database.write(durable=False) as connection:
            alone = only_waiting(connection)
            for queued in _fair_candidates(connection, limit, excluding, alone=alone):
                running = change(queued)
                if swap_row(connection, queued, running):
                    claimed.append(running)
            if alone is None:
                mark_served(connection, [running.project.id for running in claimed])
        return claimed

    def renew(self, owner: str, holdings: Iterable[Holding], lease_until: datetime.datetime) -> set[Holding]:
        """Prolong the leases that the owner still has; return those."""
        kept: set[Holding] = set()
        with self._database.write(durable=False) as connection:
            for holding in holdings:
                statement = (
                    sa.update(job)
                    .where(
                        job.c.id == holding.job_id,
                        job.c.attempt == holding.attempt,
                        job.c.owner == owner,
                        in_status(ApiJobStatus.RUNNING),
                    )
                    .values(lease_until=to_micros(lease_until))
                )
                if connection.execute(statement).rowcount == 1:
                    kept.add(holding)
        return kept

    def abandoned(self, now: datetime.datetime, *, owner: str, exclusive: bool) -> list[Job]:
        """Return running jobs whose dispatcher is gone."""
        gone = job.c.lease_until < to_micros(now)
        if exclusive:
            gone = sa.or_(gone, job.c.owner != owner)
        statement = select_jobs().where(in_status(ApiJobStatus.RUNNING), gone).order_by(job.c.seq)
        with self._database.read() as connection:
            return [job_of(row) for row in connection.execute(statement).all()]

    def length(self, backend_name: str) -> int:
        """Return how many jobs wait for a device."""
        with self._database.read() as connection:
            return queue_length(connection, backend_name)

    def load(self, backend_name: str) -> DeviceLoad:
        """Return how many jobs of a device run, and for how long its recent ones ran."""
        here = job.c.backend == backend_name
        running = sa.select(sa.func.count()).select_from(job).where(here, in_status(ApiJobStatus.RUNNING))
        newest = sa.select(sa.func.max(job.c.seq)).scalar_subquery()
        recent = (
            select_jobs()
            .where(here, in_status(ApiJobStatus.COMPLETED), job.c.seq > newest - _RECENT_JOBS)
            .order_by(job.c.seq.desc())
            .limit(_RECENT_RUNS)
        )
        with self._database.read() as connection:
            count = int(connection.scalar(running) or 0)
            ended = [job_of(row) for row in connection.execute(recent).all()]
        times = [seconds for seconds in map(_run_seconds, ended) if seconds is not None]
        return DeviceLoad(count, sum(times) / len(times) if times else None)

    def waiting_projects(self) -> list[Project]:
        """Return the projects that have queued jobs, on any device."""
        with self._database.read() as connection:
            ids = list(projects_waiting(connection))
            rows = connection.execute(sa.select(project).where(project.c.id.in_(ids)))
            return [Project(row.id, row.hub, row.grp, row.name) for row in rows]

    def idle(self) -> bool:
        """Return whether no job waits or runs, on any device."""
        with self._database.read() as connection:
            return all(
                connection.scalar(sa.select(job.c.seq).where(in_status(status)).limit(1)) is None
                for status in (ApiJobStatus.QUEUED, ApiJobStatus.RUNNING)
            )


def _run_seconds(ended: Job) -> Optional[float]:
    """Return for how long a job ran, as far as its steps tell."""
    begin = ended.time_per_step.get(ApiJobStatus.RUNNING.value)
    if begin is None or ended.ended is None:
        return None
    # A clock that was set back in between must not make a job end before it began.
    return max(0.0, (ended.ended - parse_utc(begin)).total_seconds())


def _fair_candidates(
    connection: sa.Connection, limit: int, excluding: Collection[str], *, alone: Optional[int]
) -> list[Job]:
    """Return the queued jobs whose turn it is next; a project that waits alone needs no turns."""
    if alone is not None:
        return [job_of(row) for row in _oldest(connection, alone, limit, excluding)]
    heads: list[tuple[Key, int]] = []
    waiting: dict[int, tuple[Standing, Sequence[Any]]] = {}
    for standing in standings(connection):
        rows = _oldest(connection, standing.project_id, limit, excluding)
        if rows:
            waiting[standing.project_id] = standing, rows
            heads.append((standing.key(0), 0))
    heapq.heapify(heads)
    chosen: list[Job] = []
    while heads and len(chosen) < limit:
        key, index = heapq.heappop(heads)
        standing, rows = waiting[key[-1]]
        chosen.append(job_of(rows[index]))
        if index + 1 < len(rows):
            heapq.heappush(heads, (standing.key(index + 1), index + 1))
    return chosen


def _oldest(
    connection: sa.Connection, project_id: int, limit: int, excluding: Collection[str]
) -> Sequence[Any]:
    """Return the jobs of a project that wait longest."""
    query = (
        select_jobs()
        .where(job.c.project_id == project_id, in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.queued, job.c.seq)
        .limit(limit)
    )
    if excluding:
        query = query.where(job.c.id.not_in(list(excluding)))
    return connection.execute(query).all()
