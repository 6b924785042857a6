# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Changing an attribute of all jobs of a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Callable, TypeVar

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.managed._parallel import in_parallel

if TYPE_CHECKING:
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
    from qiskit_ibmq_provider.managed.managedjob import ManagedJob

__all__ = ["update_each"]

logger = get_logger(__name__)

_R = TypeVar("_R")


def update_each(
    managed_jobs: Sequence[ManagedJob], change: Callable[[int, IBMQJob], _R], what: str
) -> list[_R]:
    """Change every job there is, and return what the jobs are now; a refusal of the server is logged.

    Args:
        managed_jobs: the jobs of the set.
        change: changes one of them, given its place and the job.
        what: the attribute, for the log.
    """

    def update(place: tuple[int, IBMQJob]) -> list[_R]:
        index, job = place
        try:
            return [change(index, job)]
        except IBMQJobApiError as err:
            logger.warning("The %s of job %s of the set stays as it was: %s", what, job.job_id(), err.message)
            return []

    places = [(index, managed.job) for index, managed in enumerate(managed_jobs) if managed.job is not None]
    return [each for updated in in_parallel(lambda place, _: update(place), places) for each in updated]
