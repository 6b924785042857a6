# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for a job of a set and fetching its result."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Optional

from qiskit.providers.exceptions import JobError

from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.managed._outcome import Outcome
from qiskit_ibmq_provider.managed._parallel import seconds_left, wait_until_done, wait_until_final

if TYPE_CHECKING:
    from qiskit_ibmq_provider.managed.managedjob import ManagedJob

__all__ = ["collect"]


def collect(
    managed: ManagedJob,
    abandoned: threading.Event,
    deadline: Optional[float],
    *,
    partial: bool,
    refresh: bool,
) -> Outcome:
    """Wait until a job is submitted and over; keep and return what came of it.

    Args:
        managed: the job.
        abandoned: set when nobody waits any more.
        deadline: when to stop, as ``time.monotonic`` counts.
        partial: take what a failed job has.
        refresh: fetch the result again.

    Raises:
        IBMQJobTimeoutError: the job is not over in time.
        WaitAbandoned: the event was set.
    """
    if managed.future is not None and not wait_until_done(managed.future, abandoned, deadline):
        raise IBMQJobTimeoutError("The job was not submitted in time.")
    if managed.job is None:
        outcome = Outcome(error=managed.submit_error)
    else:
        try:
            wait_until_final(managed.job, abandoned, deadline)
            result = managed.job.result(timeout=seconds_left(deadline), partial=partial, refresh=refresh)
            outcome = Outcome(result)
        except IBMQJobTimeoutError:
            raise
        except JobError as err:
            outcome = Outcome(error=err)
    managed.settle(outcome)
    return outcome
