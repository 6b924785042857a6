# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The filter of job lists: ``{"where": ..., "order": ..., "limit": ..., "skip": ..., "fields": ...}``.

``where`` is an object in LoopBack style: its keys are AND-ed; ``and`` and ``or`` take arrays of objects; any other key is a dotted path
whose value is either a plain value (equality, or "contains" on an array) or an object of operators. The client builds such filters, the
service reads them into the tree of :mod:`clauses`, which says what they mean.

One oddity of the original client is honoured here: an operator as a key by itself applies to ``creationDate``.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.clauses import (
    DATE_PATHS,
    PATTERN_OPERATORS,
    All,
    AnyOf,
    Clause,
    Compare,
    Operator,
    is_date,
    match,
    python_flags,
    python_search,
    split_pattern,
)
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
    "conjunction",
    "match",
    "parse_clause",
    "python_search",
    "split_pattern",
]

_MAX_DEPTH: Final = 20
_MAX_CLAUSES: Final = 1000
_MAX_PATTERN_COST: Final = 20_000
"""Most characters of all patterns of a filter together."""
_CASELESS_COST: Final = 50
"""Each character of a pattern that ignores case counts as so many: a range such as ``[a-\U0010ffff]`` takes 5 ms to compile then."""
_CACHED_LENGTH: Final = 1000
_CURSOR_PATH: Final = "creationDate"
_OPERATORS: Final = {operator.value: operator for operator in Operator}
_CASELESS: Final = re.compile(r"\(\?[a-zA-Z]*i")
"""A group that ignores case."""
_LISTS: Final = frozenset({Operator.INQ, Operator.NIN, Operator.BETWEEN})


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
