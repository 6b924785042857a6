# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Job sets: any number of circuits or schedules, run as several jobs and read as one result.

:class:`IBMQJobManager` splits them by what the backend accepts in one job, :class:`ManagedJobSet` is what it returns, and
:class:`ManagedResults` answers for each circuit by its number over the whole set.
"""

from __future__ import annotations

from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.managed.exceptions import (
    IBMQJobManagerError,
    IBMQJobManagerInvalidStateError,
    IBMQJobManagerJobNotFound,
    IBMQJobManagerTimeoutError,
    IBMQJobManagerUnknownJobSet,
    IBMQManagedResultDataNotAvailable,
)
from qiskit_ibmq_provider.managed.ibmqjobmanager import IBMQJobManager
from qiskit_ibmq_provider.managed.managedjob import ManagedJob
from qiskit_ibmq_provider.managed.managedjobset import ManagedJobSet
from qiskit_ibmq_provider.managed.managedresults import ManagedResults

__all__ = [
    "IBMQError",
    "IBMQJobManager",
    "IBMQJobManagerError",
    "IBMQJobManagerInvalidStateError",
    "IBMQJobManagerJobNotFound",
    "IBMQJobManagerTimeoutError",
    "IBMQJobManagerUnknownJobSet",
    "IBMQManagedResultDataNotAvailable",
    "ManagedJob",
    "ManagedJobSet",
    "ManagedResults",
]
