# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Work on many jobs at the same time, and waits for jobs that can be abandoned."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Callable, Final, Optional, TypeVar

from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = [
    "WaitAbandoned",
    "in_parallel",
    "job_set_threads",
    "seconds_left",
    "wait_until_done",
    "wait_until_final",
]

_THREADS: Final = 4
"""How many jobs of a set are submitted, or asked for, at the same time."""

_CHECK_INTERVAL: Final = 1.0
"""Seconds after which a waiting thread looks again whether its wait is still wanted."""

_T = TypeVar("_T")
_R = TypeVar("_R")


class WaitAbandoned(Exception):
    """The outcome of a wait is no longer wanted."""


def job_set_threads(jobs: int) -> ThreadPoolExecutor:
    """Return threads for a number of jobs, at least one."""
    return ThreadPoolExecutor(min(_THREADS, jobs), thread_name_prefix="ibmq-jobset")


def in_parallel(work: Callable[[_T, threading.Event], _R], items: Sequence[_T]) -> list[_R]:
    """Return what a function gives for each item, in the order of the items. The threads end with the call.

    Args:
        work: called with an item and an event, which is set when the outcome is no longer wanted.
        items: the items.

    Raises:
        BaseException: what the work on an item has raised, or an interrupt of the caller; the rest is then given up.
    """
    abandoned = threading.Event()
    if len(items) < 2:
        return [work(item, abandoned) for item in items]
    pool = job_set_threads(len(items))
    try:
        return [future.result() for future in [pool.submit(work, item, abandoned) for item in items]]
    finally:
        abandoned.set()
        pool.shutdown(wait=False, cancel_futures=True)


def seconds_left(deadline: Optional[float]) -> Optional[float]:
    """Return the seconds until a time of ``time.monotonic``, not less than 0; ``None`` for ever."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def wait_until_done(future: Future[Any], abandoned: threading.Event, deadline: Optional[float]) -> bool:
    """Wait for a future, and return whether it is done in time.

    Raises:
        WaitAbandoned: the event was set.
    """
    while True:
        left = seconds_left(deadline)
        done, _ = wait([future], timeout=_CHECK_INTERVAL if left is None else min(_CHECK_INTERVAL, left))
        if done:
            return True
        if abandoned.is_set():
            raise WaitAbandoned
        if left == 0.0:
            return False


def wait_until_final(job: IBMQJob, abandoned: threading.Event, deadline: Optional[float]) -> None:
    """Wait until a job is over.

    Raises:
        WaitAbandoned: the event was set.
        IBMQJobTimeoutError: the job is not over in time.
        IBMQJobApiError: the server refused, or could not be asked.
    """

    def check_wanted(*_: Any, **__: Any) -> None:
        if abandoned.is_set():
            raise WaitAbandoned

    check_wanted()
    try:
        job.wait_for_final_state(timeout=seconds_left(deadline), wait=_CHECK_INTERVAL, callback=check_wanted)
    except IBMQJobTimeoutError:
        check_wanted()
        raise
