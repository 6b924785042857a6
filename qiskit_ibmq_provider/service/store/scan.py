# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Looking through many rows for those that meet a clause of which SQL knows nothing.

Only the columns that the clause asks about are read, and only what it asks about is put into the wire form: a
hundred thousand whole jobs take seconds to make, and all but a few of them are thrown away.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Generator, Mapping
from typing import Any, Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.clauses import Clause, Compare, Search, compiled
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobKind
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.model import Project
from qiskit_ibmq_provider.service.store.patterns import within
from qiskit_ibmq_provider.service.store.rows import from_micros
from qiskit_ibmq_provider.service.store.schema import job, project

__all__ = ["can_scan", "scan"]

_BATCH: Final = 1000
"""Rows that the database hands over at once."""
_KEPT: Final = 4096
"""Documents of columns that are kept decoded: many jobs have the same."""


@dataclasses.dataclass(frozen=True)
class _Field:
    """A key of a job's wire form: the columns that it is made of, and how. ``None`` is the same as no such key."""

    columns: tuple[sa.ColumnElement[Any], ...]
    make: Callable[..., Any]


@functools.lru_cache(maxsize=_KEPT)
def _decoded(text: Optional[str]) -> Any:
    """Return what a column holds as JSON; nobody changes it."""
    return None if text is None else codec.loads(text)


def _same(value: Any) -> Any:
    return value


def _error(text: Optional[str]) -> Any:
    return None if text is None else JobError.from_json(codec.loads(text)).to_json()


def _instant(micros: Optional[int]) -> Optional[str]:
    return None if micros is None else format_utc(from_micros(micros))


_FIELDS: Final[Mapping[str, _Field]] = {
    "id": _Field((job.c.id,), _same),
    "kind": _Field((), lambda: ApiJobKind.QOBJECT_STORAGE.value),
    "status": _Field((job.c.status,), _same),
    "creationDate": _Field((job.c.created,), _instant),
    "endDate": _Field((job.c.ended,), _instant),
    "backend": _Field((job.c.backend,), lambda name: {"name": name}),
    "name": _Field((job.c.name,), _same),
    "tags": _Field((job.c.tags,), _decoded),
    "timePerStep": _Field((job.c.steps,), _decoded),
    "error": _Field((job.c.error,), _error),
    "runMode": _Field((job.c.run_mode,), _same),
    "clientInfo": _Field((job.c.client_info,), _decoded),
    "experimentTag": _Field((job.c.experiment_tag,), _same),
    "shareLevel": _Field((job.c.share_level,), _same),
    "liveDataEnabled": _Field((job.c.live_data,), lambda value: None if value is None else bool(value)),
    "hubInfo": _Field(
        (project.c.hub, project.c.grp, project.c.name), lambda *names: Project(0, *names).to_hub_info()
    ),
    "userId": _Field((job.c.user_id,), _same),
    "summaryData": _Field((job.c.summary,), _decoded),
}
_COUNTED: Final = "infoQueue"
"""The one key that is no matter of a row alone: places in a queue are counted."""


def can_scan(clause: Clause) -> bool:
    """Tell whether a clause can be decided by rows alone."""
    return _COUNTED not in _keys(clause)


def scan(
    connection: sa.Connection,
    condition: sa.ColumnElement[bool],
    order: sa.UnaryExpression[Any],
    clause: Clause,
    search: Search,
    seconds: float,
) -> Generator[int, None, None]:
    """Yield the numbers of the jobs that meet a condition and a clause, in an order.

    Args:
        connection: is used until the generator ends or is closed.
        condition: what the database decides.
        order: of what.
        clause: the rest, for which ``can_scan`` holds.
        search: what decides patterns.
        seconds: how long this may take.

    Raises:
        InvalidRequest: if it takes longer.
    """
    fields = {key: _FIELDS[key] for key in sorted(_keys(clause)) if key in _FIELDS}
    columns = [column for field in fields.values() for column in field.columns]
    statement = (
        sa.select(job.c.seq, *(column.label(f"c{index}") for index, column in enumerate(columns)))
        .join_from(job, project, job.c.project_id == project.c.id)
        .where(condition)
        .order_by(order)
        .execution_options(yield_per=_BATCH)
    )
    holds = compiled(clause, search)
    document = _document_maker(fields)
    rows = connection.execute(statement)
    try:
        for row in within(seconds, rows):
            if holds(document(row)):
                yield row[0]
    finally:
        # It is seldom read to its end, and PostgreSQL keeps it open until somebody says so.
        rows.close()


def _keys(clause: Clause) -> set[str]:
    """Return the outermost keys that a clause asks about."""
    if isinstance(clause, Compare):
        return {clause.path.partition(".")[0]}
    return {key for part in clause.clauses for key in _keys(part)}


def _document_maker(fields: Mapping[str, _Field]) -> Callable[[Any], dict[str, Any]]:
    """Return what makes the asked part of a job's wire form of a row; the row's first column is the number."""
    if len(fields) == 1:
        ((key, field),) = fields.items()
        if len(field.columns) == 1:
            make = field.make
            return lambda row: {key: make(row[1])}
    plan: list[tuple[str, Callable[..., Any], int, int]] = []
    start = 1
    for key, field in fields.items():
        plan.append((key, field.make, start, start + len(field.columns)))
        start += len(field.columns)
    return lambda row: {key: make(*row[begin:end]) for key, make, begin, end in plan}
