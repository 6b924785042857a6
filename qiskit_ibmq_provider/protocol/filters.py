# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The filter of job lists: its JSON form, its tree of conditions, and what they mean.

:func:`match` is the definition: a store may compile a tree, but has to answer as it does. Dates come in several spellings, so they are
compared as instants; equality on an array means "contains".
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Final, Optional, Union

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, integer
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = [
    "All",
    "AnyOf",
    "Clause",
    "Compare",
    "DATE_PATHS",
    "Filter",
    "Operator",
    "Order",
    "PATTERN_OPERATORS",
    "Search",
    "Test",
    "compiled",
    "conjunction",
    "is_date",
    "match",
    "parse_clause",
    "python_flags",
    "python_search",
    "split_pattern",
]

DATE_PATHS: Final = frozenset({"creationDate", "endDate"})
"""Paths whose values are instants. The times of the steps (``timePerStep.<status>``) are, too."""
_MAX_DEPTH: Final = 20
_MAX_CLAUSES: Final = 1000
_MAX_PATTERN_COST: Final = 20_000
"""Most characters of all patterns of a filter together."""
_CASELESS_COST: Final = 50
"""Each character of a pattern that ignores case counts as so many: a range such as ``[a-\U0010ffff]`` takes 5 ms to compile then."""
_CACHED_LENGTH: Final = 1000
_CURSOR_PATH: Final = "creationDate"
_CASELESS: Final = re.compile(r"\(\?[a-zA-Z]*i")
"""A group that ignores case."""


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
_OPERATORS: Final = {operator.value: operator for operator in Operator}
_LISTS: Final = frozenset({Operator.INQ, Operator.NIN, Operator.BETWEEN})


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
Search = Callable[[str, str], Callable[[str], bool]]
"""``search(pattern, flags)`` returns what tells whether a JavaScript-like pattern is found anywhere in a text."""


class Order(str, enum.Enum):
    """Order of a list. Jobs are always ordered by ``creationDate``, which is unique within a project."""

    NEWEST_FIRST = "creationDate DESC"
    OLDEST_FIRST = "creationDate ASC"


@dataclasses.dataclass(frozen=True)
class Filter:
    """A whole filter. ``limit`` is ``None`` where the caller sets none; ``fields`` names what each entry is to hold."""

    where: Clause = All()
    order: Order = Order.NEWEST_FIRST
    limit: Optional[int] = None
    skip: int = 0
    fields: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Union[str, bytes, Mapping[str, Any]]) -> Filter:
        """Read a filter from its JSON text or its decoded object.

        Raises:
            ProtocolError: the filter cannot be understood; the text says where.
        """
        document = as_object(data if isinstance(data, Mapping) else codec.loads(data), "the filter")
        fields = document.get("fields") or {}
        limit, skip = integer(document, "limit", "the filter"), integer(document, "skip", "the filter") or 0
        if skip < 0 or (limit is not None and limit < 0):
            raise ProtocolError("The 'limit' and 'skip' of the filter should not be negative.")
        return cls(
            where=parse_clause(document.get("where") or {}),
            order=_parse_order(document.get("order")),
            limit=limit or None,
            skip=skip,
            fields=tuple(key for key, wanted in as_object(fields, "the filter's 'fields'").items() if wanted),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, without what is not there."""
        document: dict[str, Any] = {"order": self.order.value}
        if self.limit is not None:
            document["limit"] = self.limit
        document["skip"] = self.skip
        where = self.where.to_json()
        if where:
            document["where"] = where
        if self.fields:
            document["fields"] = dict.fromkeys(self.fields, True)
        return document


def conjunction(*clauses: Optional[Clause]) -> Clause:
    """Return the clause that holds where all of these do, leaving out those that are ``None`` or empty."""
    parts: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, All):
            parts.extend(clause.clauses)
        elif clause is not None:
            parts.append(clause)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def parse_clause(data: Any) -> Clause:
    """Read a ``where`` object.

    Raises:
        ProtocolError: it cannot be understood, is nested too deeply or holds too many conditions.
    """
    return _Parser().clause(data, 0)


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


def python_search(pattern: str, flags: str) -> Callable[[str], bool]:
    """Search with the standard library. A pattern that it does not know matches nothing."""
    try:
        search = re.compile(pattern, python_flags(flags)).search
    except re.error:
        return lambda text: False
    return lambda text: search(text) is not None


def python_flags(flags: str) -> int:
    """Return the flags of the standard library for JavaScript's."""
    known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
    value = 0
    for flag in flags:
        value |= known.get(flag, 0)
    return value


class _Parser:
    """Reads clauses and counts them."""

    def __init__(self) -> None:
        self._count = 0
        self._pattern_cost = 0

    def clause(self, data: Any, depth: int) -> Clause:
        """Read one object of conditions."""
        if depth > _MAX_DEPTH:
            raise ProtocolError(f"The filter is nested more than {_MAX_DEPTH} levels deep.")
        parts: list[Clause] = []
        for key, value in as_object(data, "a condition of the filter").items():
            if key in ("and", "or"):
                parts.append(self._group(key, value, depth))
            elif key in _OPERATORS:
                parts.append(self._compare(_CURSOR_PATH, key, value))
            else:
                parts.extend(self._conditions(key, value))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _group(self, key: str, value: Any, depth: int) -> Clause:
        """Read an ``and`` or ``or`` array."""
        if not isinstance(value, list):
            raise ProtocolError(f"The filter's {key!r} should be an array, not {value!r:.80}.")
        clauses = tuple(self.clause(item, depth + 1) for item in value)
        return All(clauses) if key == "and" else AnyOf(clauses)

    def _conditions(self, path: str, value: Any) -> list[Clause]:
        """Read what is asked of one path."""
        if not isinstance(value, dict):
            return [self._compare(path, Operator.EQ.value, value)]
        options = value.get("options")
        return [
            self._compare(path, key, _with_options(key, item, options))
            for key, item in value.items()
            if key != "options"
        ]

    def _compare(self, path: str, key: str, value: Any) -> Compare:
        """Check one condition and return it."""
        self._count += 1
        if self._count > _MAX_CLAUSES:
            raise ProtocolError(f"The filter holds more than {_MAX_CLAUSES} conditions.")
        operator = _OPERATORS.get(key)
        if operator is None:
            raise ProtocolError(f"The filter's operator {key!r} on {path!r} is not known.")
        if operator in _LISTS and not isinstance(value, list):
            raise ProtocolError(f"The filter's {key!r} on {path!r} should be an array, not {value!r:.80}.")
        if operator is Operator.BETWEEN and len(value) != 2:
            raise ProtocolError(
                f"The filter's 'between' on {path!r} should hold two values, not {len(value)}."
            )
        if operator in PATTERN_OPERATORS and not isinstance(value, str):
            raise ProtocolError(f"The filter's {key!r} on {path!r} should be a text, not {value!r:.80}.")
        if operator is Operator.REGEXP:
            self._check_pattern(path, value)
        if is_date(path) and operator not in PATTERN_OPERATORS and operator is not Operator.EXISTS:
            for instant in value if operator in _LISTS else [value]:
                if instant is not None:
                    parse_utc(instant)
        return Compare(path, operator, value)

    def _check_pattern(self, path: str, value: str) -> None:
        """Refuse a pattern that cannot be compiled, or not within a moment."""
        pattern, flags = split_pattern(value)
        caseless = "i" in flags or _CASELESS.search(pattern) is not None
        self._pattern_cost += len(pattern) * (_CASELESS_COST if caseless else 1)
        if self._pattern_cost > _MAX_PATTERN_COST:
            raise ProtocolError(
                f"The filter's patterns are too long at {value!r:.80} on {path!r}. Together they have at most {_MAX_PATTERN_COST} "
                f"characters, and {_MAX_PATTERN_COST // _CASELESS_COST} where case is ignored."
            )
        try:
            re.compile(pattern, python_flags(flags))
        except (re.error, RecursionError, OverflowError) as err:
            raise ProtocolError(
                f"The filter's pattern {value!r:.80} on {path!r} is not a regular expression: {err}."
            ) from err
        if len(pattern) > _CACHED_LENGTH:
            # The library keeps 512 patterns, however large they are.
            re.purge()


def _parse_order(order: Any) -> Order:
    """Read the order; any spelling of ``creationDate ASC`` or ``DESC`` will do."""
    if order is None:
        return Order.NEWEST_FIRST
    if isinstance(order, list) and len(order) == 1:
        order = order[0]
    words = order.split() if isinstance(order, str) else []
    if words and words[0] == _CURSOR_PATH and len(words) <= 2:
        direction = words[1].upper() if len(words) == 2 else "ASC"
        if direction in ("ASC", "DESC"):
            return Order.NEWEST_FIRST if direction == "DESC" else Order.OLDEST_FIRST
    raise ProtocolError(f"The filter's order {order!r:.80} is not 'creationDate ASC' or 'creationDate DESC'.")


def _with_options(key: str, value: Any, options: Any) -> Any:
    """Fold LoopBack's separate ``options`` (regular expression flags) into the pattern."""
    if (
        key in (Operator.REGEXP.value, Operator.LIKE.value)
        and isinstance(options, str)
        and isinstance(value, str)
    ):
        pattern, flags = split_pattern(value)
        return f"/{pattern}/{flags}{options}"
    return value


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
    found = search(pattern, flags)

    def holds(value: Any) -> bool:
        if isinstance(value, str):
            return found(value) is positive
        texts: Sequence[Any] = value if isinstance(value, (list, tuple)) else ()
        return any(isinstance(text, str) and found(text) for text in texts) is positive

    return holds


def _lookup(document: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a dotted path, or ``None``. A key that itself holds dots comes first."""
    if path in document:
        return document[path]
    value: Any = document
    for key in path.split("."):
        # The abstract class costs several times as much to ask for.
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(key)
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
