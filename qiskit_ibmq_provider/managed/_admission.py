# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Submitting within the limit of unfinished jobs: at once while there is room, one after another when there is none."""

from __future__ import annotations

import threading
import time
from typing import Callable, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.exceptions import IBMQBackendError, IBMQBackendJobLimitError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
from qiskit_ibmq_provider.job.exceptions import IBMQJobError, IBMQJobTimeoutError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.managed._parallel import WaitAbandoned, wait_until_final
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError
from qiskit_ibmq_provider.protocol.status import API_JOB_FINAL_STATES, ApiJobStatus

__all__ = ["Admission", "must_wait"]

logger = get_logger("qiskit_ibmq_provider.managed.managedjob")
"""The logger of :class:`ManagedJob`, where scripts look for the warning that a set waits at the job limit."""

_LONGEST_WAIT: Final = 300.0
"""Seconds to wait for one job; then it is tried again, because others may have finished meanwhile."""

_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0


def must_wait(remaining: Optional[int], refusals: int) -> bool:
    """Tell whether to wait before the next attempt. Each attempt encodes the circuits, so one that will be refused is a waste.

    Args:
        remaining: how many more jobs the server says it takes; ``None`` for no limit, or if it does not say.
        refusals: how many attempts in a row it has refused.
    """
    if remaining is None:
        return refusals > 0
    return remaining <= 0 or refusals > 1


class Admission:
    """Gets one job into the queue of a backend.

    Args:
        backend: the backend.
        turn: shared by the jobs of a set: the job that waits for room holds it, and the others wait for that one.
        stopped: set when the job is no longer to be submitted.
    """

    def __init__(self, backend: IBMQBackend, turn: threading.Lock, stopped: threading.Event) -> None:
        self._backend = backend
        self._turn = turn
        self._stopped = stopped
        self._pause = _SHORTEST_PAUSE

    def submit(self, attempt: Callable[[], IBMQJob]) -> IBMQJob:
        """Submit the job, after waiting for room as long as it takes.

        Args:
            attempt: tries to submit it.

        Raises:
            IBMQJobManagerInvalidStateError: it was stopped first.
            Exception: anything that ``attempt`` raises, except for the job limit.
        """
        refusals = 0
        if not self._turn.locked():
            self._check_stopped()
            try:
                return attempt()
            except IBMQBackendJobLimitError:
                refusals = 1
        with self._turn:
            while True:
                self._check_stopped()
                if must_wait(self._remaining(), refusals):
                    self._wait_for_room()
                    refusals = 0
                    self._check_stopped()
                try:
                    return attempt()
                except IBMQBackendJobLimitError:
                    refusals += 1

    def _check_stopped(self) -> None:
        if self._stopped.is_set():
            raise IBMQJobManagerInvalidStateError("The job was cancelled before it was submitted.")

    def _remaining(self) -> Optional[int]:
        try:
            return self._backend.remaining_jobs_count()
        except IBMQBackendError as err:
            logger.debug("The job limit of %s is not known: %s", self._backend.name(), err.message)
            return None

    def _wait_for_room(self) -> None:
        """Wait for the oldest unfinished job, or a short time if none is found."""
        job = self._oldest()
        if job is not None:
            logger.warning(
                "The job limit of %s is reached: waiting for job %s to finish before the next job is submitted.",
                self._backend.name(),
                job.job_id(),
            )
            try:
                wait_until_final(job, self._stopped, time.monotonic() + _LONGEST_WAIT)
                self._pause = _SHORTEST_PAUSE
                return
            except (IBMQJobTimeoutError, WaitAbandoned):
                return
            except IBMQJobError as err:
                logger.debug("The wait for job %s has failed: %s", job.job_id(), err.message)
        self._stopped.wait(self._pause)
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause)

    def _oldest(self) -> Optional[IBMQJob]:
        """Return the oldest job that runs or waits to run. A job whose payload was never uploaded may stay unfinished for ever."""
        others = [status.value for status in (*API_JOB_FINAL_STATES, ApiJobStatus.CREATING)]
        try:
            jobs = self._backend.jobs(limit=1, descending=False, db_filter={"status": {"nin": others}})
        except IBMQBackendError as err:
            logger.debug("The jobs of %s cannot be listed: %s", self._backend.name(), err.message)
            return None
        return jobs[0] if jobs else None
