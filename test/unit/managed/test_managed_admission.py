# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Submitting within a job limit."""

from __future__ import annotations

import logging
import threading
from typing import Optional

import pytest
from qiskit.providers.exceptions import JobError

from qiskit_ibmq_provider.exceptions import IBMQBackendApiError, IBMQBackendJobLimitError
from qiskit_ibmq_provider.job.exceptions import IBMQJobTimeoutError
from qiskit_ibmq_provider.managed import IBMQJobManagerInvalidStateError
from qiskit_ibmq_provider.managed import _admission as admission
from qiskit_ibmq_provider.managed._admission import Admission, must_wait
from qiskit_ibmq_provider.managed._parallel import in_parallel


class Oldest:
    """A job that frees its slot when it is waited for."""

    def __init__(self, backend: CrowdedBackend, ends: Optional[Exception] = None) -> None:
        self._backend, self._ends = backend, ends

    def job_id(self) -> str:
        return "oldest"

    def wait_for_final_state(self, timeout, wait, callback):
        self._backend.waits += 1
        if self._backend.waits >= self._backend.waits_needed:
            self._backend.free += 1
        if self._ends is not None:
            raise self._ends


class CrowdedBackend:
    """A backend with so many free places."""

    def __init__(self, free: int, says: bool = True, oldest_ends: Optional[Exception] = None) -> None:
        self.free, self.says, self.oldest_ends = free, says, oldest_ends
        self.attempts = self.waits = 0
        self.waits_needed = 1
        self.listed: list[dict] = []

    def name(self) -> str:
        return "crowded"

    def remaining_jobs_count(self):
        if not self.says:
            raise IBMQBackendApiError("not now")
        return self.free

    def jobs(self, **query):
        self.listed.append(query)
        return [Oldest(self, self.oldest_ends)]

    def run(self) -> str:
        self.attempts += 1
        if self.free < 1:
            raise IBMQBackendJobLimitError("full", code=3458)
        self.free -= 1
        return "job"


def submit(backend: CrowdedBackend, stopped: Optional[threading.Event] = None) -> str:
    return Admission(backend, threading.Lock(), stopped or threading.Event()).submit(backend.run)


@pytest.mark.parametrize(
    ("remaining", "refusals", "waits"),
    [
        (None, 0, False),
        (None, 1, True),
        (0, 0, True),
        (-1, 0, True),
        (1, 0, False),
        (1, 1, False),
        (1, 2, True),
    ],
)
def test_an_attempt_waits_where_it_would_be_in_vain(remaining, refusals, waits):
    assert must_wait(remaining, refusals) is waits


def test_where_there_is_room_nobody_is_asked():
    backend = CrowdedBackend(1)
    assert submit(backend) == "job" and backend.attempts == 1 and not backend.listed


@pytest.mark.parametrize("says", [True, False])
def test_at_the_limit_the_oldest_unfinished_job_is_waited_for_with_a_warning(says, caplog):
    backend = CrowdedBackend(0, says=says)
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq.managed"):
        assert submit(backend) == "job"
    assert backend.waits == 1 and "waiting for job oldest" in caplog.text
    query = backend.listed[0]
    assert query["limit"] == 1 and query["descending"] is False
    assert set(query["db_filter"]["status"]["nin"]) >= {"COMPLETED", "CANCELLED", "ERROR_RUNNING_JOB"}


@pytest.mark.parametrize("trouble", [IBMQJobTimeoutError("not yet"), JobError("odd")])
def test_trouble_while_waiting_does_not_end_the_submission(trouble, monkeypatch):
    monkeypatch.setattr(admission, "_SHORTEST_PAUSE", 0.001)
    backend = CrowdedBackend(0, oldest_ends=trouble)
    backend.waits_needed = 3
    if not isinstance(trouble, IBMQJobTimeoutError):
        from qiskit_ibmq_provider.job import IBMQJobApiError

        backend.oldest_ends = IBMQJobApiError("odd")
    assert submit(backend) == "job" and backend.waits == 3


def test_a_limit_that_cannot_be_looked_into_is_tried_again_after_a_pause(monkeypatch):
    monkeypatch.setattr(admission, "_SHORTEST_PAUSE", 0.001)

    class Blind(CrowdedBackend):
        def jobs(self, **query):
            self.free += len(self.listed)
            self.listed.append(query)
            raise IBMQBackendApiError("not now")

    backend = Blind(0, says=False)
    assert submit(backend) == "job" and len(backend.listed) == 2


def test_one_waits_and_the_others_stand_behind():
    backend = CrowdedBackend(0)
    turn, stopped = threading.Lock(), threading.Event()
    jobs = in_parallel(lambda _, __: Admission(backend, turn, stopped).submit(backend.run), range(6))
    assert jobs == ["job"] * 6 and backend.waits == 6
    assert backend.attempts <= 2 * 6, "more than one vain attempt for each job"


def test_what_is_cancelled_is_not_submitted():
    stopped = threading.Event()
    stopped.set()
    backend = CrowdedBackend(5)
    with pytest.raises(IBMQJobManagerInvalidStateError, match="cancelled before"):
        submit(backend, stopped)
    assert backend.attempts == 0


def test_any_other_failure_goes_to_the_caller():
    backend = CrowdedBackend(1)

    def attempt():
        raise ValueError("wide")

    with pytest.raises(ValueError, match="wide"):
        Admission(backend, threading.Lock(), threading.Event()).submit(attempt)


def test_work_in_parallel_keeps_order_and_ends_its_threads():
    before = set(threading.enumerate())
    assert in_parallel(lambda item, _: item * 2, range(20)) == [2 * item for item in range(20)]
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_work_in_parallel_is_given_up_when_a_piece_fails():
    begun = []

    def work(item, abandoned):
        begun.append(item)
        if item == 0:
            raise ValueError("no")
        assert abandoned.wait(10)

    with pytest.raises(ValueError, match="no"):
        in_parallel(work, range(100))
    assert len(begun) < 10
