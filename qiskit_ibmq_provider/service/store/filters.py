# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From a filter to SQL, as far as SQL answers exactly as ``protocol.filters.match`` does.

What it cannot say becomes a wider condition, and ``match`` decides about the rows that are left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Callable, Final, Optional

import sqlalchemy as sa

from qiskit_ibmq_provider.protocol.clauses import (
    PATTERN_OPERATORS,
    All,
    AnyOf,
    Clause,
    Compare,
    Operator,
    Search,
    match,
)
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.store.rows import to_micros
from qiskit_ibmq_provider.service.store.schema import job, job_tag

__all__ = ["Plan", "plan"]

Condition = sa.ColumnElement[bool]

_MAX_CONDITIONS: Final = 200
"""SQLite takes expressions of at most 1000 levels, and a chain of conditions has a level for each."""
_MAX_LIST: Final = 500
_TEXTS: Final[Mapping[str, sa.Column[Any]]] = {
    "id": job.c.id,
    "backend.name": job.c.backend,
    "name": job.c.name,
    "experimentTag": job.c.experiment_tag,
}
_BOUNDS: Final[Mapping[Operator, Callable[[Any, Any], Condition]]] = {
    Operator.GT: lambda column, bound: column > bound,
    Operator.GTE: lambda column, bound: column >= bound,
    Operator.LT: lambda column, bound: column < bound,
    Operator.LTE: lambda column, bound: column <= bound,
}


@dataclasses.dataclass(frozen=True)
class Plan:
    """How to answer a filter."""

    condition: Condition
    """Holds for every job that meets the filter, and possibly for others."""

    rest: Optional[Clause] = None
    """What is still to be matched; ``None`` if the condition says it all."""


def plan(clause: Clause, search: Search) -> Plan:
    """Return how to answer a clause.

    Args:
        clause: the clause.
        search: what decides patterns.
    """
    if _count(clause) > _MAX_CONDITIONS:
        return Plan(sa.true(), clause)
    return _plan(clause, search)


def _plan(clause: Clause, search: Search) -> Plan:
    """Return how to answer a clause of moderate size."""
    if isinstance(clause, All):
        parts = [_plan(part, search) for part in clause.clauses]
        rests = tuple(part.rest for part in parts if part.rest is not None)
        return Plan(sa.and_(sa.true(), *(part.condition for part in parts)), All(rests) if rests else None)
    if isinstance(clause, AnyOf):
        parts = [_plan(part, search) for part in clause.clauses]
        exact = all(part.rest is None for part in parts)
        return Plan(sa.or_(sa.false(), *(part.condition for part in parts)), None if exact else clause)
    condition = _compare(clause, search)
    return Plan(sa.true(), clause) if condition is None else Plan(condition)


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
    met = [status.value for status in ApiJobStatus if match(compare, {"status": status.value}, search)]
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


def _instant(value: Any) -> Optional[int]:
    """Return a date of a filter in microseconds, or ``None`` if it is none."""
    try:
        return to_micros(parse_utc(value))
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
