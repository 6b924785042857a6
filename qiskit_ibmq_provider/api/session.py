# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""One connection to an account's servers: pool, token, deadlines, repetitions, redirects, redaction.

The loops here are dumb on purpose. What to do after a failure is decided in :mod:`backoff`, whether to follow a redirect in
:mod:`addresses`, what to say in :mod:`failures`.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib.metadata
import os
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, TypeVar, Union
from urllib.parse import urlencode

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.api.addresses import (
    MAX_REDIRECTS,
    REDIRECT_STATUSES,
    RefusedRedirect,
    Relocation,
    origin_of,
    redirect_target,
)
from qiskit_ibmq_provider.api.backoff import STATUS_FORCELIST, RetryPolicy, Tally, Trouble, next_delay
from qiskit_ibmq_provider.api.exchange import Answer, Body, Problem, Url, reveal_url
from qiskit_ibmq_provider.api.failures import describe_request, error_for, remembering, unreadable
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query
from qiskit_ibmq_provider.api.time_limits import TimeLimits, Timeouts
from qiskit_ibmq_provider.api.tokens import TokenHolder
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.http_pool import HttpPool

__all__ = ["CUSTOM_HEADER_ENV_VAR", "RetrySession", "STATUS_FORCELIST"]

logger = get_logger(__name__)

T = TypeVar("T")

CUSTOM_HEADER_ENV_VAR: Final = "QE_CUSTOM_CLIENT_APP_HEADER"
"""Environment variable whose value is appended to the client's name."""

_PACKAGES: Final = ("qiskit-ibmq-provider", "qiskit-terra", "qiskit-aer")

_REPLAYABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


@dataclasses.dataclass(frozen=True)
class _Call:
    """One request, ready to be sent."""

    method: str
    url: Secret
    trusted: bool  # Whether the token goes along, to the API's own origins.
    body: Optional[Body]
    headers: Mapping[str, str]
    timeouts: Timeouts
    confined: bool  # Whether a redirect may not lead to another host.


class _LazyPool:
    """The connections that all sessions of an account share. The HTTP library is only imported when the first request is made."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._pool: Optional[HttpPool] = None

    def open(self) -> HttpPool:
        with self._lock:
            if self._pool is None:
                from qiskit_ibmq_provider.api.http_pool import HttpPool

                self._pool = HttpPool(**self._settings)
            return self._pool

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.close()


class RetrySession:
    """Requests to one base URL, over connections that may serve several. Safe to share between threads.

    Args:
        base_url: what paths are appended to.
        access_token: token of the account, if it is known already.
        retries_total: most repetitions of one request.
        retries_connect: most repetitions of one that finds no connection.
        backoff_factor: seconds; see :class:`~qiskit_ibmq_provider.api.backoff.RetryPolicy`.
        verify: whether to verify certificates, or the path of a CA bundle.
        proxies: proxies by scheme.
        auth: authentication of the HTTP library, for NTLM proxies.
        timeout: connect and read timeout, in seconds. By default those of ``time_limits``.
        time_limits: how long everything may take; with them, ``backoff_factor`` does not count.
        time_scale: what all these times are multiplied by.
        sleep: waits between repetitions.
    """

    def __init__(
        self,
        base_url: str,
        access_token: Optional[str] = None,
        retries_total: int = 5,
        retries_connect: int = 3,
        backoff_factor: float = TimeLimits.backoff,
        verify: Union[bool, str] = True,
        proxies: Optional[Mapping[str, str]] = None,
        auth: Any = None,
        timeout: Optional[tuple[float, float]] = None,
        *,
        time_limits: Optional[TimeLimits] = None,
        time_scale: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        limits = time_limits or TimeLimits(backoff=backoff_factor)
        if timeout is not None:
            request = dataclasses.replace(limits.request, connect=timeout[0], read=timeout[1])
            limits = dataclasses.replace(limits, request=request)
        self.time_limits = limits.scaled(time_scale)
        self.redactor = Redactor()
        """Takes the account's secrets out of texts."""
        self.tokens = TokenHolder(self.redactor, access_token, self.time_limits.after_failure)
        self._pool = _LazyPool(verify=verify, proxies=proxies, auth=auth, redactor=self.redactor)
        del access_token, proxies
        if verify is False:
            warn_caller(
                "The certificates of the servers are not verified (verify=False): anyone on the way can read and change what is sent."
            )
        self.headers = {"X-Qx-Client-Application": _client_application()}
        """Headers that go with every request."""
        self.capabilities: Mapping[str, Any] = {}
        """What the server offers beyond the original protocol, as ``GET /users/me`` announced it."""
        self.limits: Mapping[str, Any] = {}
        """The limits that the server announced beside them."""
        self.relocation: Optional[Relocation] = None
        """What follows a server that may move; ``None`` for one that stays where it is."""
        self.verify = verify
        self._policy = RetryPolicy(retries_total, retries_connect, self.time_limits.backoff)
        self._sleep = sleep
        self._trusted: set[str] = set()
        self.base_url = self._trust(base_url)

    def at(self, base_url: str) -> RetrySession:
        """Return a session for another base URL of the account. The token is sent there too: only give one that the API has named."""
        session = copy.copy(self)
        session.base_url = self._trust(base_url)
        return session

    def within(self, seconds: Optional[float]) -> RetrySession:
        """Return a session whose requests take no longer than so many seconds; ``None`` for no other bound than usual."""
        session = copy.copy(self)
        session.time_limits = self.time_limits.within(seconds)
        return session

    def _trust(self, base_url: str) -> str:
        """Trust the origin of a base URL, and return the URL in the form that paths are appended to."""
        origin = origin_of(base_url)
        if origin is not None:
            self._trusted.add(origin)
        return base_url.rstrip("/")

    @property
    def access_token(self) -> Optional[str]:
        """The access token of the account."""
        token = self.tokens.current
        return None if token is None else token.reveal()

    @access_token.setter
    def access_token(self, value: Optional[str]) -> None:
        self.tokens.replace(value)

    _access_token = access_token  # The name under which other programs read it.

    def located(self, url: str) -> str:
        """Return a URL of the account as it is now, where its server may move."""
        return url if self.relocation is None else self.relocation.current(url)

    def pause(self, repetition: int) -> None:
        """Wait as before a repetition of a request, counted from 0."""
        self._sleep(self._policy.delay(repetition))

    def close(self) -> None:
        """Close idle connections, also those of the sessions that share them. All of them can still be used."""
        self._pool.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({strip_query(self.base_url)})>"

    def request(
        self,
        method: str,
        url: Url,
        bare: bool = False,
        *,
        read: Callable[[Any], T],
        undecoded: bool = False,
        params: Optional[Mapping[str, str]] = None,
        body: Optional[Body] = None,
        headers: Optional[Mapping[str, str]] = None,
        replayable: Optional[bool] = None,
        anonymous: bool = False,
        timeouts: Optional[Timeouts] = None,
    ) -> T:
        """Send a request, again if that may help, and return what the answer means.

        Args:
            method: verb, upper case.
            url: path below the base URL; an absolute URL if ``bare``.
            bare: whether the request goes to storage: absolute URL, no token, longer timeouts.
            read: turns a good answer, decoded from JSON, into the value. If it raises :class:`ProtocolError`, the answer counts as unreadable.
            undecoded: whether ``read`` gets the bytes of the answer, which need not be JSON.
            params: query.
            body: body.
            headers: more headers.
            replayable: whether processing the request twice does no harm; by default what HTTP says of the verb.
            anonymous: whether to send no token although the URL is the API's.
            timeouts: other bounds than the session's.

        Raises:
            RequestsApiError: no answer, or one with an error status.
            ApiIBMQProtocolError: ``read`` cannot read the answer.
        """
        bounds = timeouts or (self.time_limits.storage if bare else self.time_limits.request)
        call = self._prepared(method, url, params, body, headers, not (bare or anonymous), bounds)
        replayable = method in _REPLAYABLE if replayable is None else replayable
        ends = time.monotonic() + bounds.total
        tally = Tally()
        renewed = False
        while True:
            token = self.tokens.current if call.trusted else None
            answer = self._send(call, token, ends)
            if isinstance(answer, Problem):
                problem = answer
            elif answer.status >= 400:
                problem = Problem(Trouble.STATUS, answer=answer)
            else:
                try:
                    return read(answer.body if undecoded else codec.loads(answer.body))
                except ProtocolError as err:
                    problem = unreadable(err, answer, self.redactor)
            if problem.status == 401 and token is not None and not renewed and self.tokens.renewable:
                with remembering(tally):
                    self.tokens.renew(token, ends - time.monotonic())
                renewed = True
                continue
            delay = next_delay(
                self._policy,
                tally,
                problem.trouble,
                status=problem.status,
                retry_after=problem.retry_after,
                replayable=replayable,
            )
            if delay is None or delay >= ends - time.monotonic():
                raise error_for(problem, describe_request(method, url), tally, self.redactor.with_url(url))
            tally = tally.after(problem.trouble, problem.status)
            logger.debug(
                "%s: %s; repeated after %.1f s", describe_request(method, url), problem.trouble.value, delay
            )
            self._sleep(delay)

    def _prepared(
        self,
        method: str,
        url: Url,
        params: Optional[Mapping[str, str]],
        body: Optional[Body],
        headers: Optional[Mapping[str, str]],
        trusted: bool,
        timeouts: Timeouts,
    ) -> _Call:
        query = f"?{urlencode(params)}" if params else ""
        is_absolute = origin_of(reveal_url(url)) is not None
        content_type = {} if body is None else {"Content-Type": "application/json"}
        return _Call(
            method=method,
            url=Secret((reveal_url(url) if is_absolute else self.base_url + reveal_url(url)) + query),
            trusted=trusted,
            body=body,
            headers={**self.headers, **content_type, **(headers or {})},
            timeouts=timeouts,
            confined=not is_absolute and method != "GET",
        )

    def _send(self, call: _Call, token: Optional[Secret], ends: float) -> Union[Answer, Problem]:
        """Send a request once, following redirects where that is safe, and a server that is somewhere else now."""
        url, redirects, searched = call.url, 0, False
        while True:
            at = Secret(self.located(url.reveal()))
            origin = origin_of(at.reveal())
            if origin is None:
                shown = self.redactor.clean(strip_query(at.reveal()))
                return Problem(
                    Trouble.INVALID,
                    f"{shown!r} is not an http:// or https:// URL. Correct the account's URL.",
                )
            headers: dict[str, Union[str, Secret]] = dict(call.headers)
            if token is not None and self._is_trusted(origin):
                headers["X-Access-Token"] = token
            answer = self._pool.open().exchange(
                call.method,
                at,
                headers=headers,
                body=call.body,
                timeouts=call.timeouts,
                seconds=max(0.001, ends - time.monotonic()),
            )
            if isinstance(answer, Problem):
                if answer.trouble is not Trouble.UNREACHABLE or self.relocation is None or searched:
                    return answer
                searched = True
                problem = self.relocation.follow(at.reveal())
                if problem is not None:
                    detail = f"{answer.detail} {self.redactor.clean(problem)}".rstrip()
                    return dataclasses.replace(answer, detail=detail)
                continue
            if answer.status not in REDIRECT_STATUSES:
                return answer
            target = self._redirected(call, url, answer)
            redirects, searched = redirects + 1, False
            if redirects > MAX_REDIRECTS:
                target = RefusedRedirect(f"more than {MAX_REDIRECTS} redirects; correct the URL")
            if isinstance(target, RefusedRedirect):
                return Problem(Trouble.STATUS, self.redactor.clean(target.reason), answer)
            url = Secret(target)

    def _redirected(self, call: _Call, url: Secret, answer: Answer) -> Union[str, RefusedRedirect]:
        return redirect_target(
            call.method,
            url.reveal(),
            answer.status,
            answer.headers.get("location"),
            trusted=self._trusted,
            confined=call.confined,
        )

    def _is_trusted(self, origin: str) -> bool:
        """Tell whether the token may go to an origin: one of the API's, or the one that one of these has moved to."""
        return origin in self._trusted or origin in {self.located(known) for known in tuple(self._trusted)}


def _client_application() -> str:
    """Return the value of the header ``X-Qx-Client-Application``.

    It is ``qiskit/<version>`` where the package of that name is installed; otherwise the names of the packages that are, comma-separated,
    a slash, and their versions.
    """
    qiskit = _version("qiskit")
    if qiskit is not None:
        name = f"qiskit/{qiskit}"
    else:
        present = {package: version for package in _PACKAGES if (version := _version(package)) is not None}
        name = f"{','.join(present)}/{','.join(present.values())}"
    custom = os.environ.get(CUSTOM_HEADER_ENV_VAR, "")
    return f"{name}/{custom}" if custom else name


def _version(package: str) -> Optional[str]:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
