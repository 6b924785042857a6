# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Rows of the job table and the jobs that they hold."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from typing import Any, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus, is_final
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.model import Job, JobDraft, Project
from qiskit_ibmq_provider.service.store.schema import job, project

__all__ = [
    "from_micros",
    "job_of",
    "lifecycle_values",
    "new_job",
    "new_values",
    "select_jobs",
    "swap_row",
    "tags_text",
    "to_micros",
]

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_KEPT: Final = 1024
_JOB_COLUMNS: Final = tuple(
    job.c[name]
    for name in (
        "seq id project_id user_id backend status created ended queued name tags experiment_tag share_level live_data "
        "client_info run_mode steps error summary payload_size result_ref result_size attempt owner lease_until "
        "losses takeovers"
    ).split()
)
"""In the order in which ``job_of`` takes them."""


def to_micros(instant: datetime.datetime) -> int:
    """Return an aware instant as microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime.datetime:
    """Return the instant of so many microseconds since 1970, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def select_jobs() -> sa.Select[Any]:
    """Return the query for jobs together with the names of their projects; conditions are the caller's."""
    return sa.select(
        *_JOB_COLUMNS, project.c.hub, project.c.grp, project.c.name.label("project_name")
    ).join_from(job, project, job.c.project_id == project.c.id)


def job_of(row: Sequence[Any]) -> Job:
    """Return the job that a row of ``select_jobs`` holds.

    By position: a page has a thousand of them, and looking up thirty names in each takes longer than the database.
    """
    (seq, job_id, project_id, user_id, backend, status, created, ended, queued, name, tags, experiment_tag, share_level,
     live_data, client_info, run_mode, steps, error, summary, payload_size, result_ref, result_size, attempt, owner,
     lease_until, losses, takeovers, hub, group, project_name) = row  # fmt: skip
    return Job(
        seq=seq,
        id=job_id,
        project=Project(project_id, hub, group, project_name),
        user_id=user_id,
        backend_name=backend,
        status=ApiJobStatus(status),
        created=from_micros(created),
        name=name,
        tags=_tags_of(tags),
        experiment_tag=experiment_tag,
        share_level=share_level,
        live_data_enabled=None if live_data is None else bool(live_data),
        client_info=codec.loads(client_info),
        run_mode=run_mode,
        time_per_step=codec.loads(steps),
        error=None if error is None else JobError.from_json(codec.loads(error)),
        summary=None if summary is None else codec.loads(summary),
        ended=None if ended is None else from_micros(ended),
        queued=None if queued is None else from_micros(queued),
        payload_size=payload_size,
        result_ref=result_ref,
        result_size=result_size,
        attempt=attempt,
        owner=owner,
        lease_until=None if lease_until is None else from_micros(lease_until),
        losses=losses,
        takeovers=takeovers,
    )


def new_job(draft: JobDraft, created: int) -> Job:
    """Return the job that a draft becomes, as it would be read back, but for its number.

    Args:
        draft: the job.
        created: its creation date in microseconds, unique in its project.
    """
    instant = from_micros(created)
    return Job(
        seq=0,
        id=draft.id,
        project=Project(draft.project.id, draft.project.hub, draft.project.group, draft.project.project),
        user_id=draft.user_id,
        backend_name=draft.backend_name,
        status=ApiJobStatus.CREATING,
        created=instant,
        name=draft.name,
        tags=tuple(draft.tags),
        experiment_tag=draft.experiment_tag,
        share_level=draft.share_level,
        live_data_enabled=draft.live_data_enabled,
        client_info=dict(draft.client_info),
        time_per_step={ApiJobStatus.CREATING.value: format_utc(instant)},
    )


def new_values(new: Job) -> dict[str, Any]:
    """Return the columns of a new job."""
    return {
        "id": new.id,
        "project_id": new.project.id,
        "user_id": new.user_id,
        "backend": new.backend_name,
        "created": to_micros(new.created),
        "name": new.name,
        "tags": tags_text(new.tags),
        "experiment_tag": new.experiment_tag,
        "share_level": new.share_level,
        "live_data": None if new.live_data_enabled is None else int(new.live_data_enabled),
        "client_info": _dump(dict(new.client_info)),
        "run_mode": new.run_mode,
        **lifecycle_values(new),
    }


def lifecycle_values(changed: Job) -> dict[str, Any]:
    """Return the columns that a transition may change: everything but identity, names and tags."""
    return {
        "status": changed.status.value,
        "active": int(not is_final(changed.status)),
        "steps": _dump(dict(changed.time_per_step)),
        "error": None if changed.error is None else _dump(changed.error.to_json()),
        "summary": None if changed.summary is None else _dump(dict(changed.summary)),
        "ended": _micros(changed.ended),
        "queued": _micros(changed.queued),
        "payload_size": changed.payload_size,
        "result_ref": changed.result_ref,
        "result_size": changed.result_size,
        "attempt": changed.attempt,
        "owner": changed.owner,
        "lease_until": _micros(changed.lease_until),
        "losses": changed.losses,
        "takeovers": changed.takeovers,
    }


def swap_row(connection: sa.Connection, old: Job, new: Job) -> bool:
    """Write the lifecycle of a job within a transaction, if status and attempt are still the old ones."""
    statement = (
        sa.update(job)
        .where(job.c.seq == old.seq, job.c.status == old.status.value, job.c.attempt == old.attempt)
        .values(lifecycle_values(new))
    )
    return connection.execute(statement).rowcount == 1


def tags_text(tags: tuple[str, ...]) -> str:
    """Return tags as they stand in their column: in order, with repetitions."""
    return _dump(list(tags))


def _dump(value: Any) -> str:
    """Return a JSON document as text."""
    return codec.dumps(value).decode()


@functools.lru_cache(maxsize=_KEPT)
def _tags_of(text: str) -> tuple[str, ...]:
    """Return the tags that a column holds; many jobs have the same."""
    return tuple(codec.loads(text))


def _micros(instant: Optional[datetime.datetime]) -> Optional[int]:
    """Return an optional instant as microseconds."""
    return None if instant is None else to_micros(instant)
