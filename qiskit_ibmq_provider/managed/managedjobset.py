# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A set of jobs: submitted, watched, collected, changed and submitted again as one."""

from __future__ import annotations

import threading
import time
import warnings
from typing import TYPE_CHECKING, Optional, Union

from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.managed._collection import collect
from qiskit_ibmq_provider.managed._parallel import in_parallel
from qiskit_ibmq_provider.managed._submittedset import SubmittedSet
from qiskit_ibmq_provider.managed._update import update_each
from qiskit_ibmq_provider.managed.exceptions import (
    IBMQJobManagerInvalidStateError,
    IBMQJobManagerTimeoutError,
)
from qiskit_ibmq_provider.managed.managedresults import ManagedResults
from qiskit_ibmq_provider.managed.utils import (
    JOB_SET_NAME_FORMATTER,
    format_job_details,
    format_status_counts,
    requires_submit,
)

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.pulse import Schedule
    from qiskit.qobj import PulseQobj, QasmQobj

    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
    from qiskit_ibmq_provider.managed._outcome import Outcome
    from qiskit_ibmq_provider.managed.managedjob import ManagedJob

__all__ = ["ManagedJobSet"]


class ManagedJobSet(SubmittedSet):
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
                return collect(managed, abandoned, deadline, partial=partial, refresh=refresh)
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
                warnings.warn(managed.no_result_text(outcome.error), stacklevel=2)
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

    @requires_submit
    def qobjs(self) -> list[Union[QasmQobj, PulseQobj, None]]:
        """Return the payload of each job, ``None`` where it cannot be had."""
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
        """Give the set another name, and with it each job. A job that keeps its name is logged.

        Args:
            name: the new name.

        Returns:
            The new name.

        Raises:
            IBMQJobInvalidStateError: the name is not a string.
        """
        update_each(
            self._managed_jobs,
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

        The tag by which the set is found always stays. A job that keeps its tags is logged.

        Args:
            replacement_tags: take the place of the current tags; an empty list clears them.
            additional_tags: added to them.
            removal_tags: taken away in the end.

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
        updated = update_each(
            self._managed_jobs,
            lambda _, job: job.update_tags(replacement_tags, additional_tags, removal_tags),
            "tags",
        )
        if updated:
            self._tags = [tag for tag in updated[-1] if tag != self._tag]
        return self.tags()
