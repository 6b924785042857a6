# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""When the callback of a wait is called, and with what."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.job._state import JobState
from qiskit_ibmq_provider.job._waiting import CallbackObserver, WaitObserver, wait_until_final
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.jobs import JobRecord, QueueRecord

CREATING = JobRecord(id="17", creation_date="2021-06-01T09:31:02Z", status="CREATING")
JOB = object()


class Heard:
    """A callback that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []

    def __call__(self, job_id, status, job, *, queue_info):
        assert job_id == "17"
        assert job is JOB
        self.calls.append((status.name, queue_info and queue_info.position))


def at(status, position=None):
    queue = None if position is None else QueueRecord(position)
    return CREATING.replaced(status=status, queue=queue)


def test_a_callback_on_change_hears_each_status_and_place_once():
    heard = Heard()
    observer = CallbackObserver(JOB, heard)
    for record in (
        at("CREATING"),
        at("CREATED"),
        at("QUEUED", 2),
        at("QUEUED", 2),
        at("QUEUED", 1),
        at("RUNNING"),
    ):
        observer.changed(record)
    assert heard.calls == [("INITIALIZING", None), ("QUEUED", 2), ("QUEUED", 1), ("RUNNING", None)]


def test_a_callback_at_intervals_hears_the_newest_status_at_each_tick_and_no_change():
    heard = Heard()
    observer = CallbackObserver(JOB, heard, 0)
    observer.tick()
    observer.changed(at("QUEUED", 2))
    observer.changed(at("RUNNING"))
    assert heard.calls == []
    observer.tick()
    observer.tick()
    assert heard.calls == [("RUNNING", None)] * 2


class Client:
    """A client of somebody's own: it puts statuses where the wait listens, in the form of the wire."""

    def __init__(self, *statuses):
        self.statuses = statuses

    def job_final_status(self, job_id, timeout=None, wait=None, status_queue=None, **ticks):
        for status in self.statuses:
            status_queue.put({"status": status})
        return {"status": "COMPLETED"}


def wait(client, observer=None):
    state = JobState(CREATING)
    wait_until_final(client, "17", state, observer=observer)
    return state


def test_without_an_observer_the_wait_ends_all_the_same():
    assert wait(Client("RUNNING")).final


def test_a_status_that_is_not_known_ends_the_wait():
    with pytest.raises(IBMQJobApiError, match="DEFERRED"):
        wait(Client("DEFERRED"))


def test_a_last_answer_that_cannot_be_read_is_an_error_of_the_job():
    client = Client()
    client.job_final_status = lambda *_args, **_kwargs: {"state": "COMPLETED"}
    with pytest.raises(IBMQJobApiError, match="job 17 has ended without its final status"):
        wait(client)


def test_what_the_callback_raises_goes_on_also_an_error_of_the_transport():
    error = RequestsApiError("refused", 400)

    def fail(*args, **kwargs):
        raise error

    with pytest.raises(RequestsApiError) as caught:
        wait(Client("RUNNING"), CallbackObserver(JOB, fail))
    assert caught.value is error


def test_a_client_that_knows_no_ticks_still_lets_them_happen():
    class Ticking(WaitObserver):
        seconds = 1e-9
        ticks = 0

        def tick(self):
            self.ticks += 1

    observer = Ticking()
    wait(Client("QUEUED", "RUNNING", "RUNNING"), observer)
    assert observer.ticks == 3
