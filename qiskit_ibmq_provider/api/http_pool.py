# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Single HTTP exchanges over a pool of connections, each with a total deadline. What needs ``requests`` and ``urllib3`` is here and in :mod:`diagnosis`.

Nothing is repeated, redirected or raised here: an exchange gives an answer or says what went wrong. Repetitions of ``urllib3`` are off.

A read timeout bounds the wait for the next byte, so an answer that drips, one byte at a time, never ends. Here a thread shuts the socket
of a request down when the request's time is over; whatever the request does at that moment fails at once, be it the TLS handshake,
sending, or reading headers or body. The thread is only there while requests are.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import logging
import os
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import Any, Final, Optional, Union
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from qiskit_ibmq_provider._checks import is_loopback
from qiskit_ibmq_provider.api.addresses import origin_of
from qiskit_ibmq_provider.api.backoff import Trouble
from qiskit_ibmq_provider.api.diagnosis import diagnose
from qiskit_ibmq_provider.api.exchange import Answer, Body, Problem
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query
from qiskit_ibmq_provider.api.time_limits import Timeouts

__all__ = ["HttpPool"]

_ORIGINS: Final = 8
_CONNECTIONS: Final = 16
"""Idle connections kept for each origin; more may be in use."""

_PIECE: Final = 64 * 1024
"""Bytes that are read at a time."""

_WATCHDOG_IDLE: Final = 10.0
"""Seconds that the watchdog's thread outlives the last request, so that a series of requests does not start one each."""

_ACCURACY: Final = 0.01
"""To so many seconds a socket keeps its timeout."""


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
        with _deadline_in(seconds) as deadline:
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
    for session in sessions.values():
        session.close()
    sessions.clear()


class _Deadline:
    """The deadline of one request, and the socket that it presently uses.

    ``sent`` is true from the moment on at which the request may have reached the server, ``expired`` if it was broken off.
    """

    def __init__(self, expires: float) -> None:
        self.expires = expires
        self.sent = False
        self.expired = False
        self._lock = threading.Lock()
        self._finished = False
        self._socket: Optional[socket.socket] = None

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed, to the accuracy of a socket's timeout."""
        return self.expired or time.monotonic() >= self.expires - _ACCURACY

    def attach(self, sock: socket.socket) -> None:
        """Name the socket that the request uses from now on; the one named before is let go.

        A duplicate of the handle is kept, because wrapping in TLS, and an answer that ends the connection, take the handle away from the
        objects that held it.
        """
        # Family and type do not matter for shutting down; some wrappers of sockets do not tell them.
        duplicate = socket.fromfd(sock.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with self._lock:
            previous, self._socket = self._socket, duplicate
            if self.expired:
                _shut_down(duplicate)
        if previous is not None:
            previous.close()

    def expire(self) -> None:
        """Break the request off. After :meth:`finish` this does nothing."""
        with self._lock:
            if self._finished or self.expired:
                return
            self.expired = True
            if self._socket is not None:
                _shut_down(self._socket)

    def finish(self) -> None:
        """The request is over, well or badly."""
        with self._lock:
            self._finished = True
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()


def _shut_down(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class _DeadlineWatchdog:
    """The thread that lets deadlines expire."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: set[_Deadline] = set()
        self._thread: Optional[threading.Thread] = None
        self._wakes_at = 0.0

    def add(self, deadline: _Deadline) -> None:
        """Watch a deadline from now on."""
        with self._changed:
            self._deadlines.add(deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ibmq-deadlines", daemon=True)
                self._thread.start()
            elif deadline.expires < self._wakes_at:
                self._changed.notify()

    def remove(self, deadline: _Deadline) -> None:
        """Forget a deadline."""
        with self._changed:
            self._deadlines.discard(deadline)

    def _run(self) -> None:
        """Let deadlines expire until there has been none for a while."""
        while True:
            with self._changed:
                now = time.monotonic()
                due = [deadline for deadline in self._deadlines if deadline.expires <= now]
                self._deadlines.difference_update(due)
                if not due:
                    idle = not self._deadlines
                    next_one = min((deadline.expires for deadline in self._deadlines), default=0.0)
                    self._wakes_at = now + _WATCHDOG_IDLE if idle else next_one
                    notified = self._changed.wait(self._wakes_at - now)
                    if idle and not notified and not self._deadlines:
                        self._thread = None
                        return
            for deadline in due:
                deadline.expire()


class _PresentDeadline(threading.local):
    """The deadline that each thread is under, if any."""

    deadline: Optional[_Deadline] = None


_present = _PresentDeadline()
_watchdogs: dict[int, _DeadlineWatchdog] = {}


def _watchdog() -> _DeadlineWatchdog:
    """Return the watchdog of this process; a forked child has none of its parent's threads."""
    pid = os.getpid()
    return _watchdogs.get(pid) or _watchdogs.setdefault(pid, _DeadlineWatchdog())


@contextlib.contextmanager
def _deadline_in(seconds: float) -> Iterator[_Deadline]:
    """Put what this thread does in the block under a deadline."""
    deadline = _Deadline(time.monotonic() + seconds)
    outer = _present.deadline
    watchdog = _watchdog()
    watchdog.add(deadline)
    _present.deadline = deadline
    try:
        yield deadline
    finally:
        _present.deadline = outer
        deadline.finish()
        watchdog.remove(deadline)


class _Adapter(HTTPAdapter):
    """The library's adapter, with connections that a deadline can reach."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _guard(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _guard(manager)
        return manager


class _Guarded:
    """Mixed into a connection class: the connection reports its socket to the deadline that its request is under."""

    sock: Any
    cert_reqs: Any = None

    def _new_conn(self) -> Any:
        sock = super()._new_conn()  # type: ignore[misc]
        if _present.deadline is not None:
            _present.deadline.attach(sock)
        return sock

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        if self.cert_reqs in ("CERT_NONE", ssl.CERT_NONE):
            # Stops the library's warning at each request: RetrySession has warned once that certificates are not verified.
            self.is_verified = True

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if self.sock is None:
            self.connect()
        if _present.deadline is not None:
            _present.deadline.sent = True
            _present.deadline.attach(self.sock)
        return super().request(*args, **kwargs)  # type: ignore[misc]


def _guard(manager: Any) -> None:
    """Let a pool manager make guarded connections, whatever kind it makes: direct, through a proxy, or SOCKS."""
    classes = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _guarded_pool(kind) for scheme, kind in classes.items()}


@functools.cache
def _guarded_pool(pool: Any) -> Any:
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
        if _present.deadline is not None and isinstance(record.args, tuple):
            record.args = tuple(strip_query(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def _install_log_filter() -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(present, _QueryFilter) for present in logger.filters):
        logger.addFilter(_QueryFilter())
