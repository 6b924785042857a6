# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which jobs meet a filter, in one of two ways.

Compiled: where SQL answers exactly as ``protocol.filters.match`` does, the database alone decides. Scanned: what SQL cannot say becomes a wider
condition, and ``match`` decides about the rows that are left, page by page. There only the columns that the filter asks about are read and
put into the wire form: a hundred thousand whole jobs take seconds to make, and all but a few of them are thrown away.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.filters import (
    PATTERN_OPERATORS,
    All,
    AnyOf,
    Clause,
    Compare,
    Filter,
    Operator,
    Order,
    Search,
    compiled,
    match,
)
from qiskit_ibmq_provider.protocol.jobs import JobError, ServiceJobRecord
from qiskit_ibmq_provider.protocol.records import wire_names
from qiskit_ibmq_provider.protocol.status import ApiJobKind, ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.store.patterns import TimedSearch, within
from qiskit_ibmq_provider.service.store.rows import jobs_of, select_jobs
from qiskit_ibmq_provider.service.store.schema import job, job_tag, project

__all__ = ["listed_jobs"]

Condition = sa.ColumnElement[bool]

_MAX_CONDITIONS: Final = 200
"""SQLite takes expressions of at most 1000 levels, and a chain of conditions has a level for each."""
_MAX_LIST: Final = 500
"""Most values of one list in a statement."""
_MAX_OFFSET: Final = 2**62
_MAX_SKIP: Final = sys.maxsize // 2
_PAGE: Final = 1000
"""Rows that are read at once where each must be looked at."""
_KEPT_AS: Final[Mapping[str, str]] = {
    "creation_date": "created",
    "end_date": "ended",
    "summary_data": "summary",
}
"""Attributes of the record of a job that have another name in the job itself."""


def _column_of(attribute: str) -> Optional[sa.ColumnElement[Any]]:
    """Return the column that keeps an attribute of the record of a job, or ``None`` if none does."""
    if attribute == "kind":
        return sa.literal(ApiJobKind.QOBJECT_STORAGE.value)
    name = _KEPT_AS.get(attribute, attribute)
    return job.c.get(name, project.c.get(name))


_PATHS: Final = {path: _column_of(attribute) for attribute, path in wire_names(ServiceJobRecord).items()}
"""The paths of a job in its wire form, and the column of each."""
_TEXTS: Final[Mapping[str, sa.Column[Any]]] = {
    path: column
    for path, column in _PATHS.items()
    if isinstance(column, sa.Column) and isinstance(column.type, sa.String)
}
_CREATED: Final = sa.type_coerce(job.c.created, sa.BigInteger)
"""The creation date as the database has it: each row of a scan gives one, and only that of the last is needed."""
_NOT_KEPT: Final = frozenset(path for path, column in _PATHS.items() if column is None)
_SHOWN: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime.datetime: format_utc,
    ApiJobStatus: lambda status: status.value,
    JobError: JobError.to_json,
    tuple: list,
}
"""What gives the wire form of a value of a job, by its type, where it is another one."""
_BOUNDS: Final[Mapping[Operator, Callable[[Any, Any], Condition]]] = {
    Operator.GT: lambda column, bound: column > bound,
    Operator.GTE: lambda column, bound: column >= bound,
    Operator.LT: lambda column, bound: column < bound,
    Operator.LTE: lambda column, bound: column <= bound,
}


@dataclasses.dataclass(frozen=True)
class _Plan:
    """How to answer a clause."""

    condition: Condition
    """Holds for every job that meets the clause, and possibly for others."""
    rest: Optional[Clause] = None
    """What is still to be matched; ``None`` if the condition says it all."""


def listed_jobs(
    connection: sa.Connection, project_id: int, query: Filter, *, limit: int, seconds: float
) -> list[Job]:
    """Return the jobs of a project that meet a filter, in its order; see ``JobStore.select``."""
    _refuse_what_is_not_kept(query.where)
    search = TimedSearch()
    plan = _plan(query.where, search)
    condition = sa.and_(job.c.project_id == project_id, plan.condition)
    if plan.rest is None:
        statement = select_jobs().where(condition).order_by(_direction(query.order)).limit(limit)
        return jobs_of(connection.execute(statement.offset(min(query.skip, _MAX_OFFSET))).all())
    skip = min(query.skip, _MAX_SKIP)
    hits = _scan(connection, condition, query.order, plan.rest, search, seconds)
    return _numbered(connection, list(itertools.islice(hits, skip, skip + limit)))


def _refuse_what_is_not_kept(clause: Clause) -> None:
    """Refuse a filter on what is a part of a job's description, but made anew each time, such as its place in the queue."""
    for path in _paths_of(clause):
        if path.partition(".")[0] in _NOT_KEPT:
            raise InvalidRequest(
                f"The filter's field {path!r} is not kept with a job, so jobs cannot be chosen by it. Choose them by other "
                "fields, and look at this one in the jobs that are found.",
                ErrorCode.INVALID_FILTER,
            )


def _direction(order: Order) -> sa.UnaryExpression[Any]:
    return job.c.created.desc() if order is Order.NEWEST_FIRST else job.c.created.asc()


def _numbered(connection: sa.Connection, numbers: Sequence[int]) -> list[Job]:
    """Return the jobs with these numbers in the same order."""
    found: dict[int, Job] = {}
    for start in range(0, len(numbers), _MAX_LIST):
        statement = select_jobs().where(job.c.seq.in_(numbers[start : start + _MAX_LIST]))
        found.update((each.seq, each) for each in jobs_of(connection.execute(statement).all()))
    return [found[number] for number in numbers if number in found]


def _scan(
    connection: sa.Connection,
    condition: Condition,
    order: Order,
    clause: Clause,
    search: Search,
    seconds: float,
) -> Iterator[int]:
    """Yield the numbers of the jobs that meet a condition and a clause, in an order.

    Raises:
        InvalidRequest: if it takes longer than so many seconds.
    """
    heads = {path.partition(".")[0] for path in _paths_of(clause)}
    asked = {path: column for path, column in _PATHS.items() if path.partition(".")[0] in heads}
    columns = [column.label(f"c{index}") for index, column in enumerate(asked.values()) if column is not None]
    holds, document = compiled(clause, search), _document_maker(asked)
    pages = _pages(connection, sa.select(job.c.seq, _CREATED, *columns).where(condition), order)
    for page in within(seconds, pages):
        for row in page:
            if holds(document(row)):
                yield row[0]


def _pages(
    connection: sa.Connection, query: sa.Select[Any], order: Order
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield pages of rows; each goes on after the last one's creation date, the second column."""
    if project in query.get_final_froms():
        query = query.where(job.c.project_id == project.c.id)
    query = query.order_by(_direction(order)).limit(_PAGE)
    page = connection.execute(query).all()
    while page:
        yield page
        last = page[-1][1]
        after = _CREATED < last if order is Order.NEWEST_FIRST else _CREATED > last
        page = connection.execute(query.where(after)).all()


def _document_maker(
    asked: Mapping[str, Optional[sa.ColumnElement[Any]]],
) -> Callable[[Sequence[Any]], Mapping[str, Any]]:
    """Return what makes the asked part of a job's wire form of a row; its first two columns are for the scan."""
    # Those of the database's own types are the same on the wire.
    coded = {
        path
        for path, column in asked.items()
        if column is not None and isinstance(column.type, sa.types.TypeDecorator)
    }
    if len(asked) == 1 and not any("." in path for path in asked):
        (key,) = asked
        return (lambda row: {key: _shown(row[2])}) if coded else (lambda row: {key: row[2]})
    steps = [(*path.rpartition(".")[::2], path in coded) for path in asked]

    def document(row: Sequence[Any]) -> Mapping[str, Any]:
        made: dict[str, Any] = {}
        for (outer, key, is_coded), value in zip(steps, row[2:]):
            inner = made
            for step in outer.split(".") if outer else ():
                inner = inner.setdefault(step, {})
            inner[key] = _shown(value) if is_coded else value
        return made

    return document


def _shown(value: Any) -> Any:
    """Return the wire form of a value of a job."""
    show = _SHOWN.get(type(value))
    return value if show is None else show(value)


def _paths_of(clause: Clause) -> Iterable[str]:
    """Yield the paths that a clause asks about."""
    if isinstance(clause, Compare):
        yield clause.path
    else:
        for part in clause.clauses:
            yield from _paths_of(part)


def _plan(clause: Clause, search: Search) -> _Plan:
    if _count(clause) > _MAX_CONDITIONS:
        return _Plan(sa.true(), clause)
    return _plan_of_moderate(clause, search)


def _plan_of_moderate(clause: Clause, search: Search) -> _Plan:
    """Return how to answer a clause of moderate size."""
    if isinstance(clause, All):
        parts = [_plan_of_moderate(part, search) for part in clause.clauses]
        rests = tuple(part.rest for part in parts if part.rest is not None)
        return _Plan(sa.and_(sa.true(), *(part.condition for part in parts)), All(rests) if rests else None)
    if isinstance(clause, AnyOf):
        parts = [_plan_of_moderate(part, search) for part in clause.clauses]
        exact = all(part.rest is None for part in parts)
        return _Plan(sa.or_(sa.false(), *(part.condition for part in parts)), None if exact else clause)
    condition = _compare(clause, search)
    return _Plan(sa.true(), clause) if condition is None else _Plan(condition)


def _count(clause: Clause) -> int:
    """Return how many nodes a clause has."""
    if isinstance(clause, Compare):
        return 1
    return 1 + sum(_count(part) for part in clause.clauses)


def _compare(compare: Compare, search: Search) -> Optional[Condition]:
    """Return the condition that is exactly this comparison, or ``None`` if there is none."""
    if isinstance(compare.value, list) and len(compare.value) > _MAX_LIST:
        return None
    if compare.path == "status":
        return _status(compare, search)
    if compare.operator in PATTERN_OPERATORS:
        return None
    if compare.path == "creationDate":
        return _date(compare)
    if compare.path == "tags":
        return _tags(compare)
    column = _TEXTS.get(compare.path)
    return None if column is None else _text(column, compare)


def _status(compare: Compare, search: Search) -> Condition:
    """Return the condition on a status: there are few, so each is asked."""
    met = [status for status in ApiJobStatus if match(compare, {"status": status.value}, search)]
    return job.c.status.in_(met) if met else sa.false()


def _text(column: sa.Column[Any], compare: Compare) -> Optional[Condition]:
    """Return the condition on a text that may be missing."""
    operator, value = compare.operator, compare.value
    if operator is Operator.EXISTS:
        return column.is_not(None) if value else column.is_(None)
    if operator in (Operator.EQ, Operator.NEQ):
        return _signed(_equals(column, [value]), operator is Operator.EQ)
    if operator in (Operator.INQ, Operator.NIN):
        return _signed(_equals(column, value), operator is Operator.INQ)
    return None


def _equals(column: sa.Column[Any], values: list[Any]) -> Condition:
    """Return the condition, never NULL, that a text is one of these values; what is no text equals none."""
    texts = [value for value in values if isinstance(value, str) and _storable(value)]
    held = sa.and_(column.is_not(None), column.in_(texts)) if texts else sa.false()
    return sa.or_(column.is_(None), held) if None in values else held


def _tags(compare: Compare) -> Optional[Condition]:
    """Return the condition on the tags, where equality means "contains"."""
    operator, value = compare.operator, compare.value
    if operator is Operator.EXISTS:
        return sa.true() if value else sa.false()
    if operator in (Operator.EQ, Operator.NEQ) and not isinstance(value, list):
        return _signed(_tagged([value]), operator is Operator.EQ)
    if operator in (Operator.INQ, Operator.NIN) and not any(isinstance(item, list) for item in value):
        return _signed(_tagged(value), operator is Operator.INQ)
    return None


def _tagged(values: list[Any]) -> Condition:
    """Return the condition that a job has one of these tags."""
    texts = [value for value in values if isinstance(value, str) and _storable(value)]
    if not texts:
        return sa.false()
    return job.c.seq.in_(sa.select(job_tag.c.seq).where(job_tag.c.tag.in_(texts)))


def _date(compare: Compare) -> Optional[Condition]:
    """Return the condition on the creation date, which is compared as an instant."""
    operator, value = compare.operator, compare.value
    if operator is Operator.EXISTS:
        return sa.true() if value else sa.false()
    if operator in (Operator.EQ, Operator.NEQ):
        return _signed(_on_dates([value]), operator is Operator.EQ)
    if operator in (Operator.INQ, Operator.NIN):
        return _signed(_on_dates(value), operator is Operator.INQ)
    if operator is Operator.BETWEEN:
        low, high = value
        return sa.and_(_bounded(Operator.GTE, low), _bounded(Operator.LTE, high))
    return _bounded(operator, value)


def _on_dates(values: list[Any]) -> Condition:
    """Return the condition that a job was created at one of these instants."""
    instants = [instant for instant in map(_instant, values) if instant is not None]
    return job.c.created.in_(instants) if instants else sa.false()


def _bounded(operator: Operator, value: Any) -> Condition:
    """Return the condition that the creation date keeps to a bound; to what is no date nothing does."""
    instant = _instant(value)
    return sa.false() if instant is None else _BOUNDS[operator](job.c.created, instant)


def _instant(value: Any) -> Optional[datetime.datetime]:
    """Return the instant that a value of a filter names, or ``None`` if it is no date."""
    try:
        return parse_utc(value)
    except ProtocolError:
        return None


def _signed(condition: Condition, positive: bool) -> Condition:
    """Return a condition or its opposite; the condition is never NULL."""
    return condition if positive else sa.not_(condition)


def _storable(text: str) -> bool:
    """Tell whether a text can be in the database at all; one with NUL or lone surrogates is in no job."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
