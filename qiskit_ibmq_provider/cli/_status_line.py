# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""One line that says where a job is, rewritten in a terminal, and added to elsewhere."""

from __future__ import annotations

import time
from typing import Any, Final, TextIO

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = ["follow"]

_INTERVAL: Final = 0.1
"""Seconds between two looks, in a terminal."""

_CLEAR_LINE: Final = "\r\x1b[K"


def follow(job: IBMQJob, stream: TextIO, *, timeout: float) -> None:
    """Show the status of a job until it is over.

    Raises:
        IBMQJobTimeoutError: it is not over in time.
        IBMQJobApiError: the server refused, or could not be asked.
    """
    line = _StatusLine(stream)
    # A job that was accepted waits for its turn, if only for a moment.
    line.show(_word(JobStatus.QUEUED))
    job.wait_for_final_state(timeout=timeout, wait=_INTERVAL if line.is_live else None, callback=line.update)
    line.show(_word(job.status()))
    line.end()


class _StatusLine:
    """The line. In a terminal it is rewritten; elsewhere each new status is a line."""

    def __init__(self, stream: TextIO) -> None:
        self.is_live = stream.isatty()
        self._stream = stream
        self._began = time.monotonic()
        self._seen: list[str] = []

    def update(self, job_id: str, status: JobStatus, job: IBMQJob, **details: Any) -> None:
        """Show a status, as the callback of ``wait_for_final_state``."""
        position = getattr(details.get("queue_info"), "position", None)
        # Whoever is next just waits.
        self.show(_word(status), f" (place {position})" if position and position > 1 else "")

    def show(self, word: str, note: str = "") -> None:
        """Show a status, and for the moment a note on it."""
        is_new = not self._seen or self._seen[-1] != word
        if is_new:
            self._seen.append(word)
        seconds = time.monotonic() - self._began
        if self.is_live:
            self._stream.write(f"{_CLEAR_LINE}  {' > '.join(self._seen)}{note}  {seconds:.1f} s")
        elif is_new:
            self._stream.write(f"  {word}{note}  {seconds:.1f} s\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line as it is and begin another one."""
        if self.is_live:
            self._stream.write("\n")


def _word(status: JobStatus) -> str:
    return str(status.name).lower()
