# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Showing the status of a job while it runs."""

from __future__ import annotations

import sys
from typing import Any, Final, Optional, TextIO

from qiskit.providers.job import JobV1
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.job.queueinfo import QueueInfo, describe_status

__all__ = ["describe_status", "job_monitor"]

_STDOUT_AT_IMPORT: Final = sys.stdout

POLL_SECONDS: Final = 2.0
"""Seconds between two questions for the status of a job of another provider."""


def job_monitor(job: IBMQJob, interval: Optional[float] = None, output: TextIO = sys.stdout) -> None:
    """Show the status of a job until it is over.

    On a terminal one line is kept up to date; anywhere else (a file, a notebook) each change is a new line.

    Args:
        job: the job. One of another provider can be shown too.
        interval: seconds between two updates. By default the line changes as soon as the status does.
        output: where to write; by default the standard output at the time of the call.

    Raises:
        IBMQJobApiError: the server refused, or could not be asked.

    Example:

        >>> job_monitor(backend.run(circuit), output=sys.stdout)
        Job Status: ...
        Job Status: job has successfully run
    """
    line = _StatusLine(sys.stdout if output is _STDOUT_AT_IMPORT else output)

    def show(job_id: str, status: JobStatus, job: JobV1, queue_info: Optional[QueueInfo] = None) -> None:
        line.show(describe_status(status, queue_info))

    try:
        if interval is not None:
            line.show(describe_status(job.status()))  # The first update comes an interval later.
        if isinstance(job, IBMQJob):
            job.wait_for_final_state(wait=interval, callback=show)
        else:
            job.wait_for_final_state(wait=POLL_SECONDS if interval is None else interval, callback=show)
        status = job.status()
        reason = job.error_message() if status is JobStatus.ERROR and isinstance(job, IBMQJob) else None
        line.show(describe_status(status, reason=reason))
    finally:
        line.close()


class _StatusLine:
    """A line that is rewritten in place on a terminal, and written anew at each change elsewhere."""

    def __init__(self, output: Any) -> None:
        self._output = output
        self._in_place = bool(getattr(output, "isatty", lambda: False)())
        self._shown = ""
        self._width = 0

    def show(self, text: str) -> None:
        """Show a status, unless it is what is shown already."""
        text = f"Job Status: {text}"
        if text == self._shown:
            return
        if self._in_place:
            # Blanks cover what is left of a longer text before.
            self._output.write(f"\r{text.ljust(self._width)}")
        else:
            self._output.write(f"{text}\n")
        self._output.flush()
        self._shown, self._width = text, max(self._width, len(text))

    def close(self) -> None:
        """End the line that was kept up to date."""
        if self._in_place and self._shown:
            self._output.write("\n")
            self._output.flush()
