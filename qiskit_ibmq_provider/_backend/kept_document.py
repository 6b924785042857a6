# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of a device that are fetched once and kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Callable, Generic, Optional, TypeVar

from qiskit_ibmq_provider.protocol import codec

__all__ = ["KeptDocument"]

T = TypeVar("T")


class KeptDocument(Generic[T]):
    """A document that is fetched when it is first asked for. Threads that ask at the same time share one request.

    What is kept is the text. Everybody gets an object of his own made from it: who changes his does not change what others get, and
    nobody waits for a copy to be made. A failed request leaves what was kept.

    Args:
        build: makes the object of the document, or None where there is none.
    """

    def __init__(self, build: Callable[[Optional[Mapping[str, Any]]], Optional[T]]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._text: Optional[bytes] = None

    def get(self, fetch: Callable[[], Optional[Mapping[str, Any]]], *, refresh: bool = False) -> Optional[T]:
        """Return an object made of the document, or None if there is none.

        Args:
            fetch: asks the server for the document.
            refresh: ask the server even if the document is kept.
        """
        with self._lock:
            if self._text is None or refresh:
                document = fetch()
                text = codec.dumps(document)
                made = self._build(document)
                self._text = text
                return made
            text = self._text
        return self._build(codec.loads(text))

    def __getstate__(self) -> dict[str, Any]:
        # A lock cannot be copied or pickled.
        return {"_build": self._build, "_text": self._text}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_build"])  # type: ignore[misc]
        self._text = state["_text"]
