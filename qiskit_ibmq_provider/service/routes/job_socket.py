# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The websocket that tells of a job's status until it is final."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Optional

from starlette.websockets import WebSocket, WebSocketDisconnect

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.messages import AUTHENTICATED, AUTHENTICATION, CloseCode, StreamMessage
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound, Unauthenticated
from qiskit_ibmq_provider.service.domain.model import Principal
from qiskit_ibmq_provider.service.routes.context import in_thread, services_of
from qiskit_ibmq_provider.service.routes.readings import Readings

__all__ = ["job_status_socket"]

REFUSED: Final = "authentication-failed"
"""Type of the first frame where the token is not accepted; any other than ``authenticated`` means that to a client."""

CLOSE_REFUSED: Final = 1008
"""Close code where the token is not accepted: a policy violation, in the terms of the websocket standard."""

CLOSE_BUSY: Final = 1013
"""Close code where there are too many websockets: try again later, in the terms of the standard. Clients ask by HTTP then."""

REREAD_SECONDS: Final = 15.0
"""How often the status is read without news: news from another process may be lost."""


async def job_status_socket(socket: WebSocket) -> None:
    """Authenticate, send the present status and each change, and end after the final one."""
    await socket.accept()
    seats = services_of(socket).sockets
    try:
        with seats.one_of_all() as free:
            if free:
                await _serve(socket)
            else:
                await _close(socket, CLOSE_BUSY)
    except WebSocketDisconnect:
        # The client may go at any time: its wait has timed out, or its program has ended.
        return
    except Unauthenticated:
        await _close(socket, CLOSE_REFUSED)
    except DomainError as exc:
        code = CloseCode.JOB_NOT_FOUND if isinstance(exc, NotFound) else CloseCode.INTERNAL_ERROR
        await _close(socket, code)


async def _serve(socket: WebSocket) -> None:
    """Tell a client that can say who it is of the job, if the user has not too many websockets already."""
    accepted = await _authenticated(socket)
    if accepted is None:
        return
    token, principal = accepted
    with services_of(socket).sockets.one_of_user(principal.user_id) as free:
        if free:
            await _send(socket, StreamMessage(AUTHENTICATED))
            await _follow(socket, token, socket.path_params["job_id"])
        else:
            await _close(socket, CLOSE_BUSY)


async def _authenticated(socket: WebSocket) -> Optional[tuple[str, Principal]]:
    """Read the token in the first frame and return it with whose it is, or None after having refused it."""
    try:
        text = await asyncio.wait_for(_receive(socket), services_of(socket).config.socket_seconds)
        frame = StreamMessage.from_text(text)
        if frame.type != AUTHENTICATION or not isinstance(frame.data, str):
            raise ProtocolError(f"The first frame should be {AUTHENTICATION!r} with the access token.")
        principal = await in_thread(services_of(socket).accounts.authenticate, frame.data)
    except asyncio.TimeoutError:
        await _refuse(socket, "No authentication frame came in time.")
    except ProtocolError:
        # The text of the error may repeat what was sent, and that may be a token.
        await _refuse(socket, f"The first frame is not {AUTHENTICATION!r} with an access token.")
    except Unauthenticated as exc:
        await _refuse(socket, exc.message)
    else:
        return frame.data, principal
    return None


async def _follow(socket: WebSocket, token: str, job_id: str) -> None:
    """Send the status of a job now and whenever it or the place in the queue changes.

    Raises:
        Unauthenticated: If the token is not valid any more.
        NotFound: If there is no such job, or not any more.
    """
    services = services_of(socket)
    readings: Readings = socket.app.state.readings
    reading = await readings.read(token, job_id)
    async with services.events.subscribe(job_id, queue=reading.backend_name) as news:
        gone = asyncio.ensure_future(_wait_for_close(socket))
        gone.add_done_callback(lambda _: news.wake())
        try:
            shown: Optional[JobStatusRecord] = None
            while not gone.done():
                reading = await readings.read(token, job_id)
                if reading.essence != shown:
                    await _send_bytes(socket, reading.frame)
                    shown = reading.essence
                if reading.is_final:
                    break
                await news.changed(REREAD_SECONDS)
            # The client closes when it has the final status. If the server were first, some libraries would
            # take that for a failure and connect again.
            await asyncio.wait({gone}, timeout=services.config.socket_seconds)
            if not gone.done():
                await _close(socket, CloseCode.NO_MORE_UPDATES)
        finally:
            gone.cancel()


async def _wait_for_close(socket: WebSocket) -> None:
    """Read and forget what the client sends until it closes."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await _receive(socket)


async def _receive(socket: WebSocket) -> str | bytes:
    """Return the next message of either kind.

    Raises:
        WebSocketDisconnect: If the client has gone.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    return text if text is not None else message.get("bytes") or b""


async def _send(socket: WebSocket, frame: StreamMessage) -> None:
    """Send a frame."""
    await _send_bytes(socket, frame.to_text().encode())


async def _send_bytes(socket: WebSocket, frame: bytes) -> None:
    """Send a frame as UTF-8 bytes, the one form that all generations of the client read."""
    try:
        await socket.send_bytes(frame)
    except RuntimeError as exc:
        # What the framework raises when the other side closed while this was on its way.
        raise WebSocketDisconnect(1006) from exc


async def _refuse(socket: WebSocket, message: str) -> None:
    await _send(
        socket, StreamMessage(REFUSED, {"message": message, "code": int(ErrorCode.NOT_AUTHENTICATED)})
    )
    await _close(socket, CLOSE_REFUSED)


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(int(code))
