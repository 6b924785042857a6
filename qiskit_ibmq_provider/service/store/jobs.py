# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs in the database, as users see them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.clauses import match
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter, Order
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.errors import Conflict, LimitReached
from qiskit_ibmq_provider.service.domain.model import Job, JobDraft
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.filters import plan
from qiskit_ibmq_provider.service.store.patterns import TimedSearch
from qiskit_ibmq_provider.service.store.positions import with_positions
from qiskit_ibmq_provider.service.store.rows import (
    from_micros,
    job_of,
    lifecycle_values,
    new_values,
    select_jobs,
    tags_text,
    to_micros,
)
from qiskit_ibmq_provider.service.store.schema import (
    idempotency_key,
    in_status,
    is_unfinished,
    job,
    job_tag,
    project,
)

__all__ = ["SqlJobs", "swap_row"]

_MAX_OFFSET = 2**62
_PAGE = 500
"""Rows that are read at once where each must be looked at."""
_GAP = 1000
"""How many microseconds are looked at when a creation date is taken."""
_IN = 500
"""Most values of one list in a statement."""


class SqlJobs:
    """Implements ``JobStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, draft: JobDraft, *, limit: int, key: Optional[IdempotencyKey] = None) -> Job:
        """Keep a new job in the status ``CREATING``."""
        with self._database.write() as connection:
            # Whoever creates a job in this project waits here for the others, so that counting, the search for
            # a free instant and the key are safe. SQLite has one writer at a time anyway.
            connection.execute(
                sa.select(project.c.id).where(project.c.id == draft.project.id).with_for_update()
            )
            known = None if key is None else _repeated(connection, draft.project.id, key)
            if known is not None:
                return known
            _check_limit(connection, draft, limit)
            created = _free_instant(connection, draft.project.id, to_micros(draft.created))
            steps = {ApiJobStatus.CREATING.value: format_utc(from_micros(created))}
            inserted = connection.execute(
                sa.insert(job).values(new_values(draft, created, steps)).returning(job.c.seq)
            )
            seq = int(inserted.scalar_one())
            _insert_tags(connection, seq, draft.tags)
            if key is not None:
                connection.execute(
                    sa.insert(idempotency_key).values(
                        project_id=draft.project.id,
                        key=key.key,
                        digest=key.digest,
                        job_seq=seq,
                        created=created,
                    )
                )
            return _one(connection, job.c.seq == seq)

    def find(self, project_id: int, job_id: str) -> Optional[Job]:
        """Return a job of a project, with its place in the queue."""
        with self._database.read() as connection:
            found = _all(connection, sa.and_(job.c.id == job_id, job.c.project_id == project_id))
            return with_positions(connection, found)[0] if found else None

    def get(self, job_id: str) -> Optional[Job]:
        """Return a job of any project, without its place in the queue."""
        with self._database.read() as connection:
            found = _all(connection, job.c.id == job_id)
            return found[0] if found else None

    def select(self, project_id: int, query: Filter, *, limit: int) -> list[Job]:
        """Return at most ``limit`` jobs of a project that meet a filter, in its order."""
        search = TimedSearch()
        planned = plan(query.where, search)
        condition = sa.and_(job.c.project_id == project_id, planned.condition)
        if planned.rest is None:
            statement = _ordered(condition, query.order).limit(limit).offset(min(query.skip, _MAX_OFFSET))
            with self._database.read() as connection:
                return with_positions(connection, _jobs(connection.execute(statement)))
        found: list[Job] = []
        skip = query.skip
        for candidate in self._walk(condition, query.order):
            if not match(planned.rest, candidate.to_record().to_json(), search):
                continue
            if skip > 0:
                skip -= 1
                continue
            found.append(candidate)
            if len(found) >= limit:
                break
        return found

    def swap(self, old: Job, new: Job) -> bool:
        """Write the lifecycle of ``new`` if status and attempt are still those of ``old``."""
        with self._database.write() as connection:
            return swap_row(connection, old, new)

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
            _insert_tags(connection, int(changed), tags)
            return True

    def delete(self, job_: Job) -> bool:
        """Forget a job if its status is still this one; its tags and keys go with it."""
        statement = sa.delete(job).where(job.c.seq == job_.seq, job.c.status == job_.status.value)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def count_unfinished(self, project_id: int, backend_name: str) -> int:
        """Return how many jobs of a project on a device are not over."""
        with self._database.read() as connection:
            return _count_unfinished(connection, project_id, backend_name)

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

    def existing(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Return those of these jobs that exist, by id."""
        ids = list(job_ids)
        found: dict[str, Job] = {}
        with self._database.read() as connection:
            for start in range(0, len(ids), _IN):
                for each in _all(connection, job.c.id.in_(ids[start : start + _IN])):
                    found[each.id] = each
        return found

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


def swap_row(connection: sa.Connection, old: Job, new: Job) -> bool:
    """Write the lifecycle of a job within a transaction, if status and attempt are still the old ones."""
    statement = (
        sa.update(job)
        .where(job.c.seq == old.seq, job.c.status == old.status.value, job.c.attempt == old.attempt)
        .values(lifecycle_values(new))
    )
    return connection.execute(statement).rowcount == 1


def _ordered(condition: sa.ColumnElement[bool], order: Order) -> sa.Select[Any]:
    """Return the query for jobs that meet a condition, in order of their creation dates."""
    created = job.c.created.desc() if order is Order.NEWEST_FIRST else job.c.created.asc()
    return select_jobs().where(condition).order_by(created)


def _jobs(rows: sa.CursorResult[Any]) -> list[Job]:
    """Return the jobs of a result."""
    return [job_of(row) for row in rows.mappings()]


def _all(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Job]:
    """Return all jobs that meet a condition."""
    return _jobs(connection.execute(select_jobs().where(condition)))


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Job:
    """Return the one job that meets a condition."""
    return job_of(connection.execute(select_jobs().where(condition)).mappings().one())


def _repeated(connection: sa.Connection, project_id: int, key: IdempotencyKey) -> Optional[Job]:
    """Return the job that was made for a key before, if any."""
    row = connection.execute(
        sa.select(idempotency_key.c.digest, idempotency_key.c.job_seq).where(
            idempotency_key.c.project_id == project_id, idempotency_key.c.key == key.key
        )
    ).first()
    if row is None:
        return None
    if row.digest != key.digest:
        raise Conflict(
            "This idempotency key was used before for another job. Use a new key for each job.",
            ErrorCode.IDEMPOTENCY_MISMATCH,
        )
    return _one(connection, job.c.seq == row.job_seq)


def _check_limit(connection: sa.Connection, draft: JobDraft, limit: int) -> None:
    """Refuse one job too many."""
    if limit < 0:
        return
    count = _count_unfinished(connection, draft.project.id, draft.backend_name)
    if count >= limit:
        raise LimitReached(
            f"Reached maximum number of concurrent jobs: {count} of {limit} on {draft.backend_name}. "
            "Wait until one has ended, or cancel one.",
            ErrorCode.JOB_LIMIT,
        )


def _count_unfinished(connection: sa.Connection, project_id: int, backend_name: str) -> int:
    """Count the jobs of a project on a device that are not over."""
    query = (
        sa.select(sa.func.count())
        .select_from(job)
        .where(job.c.project_id == project_id, job.c.backend == backend_name, is_unfinished())
    )
    return int(connection.scalar(query) or 0)


def _free_instant(connection: sa.Connection, project_id: int, wanted: int) -> int:
    """Return the first instant from the wanted one on at which no job of the project was created."""
    while True:
        taken = set(
            connection.scalars(
                sa.select(job.c.created).where(
                    job.c.project_id == project_id,
                    job.c.created >= wanted,
                    job.c.created < wanted + _GAP,
                )
            )
        )
        for instant in range(wanted, wanted + _GAP):
            if instant not in taken:
                return instant
        wanted += _GAP


def _insert_tags(connection: sa.Connection, seq: int, tags: Sequence[str]) -> None:
    """Make a job findable by its tags."""
    rows = [{"seq": seq, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(sa.insert(job_tag), rows)
