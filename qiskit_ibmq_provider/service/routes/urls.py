# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Under which URL the caller reaches the service, so that URLs handed out work for that caller."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Final, Optional

__all__ = ["API_PATH", "OPENAPI_PATH", "SOCKET_PATH", "api_url", "public_origin", "websocket_url"]

API_PATH: Final = "/api"
"""Where the API begins, below the public URL."""

OPENAPI_PATH: Final = "/openapi.json"
"""Where the description of the API is, below the API."""

SOCKET_PATH: Final = API_PATH + "/ws"
"""Where the websockets begin."""

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def public_origin(
    headers: Mapping[str, str],
    *,
    configured: Optional[str],
    fallback: str,
    peer: Optional[str],
    trusted_proxies: Sequence[str],
) -> str:
    """Return the URL, without ``/api`` and trailing slash, under which a caller sees the service.

    The first of these that is there: the configured URL; what a trusted proxy says in
    ``X-Forwarded-Proto`` and ``X-Forwarded-Host``; the ``Host`` header, with the scheme of ``fallback``; ``fallback``.

    Args:
        headers: The headers of the request, by lower-case names.
        configured: The setting ``public_url``.
        fallback: The URL that the service listens on.
        peer: The address of the other end of the connection.
        trusted_proxies: Networks whose forwarded headers are believed.
    """
    if configured is not None:
        return configured
    scheme, host = fallback.partition(":")[0], headers.get("host", "")
    if peer is not None and _is_trusted(peer, trusted_proxies):
        # Proxies append: the first entry is what the user's client wrote to.
        scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip().lower()
        host = headers.get("x-forwarded-host", host).split(",")[0].strip()
    # These values go into answers: anything that is not plainly a host is not repeated.
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return fallback
    return f"{scheme}://{host}"


def api_url(origin: str) -> str:
    """Return the base URL of the HTTP API, without trailing slash: clients append paths as they are."""
    return origin + API_PATH


def websocket_url(origin: str) -> str:
    """Return the base URL of the websockets: scheme ``ws`` or ``wss``, with the trailing slash that live-data clients count on."""
    return "ws" + origin[len("http") :] + SOCKET_PATH + "/"


def _is_trusted(peer: str, networks: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in networks)
