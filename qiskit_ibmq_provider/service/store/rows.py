# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Rows of the job table and the jobs that they hold. Which column keeps which attribute stands in :mod:`schema`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from qiskit_ibmq_provider.service.domain.model import Job, Project
from qiskit_ibmq_provider.service.store.schema import job, job_lifecycle, project

__all__ = ["count_jobs", "insert_row", "jobs_of", "select_jobs", "swap_row"]

_LIFECYCLE: Final = tuple(column.key for column in job_lifecycle)
_OTHERS: Final = frozenset({"seq", "project_id", "active"})
"""Columns that keep no attribute of their own."""
_NEW: Final = tuple(column.key for column in job.c if column.key not in _OTHERS)
_READ: Final = ("seq", *_NEW)
_PROJECT: Final = (project.c.id, project.c.hub, project.c.group, project.c.project)


def select_jobs() -> sa.Select[Any]:
    """Return the query for jobs together with the names of their projects; conditions are the caller's."""
    return sa.select(*_PROJECT, *(job.c[name] for name in _READ)).join_from(job, project)


def jobs_of(rows: Iterable[Sequence[Any]]) -> list[Job]:
    """Return the jobs that rows of ``select_jobs`` hold."""
    count = len(_PROJECT)
    return [Job(project=Project(*row[:count]), **dict(zip(_READ, row[count:]))) for row in rows]


def count_jobs(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    """Count the jobs that meet some conditions."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(job).where(*conditions)) or 0)


def insert_row(connection: sa.Connection, new: Job) -> int:
    """Write a new job within a transaction and return its number."""
    values = {name: getattr(new, name) for name in _NEW}
    values.update(project_id=new.project.id, active=int(not new.is_final))
    return int(connection.execute(sa.insert(job).values(values).returning(job.c.seq)).scalar_one())


def swap_row(connection: sa.Connection, old: Job, new: Job) -> bool:
    """Write the lifecycle of a job within a transaction, if status and attempt are still the old ones."""
    values = {name: getattr(new, name) for name in _LIFECYCLE}
    statement = (
        sa.update(job)
        .where(job.c.seq == old.seq, job.c.status == old.status, job.c.attempt == old.attempt)
        .values(active=int(not new.is_final), **values)
    )
    return connection.execute(statement).rowcount == 1
