# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Everything that an exception, and whatever hangs on it, may show to people and programs."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import qiskit_ibmq_provider

__all__ = ["shown_by", "traces_of"]

_PACKAGE = os.fspath(Path(qiskit_ibmq_provider.__file__).parent) + os.sep
_HANGING = (
    "__cause__",
    "__context__",
    "__notes__",
    "args",
    "request",
    "response",
    "headers",
    "url",
    "body",
    "exceptions",
)


def shown_by(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield where and what: texts, representations, attributes, local variables, pickle.

    Of local variables those of this package's frames and of all frames that these have called; the caller's own hold what he put there.
    """
    yield from _hanging_on(error)
    yield "formatted", "".join(traceback.format_exception(type(error), error, error.__traceback__))
    yield from _locals_of(error)
    for what, copied in (("pickle", lambda: pickle.dumps(error)), ("copy", lambda: copy.deepcopy(error))):
        try:
            yield what, repr(copied())
        except (TypeError, pickle.PicklingError, AttributeError) as refusal:
            yield from ((f"refused {what}, {where}", text) for where, text in _hanging_on(refusal))


def _hanging_on(error: BaseException) -> Iterator[tuple[str, str]]:
    """Walk through an exception and all that it refers to."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(type(error).__name__, error)]
    while waiting:
        where, item = waiting.pop()
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        yield where, f"{item!r} {item!s}"
        if isinstance(item, (str, bytes, int, float)):
            continue
        if isinstance(item, (list, tuple, set, frozenset)):
            waiting += [(f"{where}[]", each) for each in item]
            continue
        if isinstance(item, BaseException):
            yield f"{where}.__dict__", repr(vars(item))
        waiting += [(f"{where}.{name}", getattr(item, name, None)) for name in _HANGING]


def _locals_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the local variables from this package's frames down, of an exception and those behind it."""
    waiting = [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while waiting:
        part = waiting.pop()
        inside = False
        for frame in part.stack:
            inside = inside or os.path.abspath(frame.filename).startswith(_PACKAGE)
            if inside:
                yield f"locals of {frame.filename}:{frame.lineno} in {frame.name}", repr(frame.locals)
        waiting.extend(each for each in (part.__cause__, part.__context__) if each is not None)


def traces_of(secrets: Iterable[str], shown: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a secret shows, and around what."""
    wanted = list(secrets)
    assert all(len(secret) >= 8 for secret in wanted), "a secret that short is in everything"
    found = []
    for where, text in shown:
        for secret in wanted:
            if secret in text:
                at = text.index(secret)
                found.append(f"{where}: …{text[max(0, at - 120) : at + 40]}…")
    return found
