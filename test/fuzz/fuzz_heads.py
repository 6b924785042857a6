# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Bytes that are no HTTP, or HTTP of the wrong kind."""

from __future__ import annotations

import contextlib
import socket

from fuzz_target import DEADLINE, Answer, Defect, Tally, Target, judge
from fuzz_values import one_of_these
from hypothesis import strategies as st

__all__ = ["heads", "run_head"]

_LINES = [
    b"GET /api/version HTTP/1.1",
    b"POST /api/users/loginWithToken HTTP/1.1",
    b"GET http://evil.example/api/version HTTP/1.1",
    b"GET //api//version HTTP/1.1",
    b"GET /api/../../etc/passwd HTTP/1.1",
    b"GET /api/%zz HTTP/1.1",
    b"GET /api/\xff\xfe HTTP/1.1",
    b"GET /api/" + b"a" * 70_000 + b" HTTP/1.1",
    b"GET  /api/version  HTTP/1.1",
    b"GET /api/version HTTP/9.9",
    b"GET /api/version",
    b"CONNECT example.org:443 HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"",
]
_HEADERS = [
    b"Host: x",
    b"Host: x\r\nHost: y",
    b"Host: evil.example/path?x=",
    b"Content-Length: 2",
    b"Content-Length: -1",
    b"Content-Length: 2, 2",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length: 0x10",
    b"Content-Length: 2\r\nContent-Length: 3",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Connection: close",
    b"Connection: Upgrade\r\nUpgrade: websocket",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA",
    b"Expect: 100-continue",
    b"X: " + b"a" * 20_000,
    b"X-Null: a\x00b",
    b" folded: x",
    b"no colon",
    b": empty",
    b"X\tY: z",
    b"X-Access-Token: \xff",
    *[b"H%d: v" % number for number in range(3)],
]
_BODIES = [
    b"",
    b"{}",
    b"0\r\n\r\n",
    b"2\r\n{}\r\n0\r\n\r\n",
    b"ffffffffffffffffffff\r\n",
    b"-1\r\n",
    b"2;" + b"x" * 70_000 + b"\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
    b"2\r\n{}",
    b"zz\r\n",
    b"GET /api/version HTTP/1.1\r\nHost: smuggled\r\n\r\n",
    b"\x00" * 300_000,
]
_ENDS = [b"\r\n", b"\n", b"\r", b"\r\n\r\n"]


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """What a stranger writes to the port."""
    if not draw(st.integers(0, 5)):
        return draw(st.binary(max_size=400))
    end = draw(st.sampled_from(_ENDS)) if not draw(st.integers(0, 3)) else b"\r\n"
    lines = [draw(one_of_these(_LINES)), *draw(st.lists(one_of_these(_HEADERS), max_size=5))]
    text = end.join(lines) + end + end + draw(one_of_these(_BODIES))
    if not draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.binary(max_size=5)) + text[place + draw(st.integers(0, 3)) :]
    return text * draw(st.sampled_from([1, 1, 1, 3]))


def run_head(target: Target, tally: Tally, sent: bytes) -> None:
    """Write bytes and no more, read what comes until the service closes, and judge it.

    Raises:
        Defect: if the service neither answers nor closes.
    """
    received = b""
    with socket.create_connection((target.host, target.port), timeout=DEADLINE) as connection:
        # The service may have closed before all is sent.
        with contextlib.suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        except OSError as exc:
            if isinstance(exc, TimeoutError) or "timed out" in str(exc):
                raise Defect(f"The service neither answers nor closes after {sent[:200]!r}.") from exc
            raise
    if not received:
        tally.count("malformed HTTP", "closed")
        return
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    status = int(first.split()[1])
    if status == 100:
        tally.count("malformed HTTP", "1xx")
        return
    headers = dict(line.decode("latin-1").split(": ", 1) for line in lines)
    length = int(headers.get("content-length", len(body)))
    # An upgrade that lacks something is answered by the library of websockets, in its own words.
    if "uber-trace-id" in headers or status >= 500:
        judge(Answer(status, headers, body[:length]), head=len(body) < length)
    tally.count("malformed HTTP", f"{status // 100}xx")
