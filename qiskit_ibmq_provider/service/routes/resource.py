# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""One path with all its methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["Endpoint", "Resource"]

Endpoint = Callable[[Request], Awaitable[Response]]


class Resource(Route):
    """A route for all methods of a path, so that an answer 405 names them all. HEAD is GET without a body.

    Args:
        path: The path, with its places in braces.
        endpoints: What answers, by method in upper case.
    """

    def __init__(self, path: str, endpoints: Mapping[str, Endpoint]) -> None:
        self.endpoints = dict(endpoints)

        async def endpoint(request: Request) -> Response:
            return await endpoints["GET" if request.method == "HEAD" else request.method](request)

        super().__init__(path, endpoint, methods=list(endpoints))

    @property
    def places(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(self.param_convertors)
