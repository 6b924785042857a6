# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A proxy between our client and our service that spoils what a test tells it to spoil.

The client is given the proxy's URL. The service makes the URLs that it hands out (storage, websocket, API) from the host that a request
named, so they lead through the proxy too. Each request takes the next act of the first fault that is meant for it; where there is none, or
none left, it goes through::

    with FaultProxy(service.url) as proxy:
        proxy.spoil(Fault("GET", routes.DEVICES, (status(503), reset)))
        ...
        assert proxy.count("GET", routes.DEVICES) == 3

Plain sockets and threads, so that the rules of HTTP and of websockets can be broken as well.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any, Optional
from urllib.parse import urlsplit

from fault_messages import Answer, Request, read_request

from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["Act", "Exchange", "Fault", "FaultProxy"]

Act = Callable[["Exchange"], None]


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is done to requests of one kind.

    Args:
        method: verb, or ``WS``.
        route: which path, whatever stands in its places.
        acts: what happens to the first such request, the second, and so on.
        stays: whether the last act is repeated for ever; otherwise later requests go through.
    """

    method: str
    route: Route
    acts: tuple[Act, ...]
    stays: bool = False

    def matches(self, request: Request) -> bool:
        return request.is_of(self.method, self.route)


@dataclasses.dataclass
class Exchange:
    """One request, and the connection that it came by."""

    proxy: FaultProxy
    sock: socket.socket
    request: Request
    keep: bool = True

    def forward(self) -> Answer:
        """Let the service process the request; return its answer."""
        upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)
        try:
            upstream.putrequest(
                self.request.method, self.request.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.request.headers:
                upstream.putheader(name, value)
            upstream.endheaders(self.request.body or None)
            answer = upstream.getresponse()
            return Answer(answer.status, answer.reason, answer.getheaders(), answer.read())
        finally:
            upstream.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def relay(self, answer: Answer) -> None:
        self.send(answer.head() + (b"" if self.request.method == "HEAD" else answer.body))

    def wait_for_end(self, seconds: Optional[float] = None) -> bool:
        """Wait until client or test have ended, or for some seconds; return whether they have."""
        try:
            readable, _, _ = select.select([self.sock], [], [], seconds)
            return bool(readable) and self.sock.recv(1) == b""
        except (OSError, ValueError):
            return True


class FaultProxy:
    """The proxy, on a free port of this machine.

    Args:
        url: URL of the service.
        tls: speak TLS to the client.
    """

    def __init__(self, url: str, tls: Optional[ssl.SSLContext] = None) -> None:
        parts = urlsplit(url)
        self.upstream = (str(parts.hostname), int(parts.port or 80))
        self.requests: list[Request] = []
        self.spoiled = 0
        self.messages = 0
        self.changed = threading.Condition()
        self._tls = tls
        self._faults: list[tuple[Fault, list[Act]]] = []
        self._always: list[tuple[Fault, list[Act]]] = []
        self._tokens: set[str] = set()
        self._expired: set[str] = set()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}{parts.path}"

    def spoil(self, *faults: Fault, always: bool = False) -> None:
        """Add faults; those that are there always survive :meth:`clear`."""
        with self.changed:
            (self._always if always else self._faults).extend((fault, list(fault.acts)) for fault in faults)

    def clear(self) -> None:
        """Forget faults and counts, and break off what hangs."""
        with self.changed:
            self._faults.clear()
            self.requests.clear()
            self.spoiled = self.messages = 0
            sockets = list(self._sockets)
        _shut_down(sockets)

    def expire_tokens(self) -> None:
        """Let the service refuse every access token that it has given out so far."""
        with self.changed:
            self._expired.update(self._tokens)

    def tokens(self) -> set[str]:
        """Return the access tokens that have come by."""
        with self.changed:
            return set(self._tokens)

    def valid(self, token: str) -> str:
        """Return a token, or in place of one that has expired something that the service does not take."""
        return "expired-" + token[:8] if token in self._expired else token

    def count(self, method: str, route: Route) -> int:
        """Return how many requests of a kind there were."""
        with self.changed:
            return sum(each.is_of(method, route) for each in self.requests)

    def tell(self, message: int) -> None:
        """Take note that a websocket message has reached the client."""
        with self.changed:
            self.messages += message
            self.changed.notify_all()

    def __enter__(self) -> FaultProxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self._closing = True
            sockets = list(self._sockets)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _shut_down(sockets)
        for thread in list(self._threads):
            thread.join(20)
            assert not thread.is_alive(), "a thread of the proxy does not end"

    def start(self, target: Callable[..., None], *args: Any) -> threading.Thread:
        """Run something in a thread that has to end with the proxy."""
        return self._start(target, *args)

    def track(self, sock: socket.socket) -> None:
        """Take a socket that is to be shut down with the rest."""
        with self.changed:
            self._sockets.add(sock)

    def release(self, sock: socket.socket) -> None:
        """Close a socket."""
        with self.changed:
            self._sockets.discard(sock)
        sock.close()

    def _start(self, target: Callable[..., None], *args: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)
        with self.changed:
            self._threads = [each for each in self._threads if each.is_alive() or each.ident is None]
            self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._closing:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        self.track(sock)
        plain = sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self.track(sock)
            while not self._closing:
                request = read_request(sock)
                if request is None:
                    return
                self._rewrite_token(request)
                exchange = Exchange(self, sock, request)
                self._act_for(request)(exchange)
                if not exchange.keep:
                    return
        except (OSError, http.client.HTTPException):
            return
        finally:
            self.release(plain)
            self.release(sock)

    def _rewrite_token(self, request: Request) -> None:
        with self.changed:
            self._tokens.update(filter(None, [request.header("x-access-token")]))
        request.headers = [
            (name, self.valid(value) if name.lower() == "x-access-token" else value)
            for name, value in request.headers
        ]

    def _act_for(self, request: Request) -> Act:
        from fault_sockets import tunnel

        with self.changed:
            self.requests.append(request)
            through: Act = tunnel if request.method == "WS" else _through
            chosen = next(
                (
                    (fault, acts)
                    for fault, acts in [*self._faults, *self._always]
                    if acts and fault.matches(request)
                ),
                None,
            )
            if chosen is not None:
                fault, acts = chosen
                through = acts[0] if fault.stays and len(acts) == 1 else acts.pop(0)
                self.spoiled += chosen in self._faults
            self.changed.notify_all()
            return through


def _through(exchange: Exchange) -> None:
    exchange.relay(exchange.forward())


def _shut_down(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
