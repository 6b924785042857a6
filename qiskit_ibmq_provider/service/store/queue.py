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
from qiskit_ibmq_provider.service.store.jobs import swap_row
from qiskit_ibmq_provider.service.store.positions import queue_length
from qiskit_ibmq_provider.service.store.rows import job_of, select_jobs, to_micros
from qiskit_ibmq_provider.service.store.schema import in_status, job, project

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
        with self._database.write() as connection:
            for queued in _fair_candidates(connection, limit, excluding):
                running = change(queued)
                if swap_row(connection, queued, running):
                    claimed.append(running)
        return claimed

    def renew(self, owner: str, holdings: Iterable[Holding], lease_until: datetime.datetime) -> set[Holding]:
        """Prolong the leases that the owner still has; return those."""
        kept: set[Holding] = set()
        with self._database.write() as connection:
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
            return [job_of(row) for row in connection.execute(statement).mappings()]

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
            ended = [job_of(row) for row in connection.execute(recent).mappings()]
        times = [seconds for seconds in map(_run_seconds, ended) if seconds is not None]
        return DeviceLoad(count, sum(times) / len(times) if times else None)

    def waiting_projects(self) -> list[Project]:
        """Return the projects that have queued jobs, on any device."""
        with self._database.read() as connection:
            ids = list(_projects_waiting(connection))
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


def _fair_candidates(connection: sa.Connection, limit: int, excluding: Collection[str]) -> list[Job]:
    """Return queued jobs so that the projects come to equal numbers of running ones.

    Each step takes the oldest waiting job of the project that has the fewest jobs running, counting those
    that were taken in earlier steps; among equals, the job that waits longest.
    """
    running = _running(connection)
    heads: list[tuple[int, int, int, int]] = []
    waiting: dict[int, Sequence[Any]] = {}
    for project_id in _projects_waiting(connection):
        rows = _oldest(connection, project_id, limit, excluding)
        if rows:
            waiting[project_id] = rows
            heads.append((running.get(project_id, 0), rows[0]["queued"], project_id, 0))
    heapq.heapify(heads)
    chosen: list[Job] = []
    while heads and len(chosen) < limit:
        count, _, project_id, index = heapq.heappop(heads)
        rows = waiting[project_id]
        chosen.append(job_of(rows[index]))
        if index + 1 < len(rows):
            heapq.heappush(heads, (count + 1, rows[index + 1]["queued"], project_id, index + 1))
    return chosen


def _running(connection: sa.Connection) -> dict[int, int]:
    """Return how many jobs each project has running."""
    query = (
        sa.select(job.c.project_id, sa.func.count())
        .where(in_status(ApiJobStatus.RUNNING))
        .group_by(job.c.project_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _projects_waiting(connection: sa.Connection) -> Iterable[int]:
    """Yield the projects with queued jobs: one step through the index each, however long their queues are."""
    last = -1
    while True:
        query = sa.select(sa.func.min(job.c.project_id)).where(
            in_status(ApiJobStatus.QUEUED), job.c.project_id > last
        )
        found = connection.scalar(query)
        if found is None:
            return
        last = int(found)
        yield last


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
    return connection.execute(query).mappings().all()
