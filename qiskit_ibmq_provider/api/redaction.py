# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Keeping tokens and signed URLs out of everything that people or programs may read.

Two means: a :class:`Secret` hides a value while it is carried around (also from tools that print the local variables of a traceback), and
a :class:`Redactor` takes known values and the query part of URLs out of a text.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
from typing import Final, NoReturn, Optional, Union
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

__all__ = ["REDACTED", "Redactor", "Secret", "strip_query"]

REDACTED: Final = "..."
"""What stands in place of a secret."""

_SHORTEST_SECRET: Final = 4
_SHORTEST_SIGNATURE: Final = 8
# A query follows a path or a host; up to the next quote, bracket or space. A lone question mark ends a sentence.
_QUERY: Final = re.compile(r"((?:https?://|wss?://|/)[^\s?'\"<>]*)\?[^\s'\"<>)]+")
_USERINFO: Final = re.compile(r"(\w+://|//)[^\s/@'\"]+@")


class Secret:
    """A text that shows itself only to who asks with :meth:`reveal`. Cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text. Do not keep it in a variable: tracebacks may show local variables."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be pickled or copied.")


def strip_query(text: str) -> str:
    """Return a text with the query of each URL or path in it, and any user and password, left out."""
    return _USERINFO.sub(rf"\1{REDACTED}@", _QUERY.sub(rf"\1?{REDACTED}", text))


class Redactor:
    """Takes the secrets of one account out of texts. Safe to share between threads.

    Args:
        spellings: texts to take out from the start.
    """

    def __init__(self, spellings: tuple[str, ...] = ()) -> None:
        self._spellings = spellings
        self._lock = threading.Lock()

    def add(self, secret: Optional[str]) -> None:
        """Learn a secret. One of fewer than four characters is left: it would blot out half of every text."""
        if not secret or len(secret) < _SHORTEST_SECRET:
            return
        found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
        with self._lock:
            # The longest first, so that no spelling leaves the tail of another.
            self._spellings = tuple(sorted(found.union(self._spellings), key=len, reverse=True))

    def with_url(self, url: Union[str, Secret]) -> Redactor:
        """Return a redactor that knows, beside these secrets, the query of the URL if it is a signed one, in whole and in parts."""
        if not isinstance(url, Secret):
            return self
        other = Redactor(self._spellings)
        query = urlsplit(url.reveal()).query
        values = [value for _, value in parse_qsl(query) if len(value) >= _SHORTEST_SIGNATURE]
        for secret in [query, *values]:
            other.add(secret)
        return other

    def clean(self, text: str) -> str:
        """Return the text without the secrets, and without the query part of any URL."""
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return strip_query(text)
