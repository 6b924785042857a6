# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions of jobs.

::

    IBMQError, qiskit JobError
     └─ IBMQJobError
         ├─ IBMQJobApiError             the server refused, or could not be asked
         ├─ IBMQJobFailureError         the job ran and failed, or was refused
         ├─ IBMQJobInvalidStateError    the job, or the argument, does not allow the call
         └─ IBMQJobTimeoutError         also qiskit's JobTimeoutError

Example:

    >>> job.update_name(5)
    Traceback (most recent call last):
        ...
    qiskit_ibmq_provider.job.exceptions.IBMQJobInvalidStateError: 'The name of a job is a string, not 5.'
"""

from __future__ import annotations

from qiskit.providers.exceptions import JobError, JobTimeoutError

from qiskit_ibmq_provider.exceptions import IBMQError

__all__ = [
    "IBMQJobApiError",
    "IBMQJobError",
    "IBMQJobFailureError",
    "IBMQJobInvalidStateError",
    "IBMQJobTimeoutError",
]


class IBMQJobError(JobError, IBMQError):
    """Base class of what the methods of a job raise."""


class IBMQJobApiError(IBMQJobError):
    """The server refused a request about the job, or could not be asked.

    ``code`` is the server's error code and ``status_code`` the HTTP status, where there was an answer. The
    job itself is not affected: the call may be repeated.

    Attributes:
        outcome_unknown: whether the server may have done what was asked (cancelled the job, changed its
            name), though its answer is lost.
    """

    outcome_unknown: bool = False


class IBMQJobFailureError(IBMQJobError):
    """The job failed. The text gives the server's reason; ``code`` is the server's error code for it."""


class IBMQJobInvalidStateError(IBMQJobError):
    """The job's state, or an argument, does not allow the call."""


class IBMQJobTimeoutError(JobTimeoutError, IBMQJobError):
    """The job was not over in the time given. It goes on: wait for it again to get its result."""
