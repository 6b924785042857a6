# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The job manager: any number of experiments, as many jobs as it takes."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any, Optional, Union

from qiskit.circuit import QuantumCircuit
from qiskit.pulse import Instruction, Schedule, ScheduleBlock

from qiskit_ibmq_provider._backend.programs import circuits_or_schedules
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
from qiskit_ibmq_provider.managed._parallel import job_set_threads
from qiskit_ibmq_provider.managed._parts import experiments_per_job, split
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError
from qiskit_ibmq_provider.managed.managedjobset import ManagedJobSet
from qiskit_ibmq_provider.managed.utils import format_job_details, format_status_counts
from qiskit_ibmq_provider.utils.utils import validate_job_tags

__all__ = ["IBMQJobManager"]

_SINGLE = (QuantumCircuit, Schedule, ScheduleBlock, Instruction)


class IBMQJobManager:
    """Runs more circuits or schedules than a backend accepts in one job, and collects their results.

    The circuits are split into jobs, which are submitted in the background, several at a time. Where the backend's limit of unfinished
    jobs is reached, the next job waits until the oldest is over. Transpile the circuits first.

    Example:

        >>> from qiskit import transpile
        >>> job_manager = IBMQJobManager()
        >>> circuits = [transpile(circuit, backend)] * 400    # more than the 300 that one job may have
        >>> job_set = job_manager.run(circuits, backend=backend, name="sweep", shots=100)
        >>> results = job_set.results(timeout=60)
        >>> sum(results.get_counts(399).values())
        100

    A set is found again, also from another session, by the id that :meth:`ManagedJobSet.job_set_id` gives:

        >>> job_set = job_manager.retrieve_job_set(job_set.job_set_id(), provider)
        >>> [job.status().name for job in job_set.jobs()]
        ['DONE', 'DONE']

    A program that ends while jobs wait to be submitted first submits them.
    """

    def __init__(self) -> None:
        self._job_sets: list[ManagedJobSet] = []

    def run(
        self,
        experiments: Union[QuantumCircuit, Schedule, list[QuantumCircuit], list[Schedule]],
        backend: IBMQBackend,
        name: Optional[str] = None,
        max_experiments_per_job: Optional[int] = None,
        job_share_level: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        **run_config: Any,
    ) -> ManagedJobSet:
        """Run circuits or schedules as a set of jobs, and return the set at once.

        Args:
            experiments: a circuit, a schedule, or any number of one kind.
            backend: where to run them.
            name: name of the set, of which each job has its own made; by default date and time.
            max_experiments_per_job: most experiments in a job; by default, and at most, what the backend accepts.
            job_share_level: no longer of any effect.
            job_tags: tags, to find the jobs by.
            run_config: options of :meth:`IBMQBackend.run()<qiskit.providers.ibmq.IBMQBackend.run>`, the same for all jobs. Of
                ``schedule_los`` with an element for each experiment, each job gets its own.

        Returns:
            The set. A job that cannot be submitted says why in its ``report()`` and ``error_messages()``.

        Raises:
            IBMQJobManagerInvalidStateError: an argument is not usable.
        """
        if not isinstance(backend, IBMQBackend):
            raise IBMQJobManagerInvalidStateError(
                f"The job manager runs on an IBMQBackend, which {backend!r:.80} is not."
            )
        programs = _programs(experiments, backend)
        _check_arguments(name, max_experiments_per_job, run_config)
        validate_job_tags(job_tags, IBMQJobManagerInvalidStateError)
        if job_share_level:
            warn_caller("job_share_level has no effect any more: jobs are not shared.")
        accepted = getattr(backend.configuration(), "max_experiments", None)
        parts = split(programs, experiments_per_job(accepted, max_experiments_per_job, run_config))
        job_set = ManagedJobSet(name=name)
        executor = job_set_threads(len(parts))
        try:
            job_set.run(parts, backend=backend, executor=executor, job_tags=job_tags, **run_config)
        finally:
            executor.shutdown(wait=False)  # The threads end when the jobs are submitted.
        self._job_sets.append(job_set)
        return job_set

    def report(self, detailed: bool = True) -> str:
        """Return a text on the status of all jobs of all sets.

        Args:
            detailed: also tell about each job.
        """
        sets = [(job_set, job_set.statuses()) for job_set in self._job_sets]
        lines = ["Summary report:", *format_status_counts([each for _, some in sets for each in some])]
        if detailed:
            lines += ["", "Detail report:"]
            for job_set, statuses in sets:
                lines.append(f"  Job set name: {job_set.name()}, ID: {job_set.job_set_id()}")
                lines += format_job_details(statuses, job_set.managed_jobs())
        return "\n".join(lines)

    def job_sets(self, name: Optional[str] = None) -> list[ManagedJobSet]:
        """Return the sets that this manager has run or retrieved.

        Args:
            name: only sets of this name.
        """
        return [job_set for job_set in self._job_sets if not name or job_set.name() == name]

    def retrieve_job_set(
        self, job_set_id: str, provider: AccountProvider, refresh: bool = False
    ) -> ManagedJobSet:
        """Return a set that was submitted before, from this session or another, by this client or the original one.

        Args:
            job_set_id: id of the set.
            provider: the provider of its backend.
            refresh: ask the server again for a set that this manager has already.

        Raises:
            IBMQJobManagerUnknownJobSet: the provider has no job of such a set.
            IBMQJobManagerInvalidStateError: a job does not look like one of the set.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        known = next((each for each in self._job_sets if each.job_set_id() == job_set_id), None)
        if known is not None and not refresh:
            return known
        job_set = ManagedJobSet(short_id=job_set_id)
        job_set.retrieve_jobs(provider)
        self._job_sets = [each for each in self._job_sets if each is not known] + [job_set]
        return job_set


def _programs(experiments: Any, backend: IBMQBackend) -> list[Any]:
    """Return the experiments as a list. A single circuit counts as one, although it can be iterated over."""
    single = isinstance(experiments, _SINGLE) or not isinstance(experiments, Iterable)
    try:
        circuits, schedules = circuits_or_schedules([experiments] if single else list(experiments))
    except IBMQBackendValueError as err:
        raise IBMQJobManagerInvalidStateError(err.message) from err
    if schedules and not backend.configuration().open_pulse:
        raise IBMQJobManagerInvalidStateError(
            f"{backend.name()} does not accept pulse schedules. Those that do are among provider.backends(open_pulse=True)."
        )
    return circuits or schedules


def _check_arguments(name: Any, size: Any, run_config: dict[str, Any]) -> None:
    """Refuse at once what would otherwise fail job by job."""
    if name is not None and not isinstance(name, str):
        raise IBMQJobManagerInvalidStateError(f"The name of a job set is a string, not {name!r:.80}.")
    if size is not None and (isinstance(size, bool) or not isinstance(size, numbers.Integral) or size < 1):
        raise IBMQJobManagerInvalidStateError(
            f"max_experiments_per_job should be a number of at least 1, not {size!r:.80}."
        )
    taken = {"circuits", "job_name", "qobj"} & run_config.keys()
    if taken:
        raise IBMQJobManagerInvalidStateError(
            f"The job manager itself sets {', '.join(sorted(taken))} for each job. Give `name` for the name of the set."
        )
