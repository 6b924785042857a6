# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions of job sets.

::

    IBMQError
     └─ IBMQJobManagerError
         ├─ IBMQJobManagerInvalidStateError     an argument, or the state of the set, does not allow the call
         ├─ IBMQJobManagerJobNotFound           the set has no such experiment
         ├─ IBMQJobManagerTimeoutError          the results are not there in time
         ├─ IBMQJobManagerUnknownJobSet         the provider has no such set
         └─ IBMQManagedResultDataNotAvailable   the experiment has no result

Example:

    >>> try:
    ...     IBMQJobManager().retrieve_job_set("no such id", provider)
    ... except IBMQJobManagerUnknownJobSet as err:
    ...     print(type(err).__name__)
    IBMQJobManagerUnknownJobSet
"""

from __future__ import annotations

from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = [
    "IBMQJobManagerError",
    "IBMQJobManagerInvalidStateError",
    "IBMQJobManagerJobNotFound",
    "IBMQJobManagerTimeoutError",
    "IBMQJobManagerUnknownJobSet",
    "IBMQManagedResultDataNotAvailable",
]


class IBMQJobManagerError(IBMQError):
    """Base class of what job sets and their manager raise."""


class IBMQJobManagerInvalidStateError(IBMQJobManagerError):
    """An argument, or the state of the job set, does not allow the call."""


class IBMQJobManagerTimeoutError(IBMQJobManagerError):
    """The results of a job set were not there in the time given. The jobs go on: ask again."""


class IBMQJobManagerJobNotFound(IBMQJobManagerError):
    """The job set has no such experiment."""


class IBMQManagedResultDataNotAvailable(IBMQJobManagerError):
    """The job of an experiment has no result. The text says why."""


class IBMQJobManagerUnknownJobSet(IBMQJobManagerError):
    """The provider has no job of such a job set."""
