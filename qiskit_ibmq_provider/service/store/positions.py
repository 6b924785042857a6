# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The places of queued jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.store.rows import to_micros
from qiskit_ibmq_provider.service.store.schema import in_status, job

__all__ = ["queue_length", "with_positions"]


def with_positions(connection: sa.Connection, jobs: Sequence[Job]) -> list[Job]:
    """Return the same jobs, those in a queue with their places in it, counted from 1 over all projects."""
    waiting: dict[str, list[Job]] = {}
    for each in jobs:
        if each.status is ApiJobStatus.QUEUED and each.queued is not None:
            waiting.setdefault(each.backend_name, []).append(each)
    places: dict[int, int] = {}
    for backend_name, members in waiting.items():
        if len(members) == 1:
            places[members[0].seq] = 1 + _ahead(connection, members[0])
        else:
            places.update(_places(connection, backend_name))
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
    """Count the jobs ahead of one in its queue."""
    if member.queued is None:
        return 0
    queued = to_micros(member.queued)
    query = (
        sa.select(sa.func.count())
        .select_from(job)
        .where(
            job.c.backend == member.backend_name,
            in_status(ApiJobStatus.QUEUED),
            sa.or_(job.c.queued < queued, sa.and_(job.c.queued == queued, job.c.seq < member.seq)),
        )
    )
    return int(connection.scalar(query) or 0)


def _places(connection: sa.Connection, backend_name: str) -> dict[int, int]:
    """Return the places of all jobs that wait for a device, by their numbers."""
    query = (
        sa.select(job.c.seq)
        .where(job.c.backend == backend_name, in_status(ApiJobStatus.QUEUED))
        .order_by(job.c.queued, job.c.seq)
    )
    return {seq: place for place, seq in enumerate(connection.scalars(query), start=1)}
