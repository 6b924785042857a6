# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What all sessions of one account share: connections, token, trusted origins, and the sending of one request through them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional, Union
from urllib.parse import urlencode

from qiskit_ibmq_provider.api._application import client_application
from qiskit_ibmq_provider.api.backoff import Trouble
from qiskit_ibmq_provider.api.exchange import Answer, Body, Problem, Timeouts, Url, reveal_url
from qiskit_ibmq_provider.api.origins import origin_of
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query
from qiskit_ibmq_provider.api.redirects import MAX_REDIRECTS, REDIRECT_STATUSES, Refusal, follow
from qiskit_ibmq_provider.api.relocation import Relocation
from qiskit_ibmq_provider.api.tokens import TokenHolder

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api._http import HttpPool

__all__ = ["Call", "Channel"]


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, ready to be sent.

    Args:
        method: verb.
        url: absolute URL with its query.
        trusted: whether the token goes along, to the API's own origins.
        body: body, if any.
        headers: headers without the token.
        timeouts: bounds.
        confined: whether a redirect may not lead to another host.
    """

    method: str
    url: Secret
    trusted: bool
    body: Optional[Body]
    headers: Mapping[str, str]
    timeouts: Timeouts
    confined: bool


class Channel:
    """Connections, token and trusted origins of one account.

    Args:
        pool_settings: ``verify``, ``proxies`` and ``auth`` of the connections.
        access_token: the token, if it is known already.
        time_scale: what the pauses of the token's renewal are multiplied by.
    """

    def __init__(
        self, pool_settings: Mapping[str, Any], access_token: Optional[str], time_scale: float = 1.0
    ) -> None:
        self.redactor = Redactor()
        self.tokens = TokenHolder(self.redactor, access_token, time_scale)
        self.trusted: frozenset[str] = frozenset()
        self.application = client_application()
        self.capabilities: Mapping[str, Any] = {}
        self.limits: Mapping[str, Any] = {}
        self.relocation: Optional[Relocation] = None
        self._pool_settings = pool_settings
        self._pool: Optional[HttpPool] = None
        self._lock = threading.Lock()

    def prepare(
        self,
        base_url: str,
        method: str,
        url: Url,
        *,
        trusted: bool,
        params: Optional[Mapping[str, str]],
        body: Optional[Body],
        headers: Optional[Mapping[str, str]],
        timeouts: Timeouts,
    ) -> Call:
        """Return a request ready to be sent.

        Args:
            base_url: what a path is appended to.
            method: verb.
            url: path, or absolute URL.
            trusted: whether the token goes along.
            params: query.
            body: body.
            headers: more headers.
            timeouts: bounds.
        """
        query = f"?{urlencode(params)}" if params else ""
        is_absolute = origin_of(reveal_url(url)) is not None
        known = {"X-Qx-Client-Application": self.application}
        if body is not None:
            known["Content-Type"] = "application/json"
        return Call(
            method=method,
            url=Secret((reveal_url(url) if is_absolute else base_url + reveal_url(url)) + query),
            trusted=trusted,
            body=body,
            headers={**known, **(headers or {})},
            timeouts=timeouts,
            confined=not is_absolute and method != "GET",
        )

    def send(self, call: Call, token: Optional[Secret], ends: float) -> Union[Answer, Problem]:
        """Send a request once, following redirects where that is safe.

        Args:
            call: the request.
            token: the access token; it is sent to trusted origins only.
            ends: when the time of the whole request is over, on the monotonic clock.
        """
        url, followed = call.url, 0
        while True:
            answer = self._send_to_wherever(url, call, token, ends)
            if isinstance(answer, Problem) or answer.status not in REDIRECT_STATUSES:
                return answer
            target = follow(
                call.method,
                url.reveal(),
                answer.status,
                answer.headers.get("location"),
                trusted=self.trusted,
                confined=call.confined,
            )
            followed += 1
            if followed > MAX_REDIRECTS:
                target = Refusal(f"more than {MAX_REDIRECTS} redirects; correct the URL")
            if isinstance(target, Refusal):
                return Problem(Trouble.STATUS, self.redactor.clean(target.reason), answer)
            url = Secret(target)

    def trust(self, origin: str) -> None:
        """Let the token go to an origin."""
        with self._lock:
            # A new set each time: other threads may be reading the old one.
            self.trusted = self.trusted | {origin}

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            pool = self._pool
        if pool is not None:
            pool.close()

    def located(self, url: str) -> str:
        """Return a URL of the account as it is now, where its server may move."""
        return url if self.relocation is None else self.relocation.current(url)

    def _send_to_wherever(
        self, url: Secret, call: Call, token: Optional[Secret], ends: float
    ) -> Union[Answer, Problem]:
        """Send a request once; if nobody is there, look for the server, and send it there."""
        if self.relocation is None:
            return self._send_to(url, call, token, ends)
        place = Secret(self.relocation.current(url.reveal()))
        answer = self._send_to(place, call, token, ends)
        if not isinstance(answer, Problem) or answer.trouble is not Trouble.UNREACHABLE:
            return answer
        problem = self.relocation.follow(place.reveal())
        if problem is not None:
            detail = f"{answer.detail} {self.redactor.clean(problem)}".rstrip()
            return dataclasses.replace(answer, detail=detail)
        return self._send_to(Secret(self.relocation.current(url.reveal())), call, token, ends)

    def _send_to(
        self, url: Secret, call: Call, token: Optional[Secret], ends: float
    ) -> Union[Answer, Problem]:
        """Send a request once to one URL."""
        origin = origin_of(url.reveal())
        if origin is None:
            shown = self.redactor.clean(strip_query(url.reveal()))
            return Problem(
                Trouble.INVALID, f"{shown!r} is not an http:// or https:// URL. Correct the account's URL."
            )
        headers: dict[str, Union[str, Secret]] = dict(call.headers)
        if token is not None and self._is_trusted(origin):
            headers["X-Access-Token"] = token
        return self._open().exchange(
            call.method,
            url,
            headers=headers,
            body=call.body,
            timeouts=call.timeouts,
            seconds=max(0.001, ends - time.monotonic()),
        )

    def _is_trusted(self, origin: str) -> bool:
        """Tell whether the token may go to an origin: one of the API's, or the one that one of these has moved to."""
        return origin in self.trusted or origin in {self.located(known) for known in self.trusted}

    def _open(self) -> HttpPool:
        """Return the connections. The HTTP library is only imported when the first request is made."""
        with self._lock:
            if self._pool is None:
                from qiskit_ibmq_provider.api._http import HttpPool

                self._pool = HttpPool(**self._pool_settings, redactor=self.redactor)
            return self._pool
