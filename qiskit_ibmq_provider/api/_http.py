# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Single HTTP exchanges over a pool of connections. The only module that imports ``requests`` and ``urllib3``.

Nothing is repeated, redirected or raised here: an exchange gives an answer or says what went wrong. Repetitions of ``urllib3`` are off.
"""

from __future__ import annotations

import functools
import http.client
import logging
import os
import ssl
import threading
import weakref
from collections.abc import Mapping
from typing import Any, Final, Optional, Union
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from qiskit_ibmq_provider._checks import is_loopback
from qiskit_ibmq_provider.api._diagnosis import diagnose
from qiskit_ibmq_provider.api.backoff import Trouble
from qiskit_ibmq_provider.api.exchange import Answer, Body, Problem, Timeouts
from qiskit_ibmq_provider.api.origins import origin_of
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query
from qiskit_ibmq_provider.api.watchdog import current_watch, watch

__all__ = ["HttpPool"]

_ORIGINS: Final = 8
_CONNECTIONS: Final = 16
"""Idle connections kept for each origin; more may be in use."""

_PIECE: Final = 64 * 1024
"""Bytes that are read at a time."""


class HttpPool:
    """A pool of connections to any number of origins, shared by threads.

    Args:
        verify: whether to verify certificates, or the path of a CA bundle.
        proxies: proxies by scheme. They go before those of the environment.
        auth: authentication of the HTTP library, for NTLM proxies.
        redactor: takes secrets out of texts.
    """

    def __init__(
        self,
        *,
        verify: Union[bool, str],
        proxies: Optional[Mapping[str, str]],
        auth: Any,
        redactor: Redactor,
    ) -> None:
        self._verify = verify
        self._proxies = dict(proxies or {})
        self._auth = auth or _without_authentication
        self._redactor = redactor
        self._lock = threading.Lock()
        self._open_sessions: dict[int, requests.Session] = {}
        # Older versions of urllib3 leave their sockets to the garbage collector, which complains of them.
        weakref.finalize(self, _close_all, self._open_sessions)
        _install_log_filter()

    def exchange(
        self,
        method: str,
        url: Secret,
        *,
        headers: Mapping[str, Union[str, Secret]],
        body: Optional[Body],
        timeouts: Timeouts,
        seconds: float,
    ) -> Union[Answer, Problem]:
        """Send one request and read the whole answer.

        Args:
            method: verb.
            url: absolute URL with its query.
            headers: headers beside the library's own.
            body: body, if any.
            timeouts: bounds of the whole request.
            seconds: what is left of its total.
        """
        plain = {
            name: value.reveal() if isinstance(value, Secret) else value for name, value in headers.items()
        }
        with watch(seconds) as deadline:
            try:
                response = self._open().request(
                    method,
                    url.reveal(),
                    headers=plain,
                    data=None if body is None else body.open(),
                    timeout=(min(timeouts.connect, seconds), min(timeouts.read, seconds)),
                    allow_redirects=False,
                    stream=True,
                    verify=self._verify,
                    proxies=self._proxies_for(url.reveal()),
                )
                content = _read(response, timeouts.longest)
                if content is None:
                    return _too_long(url, timeouts)
                answer = Answer(
                    status=response.status_code,
                    reason=str(response.reason or ""),
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=content,
                )
                _check_length(response)
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                OSError,
                ValueError,
            ) as err:
                return diagnose(
                    err, url, timeouts, self._redactor, expired=deadline.is_over, sent=deadline.sent
                )
        if deadline.expired:
            # The connection was shut down at the last moment; older versions of urllib3 take that for the end of the answer.
            return diagnose(TimeoutError(), url, timeouts, self._redactor, expired=True, sent=True)
        return answer

    def close(self) -> None:
        """Close the idle connections. The pool can still be used."""
        with self._lock:
            _close_all(self._open_sessions)

    def _open(self) -> requests.Session:
        """Return the library's session, a new one in a forked process: two processes must not share connections."""
        pid = os.getpid()
        with self._lock:
            session = self._open_sessions.get(pid)
            if session is None:
                session = self._open_sessions[pid] = requests.Session()
                session.auth = self._auth
                for prefix in ("http://", "https://"):
                    session.mount(prefix, _Adapter(pool_connections=_ORIGINS, pool_maxsize=_CONNECTIONS))
            return session

    def _proxies_for(self, url: str) -> dict[str, str]:
        """Return the proxies of a request. This machine is reached directly unless the account says otherwise."""
        if self._proxies:
            return self._proxies
        host = urlsplit(url).hostname
        return {"no_proxy": host} if host is not None and is_loopback(host) else {}


def _read(response: requests.Response, longest: int) -> Optional[bytes]:
    """Return the body of an answer, unpacked; ``None`` if it is longer than it may be."""
    pieces: list[bytes] = []
    room = longest
    for piece in response.iter_content(_PIECE):
        room -= len(piece)
        if room < 0:
            response.close()
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _too_long(url: Secret, timeouts: Timeouts) -> Problem:
    """Return the problem of an answer that is too long to be one of this API."""
    return Problem(
        Trouble.TOO_LONG,
        f"The answer of {origin_of(url.reveal())} has more than {timeouts.longest >> 20} MiB, which is more than the client reads. "
        "Check that the URL is that of the service.",
    )


def _check_length(response: requests.Response) -> None:
    """Check that the whole body has come, which older versions of ``urllib3`` do not.

    Raises:
        http.client.IncompleteRead: it has not.
    """
    promised, received = response.headers.get("Content-Length", ""), response.raw.tell()
    if promised.isdigit() and response.raw.status not in (204, 304) and received < int(promised):
        raise http.client.IncompleteRead(b"", int(promised) - received)


def _close_all(sessions: dict[int, requests.Session]) -> None:
    """Close the library's sessions."""
    for session in sessions.values():
        session.close()
    sessions.clear()


class _Adapter(HTTPAdapter):
    """The library's adapter, with connections that a deadline can reach."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _guard(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        _guard(manager)
        return manager


class _Guarded:
    """Mixed into a connection class: the connection reports its socket to the watch that its request is under."""

    sock: Any
    cert_reqs: Any = None

    def _new_conn(self) -> Any:
        sock = super()._new_conn()  # type: ignore[misc]
        _report(sock)
        return sock

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        if self.cert_reqs in ("CERT_NONE", ssl.CERT_NONE):
            # Stops the library's warning at each request: RetrySession has warned once that certificates are not verified.
            self.is_verified = True

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if self.sock is None:
            self.connect()
        _report(self.sock, sending=True)
        return super().request(*args, **kwargs)  # type: ignore[misc]


def _report(sock: Any, *, sending: bool = False) -> None:
    """Tell the present watch, if there is one, which socket is in use."""
    found = current_watch()
    if found is not None:
        found.sent = found.sent or sending
        found.attach(sock)


def _guard(manager: Any) -> None:
    """Let a pool manager make guarded connections, whatever kind it makes: direct, through a proxy, or SOCKS."""
    classes = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _guarded_pool(kind) for scheme, kind in classes.items()}


@functools.cache
def _guarded_pool(pool: Any) -> Any:
    """Return a pool class with guarded connections."""
    if issubclass(pool.ConnectionCls, _Guarded):
        return pool
    connection = type(pool.ConnectionCls.__name__, (_Guarded, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _without_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing. Without any authentication the library would look for passwords in the user's ``.netrc``."""
    return request


class _QueryFilter(logging.Filter):
    """Takes the queries of our own requests, which may be signatures, out of the library's log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record that a request of ours has made; leave others as they are."""
        if current_watch() is not None and isinstance(record.args, tuple):
            record.args = tuple(strip_query(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def _install_log_filter() -> None:
    """Filter the log of ``urllib3``, once."""
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(present, _QueryFilter) for present in logger.filters):
        logger.addFilter(_QueryFilter())
