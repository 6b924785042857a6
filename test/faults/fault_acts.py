# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What can happen to an HTTP request on its way: the acts of the fault proxy."""

from __future__ import annotations

import dataclasses
import gzip
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

from fault_messages import Answer
from fault_proxy import Act, Exchange

__all__ = [
    "DEEP",
    "GARBAGE",
    "HTML",
    "around",
    "bomb",
    "changed",
    "drip",
    "drip_head",
    "drop",
    "echo",
    "elsewhere",
    "endless",
    "expire_token",
    "forged_length",
    "gone",
    "hang",
    "html",
    "json_of",
    "not_http",
    "processed",
    "raw",
    "redirect",
    "reset",
    "stall",
    "status",
    "the_same_for_ever",
    "through",
    "truncated",
]

HTML = b"<!DOCTYPE html><html><body><h1>The site is being serviced</h1></body></html>"
GARBAGE = bytes(range(256)) * 4


DEEP = b"[" * 200_000
"""JSON that is nested too deeply for any reader."""


def through(exchange: Exchange) -> None:
    """Let it pass."""
    exchange.relay(exchange.forward())


def status(code: int, body: Any = None, headers: dict[str, str] | None = None) -> Act:
    """Answer with a status, unseen by the service. The body is JSON unless it is bytes."""
    said = {"error": {"message": f"The gateway says {code}.", "code": 9000 + code}} if body is None else body
    data = said if isinstance(said, bytes) else json.dumps(said).encode()

    def act(exchange: Exchange) -> None:
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        exchange.send(f"HTTP/1.1 {code} Fault\r\nContent-Length: {len(data)}\r\n{extra}\r\n".encode() + data)

    return act


def echo(code: int) -> Act:
    """Answer with a status and the whole request, as some gateways do."""

    def act(exchange: Exchange) -> None:
        seen = (exchange.request.head + exchange.request.body).decode("latin-1")
        status(code, {"error": {"message": f"Bad request: {seen}", "code": 9400}})(exchange)

    return act


def json_of(value: Any) -> Act:
    """Answer 200 with a JSON value of another shape."""
    return status(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def html(exchange: Exchange) -> None:
    """Answer 200 with the page of a gateway."""
    status(200, HTML, {"Content-Type": "text/html"})(exchange)


def redirect(location: str, code: int = 307) -> Act:
    """Send the client elsewhere."""
    return status(code, b"", {"Location": location})


def elsewhere(code: int = 307) -> Act:
    """Send the client to the same path of another origin. It is the proxy by another name, so that it shows what arrives there."""

    def act(exchange: Exchange) -> None:
        redirect(f"http://localhost:{exchange.proxy.port}{exchange.request.target}", code)(exchange)

    return act


def gone(code: int = 307) -> Act:
    """Send the client to a host where nobody listens."""
    return redirect("http://127.0.0.1:9/api", code)


def around(exchange: Exchange) -> None:
    """Send the client to where it has just asked."""
    redirect(exchange.request.target, 302)(exchange)


def raw(data: bytes) -> Act:
    """Send bytes as they are, and close."""

    def act(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.keep = False

    return act


not_http = raw(b"SSH-2.0-OpenSSH_9.6\r\n")


def drop(exchange: Exchange) -> None:
    """Close without an answer."""
    exchange.keep = False


def reset(exchange: Exchange) -> None:
    """Break the connection."""
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.keep = False


def hang(exchange: Exchange) -> None:
    """Say nothing until the client goes."""
    exchange.wait_for_end()
    exchange.keep = False


def processed(act: Act) -> Act:
    """Let the service process the request, withhold its answer, and do something else."""

    def both(exchange: Exchange) -> None:
        exchange.forward()
        act(exchange)

    return both


def truncated(part: float = 0.5) -> Act:
    """Let the service answer, send a part of the body, and close."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head() + answer.body[: int(len(answer.body) * part)])
        exchange.keep = False

    return act


def stall(part: float = 0.5) -> Act:
    """Let the service answer, send a part of the body, and then nothing more."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head() + answer.body[: int(len(answer.body) * part)])
        hang(exchange)

    return act


def forged_length(extra: int) -> Act:
    """Let the service answer, and promise more bytes than there are, or fewer."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head(max(0, len(answer.body) + extra)) + answer.body)
        exchange.keep = False

    return act


def drip(interval: float) -> Act:
    """Let the service answer, and send its body byte by byte."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head())
        _slowly(exchange, answer.body, interval)

    return act


def drip_head(interval: float) -> Act:
    """Send headers byte by byte, without end."""

    def act(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        _slowly(exchange, b"X-Slow: yes\r\n" * 10_000, interval)

    return act


def _slowly(exchange: Exchange, data: bytes, interval: float) -> None:
    for position in range(len(data)):
        exchange.send(data[position : position + 1])
        if exchange.wait_for_end(interval):
            break
    exchange.keep = False


def endless(exchange: Exchange) -> None:
    """Send a body of more bytes than any machine holds, as fast as the client takes them."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n[")
    block = b'"' + b"0" * (1 << 20) + b'",'
    exchange.keep = False
    while True:
        exchange.send(block)


def bomb(exchange: Exchange) -> None:
    """Send a small body that unpacks to gigabytes."""
    block = gzip.compress(b"0" * (64 << 20), 9)
    data = gzip.compress(b"[1,", 1) + block * 96
    exchange.send(
        f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    )
    exchange.keep = False
    exchange.send(data)


def changed(edit: Callable[[Any], Any]) -> Act:
    """Let the service answer, and change the JSON of the answer."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.relay(answer.with_body(json.dumps(edit(json.loads(answer.body))).encode()))

    return act


def the_same_for_ever(entries: int) -> Act:
    """Let the service answer once, with a list, and give the beginning of that list to whatever is asked."""
    kept: list[Answer] = []

    def act(exchange: Exchange) -> None:
        if not kept:
            answer = exchange.forward()
            kept.append(answer.with_body(json.dumps(json.loads(answer.body)[:entries]).encode()))
        exchange.relay(kept[0])

    return act


def expire_token(exchange: Exchange) -> None:
    """Let all access tokens expire, and then let the request pass, with the token that it has."""
    exchange.proxy.expire_tokens()
    headers = [
        (name, exchange.proxy.valid(value) if name.lower() == "x-access-token" else value)
        for name, value in exchange.request.headers
    ]
    replaced = dataclasses.replace(exchange.request, headers=headers)
    through(dataclasses.replace(exchange, request=replaced))
