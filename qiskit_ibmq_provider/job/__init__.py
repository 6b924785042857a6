# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs of the IBM Quantum service: :class:`IBMQJob`, its exceptions, and :func:`job_monitor`."""

from __future__ import annotations

from qiskit_ibmq_provider.job.exceptions import (
    IBMQJobApiError,
    IBMQJobError,
    IBMQJobFailureError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

# The function takes the place of the module of the same name, which stays importable.
from qiskit_ibmq_provider.job.job_monitor import job_monitor
from qiskit_ibmq_provider.job.queueinfo import QueueInfo

__all__ = [
    "IBMQJob",
    "IBMQJobApiError",
    "IBMQJobError",
    "IBMQJobFailureError",
    "IBMQJobInvalidStateError",
    "IBMQJobTimeoutError",
    "QueueInfo",
    "job_monitor",
]
