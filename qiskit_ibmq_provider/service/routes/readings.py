# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Reading the status of jobs for many websockets at once.

When a job ends or a queue moves, hundreds of websockets want to know the new state at the same moment. What they ask
in one turn of the event loop is read in one go, in one thread, and what is the same for several is made once.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Union

from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.messages import JOB_STATUS, StreamMessage
from qiskit_ibmq_provider.protocol.status import is_final
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.errors import DomainError
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.model import Job, Principal
from qiskit_ibmq_provider.service.routes.context import in_thread

__all__ = ["Reading", "Readings"]

_Question = tuple[str, str]
"""An access token, and the job that its holder asks about."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """The state of a job at some moment."""

    frame: bytes
    """What a websocket sends."""
    essence: JobStatusRecord
    """The state without the times that differ each time it is read: alone they are no news."""
    is_final: bool
    backend_name: str


class Readings:
    """Answers what is asked at the same time together. For one event loop.

    Args:
        accounts: knows whose a token is.
        jobs: the jobs.
    """

    def __init__(self, accounts: Accounts, jobs: Jobs) -> None:
        self._accounts = accounts
        self._jobs = jobs
        self._asked: dict[_Question, list[asyncio.Future[Reading]]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def read(self, token: str, job_id: str) -> Reading:
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
        future: asyncio.Future[Reading] = loop.create_future()
        self._asked.setdefault((token, job_id), []).append(future)
        return await future

    def _begin(self) -> None:
        """Answer what was asked so far."""
        asked, self._asked = self._asked, {}
        task = asyncio.ensure_future(self._answer(asked))
        # The loop itself holds its tasks only weakly.
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, asked: Mapping[_Question, list[asyncio.Future[Reading]]]) -> None:
        """Answer some questions."""
        try:
            for question, answer in (await in_thread(self._look_up, list(asked))).items():
                for future in asked[question]:
                    _settle(future, answer)
        except DomainError as exc:
            for futures in asked.values():
                for future in futures:
                    _settle(future, exc)
        finally:
            # After a fault of our own nobody waits for ever: these websockets end, and their clients come again.
            for futures in asked.values():
                for future in futures:
                    future.cancel()

    def _look_up(self, questions: list[_Question]) -> dict[_Question, Union[Reading, DomainError]]:
        """Return the answer to each question; in a thread."""
        jobs = self._jobs.several({job_id for _, job_id in questions})
        principals: dict[str, Union[Principal, DomainError]] = {}
        for token in {token for token, _ in questions}:
            try:
                principals[token] = self._accounts.authenticate(token)
            except DomainError as exc:
                principals[token] = exc
        made: dict[str, Reading] = {}
        answers: dict[_Question, Union[Reading, DomainError]] = {}
        for token, job_id in questions:
            principal = principals[token]
            if isinstance(principal, DomainError):
                answers[token, job_id] = principal
                continue
            try:
                job = self._jobs.of_principal(principal, job_id, jobs.get(job_id))
            except DomainError as exc:
                answers[token, job_id] = exc
                continue
            if job_id not in made:
                made[job_id] = _reading_of(job)
            answers[token, job_id] = made[job_id]
        return answers


_NO_TIMES: Final[Mapping[str, Any]] = {"estimated_start_time": None, "estimated_complete_time": None}


def _settle(future: asyncio.Future[Reading], answer: Union[Reading, DomainError]) -> None:
    """Answer one websocket, unless it has gone meanwhile."""
    if future.done():
        return
    if isinstance(answer, Reading):
        future.set_result(answer)
    else:
        future.set_exception(answer)


def _reading_of(job: Job) -> Reading:
    """Return what a websocket needs of a job."""
    record = job.to_status_record()
    essence = record
    if record.queue is not None:
        essence = record.replaced(queue=record.queue.replaced(**_NO_TIMES))
    frame = StreamMessage(JOB_STATUS, record.to_json()).to_text().encode()
    return Reading(frame, essence, is_final(record.status), job.backend_name)
