# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of a device that are fetched once and kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Callable, Generic, Optional, TypeVar

__all__ = ["KeptDocument"]

T = TypeVar("T")


class KeptDocument(Generic[T]):
    """A document that is fetched when it is first asked for. Threads that ask at the same time share one request.

    Every caller gets an object of its own, so changing it does not change what other callers get. If a request fails, the document
    that was kept stays.

    Args:
        build: makes an object from the document; gets None where there is no document. Unless ``copy`` is given, an object is built
            for each caller, and must not share any part of the document that can be changed.
        copy: copies a built object, sharing nothing that can be changed. With it, an object is built only once.
    """

    def __init__(
        self,
        build: Callable[[Optional[Mapping[str, Any]]], Optional[T]],
        copy: Optional[Callable[[T], T]] = None,
    ) -> None:
        self._build = build
        self._copy = copy
        self._lock = threading.Lock()
        self._is_kept = False
        self._document: Optional[Mapping[str, Any]] = None
        self._model: Optional[T] = None

    def get(self, fetch: Callable[[], Optional[Mapping[str, Any]]], *, refresh: bool = False) -> Optional[T]:
        """Return an object made of the document, or None if there is none.

        Args:
            fetch: asks the server for the document.
            refresh: ask the server even if the document is kept.
        """
        with self._lock:
            if not self._is_kept or refresh:
                document = fetch()
                made = self._build(document)
                self._is_kept, self._document, self._model = True, document, None
                if self._copy is None:
                    return made
                self._model = made
            elif self._copy is not None and self._model is None:
                self._model = self._build(self._document)
            document, model = self._document, self._model
        if self._copy is None:
            return self._build(document)
        return None if model is None else self._copy(model)

    def __getstate__(self) -> dict[str, Any]:
        # A lock cannot be copied or pickled.
        return {key: value for key, value in vars(self).items() if key not in ("_lock", "_model")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_build"], state["_copy"])  # type: ignore[misc]
        vars(self).update(state)
