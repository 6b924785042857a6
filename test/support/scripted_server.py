# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A foreign server that does what a test tells it to: odd answers, broken connections, silent websockets.

It speaks HTTP/1.1 and websockets over plain sockets, so that it can also break the rules of both. A test gives each path a list of acts;
each request takes the next one, and the last one stays. It serves on a free port of this machine::

    with ScriptedServer() as server:
        server.on("GET", "/version", status(503), answer({"api-auth": "1"}))
        ...
        assert server.paths("GET") == ["/version", "/version"]
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

from support.scripted_acts import (
    Act,
    Frame,
    Peer,
    answer,
    drip,
    drip_headers,
    drop,
    hang,
    raw,
    read_exactly,
    redirect,
    reset,
    status,
    talk,
    truncated,
)

__all__ = [
    "Act",
    "Exchange",
    "Frame",
    "Peer",
    "Request",
    "ScriptedServer",
    "answer",
    "drip",
    "drip_headers",
    "drop",
    "hang",
    "raw",
    "redirect",
    "reset",
    "status",
    "talk",
    "truncated",
]


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as it arrived. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclasses.dataclass
class Exchange:
    """A request and the connection that it came by."""

    server: ScriptedServer
    sock: socket.socket
    request: Request
    keep: bool = True

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def wait_for_end(self, interval: float = 0.02) -> bool:
        """Wait a moment; return whether the client or the test has ended."""
        if self.server.closing.wait(interval):
            return True
        with contextlib.suppress(ValueError):
            self.sock.setblocking(False)
        try:
            return self.sock.recv(1) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            with contextlib.suppress(OSError):
                self.sock.setblocking(True)


class ScriptedServer:
    """The server. Its acts may be changed while it runs.

    Args:
        tls: makes it speak TLS.
        otherwise: gives the act for a path without acts; by default it is not found.
    """

    def __init__(
        self,
        tls: Optional[ssl.SSLContext] = None,
        otherwise: Optional[Callable[[Request], Act]] = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections: list[object] = []
        self.closing = threading.Event()
        self._tls = tls
        self._otherwise = _not_found if otherwise is None else otherwise
        self._changed = threading.Condition()
        self._acts: dict[tuple[str, str], list[Act]] = {}
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def on(self, method: str, path: str, *acts: Act) -> None:
        """Say what to do at requests to a path; ``WS`` is the method of websockets."""
        with self._changed:
            self._acts[method, path] = list(acts)

    def acts(self, method: str, path: str) -> list[Act]:
        """Return what is still to be done at a path."""
        with self._changed:
            return list(self._acts[method, path])

    def paths(self, method: Optional[str] = None) -> list[str]:
        """Paths of the requests so far, in order."""
        with self._changed:
            return [each.path for each in self.requests if method in (None, each.method)]

    def wait_for(self, method: str, path: str, count: int = 1, timeout: float = 20.0) -> list[Request]:
        """Wait until a path has been asked for a number of times, and return the requests."""

        def found() -> list[Request]:
            return [each for each in self.requests if (each.method, each.path) == (method, path)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, timeout), f"no {method} {path}"
            return found()

    def __enter__(self) -> ScriptedServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        # Shutting a listener down wakes its thread; on some systems only a connection does.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._listener.close()
        with self._changed:
            sockets = list(self._sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
            assert not thread.is_alive(), "a thread of the scripted server does not end"

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._sockets.add(sock)
                self.connections.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                with self._changed:
                    self._sockets.discard(sock)
                sock = self._tls.wrap_socket(sock, server_side=True)
                with self._changed:
                    self._sockets.add(sock)
            while not self.closing.is_set():
                request = _read_request(sock)
                if request is None:
                    return
                exchange = Exchange(self, sock, request)
                self._act_for(request)(exchange)
                if not exchange.keep:
                    return
        except OSError:
            return
        finally:
            with self._changed:
                self._sockets.discard(sock)
            sock.close()

    def _act_for(self, request: Request) -> Act:
        method = "WS" if request.headers.get("upgrade", "").lower() == "websocket" else request.method
        with self._changed:
            self.requests.append(dataclasses.replace(request, method=method))
            self._changed.notify_all()
            acts = self._acts.get((method, request.path))
            if acts is not None:
                return acts.pop(0) if len(acts) > 1 else acts[0]
        return self._otherwise(request)


def _not_found(request: Request) -> Act:
    return status(404, {"error": {"message": f"no act for {request.method} {request.path}", "code": 2001}})


def _read_request(sock: socket.socket) -> Optional[Request]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = sock.recv(1)
        if not piece:
            return None
        head += piece
        if head == b"\x16":  # a TLS client at a server without TLS
            return Request("TLS", "/", {}, b"")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = read_exactly(sock, int(headers.get("content-length", "0")))
    return None if body is None else Request(method, target, headers, body)
