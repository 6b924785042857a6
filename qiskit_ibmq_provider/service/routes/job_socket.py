# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The websocket that tells of a job's status until it is final.

When a job ends or a queue moves, hundreds of websockets want to know the new state at the same moment. What they ask
in one turn of the event loop is read in one go, in one thread, and what is the same for several is made once.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional, Union

from starlette.websockets import WebSocket, WebSocketDisconnect

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.messages import (
    AUTHENTICATED,
    AUTHENTICATION,
    JOB_STATUS,
    CloseCode,
    StreamMessage,
)
from qiskit_ibmq_provider.protocol.status import is_final
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound, Unauthenticated
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.model import Job, Principal
from qiskit_ibmq_provider.service.routes.context import in_thread, services_of

__all__ = ["StatusNews", "StatusReader", "job_status_socket"]

REFUSED: Final = "authentication-failed"
"""Type of the first frame where the token is not accepted; any other than ``authenticated`` means that to a client."""

CLOSE_REFUSED: Final = 1008
"""Close code where the token is not accepted: a policy violation, in the terms of the websocket standard."""

CLOSE_BUSY: Final = 1013
"""Close code where there are too many websockets: try again later, in the terms of the standard. Clients ask by HTTP then."""

REREAD_SECONDS: Final = 15.0
"""How often the status is read without news: news from another process may be lost."""

_NO_TIMES: Final[Mapping[str, Any]] = {"estimated_start_time": None, "estimated_complete_time": None}


async def job_status_socket(socket: WebSocket) -> None:
    """Authenticate, send the present status and each change, and end after the final one."""
    await socket.accept()
    quota = services_of(socket).sockets
    try:
        with quota.one_of_all() as free:
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
    reader: StatusReader = socket.app.state.status_reader
    state = await reader.read(token, job_id)
    async with services.events.subscribe(job_id, queue=state.backend_name) as news:
        gone = asyncio.ensure_future(_wait_for_close(socket))
        gone.add_done_callback(lambda _: news.wake())
        try:
            shown: Optional[JobStatusRecord] = None
            while not gone.done():
                state = await reader.read(token, job_id)
                if state.essence != shown:
                    await _send_bytes(socket, state.frame)
                    shown = state.essence
                if state.is_final:
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


_Question = tuple[str, str]
"""An access token, and the job that its holder asks about."""


@dataclasses.dataclass(frozen=True)
class StatusNews:
    """The state of a job at some moment."""

    frame: bytes
    """What a websocket sends."""
    essence: JobStatusRecord
    """The state without the times that differ each time it is read: alone they are no news."""
    is_final: bool
    backend_name: str


class StatusReader:
    """Answers what is asked at the same time together. For one event loop.

    Args:
        accounts: knows whose a token is.
        jobs: the jobs.
    """

    def __init__(self, accounts: Accounts, jobs: Jobs) -> None:
        self._accounts = accounts
        self._jobs = jobs
        self._asked: dict[_Question, asyncio.Future[StatusNews]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def read(self, token: str, job_id: str) -> StatusNews:
        """Return the state that a job has after this was called.

        The token is looked at each time: a user may be removed, or get another one, while a job waits for days.

        Raises:
            Unauthenticated: if the token is not valid any more.
            NotFound: if there is no such job, or it is not the user's.
        """
        loop = asyncio.get_running_loop()
        if not self._asked:
            # Everybody who was woken together asks before this is called.
            loop.call_soon(self._begin)
        future = self._asked.get((token, job_id))
        if future is None:
            future = self._asked[token, job_id] = loop.create_future()
        # Others may wait for it, too, when this websocket ends.
        return await asyncio.shield(future)

    def _begin(self) -> None:
        asked, self._asked = self._asked, {}
        task = asyncio.ensure_future(self._answer(asked))
        # The loop itself holds its tasks only weakly.
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, asked: Mapping[_Question, asyncio.Future[StatusNews]]) -> None:
        answers: Mapping[_Question, Union[StatusNews, DomainError]] = {}
        try:
            answers = await in_thread(self._look_up, list(asked))
        except DomainError as exc:
            answers = dict.fromkeys(asked, exc)
        finally:
            for question, future in asked.items():
                answer = answers.get(question)
                if answer is None:
                    # After a fault of our own nobody waits for ever: these websockets end, and their clients come again.
                    future.cancel()
                elif isinstance(answer, StatusNews):
                    future.set_result(answer)
                else:
                    future.set_exception(answer)

    def _look_up(self, questions: Sequence[_Question]) -> dict[_Question, Union[StatusNews, DomainError]]:
        """Return the answer to each question; in a thread."""
        jobs = self._jobs.several({job_id for _, job_id in questions})
        states = {job_id: _state_of(job) for job_id, job in jobs.items()}
        holders: dict[str, Principal] = {}
        answers: dict[_Question, Union[StatusNews, DomainError]] = {}
        for token, job_id in questions:
            try:
                if token not in holders:
                    holders[token] = self._accounts.authenticate(token)
                self._jobs.of_principal(holders[token], job_id, jobs.get(job_id))
                answers[token, job_id] = states[job_id]
            except DomainError as exc:
                answers[token, job_id] = exc
        return answers


def _state_of(job: Job) -> StatusNews:
    record = job.to_status_record()
    essence = record
    if record.queue is not None:
        essence = record.replaced(queue=record.queue.replaced(**_NO_TIMES))
    frame = StreamMessage(JOB_STATUS, record.to_json()).to_text().encode()
    return StatusNews(frame, essence, is_final(record.status), job.backend_name)
