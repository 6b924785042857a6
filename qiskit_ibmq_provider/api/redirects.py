# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which redirects are followed. Pure functions.

The HTTP library would follow any, and take the token header along to whatever host it is sent to. Here the token goes to the API's own
origins only, a body only where it may go, and nothing from HTTPS to HTTP.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container
from typing import Final, Optional, Union
from urllib.parse import urljoin, urlsplit

from qiskit_ibmq_provider.api.origins import origin_of

__all__ = ["MAX_REDIRECTS", "REDIRECT_STATUSES", "Refusal", "follow"]

REDIRECT_STATUSES: Final = (301, 302, 303, 307, 308)

MAX_REDIRECTS: Final = 5
"""How many redirects one request follows."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A redirect that is not followed, and why."""

    reason: str


def follow(
    method: str,
    url: str,
    status: int,
    location: Optional[str],
    *,
    trusted: Container[str],
    confined: bool,
) -> Union[str, Refusal]:
    """Return where a redirect leads, or why it is not followed.

    Args:
        method: verb of the request; it is kept.
        url: the absolute URL that was asked.
        status: one of :data:`REDIRECT_STATUSES`.
        location: the ``Location`` header.
        trusted: the API's own origins.
        confined: whether the request holds something, such as a login, that only these may see.
    """
    if not location:
        return Refusal("the answer is a redirect without a target")
    target = urljoin(url, location)
    origin = origin_of(target)
    if origin is None or not origin.startswith("http"):
        return Refusal("the answer is a redirect to something that is not an HTTP URL")
    if method not in ("GET", "HEAD") and status not in (307, 308):
        return Refusal(
            f"the address has moved to {origin}, and a {method} cannot be repeated there; correct the URL"
        )
    if url.lower().startswith("https:") and origin.startswith("http:"):
        return Refusal(f"the answer is a redirect from HTTPS to plain HTTP at {origin}")
    if confined and origin not in trusted and not _is_upgrade(url, origin):
        return Refusal(
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
