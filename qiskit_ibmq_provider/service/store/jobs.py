# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs in the database, as users see them."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.clauses import compiled
from qiskit_ibmq_provider.protocol.filters import Filter, Order
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.model import Job, JobDraft
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.filters import plan
from qiskit_ibmq_provider.service.store.insertion import (
    check_limit,
    count_unfinished,
    insert_job,
    insert_tags,
    wait_for_others,
)
from qiskit_ibmq_provider.service.store.patterns import TimedSearch, within
from qiskit_ibmq_provider.service.store.positions import with_positions
from qiskit_ibmq_provider.service.store.rows import (
    job_of,
    select_jobs,
    swap_row,
    tags_text,
    to_micros,
)
from qiskit_ibmq_provider.service.store.scan import can_scan, scan
from qiskit_ibmq_provider.service.store.schema import (
    idempotency_key,
    in_status,
    job,
    job_tag,
)

__all__ = ["SqlJobs"]

_MAX_OFFSET = 2**62
_MAX_SKIP = sys.maxsize // 2
_PAGE = 500
"""Rows that are read at once where each must be looked at."""
_IN = 500
"""Most values of one list in a statement."""
_BY_ID = select_jobs().where(job.c.id == sa.bindparam("job_id"))
"""Made once: it is asked a dozen times for each job, and making it takes longer than its answer."""


class SqlJobs:
    """Implements ``JobStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(
        self,
        draft: JobDraft,
        *,
        limit: int,
        key: Optional[IdempotencyKey] = None,
        change: Optional[Callable[[Job], Job]] = None,
    ) -> Job:
        """Keep a new job, in the status ``CREATING`` unless it is changed at once."""
        with self._database.write() as connection:
            return insert_job(connection, draft, limit=limit, key=key, change=change)

    def find(self, project_id: int, job_id: str) -> Optional[Job]:
        """Return a job of a project, with its place in the queue."""
        with self._database.read() as connection:
            found = _jobs(connection.execute(_BY_ID, {"job_id": job_id}))
            if not found or found[0].project.id != project_id:
                return None
            return with_positions(connection, found)[0]

    def find_key(self, project_id: int, key: str) -> Optional[Job]:
        """Return the job of a project that was made with an idempotency key, given by its digest."""
        keyed = sa.select(idempotency_key.c.job_seq).where(
            idempotency_key.c.project_id == project_id, idempotency_key.c.key == key
        )
        with self._database.read() as connection:
            found = _all(connection, job.c.seq == keyed.scalar_subquery())
            return with_positions(connection, found)[0] if found else None

    def get(self, job_id: str) -> Optional[Job]:
        """Return a job of any project, without its place in the queue."""
        with self._database.read() as connection:
            found = _jobs(connection.execute(_BY_ID, {"job_id": job_id}))
            return found[0] if found else None

    def select(self, project_id: int, query: Filter, *, limit: int, seconds: float = math.inf) -> list[Job]:
        """Return at most ``limit`` jobs of a project that meet a filter, in its order."""
        search = TimedSearch()
        planned = plan(query.where, search)
        condition = sa.and_(job.c.project_id == project_id, planned.condition)
        if planned.rest is None:
            statement = _ordered(condition, query.order).limit(limit).offset(min(query.skip, _MAX_OFFSET))
            with self._database.read() as connection:
                return with_positions(connection, _jobs(connection.execute(statement)))
        skip = min(query.skip, _MAX_SKIP)
        if can_scan(planned.rest):
            with self._database.read() as connection:
                order = _direction(query.order)
                scanned = scan(connection, condition, order, planned.rest, search, seconds)
                with contextlib.closing(scanned) as hits:
                    chosen = list(itertools.islice(hits, skip, skip + limit))
                return _numbered(connection, chosen)
        holds = compiled(planned.rest, search)
        candidates = within(seconds, self._walk(condition, query.order))
        found = (each for each in candidates if holds(each.to_record().to_json()))
        return list(itertools.islice(found, skip, skip + limit))

    def swap(self, old: Job, new: Job, *, limit: int = -1) -> bool:
        """Write the lifecycle of ``new`` if status and attempt are still those of ``old``."""
        with self._database.write() as connection:
            if limit >= 0:
                wait_for_others(connection, old.project.id)
            swapped = swap_row(connection, old, new)
            if swapped:
                # Afterwards: one that somebody else has queued meanwhile is not one too many.
                check_limit(connection, old.project.id, old.backend_name, limit, new=1)
            return swapped

    def set_name(self, project_id: int, job_id: str, name: str) -> bool:
        """Rename a job; return whether there is one."""
        statement = sa.update(job).where(job.c.id == job_id, job.c.project_id == project_id).values(name=name)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def set_tags(self, project_id: int, job_id: str, tags: Sequence[str]) -> bool:
        """Replace the tags of a job; return whether there is one."""
        this = sa.and_(job.c.id == job_id, job.c.project_id == project_id)
        with self._database.write() as connection:
            changed = connection.execute(
                sa.update(job).where(this).values(tags=tags_text(tuple(tags))).returning(job.c.seq)
            ).scalar()
            if changed is None:
                return False
            connection.execute(sa.delete(job_tag).where(job_tag.c.seq == changed))
            insert_tags(connection, int(changed), tags)
            return True

    def delete(self, job_: Job) -> bool:
        """Forget a job if its status is still this one; its tags and keys go with it."""
        statement = sa.delete(job).where(job.c.seq == job_.seq, job.c.status == job_.status.value)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def count_unfinished(self, project_id: int, backend_name: str) -> int:
        """Return how many jobs of a project on a device wait or run."""
        with self._database.read() as connection:
            return count_unfinished(connection, project_id, backend_name)

    def stale_drafts(self, before: datetime.datetime, limit: int) -> list[Job]:
        """Return jobs created before an instant that still wait for their payload, the oldest first."""
        statement = (
            select_jobs()
            .where(in_status(ApiJobStatus.CREATING), job.c.created < to_micros(before))
            .order_by(job.c.created)
            .limit(limit)
        )
        with self._database.read() as connection:
            return _jobs(connection.execute(statement))

    def existing(self, job_ids: Iterable[str], *, places: bool = False) -> Mapping[str, Job]:
        """Return those of these jobs that exist, by id; if wanted with their places in the queue."""
        ids = list(job_ids)
        found: list[Job] = []
        with self._database.read() as connection:
            for start in range(0, len(ids), _IN):
                found += _all(connection, job.c.id.in_(ids[start : start + _IN]))
            if places:
                found = with_positions(connection, found)
        return {each.id: each for each in found}

    def delete_keys(self, before: datetime.datetime) -> int:
        """Forget idempotency keys first used before an instant; return how many there were."""
        statement = sa.delete(idempotency_key).where(idempotency_key.c.created < to_micros(before))
        with self._database.write() as connection:
            return connection.execute(statement).rowcount

    def _walk(self, condition: sa.ColumnElement[bool], order: Order) -> Iterable[Job]:
        """Yield the jobs that meet a condition, page by page; each page goes on after the last one's last date."""
        newest_first = order is Order.NEWEST_FIRST
        cursor: Optional[int] = None
        while True:
            page = condition
            if cursor is not None:
                page = sa.and_(page, job.c.created < cursor if newest_first else job.c.created > cursor)
            with self._database.read() as connection:
                jobs = with_positions(
                    connection, _jobs(connection.execute(_ordered(page, order).limit(_PAGE)))
                )
            yield from jobs
            if len(jobs) < _PAGE:
                return
            cursor = to_micros(jobs[-1].created)


def _direction(order: Order) -> sa.UnaryExpression[Any]:
    """Return by what jobs are ordered."""
    return job.c.created.desc() if order is Order.NEWEST_FIRST else job.c.created.asc()


def _ordered(condition: sa.ColumnElement[bool], order: Order) -> sa.Select[Any]:
    """Return the query for jobs that meet a condition, in order of their creation dates."""
    return select_jobs().where(condition).order_by(_direction(order))


def _numbered(connection: sa.Connection, numbers: Sequence[int]) -> list[Job]:
    """Return the jobs with these numbers in the same order, those in a queue with their places."""
    found: dict[int, Job] = {}
    for start in range(0, len(numbers), _IN):
        for each in _all(connection, job.c.seq.in_(numbers[start : start + _IN])):
            found[each.seq] = each
    return with_positions(connection, [found[number] for number in numbers if number in found])


def _jobs(rows: sa.CursorResult[Any]) -> list[Job]:
    """Return the jobs of a result."""
    return [job_of(row) for row in rows.all()]


def _all(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Job]:
    """Return all jobs that meet a condition."""
    return _jobs(connection.execute(select_jobs().where(condition)))
