# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The places of queued jobs."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.store.rows import to_micros
from qiskit_ibmq_provider.service.store.schema import in_status, job
from qiskit_ibmq_provider.service.store.turns import Key, only_waiting, standings

__all__ = ["queue_length", "with_positions"]


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
    return [
        dataclasses.replace(each, position=places[each.seq]) if each.seq in places else each for each in jobs
    ]


def queue_length(connection: sa.Connection, backend_name: str) -> int:
    """Return how many jobs wait for a device."""
    query = (
        sa.select(sa.func.count())
        .select_from(job)
        .where(job.c.backend == backend_name, in_status(ApiJobStatus.QUEUED))
    )
    return int(connection.scalar(query) or 0)


def _ahead(connection: sa.Connection, member: Job) -> int:
    """Count the jobs of a device that are taken before one of them."""
    if member.queued is None:
        return 0
    queued = to_micros(member.queued)
    earlier = sa.or_(job.c.queued < queued, sa.and_(job.c.queued == queued, job.c.seq < member.seq))
    if only_waiting(connection) is not None:
        return _count(connection, job.c.backend == member.backend_name, earlier)
    waiting = standings(connection)
    here = next((each for each in waiting if each.project_id == member.project.id), None)
    if here is None:
        return 0
    of_own = _count(connection, job.c.project_id == member.project.id, earlier)
    key = here.key(of_own)
    return sum(_first(connection, each.project_id, each.before(key), member.backend_name) for each in waiting)


def _count(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    """Count the queued jobs that meet some conditions."""
    query = sa.select(sa.func.count()).select_from(job).where(in_status(ApiJobStatus.QUEUED), *conditions)
    return int(connection.scalar(query) or 0)


def _first(connection: sa.Connection, project_id: int, count: int, backend_name: str) -> int:
    """Count the jobs for a device among the first waiting ones of a project."""
    if count <= 0:
        return 0
    first = (
        sa.select(job.c.backend)
        .where(job.c.project_id == project_id, in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.queued, job.c.seq)
        .limit(count)
        .subquery()
    )
    query = sa.select(sa.func.count()).select_from(first).where(first.c.backend == backend_name)
    return int(connection.scalar(query) or 0)


def _places(connection: sa.Connection, backend_names: Collection[str]) -> dict[int, int]:
    """Return the places of all jobs that wait for some devices, by their numbers."""
    by_project = {each.project_id: each for each in standings(connection)}
    query = (
        sa.select(job.c.seq, job.c.project_id, job.c.backend)
        .where(in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.project_id, job.c.queued, job.c.seq)
    )
    ahead: collections.Counter[int] = collections.Counter()
    keyed: list[tuple[Key, int, str]] = []
    for seq, project_id, backend_name in connection.execute(query):
        standing = by_project.get(project_id)
        if standing is None:
            # Its first job was queued between the two questions.
            continue
        keyed.append((standing.key(ahead[project_id]), seq, backend_name))
        ahead[project_id] += 1
    places: dict[int, int] = {}
    counts: collections.Counter[str] = collections.Counter()
    for _, seq, backend_name in sorted(keyed):
        if backend_name in backend_names:
            counts[backend_name] += 1
            places[seq] = counts[backend_name]
    return places
