# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of a device that are fetched once and kept."""

from __future__ import annotations

import pickle
import threading
from typing import Any, Callable, Generic, Optional, TypeVar

__all__ = ["KeptDocument"]

T = TypeVar("T")


class KeptDocument(Generic[T]):
    """A document that is fetched when it is first asked for. Threads that ask at the same time share one request.

    Everybody gets a copy: who changes his does not change what others get. Copies come from a pickle, which is several times
    faster than a deep copy. A failed request leaves what was kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pickled: Optional[bytes] = None

    def get(self, fetch: Callable[[], Optional[T]], *, refresh: bool = False) -> Optional[T]:
        """Return a copy of the document, or None if there is none.

        Args:
            fetch: asks the server for it.
            refresh: ask the server even if the document is kept.
        """
        with self._lock:
            if self._pickled is None or refresh:
                self._pickled = pickle.dumps(fetch(), protocol=pickle.HIGHEST_PROTOCOL)
            pickled = self._pickled
        document: Optional[T] = pickle.loads(pickled)  # noqa: S301 - made above, in this process
        return document

    def __getstate__(self) -> dict[str, Any]:
        # A lock cannot be copied or pickled.
        return {"_pickled": self._pickled}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._pickled = state["_pickled"]
