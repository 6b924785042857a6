# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What belongs to the creation of a job: its key, the limit of unfinished jobs, a creation date of its own, its tags."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.errors import Conflict, LimitReached
from qiskit_ibmq_provider.service.domain.model import Job, JobDraft
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey
from qiskit_ibmq_provider.service.store.rows import (
    job_of,
    new_job,
    new_values,
    select_jobs,
    to_micros,
)
from qiskit_ibmq_provider.service.store.schema import (
    idempotency_key,
    is_unfinished,
    job,
    job_tag,
    project,
)

__all__ = ["check_limit", "count_unfinished", "insert_job", "insert_tags", "wait_for_others"]

_GAP: Final = 1000
"""How many microseconds are looked at when a creation date is taken."""


def insert_job(
    connection: sa.Connection,
    draft: JobDraft,
    *,
    limit: int,
    key: Optional[IdempotencyKey],
    change: Optional[Callable[[Job], Job]],
) -> Job:
    """Keep a new job within a transaction; see ``JobStore.insert``."""
    wait_for_others(connection, draft.project.id)
    known = None if key is None else _repeated(connection, draft.project.id, key)
    if known is not None:
        return known
    check_limit(connection, draft.project.id, draft.backend_name, limit)
    created = _free_instant(connection, draft.project.id, to_micros(draft.created))
    new = new_job(draft, created)
    if change is not None:
        new = change(new)
    inserted = connection.execute(sa.insert(job).values(new_values(new)).returning(job.c.seq))
    seq = int(inserted.scalar_one())
    insert_tags(connection, seq, draft.tags)
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
    return dataclasses.replace(new, seq=seq)


def wait_for_others(connection: sa.Connection, project_id: int) -> None:
    """Let whoever creates or queues a job in this project wait here for the others.

    For the rest of the transaction, counting, the search for a free instant and the key are safe. SQLite has one writer at a time anyway.
    """
    connection.execute(sa.select(project.c.id).where(project.c.id == project_id).with_for_update())


def check_limit(
    connection: sa.Connection, project_id: int, backend_name: str, limit: int, *, new: int = 0
) -> None:
    """Refuse one job too many.

    Args:
        connection: the transaction.
        project_id: the project.
        backend_name: the device.
        limit: how many unfinished jobs the project may have there; -1 for any number.
        new: how many of those that are counted are the one that is judged.

    Raises:
        LimitReached: if the others are as many as there may be.
    """
    if limit < 0:
        return
    count = count_unfinished(connection, project_id, backend_name) - new
    if count >= limit:
        raise LimitReached(
            f"Reached maximum number of concurrent jobs: {count} of {limit} on {backend_name}. "
            "Wait until one has ended, or cancel one.",
            ErrorCode.JOB_LIMIT,
        )


def count_unfinished(connection: sa.Connection, project_id: int, backend_name: str) -> int:
    """Count the jobs of a project on a device that wait or run.

    Those without a payload do not count: where a client is cut off, nobody knows of the job that it has begun.
    """
    query = (
        sa.select(sa.func.count())
        .select_from(job)
        .where(
            job.c.project_id == project_id,
            job.c.backend == backend_name,
            is_unfinished(),
            job.c.status != ApiJobStatus.CREATING.value,
        )
    )
    return int(connection.scalar(query) or 0)


def insert_tags(connection: sa.Connection, seq: int, tags: Sequence[str]) -> None:
    """Make a job findable by its tags."""
    rows = [{"seq": seq, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(sa.insert(job_tag), rows)


def _one(connection: sa.Connection, seq: int) -> Job:
    """Return a job that is there."""
    return job_of(connection.execute(select_jobs().where(job.c.seq == seq)).one())


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
    return _one(connection, row.job_seq)


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
