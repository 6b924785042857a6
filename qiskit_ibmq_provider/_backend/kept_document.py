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

    Everybody gets an object of his own: who changes his does not change what others get. It is made from the text of the document, or
    like an object that is kept for that and given to nobody. A failed request leaves what was kept.

    Args:
        build: makes the object of the document, or None where there is none.
        own: makes an object like a kept one; by default each is built from the text.
    """

    def __init__(
        self,
        build: Callable[[Optional[Mapping[str, Any]]], Optional[T]],
        own: Optional[Callable[[T], T]] = None,
    ) -> None:
        self._build = build
        self._own = own
        self._lock = threading.Lock()
        self._text: Optional[bytes] = None
        self._model: Optional[T] = None

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
                self._text, self._model = text, None
                if self._own is None:
                    return made
                self._model = made
            elif self._own is not None and self._model is None:
                self._model = self._build(codec.loads(self._text))
            text, model = self._text, self._model
        if self._own is None:
            return self._build(codec.loads(text))
        return None if model is None else self._own(model)

    def __getstate__(self) -> dict[str, Any]:
        # A lock cannot be copied or pickled.
        return {"_build": self._build, "_own": self._own, "_text": self._text}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_build"], state["_own"])  # type: ignore[misc]
        self._text = state["_text"]
