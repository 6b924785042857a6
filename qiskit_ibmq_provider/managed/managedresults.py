# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The results of a job set, by experiment."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np
from qiskit import QuantumCircuit
from qiskit.providers.exceptions import JobError
from qiskit.pulse import Schedule
from qiskit.result import Counts, Result

from qiskit_ibmq_provider.managed.exceptions import IBMQManagedResultDataNotAvailable

if TYPE_CHECKING:
    from qiskit_ibmq_provider.managed.managedjobset import ManagedJobSet

__all__ = ["ManagedResults"]


class ManagedResults:
    """The results of all jobs of a set, asked like one :class:`~qiskit.result.Result`.

    Each method finds the job of the experiment and asks its result; see :class:`~qiskit.result.Result` for what it returns. An
    experiment is given as its number over the whole set, or by its name, or as the circuit or schedule, whose name then counts.
    Where several have the same name, the first is meant.

        >>> results = IBMQJobManager().run([circuit] * 3, backend, max_experiments_per_job=2).results(timeout=60)
        >>> sorted(results.get_counts(2)), len(results.combine_results().results)
        (['00', '11'], 3)

    A job that failed or was cancelled does not affect the others: only asking for its own experiments raises.

    Args:
        job_set: the set.
        backend_name: the backend that it ran on.
        success: whether every experiment of every job was successful.

    Attributes:
        backend_name: the backend that the set ran on.
        success: whether every experiment of every job was successful.
    """

    def __init__(self, job_set: ManagedJobSet, backend_name: str, success: bool) -> None:
        self._job_set = job_set
        self.backend_name = backend_name
        self.success = success
        self._combined: Optional[Result] = None

    def data(self, experiment: Union[str, QuantumCircuit, Schedule, int]) -> dict[str, Any]:
        """Return all that an experiment has given.

        Args:
            experiment: number, name, circuit or schedule.

        Returns:
            What there is of ``counts`` (shots by outcome, in hexadecimal), ``memory``, ``statevector``, ``unitary`` …

        Raises:
            IBMQManagedResultDataNotAvailable: its job has no result.
            IBMQJobManagerJobNotFound: there is no such experiment.
        """
        result, index = self._result_of(experiment)
        data: dict[str, Any] = result.data(index)
        return data

    def get_memory(
        self, experiment: Union[str, QuantumCircuit, Schedule, int]
    ) -> Union[list[str], np.ndarray]:
        """Return the outcome of every shot; raises as :meth:`data` does.

        Args:
            experiment: number, name, circuit or schedule.

        Returns:
            With ``meas_level`` 2 a list of bit strings, one for each shot. With level 1 complex numbers of the shape
            ``(shots, memory_slots)``, and with level 0 ``(shots, memory_slots, memory_slot_size)``; averages have no shots.
        """
        result, index = self._result_of(experiment)
        return result.get_memory(index)

    def get_counts(self, experiment: Union[str, QuantumCircuit, Schedule, int]) -> Counts:
        """Return how often each outcome was seen; raises as :meth:`data` does.

        Args:
            experiment: number, name, circuit or schedule.

        Returns:
            Shots by outcome. In an outcome the first classical bit is the last character; a space parts registers.
        """
        result, index = self._result_of(experiment)
        return result.get_counts(index)

    def get_statevector(
        self, experiment: Union[str, QuantumCircuit, Schedule, int], decimals: Optional[int] = None
    ) -> Any:
        """Return the final state of a simulation; raises as :meth:`data` does.

        Args:
            experiment: number, name, circuit or schedule.
            decimals: to how many decimals the numbers are rounded; ``None`` for not at all.

        Returns:
            ``2**n`` complex amplitudes for n qubits; the first qubit is the least significant bit of the index.
        """
        result, index = self._result_of(experiment)
        return result.get_statevector(experiment=index, decimals=decimals)

    def get_unitary(
        self, experiment: Union[str, QuantumCircuit, Schedule, int], decimals: Optional[int] = None
    ) -> Any:
        """Return the unitary of a simulation; raises as :meth:`data` does.

        Args:
            experiment: number, name, circuit or schedule.
            decimals: to how many decimals the numbers are rounded; ``None`` for not at all.

        Returns:
            A complex matrix of the shape ``(2**n, 2**n)`` for n qubits.
        """
        result, index = self._result_of(experiment)
        return result.get_unitary(experiment=index, decimals=decimals)

    def combine_results(self) -> Result:
        """Return one result with all experiments in their order. Header and ids are those of the first job.

        Raises:
            IBMQManagedResultDataNotAvailable: not every experiment was successful, so the order could not be kept.
        """
        if self._combined is not None:
            return self._combined
        if not self.success:
            raise IBMQManagedResultDataNotAvailable(
                "Some jobs of the set have failed, so there is no result of all. Ask for single experiments, or see "
                "error_messages() of the job set, and resubmit()."
            )
        results = [_result(managed.outcome.result, managed.job) for managed in self._job_set.managed_jobs()]
        shell = copy.copy(results[0])
        shell.results = []
        combined = copy.deepcopy(shell)
        combined.results = [each for result in results for each in result.results]
        self._combined = combined
        return combined

    def _result_of(self, experiment: Union[str, QuantumCircuit, Schedule, int]) -> tuple[Result, int]:
        managed, index = self._job_set.locate(experiment)
        asked = experiment if isinstance(experiment, (int, str)) else getattr(experiment, "name", experiment)
        if managed.job is None:
            raise IBMQManagedResultDataNotAvailable(
                f"The job of experiment {asked} was not submitted: {managed.submit_error or 'it is on its way.'}"
            )
        try:
            return _result(managed.outcome.result, managed.job), index
        except JobError as err:
            raise IBMQManagedResultDataNotAvailable(
                f"There is no result for experiment {asked}: {err}", code=getattr(err, "code", None)
            ) from err


def _result(collected: Optional[Result], job: Any) -> Result:
    """Return the result of a job, without a request if it was collected before."""
    return job.result() if collected is None else collected
