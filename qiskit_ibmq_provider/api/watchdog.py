# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A total deadline for blocking I/O.

A read timeout bounds the wait for the next byte, so an answer that drips, one byte at a time, never ends. Here a thread shuts the socket
of a request down when the request's time is over; whatever the request does at that moment fails at once, be it the TLS handshake,
sending, or reading headers or body. The thread is only there while requests are.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final, Optional

__all__ = ["Watch", "current_watch", "watch"]

_IDLE: Final = 10.0
"""Seconds that the thread outlives the last request, so that a series of requests does not start one each."""

_ACCURACY: Final = 0.01


class Watch:
    """The deadline of one request, and the socket that it presently uses.

    ``sent`` is true from the moment on at which the request may have reached the server.
    """

    def __init__(self, expires: float) -> None:
        self.expires = expires
        self.sent = False
        self._lock = threading.Lock()
        self._expired = False
        self._finished = False
        self._socket: Optional[socket.socket] = None

    @property
    def expired(self) -> bool:
        """Whether the request was broken off."""
        return self._expired

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed, to the accuracy of a socket's timeout."""
        return self._expired or time.monotonic() >= self.expires - _ACCURACY

    def attach(self, sock: socket.socket) -> None:
        """Name the socket that the request uses from now on; the one named before is let go.

        A duplicate of the handle is kept, because wrapping in TLS, and an answer that ends the connection, take the handle away from the
        objects that held it.
        """
        # Family and type do not matter for shutting down; some wrappers of sockets do not tell them.
        duplicate = socket.fromfd(sock.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with self._lock:
            previous, self._socket = self._socket, duplicate
            if self._expired:
                _shut_down(duplicate)
        if previous is not None:
            previous.close()

    def expire(self) -> None:
        """Break the request off. After :meth:`finish` this does nothing."""
        with self._lock:
            if self._finished or self._expired:
                return
            self._expired = True
            if self._socket is not None:
                _shut_down(self._socket)

    def finish(self) -> None:
        """The request is over, well or badly."""
        with self._lock:
            self._finished = True
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()


class _Watchdog:
    """The thread that lets watches expire."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: set[Watch] = set()
        self._thread: Optional[threading.Thread] = None
        self._wakes_at = 0.0

    def add(self, item: Watch) -> None:
        """Take a watch."""
        with self._changed:
            self._watches.add(item)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ibmq-deadlines", daemon=True)
                self._thread.start()
            elif item.expires < self._wakes_at:
                self._changed.notify()

    def remove(self, item: Watch) -> None:
        """Forget a watch."""
        with self._changed:
            self._watches.discard(item)

    def _run(self) -> None:
        """Let watches expire until there has been none for a while."""
        while True:
            with self._changed:
                now = time.monotonic()
                due = [item for item in self._watches if item.expires <= now]
                self._watches.difference_update(due)
                if not due:
                    idle = not self._watches
                    self._wakes_at = now + _IDLE if idle else min(item.expires for item in self._watches)
                    notified = self._changed.wait(self._wakes_at - now)
                    if idle and not notified and not self._watches:
                        self._thread = None
                        return
            for item in due:
                item.expire()


_local = threading.local()
_watchdogs: dict[int, _Watchdog] = {}


def _watchdog() -> _Watchdog:
    """Return the watchdog of this process; a forked child has none of its parent's threads."""
    pid = os.getpid()
    return _watchdogs.get(pid) or _watchdogs.setdefault(pid, _Watchdog())


def current_watch() -> Optional[Watch]:
    """Return the watch that the present thread is under, if any."""
    found: Optional[Watch] = getattr(_local, "watch", None)
    return found


@contextlib.contextmanager
def watch(seconds: float) -> Iterator[Watch]:
    """Put what this thread does in the block under a deadline, ``seconds`` from now."""
    item = Watch(time.monotonic() + seconds)
    outer = current_watch()
    watchdog = _watchdog()
    watchdog.add(item)
    _local.watch = item
    try:
        yield item
    finally:
        _local.watch = outer
        item.finish()
        watchdog.remove(item)


def _shut_down(sock: socket.socket) -> None:
    """Shut a connection down under whoever is using it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
