# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A server that comes up on another port each time it starts: where it is now.

The URLs that an account was opened with stay as they are everywhere; only host and port are exchanged when a request goes out.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Final, NamedTuple, Optional
from urllib.parse import urlsplit

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = ["Place", "Relocation"]

logger = get_logger(__name__)

_PAUSE: Final = 5.0
"""Seconds after a search without success in which there is no other: requests are repeated, and many may fail at once."""


class Place(NamedTuple):
    """Where a server is, and the API token that it takes."""

    url: str
    token: Secret


class Relocation:
    """Follows one server.

    Args:
        url: base URL that the account was opened with.
        locate: finds the server, starting it if need be. May raise :class:`.IBMQError`.
    """

    def __init__(self, url: str, locate: Callable[[], Place]) -> None:
        self._known_as = urlsplit(url).netloc
        self._current = self._known_as
        self._locate = locate
        self._lock = threading.Lock()
        self._failed_at = float("-inf")
        self._problem = ""

    def current(self, url: str) -> str:
        """Return a URL with the server's present host and port, if it is one of this server; else as it is."""
        parts = urlsplit(url)
        if self._current == self._known_as or parts.netloc != self._known_as:
            return url
        return parts._replace(netloc=self._current).geturl()

    def find(self) -> Place:
        """Find the server, wherever it was before.

        Raises:
            IBMQError: it cannot be found or started.
        """
        place = self._locate()
        self._current = urlsplit(place.url).netloc
        return place

    def follow(self, url: str) -> Optional[str]:
        """Find the server after it could not be reached.

        Whichever thread comes first searches; the others wait and find it.

        Args:
            url: the URL that was tried, from :meth:`current`.

        Returns:
            What went wrong, as a sentence; ``None`` if the server is somewhere else than at that URL now; empty if it is not this
            server's URL, or is still the right one.
        """
        tried = urlsplit(url).netloc
        with self._lock:
            if tried not in (self._known_as, self._current):
                return ""
            if tried != self._current:
                return None
            if time.monotonic() - self._failed_at < _PAUSE:
                return self._problem
            try:
                self.find()
            except IBMQError as err:
                self._failed_at, self._problem = time.monotonic(), str(err.message)
                return self._problem
            if self._current == tried:
                return ""
            logger.info("The service at %s is now at %s.", tried, self._current)
            return None
