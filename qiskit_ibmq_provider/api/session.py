# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""One connection to an account's servers: pool, token, deadlines, repetitions, redaction.

The loop in :meth:`RetrySession.request` is dumb on purpose. What to do after a failure is decided in :mod:`backoff`, whether to follow a
redirect in :mod:`redirects`, what to say in :mod:`failures`.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Mapping
from typing import Any, Callable, Final, Optional, TypeVar, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api._application import CUSTOM_HEADER_ENV_VAR
from qiskit_ibmq_provider.api.backoff import STATUS_FORCELIST, RetryPolicy, Tally, Trouble, next_delay
from qiskit_ibmq_provider.api.channel import Call, Channel
from qiskit_ibmq_provider.api.exchange import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    STORAGE_TIMEOUTS,
    TOTAL_TIMEOUT,
    Body,
    Problem,
    Success,
    Timeouts,
    Url,
)
from qiskit_ibmq_provider.api.failures import describe_request, error_for, remembering, unreadable
from qiskit_ibmq_provider.api.origins import origin_of
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query
from qiskit_ibmq_provider.api.relocation import Relocation
from qiskit_ibmq_provider.api.tokens import TokenHolder
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError

__all__ = [
    "CONNECT_TIMEOUT",
    "CUSTOM_HEADER_ENV_VAR",
    "READ_TIMEOUT",
    "RetrySession",
    "STATUS_FORCELIST",
    "STORAGE_TIMEOUTS",
    "TOTAL_TIMEOUT",
]

logger = get_logger(__name__)

T = TypeVar("T")

_REPLAYABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


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
        timeout: connect and read timeout, in seconds.
        total_timeout: seconds for one request altogether.
        storage_timeouts: bounds of storage transfers.
        time_scale: what all these times, and all others of the connection and of those that share it, are multiplied by.
        sleep: waits between repetitions.
    """

    def __init__(
        self,
        base_url: str,
        access_token: Optional[str] = None,
        retries_total: int = 5,
        retries_connect: int = 3,
        backoff_factor: float = 0.5,
        verify: Union[bool, str] = True,
        proxies: Optional[Mapping[str, str]] = None,
        auth: Any = None,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        *,
        total_timeout: float = TOTAL_TIMEOUT,
        storage_timeouts: Timeouts = STORAGE_TIMEOUTS,
        time_scale: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._channel = Channel(
            {"verify": verify, "proxies": proxies, "auth": auth}, access_token, time_scale
        )
        del access_token, proxies
        if verify is False:
            warnings.warn(
                "The certificates of the servers are not verified (verify=False): anyone on the way can read and change what is sent.",
                stacklevel=2,
            )
        self._policy = RetryPolicy(retries_total, retries_connect, backoff_factor * time_scale)
        self._timeouts = Timeouts(timeout[0], timeout[1], total_timeout).scaled(time_scale)
        self._storage_timeouts = storage_timeouts.scaled(time_scale)
        self._time_scale = time_scale
        self._sleep = sleep
        self.verify = verify
        self.base_url = self._trust(base_url)

    def at(self, base_url: str) -> RetrySession:
        """Return a session for another base URL of the account. The token is sent there too: only give one that the API has named."""
        session = copy.copy(self)
        session.base_url = self._trust(base_url)
        return session

    def _trust(self, base_url: str) -> str:
        """Trust the origin of a base URL, and return the URL in the form that paths are appended to."""
        origin = origin_of(base_url)
        if origin is not None:
            self._channel.trust(origin)
        return base_url.rstrip("/")

    @property
    def access_token(self) -> Optional[str]:
        """The access token of the account."""
        token = self._channel.tokens.current
        return None if token is None else token.reveal()

    @access_token.setter
    def access_token(self, value: Optional[str]) -> None:
        self._channel.tokens.replace(value)

    @property
    def tokens(self) -> TokenHolder:
        """The holder of the access token."""
        return self._channel.tokens

    @property
    def redactor(self) -> Redactor:
        """Takes the account's secrets out of texts."""
        return self._channel.redactor

    @property
    def timeouts(self) -> Timeouts:
        """Bounds of a request to the API."""
        return self._timeouts

    @property
    def time_scale(self) -> float:
        """What every time limit and every pause of the connection is multiplied by."""
        return self._time_scale

    @property
    def storage_timeouts(self) -> Timeouts:
        """Bounds of a request that carries a payload or a result."""
        return self._storage_timeouts

    def bounds(self, seconds: float) -> Timeouts:
        """Return the bounds of a request to the API that is worth only so many seconds, before they are scaled."""
        return self._timeouts.within(seconds * self._time_scale)

    @property
    def capabilities(self) -> Mapping[str, Any]:
        """What the server offers beyond the original protocol, as ``GET /users/me`` announced it."""
        return self._channel.capabilities

    @capabilities.setter
    def capabilities(self, value: Mapping[str, Any]) -> None:
        self._channel.capabilities = dict(value)

    @property
    def limits(self) -> Mapping[str, Any]:
        """The limits that the server announced beside them."""
        return self._channel.limits

    @limits.setter
    def limits(self, value: Mapping[str, Any]) -> None:
        self._channel.limits = dict(value)

    @property
    def relocation(self) -> Optional[Relocation]:
        """What follows a server that may move, for all sessions of the account; ``None`` for one that stays where it is."""
        return self._channel.relocation

    @relocation.setter
    def relocation(self, value: Optional[Relocation]) -> None:
        self._channel.relocation = value

    def located(self, url: str) -> str:
        """Return a URL of the account as it is now, where its server may move."""
        return self._channel.located(url)

    def pause(self, repetition: int) -> None:
        """Wait as before a repetition of a request, counted from 0."""
        self._sleep(self._policy.delay(repetition))

    def close(self) -> None:
        """Close idle connections, also those of the sessions that share them. All of them can still be used."""
        self._channel.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({strip_query(self.base_url)})>"

    def request(
        self,
        method: str,
        url: Url,
        bare: bool = False,
        *,
        read: Callable[[bytes], T],
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
            read: turns the body of a good answer into the value. If it raises :class:`ProtocolError`, the answer counts as unreadable.
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
        bounds = timeouts or (self._storage_timeouts if bare else self._timeouts)
        call = self._channel.prepare(
            self.base_url,
            method,
            url,
            trusted=not (bare or anonymous),
            params=params,
            body=body,
            headers=headers,
            timeouts=bounds,
        )
        replayable = method in _REPLAYABLE if replayable is None else replayable
        ends = time.monotonic() + bounds.total
        tally = Tally()
        renewed = False
        while True:
            token = self._channel.tokens.current if call.trusted else None
            outcome = self._attempt(call, token, read, ends)
            if isinstance(outcome, Success):
                return outcome.value
            if outcome.status == 401 and token is not None and not renewed and self._channel.tokens.renewable:
                with remembering(tally):
                    self._channel.tokens.renew(token, ends - time.monotonic())
                renewed = True
                continue
            delay = next_delay(
                self._policy,
                tally,
                outcome.trouble,
                status=outcome.status,
                retry_after=outcome.retry_after,
                replayable=replayable,
            )
            if delay is None or delay >= ends - time.monotonic():
                raise error_for(outcome, describe_request(method, url), tally, self.redactor.with_url(url))
            tally = tally.after(outcome.trouble, outcome.status)
            logger.debug(
                "%s: %s; repeated after %.1f s", describe_request(method, url), outcome.trouble.value, delay
            )
            self._sleep(delay)

    def json(self, method: str, url: Url, read: Callable[[Any], T], **options: Any) -> T:
        """Send a request whose answer is JSON.

        Args:
            method: verb, upper case.
            url: as for :meth:`request`.
            read: turns the decoded answer into the value, or raises :class:`ProtocolError`.
            options: as for :meth:`request`.
        """
        return self.request(method, url, read=lambda body: read(codec.loads(body)), **options)

    def _attempt(
        self, call: Call, token: Optional[Secret], read: Callable[[bytes], T], ends: float
    ) -> Union[Success[T], Problem]:
        """Send a request once and judge the answer."""
        outcome = self._channel.send(call, token, ends)
        if isinstance(outcome, Problem):
            return outcome
        if outcome.status >= 400:
            return Problem(Trouble.STATUS, answer=outcome)
        try:
            return Success(read(outcome.body))
        except ProtocolError as err:
            return unreadable(err, outcome, self._channel.redactor)
