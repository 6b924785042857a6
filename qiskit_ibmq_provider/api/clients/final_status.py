# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for a job's final status: a websocket that a thread of its own reads, and requests where it is silent, broken or not there.

The caller's thread does everything else: it asks by HTTP, keeps to the timeout and calls back. So nothing that happens to the websocket
can hold the caller up.
"""

from __future__ import annotations

import dataclasses
import queue
import threading
import time
from collections.abc import Callable
from typing import Final, Optional, Union

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.backoff import poll_delay
from qiskit_ibmq_provider.api.clients.base import WebsocketClientCloseCode
from qiskit_ibmq_provider.api.clients.websocket import Interrupted, StreamEvent, WebsocketClient
from qiskit_ibmq_provider.api.exceptions import (
    ApiError,
    UserTimeoutExceededError,
    WebsocketAuthenticationError,
    WebsocketError,
)
from qiskit_ibmq_provider.api.time_limits import TimeLimits
from qiskit_ibmq_provider.protocol.jobs import JobStatusRecord
from qiskit_ibmq_provider.protocol.messages import StatusUpdate
from qiskit_ibmq_provider.protocol.status import is_final

__all__ = ["FinalStatusWait", "StreamEnded"]

logger = get_logger(__name__)

FAILED_CHECKS: Final = 3
"""After this many status requests in a row have failed, each with its repetitions, the wait fails too."""


@dataclasses.dataclass(frozen=True)
class StreamEnded:
    """The websocket is over and will not be opened again.

    Args:
        error: why, ``None`` after an orderly end.
    """

    error: Optional[WebsocketError]


_Event = Union[StreamEvent, StreamEnded]


class FinalStatusWait:
    """One wait. What the caller wants of it is said at :meth:`.AccountClient.job_final_status`.

    Args:
        job_id: id of the job.
        ask: asks for the status by HTTP; takes the seconds that this may last.
        open_stream: makes the websocket client; takes what is called with its events. ``None`` for requests alone.
        limits: the times that the caller has not chosen.
        timeout: see there, as for the others.
        wait: see there.
        on_status: called from the waiting thread with each new status that is not final.
        tick: see there.
        on_tick: see there.
    """

    def __init__(
        self,
        job_id: str,
        *,
        ask: Callable[[float], JobStatusRecord],
        open_stream: Optional[Callable[[Callable[[StreamEvent], None]], WebsocketClient]],
        limits: TimeLimits,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        on_status: Optional[Callable[[JobStatusRecord], None]] = None,
        tick: Optional[float] = None,
        on_tick: Optional[Callable[[], None]] = None,
    ) -> None:
        self._job_id = job_id
        self._ask = ask
        self._open_stream = open_stream
        self._wait = wait
        self._on_status = on_status
        self._limits = limits
        self._began = self._heard = time.monotonic()
        self._ends = float("inf") if timeout is None else self._began + max(0.0, timeout)
        self._timeout = timeout
        self._on_tick = on_tick
        self._tick = float("inf") if tick is None or on_tick is None else max(0.0, tick)
        self._next_tick = self._began + self._tick
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._last: Optional[JobStatusRecord] = None
        self._streaming = False
        self._failed_checks = 0
        self._next_check = 0.0
        self._stream: Optional[WebsocketClient] = None
        self._token_was_refused = False

    def run(self) -> JobStatusRecord:
        """Wait, and return the final status.

        Raises:
            UserTimeoutExceededError: the timeout is over.
            ApiError: the server refuses to tell, or cannot be asked again and again.
        """
        # A job that has just been submitted may be over before a websocket is open, and one of yesterday certainly is.
        if self._check():
            return self._final()
        if time.monotonic() >= self._ends:
            raise self._timed_out()
        self._start_stream()
        try:
            while not self._step():
                self._call_tick()
                if time.monotonic() >= self._ends:
                    self._last_chance()
                    break
        finally:
            self._stop_stream()
        return self._final()

    def _start_stream(self) -> None:
        """Open the websocket and let a thread of its own read it."""
        if self._open_stream is None:
            return
        stream = self._stream = self._open_stream(self._events.put)
        name = f"ibmq-status-{self._job_id}"
        threading.Thread(target=_read, args=(stream, self._events), name=name, daemon=True).start()

    def _stop_stream(self) -> None:
        if self._stream is not None:
            self._stream.disconnect(WebsocketClientCloseCode.CANCEL)

    def _step(self) -> bool:
        """Wait for the next event, or until something else is due; return whether the status is final."""
        due = min(self._next_check, self._next_tick, self._ends)
        try:
            event = self._events.get(timeout=max(0.0, due - time.monotonic()))
        except queue.Empty:
            return time.monotonic() >= self._next_check and self._check()
        self._streaming = not isinstance(event, (Interrupted, StreamEnded))
        if isinstance(event, StatusUpdate):
            self._take(event.record)
        elif isinstance(event, StreamEnded) and event.error is not None:
            self._token_was_refused = isinstance(event.error, WebsocketAuthenticationError)
            logger.info(
                "The websocket for job %s is not available (%s); retrying using HTTP.",
                self._job_id,
                event.error.message,
            )
        self._plan(soon=not self._streaming)
        return self._is_final()

    def _call_tick(self) -> None:
        now = time.monotonic()
        if self._on_tick is not None and now >= self._next_tick:
            self._next_tick = max(now, self._next_tick + self._tick)
            self._on_tick()

    def _check(self) -> bool:
        """Ask by HTTP; return whether the status is final."""
        was = self._last
        try:
            left = max(self._limits.status_grace, self._ends - time.monotonic())
            record = self._ask(min(self._limits.status_check, left))
        except ApiError as err:
            self._failed(err)
        else:
            self._failed_checks = 0
            self._take(record)
            if was is not None and was.status != record.status:
                # The websocket has missed a change: it may still bring news, but cannot be relied on until it does.
                self._streaming = False
            self._reopen()
        self._plan()
        return self._is_final()

    def _reopen(self) -> None:
        """Open the websocket again if it was refused for a token that the request just made has renewed. Once is enough."""
        if self._token_was_refused and self._stream is not None and self._stream.token_is_stale:
            self._token_was_refused = False
            self._start_stream()

    def _failed(self, err: ApiError) -> None:
        """Take a request that failed: give up on a refusal, and on the last of several failures."""
        self._failed_checks += 1
        if time.monotonic() >= self._ends:
            raise self._timed_out() from err
        refused = err.status_code is not None and 400 <= err.status_code < 500 and err.status_code != 429
        if refused or (self._failed_checks >= FAILED_CHECKS and not self._streaming):
            raise err
        logger.debug("The status of job %s cannot be had at present: %s", self._job_id, err.message)

    def _last_chance(self) -> None:
        """The timeout is over: look once more, unless that has just been done.

        Raises:
            UserTimeoutExceededError: the job is not over.
        """
        if time.monotonic() - self._heard > self._limits.status_fresh:
            self._check()
        if not self._is_final():
            raise self._timed_out()

    def _take(self, record: JobStatusRecord) -> None:
        """Take a status; tell the caller if it is new and not final."""
        self._heard = time.monotonic()
        is_new = self._last is None or (record.status, record.queue) != (self._last.status, self._last.queue)
        self._last = record
        if is_new and self._on_status is not None and not is_final(record.status):
            self._on_status(record)

    def _plan(self, *, soon: bool = False) -> None:
        """Set the time of the next request; soon, if the websocket has just gone, and the job perhaps with it."""
        now = time.monotonic()
        if self._streaming:
            delay = self._limits.websocket_silence
        else:
            delay = poll_delay(now - self._began, self._wait, self._limits)
        if soon and self._wait is None:
            delay = min(delay, self._limits.poll_shortest)
        self._next_check = now + delay

    def _is_final(self) -> bool:
        return self._last is not None and is_final(self._last.status)

    def _final(self) -> JobStatusRecord:
        assert self._last is not None
        return self._last

    def _timed_out(self) -> UserTimeoutExceededError:
        status = "not known" if self._last is None else self._last.status
        return UserTimeoutExceededError(
            f"Job {self._job_id} was not over after {self._timeout:g} s; its status is {status}. Wait again, with a longer timeout."
        )


def _read(stream: WebsocketClient, events: queue.SimpleQueue[_Event]) -> None:
    """Read a websocket to its end. Runs in a thread of its own."""
    error: Optional[WebsocketError] = None
    try:
        stream.read_status()
    except WebsocketError as err:
        error = err
    finally:
        events.put(StreamEnded(error))
