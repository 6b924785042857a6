# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Conditions of job lists as a small tree, and what they mean.

:func:`match` is the definition: a store may compile a tree, but has to answer as it does. Dates come in several spellings, so they are
compared as instants; equality on an array means "contains".
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Final, Optional, Union

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = [
    "All",
    "AnyOf",
    "Clause",
    "Compare",
    "DATE_PATHS",
    "Operator",
    "PATTERN_OPERATORS",
    "Search",
    "Test",
    "compiled",
    "is_date",
    "match",
    "python_flags",
    "python_search",
    "split_pattern",
]

DATE_PATHS: Final = frozenset({"creationDate", "endDate"})
"""Paths whose values are instants. The times of the steps (``timePerStep.<status>``) are, too."""


class Operator(str, enum.Enum):
    """What a clause does with a value."""

    EQ = "eq"
    NEQ = "neq"
    INQ = "inq"
    NIN = "nin"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"
    REGEXP = "regexp"
    LIKE = "like"
    NLIKE = "nlike"
    ILIKE = "ilike"
    NILIKE = "nilike"
    EXISTS = "exists"


PATTERN_OPERATORS: Final = frozenset(
    {Operator.REGEXP, Operator.LIKE, Operator.NLIKE, Operator.ILIKE, Operator.NILIKE}
)


@dataclasses.dataclass(frozen=True)
class Compare:
    """One condition on one path."""

    path: str
    operator: Operator
    value: Any

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {self.path: self.value if self.operator is Operator.EQ else {self.operator.value: self.value}}


@dataclasses.dataclass(frozen=True)
class All:
    """All of the clauses hold; without any, everything does."""

    clauses: tuple[Clause, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        merged: dict[str, Any] = {}
        for part in (clause.to_json() for clause in self.clauses):
            if merged.keys() & part.keys():
                return {"and": [clause.to_json() for clause in self.clauses]}
            merged.update(part)
        return merged


@dataclasses.dataclass(frozen=True)
class AnyOf:
    """At least one of the clauses holds."""

    clauses: tuple[Clause, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"or": [clause.to_json() for clause in self.clauses]}


Clause = Union[Compare, All, AnyOf]
Test = Callable[[Mapping[str, Any]], bool]
"""Whether a document, in its wire form, meets a clause."""
Search = Callable[[str, str, str], bool]
"""``search(pattern, flags, text)``: whether a JavaScript-like pattern is found anywhere in a text."""


def match(clause: Clause, document: Mapping[str, Any], search: Optional[Search] = None) -> bool:
    """Tell whether a document, in its wire form, meets a clause.

    Args:
        clause: the clause.
        document: a job as the list would show it.
        search: what decides patterns; the standard library's ``re`` by default, which has no time limit.
    """
    return compiled(clause, search)(document)


def compiled(clause: Clause, search: Optional[Search] = None) -> Test:
    """Return what tells whether a document meets a clause: for many documents, quicker than ``match`` for each.

    Args:
        clause: the clause.
        search: as for ``match``.
    """
    if isinstance(clause, Compare):
        path, holds = clause.path, _test_of(clause, search or python_search)
        if "." not in path:
            return lambda document: holds(document.get(path))
        return lambda document: holds(_lookup(document, path))
    parts = [compiled(part, search) for part in clause.clauses]
    if len(parts) == 1:
        return parts[0]
    if isinstance(clause, All):
        return lambda document: all(part(document) for part in parts)
    return lambda document: any(part(document) for part in parts)


def split_pattern(value: str) -> tuple[str, str]:
    """Return pattern and flags of a ``regexp`` value, which is a bare pattern or ``/pattern/flags``."""
    written = re.fullmatch(r"/(?P<pattern>.*)/(?P<flags>[dgimsuy]*)", value, flags=re.DOTALL)
    return (written["pattern"], written["flags"]) if written else (value, "")


def python_search(pattern: str, flags: str, text: str) -> bool:
    """Search with the standard library. A pattern that it does not know matches nothing."""
    try:
        return re.search(pattern, text, python_flags(flags)) is not None
    except re.error:
        return False


def _test_of(condition: Compare, search: Search) -> Callable[[Any], bool]:
    """Return what tells whether a value meets a condition."""
    operator, wanted = condition.operator, condition.value
    if operator is Operator.EXISTS:
        return lambda value: (value is not None) is bool(wanted)
    if operator in PATTERN_OPERATORS:
        return _pattern_test(operator, wanted, search)
    if not is_date(condition.path):
        return _value_test(operator, wanted)
    on_instants = _value_test(operator, _instants(wanted))
    return lambda value: on_instants(_instants(value))


def _value_test(operator: Operator, wanted: Any) -> Callable[[Any], bool]:
    """Return what compares a value, dates being instants."""
    if operator in (Operator.EQ, Operator.NEQ):
        return lambda value: _equal(value, wanted) is (operator is Operator.EQ)
    if operator in (Operator.INQ, Operator.NIN):
        return lambda value: any(_equal(value, item) for item in wanted) is (operator is Operator.INQ)
    if operator is Operator.BETWEEN:
        low, high = wanted
        return lambda value: _compares(value, low, Operator.GTE) and _compares(value, high, Operator.LTE)
    return lambda value: _compares(value, wanted, operator)


def _equal(value: Any, wanted: Any) -> bool:
    """Equality of plain values; on an array, "contains"."""
    if isinstance(value, (list, tuple)) and not isinstance(wanted, list):
        return any(_equal(item, wanted) for item in value)
    if isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    return bool(value == wanted)


def _compares(value: Any, bound: Any, operator: Operator) -> bool:
    """Order of two values of one kind; values of different kinds have none."""
    numbers = (int, float)
    if isinstance(value, bool) or isinstance(bound, bool) or value is None or bound is None:
        return False
    if not (isinstance(value, numbers) and isinstance(bound, numbers)) and type(value) is not type(bound):
        return False
    if isinstance(value, (list, tuple, dict)):
        return False
    if operator is Operator.GT:
        return bool(value > bound)
    if operator is Operator.GTE:
        return bool(value >= bound)
    if operator is Operator.LT:
        return bool(value < bound)
    return bool(value <= bound)


def _pattern_test(operator: Operator, wanted: str, search: Search) -> Callable[[Any], bool]:
    """Return what searches texts for a pattern; in an array, one match is enough."""
    pattern, flags = split_pattern(wanted) if operator is Operator.REGEXP else (wanted, "")
    if operator in (Operator.ILIKE, Operator.NILIKE):
        flags = "i"
    positive = operator not in (Operator.NLIKE, Operator.NILIKE)

    def holds(value: Any) -> bool:
        if isinstance(value, str):
            return search(pattern, flags, value) is positive
        texts: Sequence[Any] = value if isinstance(value, (list, tuple)) else ()
        return any(isinstance(text, str) and search(pattern, flags, text) for text in texts) is positive

    return holds


def _lookup(document: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a dotted path, or ``None``. A key that itself holds dots comes first."""
    if path in document:
        return document[path]
    value: Any = document
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def is_date(path: str) -> bool:
    """Tell whether the values at a path are instants."""
    return path in DATE_PATHS or path.startswith("timePerStep.")


def _instants(value: Any) -> Any:
    """Return a date, or an array of dates, as instants; what is not a date stays."""
    if isinstance(value, list):
        return [_instants(item) for item in value]
    try:
        return parse_utc(value)
    except ProtocolError:
        return value


def python_flags(flags: str) -> int:
    """Return the flags of the standard library for JavaScript's."""
    known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
    value = 0
    for flag in flags:
        value |= known.get(flag, 0)
    return value
