# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What happens to every request before its route and to every answer after it."""

from __future__ import annotations

import re
import secrets
import time
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.service.services import Activity

__all__ = ["RequestMiddleware"]

logger = get_logger(__name__)

_TRACE_HEADER: Final = b"uber-trace-id"
_SLASHES: Final = re.compile("/{2,}")


class RequestMiddleware:
    """Plain paths, a trace id, the count of what is under way, and the access log.

    Clients that were given a base URL with a trailing slash ask for ``/api//version``.
    """

    def __init__(self, app: ASGIApp, *, activity: Activity, access_log: bool) -> None:
        self._app = app
        self._activity = activity
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["path"] = _SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
        trace_id = secrets.token_hex(8)
        scope.setdefault("state", {})["trace_id"] = trace_id
        started = time.perf_counter()
        status = 0

        async def send_with_trace(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_TRACE_HEADER, trace_id.encode())]
            await send(message)

        with self._activity.under_way():
            try:
                await self._app(scope, receive, send_with_trace)
            finally:
                if self._access_log:
                    # The query is left out: it may hold a token or the signature of a storage URL.
                    method = scope.get("method", "WEBSOCKET")
                    took = 1000 * (time.perf_counter() - started)
                    path = quote(scope["path"])
                    logger.info("%s %s %s %s %.1f ms", trace_id, method, path, status or "-", took)
