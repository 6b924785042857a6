# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Values that break careless programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

__all__ = ["HOSTILE_TEXTS", "json_values", "mutated", "names", "one_of_these", "texts"]

T = TypeVar("T")

HOSTILE_TEXTS = [
    "",
    ".",
    "..",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "%2e%2e%2f%2e%2e%2f",
    "%00",
    "\x00",
    "a\x00b",
    "\r\nX-Injected: 1",
    "\ud800",
    "\U0010ffff",
    "\u202e\u0000",
    "{job_id}",
    "{0.__class__}",
    "${jndi:ldap://x}",
    "'; DROP TABLE job; --",
    "<script>alert(1)</script>",
    "__proto__",
    "__class__",
    "NaN",
    "-0",
    "1e400",
    "0" * 5000,
    "x" * 70_000,
    "null",
    "true",
    "[]",
    "a" * 60 + "!",
    "🦄" * 300,
]
_NUMBERS = [
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    10**30,
    10**400,
    0.5,
    -0.0,
    1e308,
    5e-324,
    float("nan"),
    float("inf"),
    float("-inf"),
]


def one_of_these(values: Sequence[T]) -> st.SearchStrategy[T]:
    """Return a strategy for some values that does not show all of them with each error: some are long."""
    return st.integers(0, len(values) - 1).map(lambda number: values[number])


texts = one_of_these(HOSTILE_TEXTS) | st.text(max_size=20)
names = texts | st.from_regex(r"[A-Za-z0-9_.-]{1,30}", fullmatch=True)
_leaves = (
    st.none()
    | st.booleans()
    | st.sampled_from(_NUMBERS)
    | st.integers()
    | st.floats()
    | texts
    | st.just({})
    | st.just([])
)
json_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def mutated(draw: st.DrawFn, document: Any) -> Any:
    """Return a copy of a document with one place of it changed: replaced, left out, repeated, or with something added."""
    if isinstance(document, (dict, list)) and document and draw(st.integers(0, 5)):
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        key = draw(st.sampled_from(keys))
        copy = dict(document) if isinstance(document, dict) else list(document)
        copy[key] = mutated(draw, document[key])
        return copy
    act = draw(st.sampled_from(["replace", "replace", "empty", "wrap", "grow", "number"]))
    if act == "empty":
        return type(document)() if isinstance(document, (dict, list, str, int)) else None
    if act == "wrap":
        return [document]
    if act == "number" or not isinstance(document, (dict, list)):
        return draw(st.sampled_from(_NUMBERS)) if act != "replace" else draw(json_values)
    if act == "grow":
        if isinstance(document, dict):
            return {**document, draw(texts): draw(json_values)}
        return [*document, *document, draw(json_values)]
    return draw(json_values)
