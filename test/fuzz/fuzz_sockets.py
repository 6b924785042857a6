# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Websocket frames that are garbage, too large, or in the wrong order."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from typing import Optional

from fuzz_target import DEADLINE, Defect, Tally, Target
from fuzz_values import json_values, one_of_these, texts
from hypothesis import strategies as st

__all__ = ["Frame", "conversations", "run_conversation"]

Frame = tuple[int, bytes, bool, bool, int]
"""Opcode, payload, whether it is the last of its message, whether it is masked, and the reserved bits."""

_TOKEN = b"<the access token>"
"""Where the valid token goes when the frame is sent."""

_MESSAGES = [
    json.dumps({"type": "authentication", "data": _TOKEN.decode()}).encode(),
    json.dumps({"type": "authentication", "data": _TOKEN.decode()}).encode(),
    json.dumps({"type": "authentication", "data": "wrong"}).encode(),
    json.dumps({"type": "authentication", "data": None}).encode(),
    json.dumps({"type": "authentication", "data": ["x"] * 50}).encode(),
    json.dumps({"type": "job-status", "data": {"status": "COMPLETED"}}).encode(),
    b"",
    b"null",
    b"[" * 30_000 + b"]" * 30_000,
    b'{"type": ' * 5_000,
    b"\xff\xfe\x00",
    b"x" * 70_000,
    b"x" * 300_000,
]


@st.composite
def _frames(draw: st.DrawFn) -> Frame:
    opcode = draw(st.sampled_from([1, 1, 1, 2, 2, 0, 8, 9, 10, 3, 11]))
    payload = draw(
        one_of_these(_MESSAGES)
        | st.binary(max_size=130)
        | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
        | json_values.map(lambda value: json.dumps(value).encode())
    )
    plain = draw(st.integers(0, 5)) > 0
    return (
        opcode,
        payload,
        plain or draw(st.booleans()),
        plain or draw(st.booleans()),
        0 if plain else draw(st.integers(0, 7)),
    )


conversations = st.tuples(
    st.sampled_from(
        [
            "/jobs/{}/status/v/1",
            "/jobs/{}/status/v/1",
            "/jobs/{}/status",
            "/jobs/{}/status",
            "/jobs/../../status/v/1",
            "/nothing/here",
            "/jobs//status",
        ]
    ),
    st.lists(_frames(), max_size=4),
)
"""A path with a place for the id of a job, and the frames that are sent."""


def _encoded(frame: Frame, token: str) -> bytes:
    opcode, payload, last, masked, reserved = frame
    payload = payload.replace(_TOKEN, token.encode())
    head = bytes([(0x80 if last else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    # A mask of zeros leaves the payload as it is.
    return head + bytes(4) + payload


def run_conversation(
    target: Target,
    tally: Tally,
    conversation: tuple[str, list[Frame]],
    job_id: str = "0123456789abcdef01234567",
) -> None:
    """Open a websocket, send frames, read until the service closes, and judge how.

    Raises:
        Defect: if the service fails, or does not close.
    """
    path, frames = conversation
    with socket.create_connection((target.host, target.port), timeout=DEADLINE) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /api/ws{path.format(job_id)} HTTP/1.1\r\nHost: {target.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        try:
            received = _until(connection, b"\r\n\r\n")
            if not received.startswith(b"HTTP/1.1 101"):
                _refused(received, tally)
                return
            for frame in frames:
                connection.sendall(_encoded(frame, target.token))
            connection.sendall(_encoded((8, struct.pack("!H", 1000), True, True, 0), target.token))
            code = _close_code(connection, received.partition(b"\r\n\r\n")[2])
        except (BrokenPipeError, ConnectionResetError):
            code = None
        except TimeoutError as exc:
            raise Defect(f"The service does not close after {conversation!r:.500}.") from exc
    if code == 1011:
        raise Defect(f"The service failed: it closed with 1011 after {conversation!r:.500}.")
    tally.count("websockets", "no close frame" if code is None else str(code))


def _refused(received: bytes, tally: Tally) -> None:
    status = received.split()[1].decode()
    if status >= "500":
        raise Defect(f"The service failed at an upgrade: {received[:500]!r}")
    tally.count("websockets", f"HTTP {status}")


def _until(connection: socket.socket, mark: bytes) -> bytes:
    received = b""
    while mark not in received and (part := connection.recv(65536)):
        received += part
    return received


def _close_code(connection: socket.socket, received: bytes) -> Optional[int]:
    """Return the code of the close frame among what the service sends until it closes the connection."""
    while part := connection.recv(65536):
        received += part
    while len(received) >= 2:
        opcode, size = received[0] & 15, received[1] & 127
        start = 2
        if size == 126:
            size, start = struct.unpack("!H", received[2:4])[0], 4
        payload, received = received[start : start + size], received[start + size :]
        if opcode == 8:
            return int(struct.unpack("!H", payload[:2])[0]) if len(payload) >= 2 else 1005
    return None
