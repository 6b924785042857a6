# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Whose turn it is: the order in which waiting jobs of several projects are taken.

The next job is the oldest one of the project that has the fewest jobs running; among equals, of the one that was
served longest ago. So a project with one job does not wait for the thousand of another one, also where there is
only one worker and nothing else is running when it becomes free.

If nothing ends meanwhile, a project's k-th waiting job (k from 0) is taken when ``running + k`` of its jobs run.
Among the projects that then have equally many, those that have just come to this number by being served stand
behind those that had it from the beginning. That gives every waiting job a key, and the order is that of the keys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.store.schema import in_status, job, project

__all__ = ["Key", "Standing", "mark_served", "only_waiting", "projects_waiting", "standings"]

Key = tuple[int, int, int, int, int]

# Two questions in one statement: each is then answered by one step through the index.
_ENDS: Final = sa.select(
    *(
        sa.select(end(job.c.project_id)).where(in_status(ApiJobStatus.QUEUED)).scalar_subquery()
        for end in (sa.func.min, sa.func.max)
    )
)


@dataclasses.dataclass(frozen=True)
class Standing:
    """Where a project with waiting jobs stands."""

    project_id: int
    running: int
    """How many of its jobs run."""
    served: int
    """When one of its jobs was last taken, counted in takings of all projects; 0 for never."""
    since: int
    """When its oldest waiting job was queued, in microseconds."""

    def key(self, ahead: int) -> Key:
        """Return the key of its waiting job that has so many of the project's own ahead of it."""
        return (self.running + ahead, -self.running, self.served, self.since, self.project_id)

    def before(self, key: Key) -> int:
        """Return how many of its waiting jobs, if it had any number of them, come before the one with this key."""
        level, *rest = key
        comes_first = list(self.key(0)[1:]) < rest
        return max(0, level - self.running + int(comes_first))


def standings(connection: sa.Connection) -> list[Standing]:
    """Return where the projects stand that have waiting jobs."""
    ids = list(projects_waiting(connection))
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
        Standing(row.id, running.get(row.id, 0), row.served, _oldest(connection, row.id))
        for row in connection.execute(served)
    ]


def only_waiting(connection: sa.Connection) -> Optional[int]:
    """Return the project that has queued jobs if it is the only one, else ``None``.

    One question, which is enough in most services at most times.
    """
    least, most = connection.execute(_ENDS).one()
    return None if least is None or least != most else int(least)


def projects_waiting(connection: sa.Connection) -> Iterable[int]:
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


def mark_served(connection: sa.Connection, project_ids: Iterable[int]) -> None:
    """Note that jobs of these projects were taken, in this order; of one that occurs twice the last one counts."""
    count = int(connection.scalar(sa.select(sa.func.max(project.c.served))) or 0)
    turns = {project_id: count + turn for turn, project_id in enumerate(project_ids, start=1)}
    for project_id, turn in turns.items():
        connection.execute(sa.update(project).where(project.c.id == project_id).values(served=turn))


def _oldest(connection: sa.Connection, project_id: int) -> int:
    """Return when the oldest waiting job of a project was queued."""
    query = sa.select(sa.func.min(job.c.queued)).where(
        job.c.project_id == project_id, in_status(ApiJobStatus.QUEUED)
    )
    return int(connection.scalar(query) or 0)
