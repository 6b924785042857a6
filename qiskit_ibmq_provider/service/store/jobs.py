# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs in the database, as users see them."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.errors import Conflict, LimitReached
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey, JobStore
from qiskit_ibmq_provider.service.store.database import Database
from qiskit_ibmq_provider.service.store.listing import listed_jobs
from qiskit_ibmq_provider.service.store.queue import with_positions
from qiskit_ibmq_provider.service.store.rows import count_jobs, insert_row, jobs_of, select_jobs, swap_row
from qiskit_ibmq_provider.service.store.schema import (
    idempotency_key,
    in_status,
    is_unfinished,
    job,
    job_tag,
    project,
)

__all__ = ["SqlJobs"]

_GAP: Final = 1000
"""How many microseconds are looked at when a creation date is taken."""
_IN: Final = 500
"""Most values of one list in a statement."""
_BY_ID: Final = select_jobs().where(job.c.id == sa.bindparam("job_id"))
"""Made once: it is asked a dozen times for each job, and making it takes longer than its answer."""


class SqlJobs(JobStore):
    """The jobs of a :class:`SqlStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(
        self,
        draft: Job,
        *,
        limit: int,
        key: Optional[IdempotencyKey] = None,
        change: Optional[Callable[[Job], Job]] = None,
    ) -> Job:
        with self._database.write() as connection:
            _wait_for_others(connection, draft.project.id)
            known = None if key is None else _repeated(connection, draft.project.id, key)
            if known is not None:
                return known
            _check_limit(connection, draft, limit)
            new = _dated(connection, draft)
            new = new if change is None else change(new)
            seq = insert_row(connection, new)
            _insert_tags(connection, seq, new.tags)
            if key is not None:
                values = {"project_id": new.project.id, "key": key.key, "digest": key.digest, "job_seq": seq}
                connection.execute(sa.insert(idempotency_key).values(created=new.created, **values))
            return new.replaced(seq=seq)

    def find(self, project_id: int, job_id: str) -> Optional[Job]:
        with self._database.read() as connection:
            found = jobs_of(connection.execute(_BY_ID, {"job_id": job_id}))
            if not found or found[0].project.id != project_id:
                return None
            return with_positions(connection, found)[0]

    def find_key(self, project_id: int, key: str) -> Optional[Job]:
        keyed = sa.select(idempotency_key.c.job_seq).where(
            idempotency_key.c.project_id == project_id, idempotency_key.c.key == key
        )
        with self._database.read() as connection:
            found = _all(connection, job.c.seq == keyed.scalar_subquery())
            return with_positions(connection, found)[0] if found else None

    def get(self, job_id: str) -> Optional[Job]:
        with self._database.read() as connection:
            found = jobs_of(connection.execute(_BY_ID, {"job_id": job_id}))
            return found[0] if found else None

    def select(self, project_id: int, query: Filter, *, limit: int, seconds: float = math.inf) -> list[Job]:
        with self._database.read() as connection:
            found = listed_jobs(connection, project_id, query, limit=limit, seconds=seconds)
            return with_positions(connection, found)

    def swap(self, old: Job, new: Job, *, limit: int = -1) -> bool:
        with self._database.write() as connection:
            if limit >= 0:
                _wait_for_others(connection, old.project.id)
            swapped = swap_row(connection, old, new)
            if swapped:
                # Afterwards: one that somebody else has queued meanwhile is not one too many.
                _check_limit(connection, old, limit, counted=1)
            return swapped

    def set_name(self, project_id: int, job_id: str, name: str) -> bool:
        statement = sa.update(job).where(job.c.id == job_id, job.c.project_id == project_id).values(name=name)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def set_tags(self, project_id: int, job_id: str, tags: Sequence[str]) -> bool:
        this = sa.and_(job.c.id == job_id, job.c.project_id == project_id)
        with self._database.write() as connection:
            changed = connection.scalar(sa.update(job).where(this).values(tags=tags).returning(job.c.seq))
            if changed is None:
                return False
            connection.execute(sa.delete(job_tag).where(job_tag.c.seq == changed))
            _insert_tags(connection, int(changed), tags)
            return True

    def delete(self, job_: Job) -> bool:
        # Its tags and keys go with it.
        statement = sa.delete(job).where(job.c.seq == job_.seq, job.c.status == job_.status)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def count_unfinished(self, project_id: int, backend_name: str) -> int:
        with self._database.read() as connection:
            return _count_unfinished(connection, project_id, backend_name)

    def stale_drafts(self, before: datetime.datetime, limit: int) -> list[Job]:
        statement = (
            select_jobs()
            .where(in_status(ApiJobStatus.CREATING), job.c.created < before)
            .order_by(job.c.created)
            .limit(limit)
        )
        with self._database.read() as connection:
            return jobs_of(connection.execute(statement))

    def existing(self, job_ids: Iterable[str], *, places: bool = False) -> Mapping[str, Job]:
        ids = list(job_ids)
        found: list[Job] = []
        with self._database.read() as connection:
            for start in range(0, len(ids), _IN):
                found += _all(connection, job.c.id.in_(ids[start : start + _IN]))
            if places:
                found = with_positions(connection, found)
        return {each.id: each for each in found}

    def delete_keys(self, before: datetime.datetime) -> int:
        statement = sa.delete(idempotency_key).where(idempotency_key.c.created < before)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount


def _all(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Job]:
    return jobs_of(connection.execute(select_jobs().where(condition)))


def _dated(connection: sa.Connection, draft: Job) -> Job:
    """Return a new job as it would be read back, but for its number, with a creation date of its own."""
    created = _free_instant(connection, draft.project.id, draft.created)
    return draft.replaced(
        project=dataclasses.replace(draft.project, is_default=False),
        created=created,
        time_per_step={draft.status.value: format_utc(created)},
    )


def _wait_for_others(connection: sa.Connection, project_id: int) -> None:
    """Let whoever creates or queues a job in this project wait here for the others.

    For the rest of the transaction, counting, the search for a free instant and the key are safe. SQLite has one writer at a time anyway.
    """
    connection.execute(sa.select(project.c.id).where(project.c.id == project_id).with_for_update())


def _check_limit(connection: sa.Connection, one: Job, limit: int, *, counted: int = 0) -> None:
    """Refuse one job too many.

    Args:
        connection: the transaction.
        one: the job that is judged.
        limit: how many unfinished jobs its project may have on its device; -1 for any number.
        counted: 1 if it is already among those that are counted.

    Raises:
        LimitReached: if the others are as many as there may be.
    """
    if limit < 0:
        return
    count = _count_unfinished(connection, one.project.id, one.backend_name) - counted
    if count >= limit:
        raise LimitReached(
            f"Reached maximum number of concurrent jobs: {count} of {limit} on {one.backend_name}. "
            "Wait until one has ended, or cancel one.",
            ErrorCode.JOB_LIMIT,
        )


def _count_unfinished(connection: sa.Connection, project_id: int, backend_name: str) -> int:
    """Count the jobs of a project on a device that wait or run.

    Those without a payload do not count: where a client is cut off, nobody knows of the job that it has begun.
    """
    return count_jobs(
        connection,
        job.c.project_id == project_id,
        job.c.backend_name == backend_name,
        is_unfinished(),
        job.c.status != ApiJobStatus.CREATING,
    )


def _insert_tags(connection: sa.Connection, seq: int, tags: Sequence[str]) -> None:
    """Make a job findable by its tags."""
    rows = [{"seq": seq, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(sa.insert(job_tag), rows)


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
    return _all(connection, job.c.seq == row.job_seq)[0]


def _free_instant(connection: sa.Connection, project_id: int, wanted: datetime.datetime) -> datetime.datetime:
    """Return the first instant from the wanted one on at which no job of the project was created."""
    microsecond = datetime.timedelta(microseconds=1)
    while True:
        ends = wanted + _GAP * microsecond
        query = sa.select(job.c.created).where(
            job.c.project_id == project_id, job.c.created >= wanted, job.c.created < ends
        )
        taken = set(connection.scalars(query))
        while wanted < ends:
            if wanted not in taken:
                return wanted
            wanted += microsecond
