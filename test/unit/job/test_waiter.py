# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""When the callback of a wait is called, and with what."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.job._waiter import Announcer
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
    announcer = Announcer(JOB, heard, on_change=True)
    for record in (
        at("CREATING"),
        at("CREATED"),
        at("QUEUED", 2),
        at("QUEUED", 2),
        at("QUEUED", 1),
        at("RUNNING"),
    ):
        announcer.changed(record)
    assert heard.calls == [("INITIALIZING", None), ("QUEUED", 2), ("QUEUED", 1), ("RUNNING", None)]


def test_a_callback_at_intervals_hears_the_newest_status_at_each_tick_and_no_change():
    heard = Heard()
    announcer = Announcer(JOB, heard, on_change=False)
    announcer.tick()
    announcer.changed(at("QUEUED", 2))
    announcer.changed(at("RUNNING"))
    assert heard.calls == []
    announcer.tick()
    announcer.tick()
    assert heard.calls == [("RUNNING", None)] * 2


def test_without_a_callback_nothing_happens():
    announcer = Announcer(JOB, None, on_change=True)
    announcer.changed(at("RUNNING"))
    announcer.tick()


def test_a_status_that_is_not_known_ends_the_wait():
    with pytest.raises(IBMQJobApiError, match="DEFERRED"):
        Announcer(JOB, None, on_change=True).changed(at("DEFERRED"))


def test_what_the_callback_raises_goes_on_and_an_error_of_the_transport_is_remembered():
    error = RequestsApiError("refused", 400)

    def fail(*args, **kwargs):
        raise error

    announcer = Announcer(JOB, fail, on_change=True)
    with pytest.raises(RequestsApiError):
        announcer.changed(at("RUNNING"))
    assert announcer.raised is error
