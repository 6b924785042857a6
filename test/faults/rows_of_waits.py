# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong while a job is waited for."""

from __future__ import annotations

from fault_acts import (
    changed,
    drip_head,
    elsewhere,
    expire_token,
    hang,
    html,
    json_of,
    not_http,
    raw,
    reset,
    status,
    through,
)
from fault_row import Row, always, first
from fault_sockets import (
    at,
    bad_frame,
    broken_utf8,
    close,
    cut_frame,
    deaf,
    drip_frame,
    drop_socket,
    expire_and_pass,
    huge_frame,
    message,
    reset_socket,
    silence,
)

from qiskit_ibmq_provider.protocol import routes as r

__all__ = ["ROWS"]

API = "IBMQJobApiError"
LATE = "IBMQJobTimeoutError"
WS = r.WS_JOB_STATUS
STATUS = r.JOB_STATUS
NO_SOCKET = always("WS", WS, status(403))
SILENT = always("WS", WS, at(3, silence))
NOT_A_HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n"
ODD = {"type": "job-status", "data": {"status": 7}}
UNKNOWN = {"type": "job-status", "data": {"status": "TELEPORTED"}}

# One row, one line.
# fmt: off
ROWS = (
    *(Row(f"W{n:02}", f"websocket closed with {code} while the job runs", "result", (first("WS", WS, at(3, close(code))),), release=2) for n, code in enumerate((1000, 1001, 1011, 1012), 1)),
    *(Row(f"W{n:02}", f"websocket always closed with {code} while the job runs", "result", (always("WS", WS, at(3, close(code))),), release=2, bound=20) for n, code in enumerate((1000, 1001, 1011, 4002, 4003), 5)),
    Row("W10", "websocket is reset once (1006)", "result", (first("WS", WS, at(3, reset_socket)),), release=2),
    Row("W11", "websocket is always dropped after one status (1006)", "result", (always("WS", WS, at(3, drop_socket)),), release=2, bound=20),
    Row("W12", "websocket deaf: not even pings are answered", "result", (always("WS", WS, at(3, deaf)),), bound=30, release=2),
    Row("W13", "websocket silent from the beginning", "result", (always("WS", WS, at(1, silence)),), bound=30, release=1),
    Row("W14", "websocket sends a frame that breaks the rules", "result", (first("WS", WS, at(2, bad_frame)),), release=1),
    Row("W15", "websocket sends half a frame and ends", "result", (first("WS", WS, at(2, cut_frame)),), release=1),
    Row("W16", "websocket sends text that is no text", "result", (first("WS", WS, at(2, broken_utf8)),), release=1),
    Row("W17", "websocket sends a long frame byte by byte, without end", "result", (always("WS", WS, at(2, drip_frame)),), bound=30, release=1),
    Row("W18", "websocket announces a frame of terabytes, and sends it", "result", (always("WS", WS, at(2, huge_frame)),), bound=30, release=1),
    Row("W19", "websocket sends an array", "result", (always("WS", WS, at(2, message([1]))),), release=1, bound=20),
    Row("W20", "websocket sends a status that is a number", "result", (always("WS", WS, at(2, message(ODD))),), release=1, bound=20),
    Row("W21", "websocket sends a message of an unknown type", "result", (first("WS", WS, at(2, message({"type": "news", "data": 1}))),), release=1, bound=30, scale=0.05),
    Row("W22", "websocket sends a status that nobody knows", "result", (first("WS", WS, at(2, message(UNKNOWN))),), API, 20, "TELEPORTED", release=1),
    Row("W23", "websocket handshake hangs", "result", (always("WS", WS, hang),), release=STATUS),
    Row("W24", "websocket handshake drips", "result", (always("WS", WS, drip_head(0.05)),), release=STATUS),
    Row("W25", "websocket handshake is a page of a gateway", "result", (always("WS", WS, html),), release=STATUS),
    Row("W26", "websocket handshake with a wrong key", "result", (always("WS", WS, raw(NOT_A_HANDSHAKE)),), release=STATUS),
    Row("W27", "websocket handshake redirects to another host", "result", (always("WS", WS, elsewhere(302)),), release=STATUS, asked=("WS", WS, 1, 6)),
    Row("W28", "websocket handshake 500", "result", (always("WS", WS, status(500)),), release=STATUS),
    Row("W29", "websocket is no web server", "result", (always("WS", WS, not_http),), release=STATUS),
    Row("W30", "no websocket, status 500 ten times", "result", (NO_SOCKET, first("GET", STATUS, through, *[status(500)] * 10)), bound=60, release=STATUS),
    Row("W31", "no websocket, status 500 always", "result", (NO_SOCKET, always("GET", STATUS, through, status(500))), API, 90, "gateway says 500", release=STATUS),
    Row("W32", "no websocket, status hangs always", "result", (NO_SOCKET, always("GET", STATUS, hang)), API, 120, "did not answer", scale=0.03),
    Row("W33", "no websocket, status 404: the job is gone", "result", (NO_SOCKET, always("GET", STATUS, status(404))), API, 10, "gateway says 404"),
    Row("W34", "no websocket, status 403", "result", (NO_SOCKET, always("GET", STATUS, status(403))), API, 10, "may not do this"),
    Row("W35", "no websocket, status of another shape always", "result", (NO_SOCKET, always("GET", STATUS, json_of([]))), API, 30, "cannot be read"),
    Row("W36", "no websocket, status that nobody knows", "result", (NO_SOCKET, always("GET", STATUS, changed(lambda said: {**said, "status": "TELEPORTED"}))), API, 10, "TELEPORTED"),
    Row("W37", "no websocket, token expires between two questions", "result", (NO_SOCKET, first("GET", STATUS, through, expire_token)), release=STATUS),
    Row("W38", "token expires, and the first login fails", "result", (NO_SOCKET, first("GET", STATUS, expire_token), first("POST", r.LOGIN, status(503))), release=STATUS),
    Row("W39", "websocket silent, status 503 twice", "result", (SILENT, first("GET", STATUS, through, status(503), status(503))), bound=35, release=2, scale=0.05),
    Row("W40", "wait of 10 s: websocket silent, status hangs", "wait 10 s", (SILENT, always("GET", STATUS, through, hang)), LATE, 13, "was not over after", scale=0.1, short=True),
    Row("W41", "wait of 10 s: the job does not begin", "wait 10 s", (), LATE, 13, "Wait again, with a longer timeout"),
    Row("W42", "wait of 10 s: status drips", "wait 10 s", (NO_SOCKET, always("GET", STATUS, drip_head(0.02))), LATE, 13, "was not over after"),
    Row("W43", "wait of 60 s: status 500 always", "wait 60 s", (NO_SOCKET, always("GET", STATUS, status(500))), API, 62, "gateway says 500"),
    Row("W44", "wait of 10 s: status 429, Retry-After: 3600, always", "wait 10 s", (NO_SOCKET, always("GET", STATUS, status(429, headers={"Retry-After": "3600"}))), API, 13, "asks to wait 3600 s"),
    Row("W45", "wait of 60 s: websocket always dropped", "wait 60 s", (always("WS", WS, at(1, drop_socket)),), bound=30, release=STATUS),
    Row("W46", "wait of 0 s: the job has not begun", "wait 0 s", (), LATE, 2, "Wait again", asked=("WS", WS, 0, 0), short=True),
    Row("W47", "wait of 0 s: status hangs", "wait 0 s", (always("GET", STATUS, hang),), LATE, 3, "was not over after 0 s"),
    Row("W48", "wait of 0 s: status drips", "wait 0 s", (always("GET", STATUS, drip_head(0.02)),), LATE, 3, "was not over after 0 s"),
    Row("W49", "wait of 0 s: status 500", "wait 0 s", (always("GET", STATUS, status(500)),), LATE, 3, "was not over after 0 s"),
    Row("W50", "result within 0 s: the job has not begun", "result 0 s", (), LATE, 2, "Wait again"),
    Row("W51", "result within 60 s: the result hangs", "result 60 s", (always("GET", r.STORAGE, hang),), LATE, 65, "longer timeout", release="now"),
    Row("W52", "result within 60 s: websocket silent", "result 60 s", (SILENT,), release=2, bound=30),
    Row("W53", "statuses: websocket dropped after one status", "statuses", (first("WS", WS, at(3, drop_socket)),), release=2),
    Row("W54", "statuses: token expires", "statuses", (first("WS", WS, expire_and_pass),), release=1),
    Row("W55", "await: websocket silent", "await", (SILENT,), bound=30, release=2),
    Row("W56", "await: status 500 always, no websocket", "await", (NO_SOCKET, always("GET", STATUS, status(500))), API, 90, "gateway says 500"),
    Row("W57", "monitor: websocket closed with 4001 once", "monitor", (first("WS", WS, at(3, close(4001))),), release=2),
    Row("W58", "error message: websocket refused, status garbage once", "error message", (NO_SOCKET, first("GET", STATUS, through, html)), release=STATUS),
    Row("W59", "wait: everything is reset for a while", "wait", (NO_SOCKET, first("GET", STATUS, *[reset] * 4)), release=STATUS, bound=30),
)
# fmt: on
