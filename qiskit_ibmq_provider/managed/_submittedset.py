# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The part of a job set that goes to the server and comes back: submitting, finding again, submitting again, cancelling."""

from __future__ import annotations

import numbers
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Optional, Union

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.managed._labels import default_name, new_id, set_tag
from qiskit_ibmq_provider.managed._parallel import WIDTH, in_parallel
from qiskit_ibmq_provider.managed._parts import experiment_count, options_of_part
from qiskit_ibmq_provider.managed._retrieval import adopt, arrange, managed_jobs_of
from qiskit_ibmq_provider.managed.exceptions import (
    IBMQJobManagerInvalidStateError,
    IBMQJobManagerJobNotFound,
    IBMQJobManagerUnknownJobSet,
)
from qiskit_ibmq_provider.managed.managedjob import ManagedJob
from qiskit_ibmq_provider.managed.utils import JOB_SET_NAME_FORMATTER, requires_submit

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.pulse import Schedule

    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.managed.managedresults import ManagedResults

__all__ = ["SubmittedSet"]


class SubmittedSet:
    """A job set as the server has it. :class:`ManagedJobSet` adds what is read from it and changed in it.

    Args:
        name: name of the set; by default date and time.
        short_id: id of a set that exists, to be retrieved.
    """

    def __init__(self, name: Optional[str] = None, short_id: Optional[str] = None) -> None:
        self._name = name or default_name()
        self._id = short_id or new_id()
        self._tag = set_tag(self._id)
        self._tags: list[str] = []
        self._backend: Optional[IBMQBackend] = None
        self._managed_jobs: list[ManagedJob] = []
        self._turn = threading.Lock()
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
            warnings.warn("job_share_level has no effect any more: jobs are not shared.", stacklevel=2)
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
        jobs = provider.backend.jobs(limit=None, job_tags=[self._tag])
        if not jobs:
            raise IBMQJobManagerUnknownJobSet(
                f"{provider!r} has no job of a job set {self._id}. Is it the provider that the set was run with?"
            )
        self._name, places = arrange(jobs, self._id)
        self._backend = jobs[0].backend()
        self._tags = [tag for tag in jobs[0].tags() if tag != self._tag]
        self._managed_jobs = managed_jobs_of(places)
        self._forget()

    def statuses(self) -> list[Optional[JobStatus]]:
        """Ask for the status of each job.

        Returns:
            The statuses. A job that waits to be submitted is ``INITIALIZING``; ``None`` stands for one that could not be submitted,
            and, with a warning, for a status that could not be had.
        """
        asked = in_parallel(lambda managed, _: managed.ask_status(), self._managed_jobs)
        for managed, (_, error) in zip(self._managed_jobs, asked):
            if error is not None:
                warnings.warn(managed.no_status_text(error), stacklevel=2)
        return [status for status, _ in asked]

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
            IBMQJobManagerInvalidStateError: the circuits of a job are not to be had any more.
            IBMQJobApiError: they cannot be fetched.
        """
        failed = self._failed(cancelled=cancelled)
        again = [(index, *self._managed_jobs[index].programs_again()) for index in failed]
        if again:
            # Payloads from the server are Qobj. Whoever calls this has not chosen them, so is not to be told that they are deprecated.
            assert self._backend is not None
            self._backend.qobj_warning_issued = True
            self._forget()
            executor = ThreadPoolExecutor(min(WIDTH, len(again)), thread_name_prefix="ibmq-jobset")
            try:
                for index, programs, options in again:
                    self._submit(index, programs, executor, options)
            finally:
                executor.shutdown(wait=False)
        return failed

    def managed_jobs(self) -> list[ManagedJob]:
        """Return what this set knows of each job."""
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

    def _submit(
        self, index: int, programs: Any, executor: ThreadPoolExecutor, options: dict[str, Any]
    ) -> None:
        """Submit one job."""
        assert self._backend is not None
        self._managed_jobs[index].submit(
            programs,
            job_name=JOB_SET_NAME_FORMATTER.format(self._name, index),
            backend=self._backend,
            executor=executor,
            submit_lock=self._turn,
            job_tags=[*self._tags, self._tag],
            **options,
        )

    @requires_submit
    def _failed(self, *, cancelled: bool) -> list[int]:
        """Return the places of jobs that have failed or could not be submitted."""
        for managed in self._managed_jobs:
            if self._backend is not None:
                adopt(managed, self._backend)
        wanted = {JobStatus.ERROR, JobStatus.CANCELLED} if cancelled else {JobStatus.ERROR}
        return [
            index
            for index, (managed, status) in enumerate(zip(self._managed_jobs, self.statuses()))
            if status in wanted or (status is None and managed.job is None)
        ]

    def _locate_number(self, number: int) -> tuple[ManagedJob, int]:
        """Return the managed job of an experiment given by its number."""
        for managed in self._managed_jobs:
            start = managed.start_index
            if number < start:
                break
            if number <= managed.end_index:
                return managed, number - start
        raise IBMQJobManagerJobNotFound(f"The job set has no experiment {number}.")

    def _forget(self) -> None:
        """Drop what was collected from jobs that are not those of the set any more."""
        self._results, self._error_messages = None, None
