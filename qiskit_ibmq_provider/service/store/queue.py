# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs in the database, as dispatchers see them: whose turn it is, and the places in the queues.

The next job is the oldest one of the project that has the fewest jobs running; among equals, of the one that was
served longest ago. So a project with one job does not wait for the thousand of another one, also where there is
only one worker and nothing else is running when it becomes free.

If nothing ends meanwhile, a project's k-th waiting job (k from 0) is taken when ``running + k`` of its jobs run.
Among the projects that then have equally many, those that have just come to this number by being served stand
behind those that had it from the beginning. That gives every waiting job a key, and the order is that of the keys.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.domain.model import Job, Project
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, Holding, QueueStore
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.rows import count_jobs, jobs_of, select_jobs, swap_row
from qiskit_ibmq_provider.service.store.schema import in_status, job, project

__all__ = ["SqlQueue", "with_positions"]

_RECENT_JOBS: Final = 1000
"""Among so many of the newest jobs those of a device are looked for: a bound on what the question costs."""
_RECENT_RUNS: Final = 20
"""Of so many finished jobs the mean is taken."""
# Two questions in one statement: each is then answered by one step through the index.
_ENDS: Final = sa.select(
    *(
        sa.select(end(job.c.project_id)).where(in_status(ApiJobStatus.QUEUED)).scalar_subquery()
        for end in (sa.func.min, sa.func.max)
    )
)

_Key = tuple[int, int, int, datetime.datetime, int]


class SqlQueue(QueueStore):
    """The queues of a :class:`SqlStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, change: Callable[[Job], Job], *, limit: int, excluding: Collection[str] = ()
    ) -> list[Job]:
        # Most rounds find nothing to do; looking first keeps them from waiting for a writer.
        with self._database.read() as connection:
            if connection.scalar(sa.select(job.c.seq).where(in_status(ApiJobStatus.QUEUED)).limit(1)) is None:
                return []
        claimed: list[Job] = []
        # A claim that a power cut takes back leaves the job in the queue, and its worker is gone, too.
        with self._database.write(durable=False) as connection:
            alone = _only_waiting(connection)
            for queued in _fair_candidates(connection, limit, excluding, alone=alone):
                running = change(queued)
                if swap_row(connection, queued, running):
                    claimed.append(running)
            if alone is None:
                _mark_served(connection, [running.project.id for running in claimed])
        return claimed

    def renew(self, owner: str, holdings: Iterable[Holding], lease_until: datetime.datetime) -> set[Holding]:
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
                    .values(lease_until=lease_until)
                )
                if connection.execute(statement).rowcount == 1:
                    kept.add(holding)
        return kept

    def abandoned(self, now: datetime.datetime, *, owner: str, exclusive: bool) -> list[Job]:
        gone = job.c.lease_until < now
        if exclusive:
            gone = sa.or_(gone, job.c.owner != owner)
        statement = select_jobs().where(in_status(ApiJobStatus.RUNNING), gone).order_by(job.c.seq)
        with self._database.read() as connection:
            return jobs_of(connection.execute(statement))

    def length(self, backend_name: str) -> int:
        with self._database.read() as connection:
            return count_jobs(connection, job.c.backend_name == backend_name, in_status(ApiJobStatus.QUEUED))

    def load(self, backend_name: str) -> DeviceLoad:
        here = job.c.backend_name == backend_name
        newest = sa.select(sa.func.max(job.c.seq)).scalar_subquery()
        recent = (
            select_jobs()
            .where(here, in_status(ApiJobStatus.COMPLETED), job.c.seq > newest - _RECENT_JOBS)
            .order_by(job.c.seq.desc())
            .limit(_RECENT_RUNS)
        )
        with self._database.read() as connection:
            count = count_jobs(connection, here, in_status(ApiJobStatus.RUNNING))
            ended = jobs_of(connection.execute(recent))
        times = [seconds for seconds in map(_run_seconds, ended) if seconds is not None]
        return DeviceLoad(count, sum(times) / len(times) if times else None)

    def waiting_projects(self) -> list[Project]:
        with self._database.read() as connection:
            ids = list(_projects_waiting(connection))
            rows = connection.execute(sa.select(project).where(project.c.id.in_(ids)))
            return [Project(row.id, row.hub, row.group, row.project) for row in rows]

    def idle(self) -> bool:
        with self._database.read() as connection:
            return all(
                connection.scalar(sa.select(job.c.seq).where(in_status(status)).limit(1)) is None
                for status in (ApiJobStatus.QUEUED, ApiJobStatus.RUNNING)
            )


@dataclasses.dataclass(frozen=True)
class _WaitingProject:
    """A project with waiting jobs, and what its turn depends on."""

    project_id: int
    running: int
    """How many of its jobs run."""
    served: int
    """When one of its jobs was last taken, counted in takings of all projects; 0 for never."""
    since: datetime.datetime
    """When its oldest waiting job was queued."""

    def key(self, ahead: int) -> _Key:
        """Return the key of its waiting job that has so many of the project's own ahead of it."""
        return (self.running + ahead, -self.running, self.served, self.since, self.project_id)

    def before(self, key: _Key) -> int:
        """Return how many of its waiting jobs, if it had any number of them, come before the one with this key."""
        level, *rest = key
        comes_first = list(self.key(0)[1:]) < rest
        return max(0, level - self.running + int(comes_first))


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
        return jobs_of(_oldest_rows(connection, alone, limit, excluding))
    heads: list[tuple[_Key, int]] = []
    waiting: dict[int, tuple[_WaitingProject, Sequence[Any]]] = {}
    for candidate in _waiting_projects(connection):
        rows = _oldest_rows(connection, candidate.project_id, limit, excluding)
        if rows:
            waiting[candidate.project_id] = candidate, rows
            heads.append((candidate.key(0), 0))
    heapq.heapify(heads)
    chosen: list[Any] = []
    while heads and len(chosen) < limit:
        key, index = heapq.heappop(heads)
        candidate, rows = waiting[key[-1]]
        chosen.append(rows[index])
        if index + 1 < len(rows):
            heapq.heappush(heads, (candidate.key(index + 1), index + 1))
    return jobs_of(chosen)


def _oldest_rows(
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


def _waiting_projects(connection: sa.Connection) -> list[_WaitingProject]:
    """Return the projects that have waiting jobs."""
    ids = list(_projects_waiting(connection))
    if not ids:
        return []
    counts = (
        sa.select(job.c.project_id, sa.func.count())
        .where(in_status(ApiJobStatus.RUNNING))
        .group_by(job.c.project_id)
    )
    running = {row[0]: row[1] for row in connection.execute(counts)}
    served = sa.select(project.c.id, project.c.served).where(project.c.id.in_(ids))
    return [
        _WaitingProject(row.id, running.get(row.id, 0), row.served, _first_queued(connection, row.id))
        for row in connection.execute(served)
    ]


def _only_waiting(connection: sa.Connection) -> Optional[int]:
    """Return the project that has queued jobs if it is the only one, else ``None``.

    One question, which is enough in most services at most times.
    """
    least, most = connection.execute(_ENDS).one()
    return None if least is None or least != most else int(least)


def _projects_waiting(connection: sa.Connection) -> Iterator[int]:
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


def _mark_served(connection: sa.Connection, project_ids: Iterable[int]) -> None:
    """Note that jobs of these projects were taken, in this order; of one that occurs twice the last one counts."""
    count = int(connection.scalar(sa.select(sa.func.max(project.c.served))) or 0)
    turns = {project_id: count + turn for turn, project_id in enumerate(project_ids, start=1)}
    for project_id, turn in turns.items():
        connection.execute(sa.update(project).where(project.c.id == project_id).values(served=turn))


def _first_queued(connection: sa.Connection, project_id: int) -> datetime.datetime:
    """Return when the oldest waiting job of a project was queued."""
    query = sa.select(sa.func.min(job.c.queued)).where(
        job.c.project_id == project_id, in_status(ApiJobStatus.QUEUED)
    )
    first: Optional[datetime.datetime] = connection.scalar(query)
    return first or datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)


def with_positions(connection: sa.Connection, jobs: Sequence[Job]) -> list[Job]:
    """Return the same jobs, those in a queue with their places in it: how many of the device are taken before, and one.

    All places are counted over all projects, in the order in which jobs are taken if nothing ends meanwhile.
    """
    waiting = [each for each in jobs if each.status is ApiJobStatus.QUEUED and each.queued is not None]
    if not waiting:
        return list(jobs)
    if len(waiting) == 1:
        places = {waiting[0].seq: 1 + _ahead(connection, waiting[0])}
    else:
        places = _places(connection, {each.backend_name for each in waiting})
    return [each.replaced(position=places[each.seq]) if each.seq in places else each for each in jobs]


def _ahead(connection: sa.Connection, member: Job) -> int:
    """Count the jobs of a device that are taken before one of them."""
    if member.queued is None:
        return 0
    queued = member.queued
    earlier = sa.or_(job.c.queued < queued, sa.and_(job.c.queued == queued, job.c.seq < member.seq))
    if _only_waiting(connection) is not None:
        return _queued(connection, job.c.backend_name == member.backend_name, earlier)
    waiting = _waiting_projects(connection)
    here = next((each for each in waiting if each.project_id == member.project.id), None)
    if here is None:
        return 0
    of_own = _queued(connection, job.c.project_id == member.project.id, earlier)
    key = here.key(of_own)
    return sum(_first(connection, each.project_id, each.before(key), member.backend_name) for each in waiting)


def _queued(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    return count_jobs(connection, in_status(ApiJobStatus.QUEUED), *conditions)


def _first(connection: sa.Connection, project_id: int, count: int, backend_name: str) -> int:
    """Count the jobs for a device among the first waiting ones of a project."""
    if count <= 0:
        return 0
    first = (
        sa.select(job.c.backend_name)
        .where(job.c.project_id == project_id, in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.queued, job.c.seq)
        .limit(count)
        .subquery()
    )
    query = sa.select(sa.func.count()).select_from(first).where(first.c.backend_name == backend_name)
    return int(connection.scalar(query) or 0)


def _places(connection: sa.Connection, backend_names: Collection[str]) -> dict[int, int]:
    """Return the places of all jobs that wait for some devices, by their numbers."""
    by_project = {each.project_id: each for each in _waiting_projects(connection)}
    query = (
        sa.select(job.c.seq, job.c.project_id, job.c.backend_name)
        .where(in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.project_id, job.c.queued, job.c.seq)
    )
    ahead: collections.Counter[int] = collections.Counter()
    keyed: list[tuple[_Key, int, str]] = []
    for seq, project_id, backend_name in connection.execute(query):
        candidate = by_project.get(project_id)
        if candidate is None:
            # Its first job was queued between the two questions.
            continue
        keyed.append((candidate.key(ahead[project_id]), seq, backend_name))
        ahead[project_id] += 1
    places: dict[int, int] = {}
    counts: collections.Counter[str] = collections.Counter()
    for _, seq, backend_name in sorted(keyed):
        if backend_name in backend_names:
            counts[backend_name] += 1
            places[seq] = counts[backend_name]
    return places
