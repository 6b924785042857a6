# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A set of jobs: submitted, watched, collected, changed and submitted again as one."""

from __future__ import annotations

import numbers
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Optional, TypeVar, Union

from qiskit import QuantumCircuit
from qiskit.providers.jobstatus import JobStatus
from qiskit.pulse import Schedule
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError, IBMQJobTimeoutError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.managed._parallel import in_parallel, job_set_threads
from qiskit_ibmq_provider.managed._parts import experiment_count, options_of_part
from qiskit_ibmq_provider.managed._retrieval import arrange, spans_of
from qiskit_ibmq_provider.managed.exceptions import (
    IBMQJobManagerInvalidStateError,
    IBMQJobManagerJobNotFound,
    IBMQJobManagerTimeoutError,
    IBMQJobManagerUnknownJobSet,
)
from qiskit_ibmq_provider.managed.managedjob import ManagedJob, Outcome
from qiskit_ibmq_provider.managed.managedresults import ManagedResults
from qiskit_ibmq_provider.managed.utils import (
    JOB_SET_NAME_FORMATTER,
    default_name,
    format_job_details,
    format_status_counts,
    new_id,
    requires_submit,
    set_tag,
)

__all__ = ["ManagedJobSet"]

logger = get_logger(__name__)

_R = TypeVar("_R")


class ManagedJobSet:
    """Jobs that belong together, as :meth:`IBMQJobManager.run` and :meth:`IBMQJobManager.retrieve_job_set` return them.

    Methods that need every job wait until all are submitted. A job that cannot be submitted, fails or is cancelled does not affect
    the others: :meth:`results` has all the rest, :meth:`error_messages` tells what happened, and :meth:`resubmit` tries it again.

    Example:

        >>> job_set = IBMQJobManager().run([circuit] * 3, backend, max_experiments_per_job=2)
        >>> job_set.results(timeout=60).success
        True
        >>> [status.name for status in job_set.statuses()], job_set.error_messages(), job_set.resubmit()
        (['DONE', 'DONE'], None, [])
        >>> job_set.job(2)    # the second job, and in it the first circuit
        (<IBMQJob ...>, 0)

    Args:
        name: name of the set; by default date and time.
        short_id: id of a set that exists, to be retrieved.
    """

    def __init__(self, name: Optional[str] = None, short_id: Optional[str] = None) -> None:
        self._name = name or default_name()
        self._id = short_id or new_id()
        self._id_long = set_tag(self._id)
        self._tags: list[str] = []
        self._backend: Optional[IBMQBackend] = None
        self._managed_jobs: list[ManagedJob] = []
        self._job_submit_lock = threading.Lock()
        self._results: Optional[ManagedResults] = None
        self._results_partial = False
        self._error_messages: Optional[str] = None

    def run(
        self,
        experiment_list: Union[list[list[QuantumCircuit]], list[list[Schedule]]],
        backend: IBMQBackend,
        executor: ThreadPoolExecutor,
        job_share_level: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        **run_config: Any,
    ) -> None:
        """Submit the jobs, in the threads of an executor; :meth:`IBMQJobManager.run` does this.

        Args:
            experiment_list: the circuits or schedules of each job. All lists are equally long but for the last.
            backend: where to run them.
            executor: the threads.
            job_share_level: no longer of any effect.
            job_tags: tags of the jobs.
            run_config: options of the run.

        Raises:
            IBMQJobManagerInvalidStateError: the set has jobs already.
        """
        if job_share_level:
            warn_caller("job_share_level has no effect any more: jobs are not shared.")
        if self._managed_jobs:
            raise IBMQJobManagerInvalidStateError(
                f"The jobs of the set {self._id} are submitted already. Make another set for others."
            )
        self._backend = backend
        self._tags = list(job_tags or ())
        total = sum(len(programs) for programs in experiment_list)
        sent = start = 0
        for index, programs in enumerate(experiment_list):
            options = options_of_part(run_config, sent, len(programs), total)
            managed = ManagedJob(start, experiment_count(len(programs), options))
            self._managed_jobs.append(managed)
            self._submit(index, programs, executor, options)
            sent += len(programs)
            start = managed.end_index + 1

    def retrieve_jobs(self, provider: AccountProvider, refresh: bool = False) -> None:
        """Find the jobs of the set on the server. Their circuits are not fetched.

        A place without a job stays in the set, and its job is ``None``.

        Args:
            provider: the provider of the backend.
            refresh: look again if the jobs are known already.

        Raises:
            IBMQJobManagerUnknownJobSet: there are none.
            IBMQJobManagerInvalidStateError: a job does not look like one of the set.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        if self._managed_jobs and not refresh:
            return
        jobs = provider.backend.jobs(limit=None, job_tags=[self._id_long])
        if not jobs:
            raise IBMQJobManagerUnknownJobSet(
                f"{provider!r} has no job of a job set {self._id}. Is it the provider that the set was run with?"
            )
        self._name, places = arrange(jobs, self._id)
        self._backend = jobs[0].backend()
        self._tags = self._tags_of(jobs[0].tags())
        spans = spans_of(places)
        self._managed_jobs = [ManagedJob.retrieved(spans, index, job) for index, job in enumerate(places)]
        self._forget()

    def statuses(self) -> list[Optional[JobStatus]]:
        """Ask for the status of each job.

        Returns:
            The statuses. A job that waits to be submitted is ``INITIALIZING``; ``None`` stands for one that could not be submitted,
            and, with a warning, for a status that could not be fetched.
        """
        asked = in_parallel(lambda managed, _: managed.ask_status(), self._managed_jobs)
        for managed, (_, error) in zip(self._managed_jobs, asked):
            if error is not None:
                warn_caller(managed.no_status_text(error))
        return [status for status, _ in asked]

    def report(self, detailed: bool = True) -> str:
        """Return a text on name, id, tags and the status of the jobs.

        Args:
            detailed: also tell about each job.
        """
        statuses = self.statuses()
        facts = (("Job set name", self._name), ("ID", self._id), ("tags", self.tags()))
        lines = [f"{label:>12}: {value}" for label, value in facts]
        lines += ["Summary report:", *format_status_counts(statuses)]
        if detailed:
            lines += ["", "Detail report:", *format_job_details(statuses, self._managed_jobs)]
        return "\n".join(lines)

    def results(
        self, timeout: Optional[float] = None, partial: bool = False, refresh: bool = False
    ) -> ManagedResults:
        """Wait until all jobs are over and return their results.

        Several are waited for and fetched at the same time. For a job without a result there is a warning.

        Args:
            timeout: seconds to wait at most, for submissions too.
            partial: take what failed jobs have. ``success`` of the results is then false, and asking for an experiment that itself
                failed raises.
            refresh: fetch the results again.

        Raises:
            IBMQJobManagerTimeoutError: they are not there in time. The jobs go on.
        """
        if self._results is not None and not refresh and (self._results_partial or not partial):
            return self._results
        deadline = None if timeout is None else time.monotonic() + timeout

        def outcome_of(managed: ManagedJob, abandoned: threading.Event) -> Outcome:
            try:
                return managed.collect(abandoned, deadline, partial=partial, refresh=refresh)
            except IBMQJobTimeoutError as err:
                raise IBMQJobManagerTimeoutError(
                    f"The results of experiments {managed.experiments_text()} were not there after {timeout:g} s. The jobs go on: ask again, "
                    "with a longer timeout."
                ) from err

        outcomes = in_parallel(outcome_of, self._managed_jobs)
        success = all(outcome.result is not None and outcome.result.success for outcome in outcomes)
        self._results = ManagedResults(self, "" if self._backend is None else self._backend.name(), success)
        self._results_partial = partial
        for managed, outcome in zip(self._managed_jobs, outcomes):
            if outcome.result is None:
                warn_caller(managed.no_result_text(outcome.error))
        return self._results

    @requires_submit
    def error_messages(self) -> Optional[str]:
        """Wait until all jobs are over and return why some failed; ``None`` if none did."""
        if self._error_messages is None:
            texts = in_parallel(lambda managed, _: managed.error_message(), self._managed_jobs)
            lines = []
            for index, (managed, text) in enumerate(zip(self._managed_jobs, texts)):
                if text:
                    job = "not submitted" if managed.job is None else f"job ID={managed.job.job_id()}"
                    lines.append(f"Experiments {managed.experiments_text()}, job index={index}, {job}:")
                    lines += [f"  {line}" for line in text.split("\n")]
            self._error_messages = "\n".join(lines) or None
        return self._error_messages

    def cancel(self) -> None:
        """Cancel all jobs, and submit no more of them. What fails is logged."""
        for managed in self._managed_jobs:
            managed.stop()
        in_parallel(lambda managed, _: managed.cancel(), self._managed_jobs)

    def resubmit(self, *, cancelled: bool = False) -> list[int]:
        """Submit again, in the background, what has failed. The experiments keep their numbers.

        The circuits come from memory or, for a set that was retrieved, from the server.

        Args:
            cancelled: also submit what was cancelled.

        Returns:
            The places of the jobs that are submitted again, as in :meth:`jobs`.

        Raises:
            IBMQJobManagerInvalidStateError: the circuits of a job are no longer available.
            IBMQJobApiError: they cannot be fetched.
        """
        failed = self._failed(cancelled=cancelled)
        again = [(index, *self._managed_jobs[index].programs_again()) for index in failed]
        if again:
            # Payloads from the server are Qobj. The caller did not choose that form, so there is no point in warning that it is deprecated.
            assert self._backend is not None
            self._backend.qobj_warning_issued = True
            self._forget()
            executor = job_set_threads(len(again))
            try:
                for index, programs, options in again:
                    self._submit(index, programs, executor, options)
            finally:
                executor.shutdown(wait=False)
        return failed

    @requires_submit
    def jobs(self) -> list[Optional[IBMQJob]]:
        """Return the jobs, in order; ``None`` for one that could not be submitted."""
        return [managed.job for managed in self._managed_jobs]

    @requires_submit
    def job(self, experiment: Union[str, QuantumCircuit, Schedule, int]) -> tuple[Optional[IBMQJob], int]:
        """Return the job of an experiment, and the number of the experiment within the job.

        With two jobs of 500 experiments, ``job_set.job(501)`` is the second job and 1.

        Args:
            experiment: number, name, or the circuit or schedule, whose name then counts.

        Returns:
            The job, ``None`` if it could not be submitted, and the number.

        Raises:
            IBMQJobManagerJobNotFound: the set has no such experiment.
        """
        managed, index = self.locate(experiment)
        return managed.job, index

    def managed_jobs(self) -> list[ManagedJob]:
        """Return the jobs of the set as it manages them, submitted or not."""
        return self._managed_jobs

    def locate(self, experiment: Union[str, QuantumCircuit, Schedule, int]) -> tuple[ManagedJob, int]:
        """Return the managed job of an experiment, and the number of the experiment within it; see :meth:`job`.

        Args:
            experiment: number, name, or the circuit or schedule, whose name then counts.

        Raises:
            IBMQJobManagerJobNotFound: the set has no such experiment.
        """
        if isinstance(experiment, numbers.Integral):
            return self._locate_number(int(experiment))
        name: Any = getattr(experiment, "name", experiment)
        for managed in self._managed_jobs:
            names = managed.experiment_names()
            if name in names:
                return managed, list(names).index(name)
        raise IBMQJobManagerJobNotFound(f"The job set has no experiment of the name {name!r}.")

    @requires_submit
    def qobjs(self) -> list[Union[QasmQobj, PulseQobj, None]]:
        """Return the payload of each job, ``None`` where it cannot be fetched."""
        return [managed.qobj() for managed in self._managed_jobs]

    def name(self) -> str:
        """Return the name of the set."""
        return self._name

    def job_set_id(self) -> str:
        """Return the id of the set, by which :meth:`IBMQJobManager.retrieve_job_set` finds it."""
        return self._id

    def tags(self) -> list[str]:
        """Return the tags of the set."""
        return list(self._tags)

    @requires_submit
    def update_name(self, name: str) -> str:
        """Rename the set and all of its jobs. A job that cannot be renamed is logged.

        Args:
            name: the new name.

        Returns:
            The new name.

        Raises:
            IBMQJobInvalidStateError: the name is not a string.
        """
        self._update_each(
            lambda index, job: job.update_name(JOB_SET_NAME_FORMATTER.format(name, index)),
            "name",
        )
        self._name = name
        return name

    @requires_submit
    def update_tags(
        self,
        replacement_tags: Optional[list[str]] = None,
        additional_tags: Optional[list[str]] = None,
        removal_tags: Optional[list[str]] = None,
    ) -> list[str]:
        """Change the tags of the set to ``(replacement or current) + additional - removal``, and with them those of each job.

        The tag by which the set is found always stays. A job whose tags cannot be changed is logged.

        Args:
            replacement_tags: take the place of the current tags; an empty list clears them.
            additional_tags: added to them.
            removal_tags: removed at the end.

        Returns:
            The new tags.

        Raises:
            IBMQJobManagerInvalidStateError: nothing is given.
            IBMQJobInvalidStateError: something is given that is not a list of strings.
        """
        if replacement_tags is None and additional_tags is None and removal_tags is None:
            raise IBMQJobManagerInvalidStateError(
                "There is nothing to update: give replacement_tags, additional_tags or removal_tags."
            )
        updated = self._update_each(
            lambda _, job: job.update_tags(replacement_tags, additional_tags, removal_tags),
            "tags",
        )
        if updated:
            self._tags = self._tags_of(updated[-1])
        return self.tags()

    def _submit(
        self, index: int, programs: Any, executor: ThreadPoolExecutor, options: dict[str, Any]
    ) -> None:
        assert self._backend is not None
        self._managed_jobs[index].submit(
            programs,
            job_name=JOB_SET_NAME_FORMATTER.format(self._name, index),
            backend=self._backend,
            executor=executor,
            submit_lock=self._job_submit_lock,
            job_tags=[*self._tags, self._id_long],
            **options,
        )

    @requires_submit
    def _failed(self, *, cancelled: bool) -> list[int]:
        for managed in self._managed_jobs:
            if self._backend is not None:
                managed.adopt_lost_job(self._backend)
        wanted = {JobStatus.ERROR, JobStatus.CANCELLED} if cancelled else {JobStatus.ERROR}
        return [
            index
            for index, (managed, status) in enumerate(zip(self._managed_jobs, self.statuses()))
            if status in wanted or (status is None and managed.job is None)
        ]

    def _locate_number(self, number: int) -> tuple[ManagedJob, int]:
        for managed in self._managed_jobs:
            start = managed.start_index
            if number < start:
                break
            if number <= managed.end_index:
                return managed, number - start
        raise IBMQJobManagerJobNotFound(f"The job set has no experiment {number}.")

    def _update_each(self, change: Callable[[int, IBMQJob], _R], what: str) -> list[_R]:
        """Change an attribute of every job there is, and return what they have now; a refusal of the server is logged."""

        def update(place: tuple[int, IBMQJob]) -> list[_R]:
            index, job = place
            try:
                return [change(index, job)]
            except IBMQJobApiError as err:
                logger.warning(
                    "The %s of job %s of the set stays as it was: %s", what, job.job_id(), err.message
                )
                return []

        jobs = [managed.job for managed in self._managed_jobs]
        places = [(index, job) for index, job in enumerate(jobs) if job is not None]
        return [each for updated in in_parallel(lambda place, _: update(place), places) for each in updated]

    def _tags_of(self, job_tags: list[str]) -> list[str]:
        return [tag for tag in job_tags if tag != self._id_long]

    def _forget(self) -> None:
        """Drop what was collected from jobs that have been replaced."""
        self._results, self._error_messages = None, None
