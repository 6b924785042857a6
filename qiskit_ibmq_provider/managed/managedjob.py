# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""One job of a job set, from its submission to its outcome."""

from __future__ import annotations

import dataclasses
import functools
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Optional, Union

from qiskit import QuantumCircuit
from qiskit.providers.exceptions import JobError
from qiskit.providers.jobstatus import JobStatus
from qiskit.pulse import Schedule
from qiskit.qobj import PulseQobj, QasmQobj
from qiskit.result import Result

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.exceptions import IBMQBackendApiError, IBMQError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.managed._admission import Admission
from qiskit_ibmq_provider.managed._parallel import seconds_left, wait_until_done, wait_until_final
from qiskit_ibmq_provider.managed._parts import Spans, experiment_count, program_names
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError

__all__ = ["ManagedJob", "Outcome"]

logger = get_logger(__name__)

_NOT_RUN = (JobStatus.INITIALIZING, JobStatus.ERROR, JobStatus.CANCELLED)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a job: a result, or why there is none. Neither of them before the result was asked for."""

    result: Optional[Result] = None
    error: Optional[BaseException] = None


class ManagedJob:
    """A job of a :class:`ManagedJobSet`. The set makes it.

        >>> job_set = IBMQJobManager().run([circuit] * 3, backend, max_experiments_per_job=2)
        >>> len(job_set.jobs()), [each.experiments_text() for each in job_set.managed_jobs()]
        (2, ['0-1', '2-2'])

    Args:
        start_index: number of its first experiment within the set.
        experiments_count: how many experiments it holds.
        job: the job, if it is submitted already.

    Attributes:
        job: the job; ``None`` until it is submitted, and if that fails.
        future: its submission; ``None`` for a job that was retrieved.
        outcome: what came of it, once that was asked for.
    """

    def __init__(self, start_index: int, experiments_count: int, job: Optional[IBMQJob] = None) -> None:
        self.job = job
        self.future: Optional[Future[None]] = None
        self.outcome = Outcome()
        self._place = (Spans([experiments_count], offset=start_index), 0)
        self._stopped = threading.Event()
        self._missing: Optional[Exception] = None
        self._programs: Any = None
        self._run_config: dict[str, Any] = {}
        self._names: Optional[list[Optional[str]]] = None

    @classmethod
    def retrieved(cls, spans: Spans, index: int, job: Optional[IBMQJob]) -> ManagedJob:
        """Return a job that was found on the server, or that should have been.

        Args:
            spans: which experiments each job of the set holds.
            index: its place in the set.
            job: the job, ``None`` if it is missing.
        """
        managed = cls(0, 0, job)
        managed._place = (spans, index)
        if job is None:
            managed._missing = IBMQJobManagerInvalidStateError(
                f"The server has no job {index} of this set: it was never submitted, or was deleted."
            )
        return managed

    @property
    def start_index(self) -> int:
        """Number of the first experiment within the set, from 0."""
        spans, index = self._place
        return spans.start(index)

    @property
    def end_index(self) -> int:
        """Number of the last experiment within the set."""
        spans, index = self._place
        return spans.end(index)

    @property
    def submit_error(self) -> Optional[BaseException]:
        """Why the job could not be submitted, ``None`` if it was or is on its way."""
        if self.job is not None or self.future is None or not self.future.done():
            return self._missing
        if self.future.cancelled():
            return IBMQJobManagerInvalidStateError("The job was cancelled before it was submitted.")
        return self.future.exception()

    def experiments_text(self) -> str:
        """Return first and last experiment as ``"0-74"``, without asking the server for what is not known."""
        spans, index = self._place
        return spans.text(index)

    def submit(
        self,
        circuits: Union[QuantumCircuit, Schedule, list[Union[QuantumCircuit, Schedule]]],
        job_name: str,
        backend: IBMQBackend,
        executor: ThreadPoolExecutor,
        submit_lock: threading.Lock,
        job_share_level: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        **run_config: Any,
    ) -> None:
        """Submit the job in a thread. Where the job limit is reached, that waits until it can be submitted.

        Args:
            circuits: what to run.
            job_name: name of the job.
            backend: where to run it.
            executor: the threads.
            submit_lock: shared by the jobs of a set: held by the one that waits at the job limit.
            job_share_level: no longer of any effect.
            job_tags: tags of the job.
            run_config: options of the run.
        """
        self._programs, self._run_config = circuits, run_config
        self._names = program_names(circuits) if experiment_count(1, run_config) == 1 else None
        self.job, self._missing, self.outcome = None, None, Outcome()
        self._stopped.clear()
        attempt = functools.partial(backend.run, circuits, job_name=job_name, job_tags=job_tags, **run_config)
        self.future = executor.submit(self._submit, Admission(backend, submit_lock, self._stopped), attempt)
        self.future.add_done_callback(self._tell_failure)

    def status(self) -> Optional[JobStatus]:
        """Ask for the status.

        Returns:
            The status; ``INITIALIZING`` while the job waits to be submitted; ``None``, with a warning, if it is not known.
        """
        status, error = self.ask_status()
        if error is not None:
            warn_caller(self.no_status_text(error))
        return status

    def ask_status(self) -> tuple[Optional[JobStatus], Optional[JobError]]:
        """Return the status, or ``None`` and the error that was raised instead."""
        job = self.job
        if job is None:
            if self.submit_error is None:
                return JobStatus.INITIALIZING, None
            return (JobStatus.CANCELLED if self._stopped.is_set() else None), None
        try:
            status = job.status()
        except JobError as err:
            return None, err
        if status is JobStatus.DONE:
            self._programs = None
        return status, None

    def result(
        self, timeout: Optional[float] = None, partial: bool = False, refresh: bool = False
    ) -> Optional[Result]:
        """Wait for the result.

        Args:
            timeout: seconds to wait at most.
            partial: take what a failed job has.
            refresh: fetch it again.

        Returns:
            The result, or ``None``, with a warning, if there is none.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
        """
        if self.job is None:
            return None
        try:
            return self.job.result(timeout=timeout, partial=partial, refresh=refresh)
        except IBMQJobTimeoutError:
            raise
        except JobError as err:
            warn_caller(self.no_result_text(err))
            return None

    def collect(
        self, abandoned: threading.Event, deadline: Optional[float], *, partial: bool, refresh: bool
    ) -> Outcome:
        """Wait until the job is submitted and over; keep and return what came of it.

        Args:
            abandoned: set when the outcome is no longer wanted.
            deadline: when to stop, as ``time.monotonic`` counts.
            partial: take what a failed job has.
            refresh: fetch the result again.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
            WaitAbandoned: the event was set.
        """
        if self.future is not None and not wait_until_done(self.future, abandoned, deadline):
            raise IBMQJobTimeoutError("The job was not submitted in time.")
        if self.job is None:
            self.outcome = Outcome(error=self.submit_error)
            return self.outcome
        try:
            wait_until_final(self.job, abandoned, deadline)
            result = self.job.result(timeout=seconds_left(deadline), partial=partial, refresh=refresh)
        except IBMQJobTimeoutError:
            raise
        except JobError as err:
            self.outcome = Outcome(error=err)
            return self.outcome
        self.outcome = Outcome(result)
        if result is not None and result.success:
            self._programs = None  # The circuits would only be needed to submit them again.
        return self.outcome

    def adopt_lost_job(self, backend: IBMQBackend) -> None:
        """Take over a job that the server runs after all, although the answer to its submission was lost.

        Args:
            backend: where the job was to run.
        """
        error = self.submit_error
        if not isinstance(error, IBMQBackendApiError) or not error.outcome_unknown:
            return
        job = None
        try:
            if error.job_id is not None:
                job = backend.retrieve_job(error.job_id)
            elif error.idempotency_key is not None:
                job = backend.provider().backend.find_submitted_job(error.idempotency_key)
            if job is not None and job.status() not in _NOT_RUN:
                self.job = job
        except IBMQError as err:
            logger.debug("A job that may have been submitted cannot be looked up: %s", err.message)

    def error_message(self) -> Optional[str]:
        """Wait until the job is over and return why it, or its submission, failed; ``None`` if it did not."""
        if self.job is None:
            return None if self.submit_error is None else str(self.submit_error)
        try:
            return self.job.error_message()
        except JobError as err:
            return f"Unknown error. {err}"

    def cancel(self) -> None:
        """Cancel the job. If it is not submitted yet, it will not be. What fails is logged."""
        self.stop()
        if self.future is not None:
            wait([self.future])
        if self.job is None:
            return
        reason = "the server refused, as it does when the job is over"
        try:
            if self.job.cancel():
                return
        except JobError as err:
            reason = str(err)
        logger.warning(
            "Unable to cancel job %s for experiments %s: %s",
            self.job.job_id(),
            self.experiments_text(),
            reason,
        )

    def stop(self) -> None:
        """Give up the submission if it is still ahead."""
        if self.future is not None and not self.future.done():
            self._stopped.set()
            self.future.cancel()

    def qobj(self) -> Optional[Union[QasmQobj, PulseQobj]]:
        """Return the payload, or ``None``, with a warning, if it cannot be fetched."""
        if self.job is None:
            return None
        try:
            return self.job.qobj()
        except JobError as err:
            warn_caller(f"The payload of job {self.job.job_id()} cannot be had: {err}")
            return None

    def experiment_names(self) -> Sequence[Optional[str]]:
        """Return the names of the experiments, from the result if it is there, else from the payload.

        Raises:
            IBMQJobApiError: the payload cannot be fetched.
        """
        if self._names is None:
            if self.outcome.result is not None:
                headers = [getattr(each, "header", None) for each in self.outcome.result.results]
                self._names = [getattr(header, "name", None) for header in headers]
            else:
                self._names = [] if self.job is None else program_names(self.job.circuits())
        return self._names

    def programs_again(self) -> tuple[Any, dict[str, Any]]:
        """Return what was submitted, with its options, to be submitted once more; from the server if it is not kept.

        Raises:
            IBMQJobManagerInvalidStateError: there is no job and nothing was kept.
            IBMQJobApiError: the payload cannot be fetched.
        """
        if self._programs is not None:
            return self._programs, self._run_config
        if self.job is None:
            raise IBMQJobManagerInvalidStateError(f"{self._missing} Its circuits are not here either.")
        # The payload as it is: circuits and options made from it might differ slightly.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return self.job.qobj(), {"experiment_id": self.job.experiment_id}

    def no_status_text(self, error: BaseException) -> str:
        """Return the warning that the status is not known."""
        return f"The status of {self._described()} cannot be had: {error}"

    def no_result_text(self, error: Optional[BaseException]) -> str:
        """Return the warning that there is no result."""
        return f"The result of {self._described()} cannot be had: {error}"

    def _described(self) -> str:
        job = "not submitted" if self.job is None else f"job ID {self.job.job_id()}"
        return f"experiments {self.experiments_text()} ({job})"

    def _submit(self, admission: Admission, attempt: functools.partial[IBMQJob]) -> None:
        """Submit the job. Runs in a thread, whose future keeps what goes wrong."""
        self.job = admission.submit(attempt)

    def _tell_failure(self, future: Future[None]) -> None:
        """Log at once that a submission failed: the script may never ask for it."""
        if not future.cancelled() and not self._stopped.is_set():
            error = future.exception()
            if error is not None:
                reason = error.message if isinstance(error, IBMQError) else f"{type(error).__name__}: {error}"
                logger.warning(
                    "Unable to submit the job for experiments %s: %s", self.experiments_text(), reason
                )
