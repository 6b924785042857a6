# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where a request goes: origins of URLs, redirects, and a server that comes up on another port each time it starts."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Container
from typing import Callable, Final, NamedTuple, Optional, Union
from urllib.parse import urljoin, urlsplit

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = [
    "MAX_REDIRECTS",
    "REDIRECT_STATUSES",
    "RefusedRedirect",
    "Relocation",
    "ServiceLocation",
    "origin_of",
    "redirect_target",
]

logger = get_logger(__name__)

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}

REDIRECT_STATUSES: Final = (301, 302, 303, 307, 308)

MAX_REDIRECTS: Final = 5
"""How many redirects one request follows."""


def origin_of(url: str) -> Optional[str]:
    """Return ``scheme://host:port`` of a URL, always with the port, or ``None`` if it is not an absolute HTTP or websocket URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}:{port or _DEFAULT_PORTS[scheme]}"


@dataclasses.dataclass(frozen=True)
class RefusedRedirect:
    """A redirect that is not followed, and why."""

    reason: str


def redirect_target(
    method: str,
    url: str,
    status: int,
    location: Optional[str],
    *,
    trusted: Container[str],
    confined: bool,
) -> Union[str, RefusedRedirect]:
    """Return where a redirect leads, or why it is not followed.

    The HTTP library would follow any, and take the token header along to whatever host it is sent to. Here the token goes to the API's own
    origins only, a body only where it may go, and nothing from HTTPS to HTTP.

    Args:
        method: verb of the request; it is kept.
        url: the absolute URL that was asked.
        status: one of :data:`REDIRECT_STATUSES`.
        location: the ``Location`` header.
        trusted: the API's own origins.
        confined: whether the request holds something, such as a login, that only these may see.
    """
    if not location:
        return RefusedRedirect("the answer is a redirect without a target")
    target = urljoin(url, location)
    origin = origin_of(target)
    if origin is None or not origin.startswith("http"):
        return RefusedRedirect("the answer is a redirect to something that is not an HTTP URL")
    if method not in ("GET", "HEAD") and status not in (307, 308):
        return RefusedRedirect(
            f"the address has moved to {origin}, and a {method} cannot be repeated there; correct the URL"
        )
    if url.lower().startswith("https:") and origin.startswith("http:"):
        return RefusedRedirect(f"the answer is a redirect from HTTPS to plain HTTP at {origin}")
    if confined and origin not in trusted and not _is_upgrade(url, origin):
        return RefusedRedirect(
            f"the answer is a redirect to another host, {origin}; correct the URL if that is where the service is"
        )
    return target


def _is_upgrade(url: str, origin: str) -> bool:
    """Tell whether an origin is the same host by HTTPS, both on their usual ports."""
    host = (urlsplit(url).hostname or "").lower()
    return (
        url.lower().startswith("http:")
        and origin == f"https://{host}:443"
        and origin_of(url) == f"http://{host}:80"
    )


class ServiceLocation(NamedTuple):
    """Where a service is at present, and the API token that it takes."""

    url: str
    token: Secret


class Relocation:
    """Follows one server that may move.

    The URLs that an account was opened with stay as they are everywhere; only host and port are exchanged when a request goes out.

    Args:
        url: base URL that the account was opened with.
        locate: finds the server, starting it if need be. May raise :class:`.IBMQError`.
        pause: seconds after a search without success in which there is no other: requests are repeated, and many may fail at once.
    """

    def __init__(self, url: str, locate: Callable[[], ServiceLocation], pause: float) -> None:
        self._known_as = urlsplit(url).netloc
        self._current = self._known_as
        self._locate = locate
        self._pause = pause
        self._lock = threading.Lock()
        self._failed_at = float("-inf")
        self._problem = ""

    def current(self, url: str) -> str:
        """Return a URL with the server's present host and port, if it is one of this server; else as it is."""
        parts = urlsplit(url)
        if self._current == self._known_as or parts.netloc != self._known_as:
            return url
        return parts._replace(netloc=self._current).geturl()

    def find(self) -> ServiceLocation:
        """Find the server, wherever it was before.

        Raises:
            IBMQError: it cannot be found or started.
        """
        location = self._locate()
        self._current = urlsplit(location.url).netloc
        return location

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
            if time.monotonic() - self._failed_at < self._pause:
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
