# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Waiting for a job: timeouts, callbacks, threads."""

from __future__ import annotations

import threading
import time

import pytest
from qiskit.providers.exceptions import JobTimeoutError
from qiskit.providers.jobstatus import JobStatus
from support.job_server import JOB, in_threads, refusal
from support.scripted_server import Peer, answer, hang, talk

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.job import (
    IBMQJobApiError,
    IBMQJobError,
    IBMQJobTimeoutError,
)


def wait_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ibmq-status")]


def test_a_wait_is_over_at_its_timeout_and_the_error_is_terras_too(job):
    began = time.monotonic()
    with pytest.raises(JobTimeoutError, match="17") as caught:
        job.wait_for_final_state(timeout=0.6)
    assert isinstance(caught.value, IBMQJobTimeoutError)
    assert 0.5 < time.monotonic() - began < 3


def test_a_timeout_of_nought_means_now(server, job):
    with pytest.raises(IBMQJobTimeoutError):
        job.wait_for_final_state(timeout=0)
    with pytest.raises(IBMQJobTimeoutError):
        job.result(timeout=0)
    assert server.count("status") == 2
    server.becomes("COMPLETED")
    assert job.result(timeout=0).success


def test_a_wait_that_the_server_refuses_is_an_error_of_the_job(server, job):
    server.set(status=refusal(404, 3250, "Job not found."))
    with pytest.raises(IBMQJobApiError, match=r"Job not found.*3250") as caught:
        job.result()
    assert caught.value.code == 3250


def test_a_wait_ends_at_a_status_that_is_not_known(server, job):
    server.set(status=answer({**JOB, "status": "CANCELLED - RAN TOO LONG"}))
    with pytest.raises(IBMQJobApiError, match="RAN TOO LONG"):
        job.result()


def test_a_callback_hears_each_change_and_no_final_status(server, job):
    def go_on(peer: Peer) -> None:
        peer.authenticate()
        for position in (2, 2, 1):
            peer.status("QUEUED", infoQueue={"position": position})
        peer.status("RUNNING")
        peer.status("RUNNING")
        peer.status("COMPLETED")
        peer.until_closed()

    heard = []

    def callback(job_id, status, which, **more):
        assert (job_id, which, set(more)) == ("17", job, {"queue_info"})
        heard.append((status, more["queue_info"] and more["queue_info"].position, job.queue_position()))

    server.set(status=answer({**JOB, "status": "CREATING"}), websocket=talk(go_on))
    job.wait_for_final_state(timeout=30, callback=callback)
    assert heard == [
        (JobStatus.INITIALIZING, None, None),
        (JobStatus.QUEUED, 2, 2),
        (JobStatus.QUEUED, 1, 1),
        (JobStatus.RUNNING, None, None),
    ]


def test_a_callback_at_intervals_is_called_on_time_while_nothing_happens(server, job):
    over = threading.Event()

    def be_silent(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        over.wait(30)
        peer.status("COMPLETED")
        peer.until_closed()

    times: list[float] = []

    def callback(job_id, status, which, queue_info):
        assert status is JobStatus.RUNNING
        times.append(time.monotonic())
        if len(times) == 5:
            over.set()

    server.set(websocket=talk(be_silent))
    began = time.monotonic()
    job.wait_for_final_state(timeout=30, wait=0.4, callback=callback)
    assert len(times) >= 5
    assert abs(times[0] - began - 0.4) < 0.2
    assert abs((times[-1] - times[0]) / (len(times) - 1) - 0.4) < 0.2


class Stop(Exception):
    """What a callback of the user raises."""


@pytest.mark.parametrize("wait", [None, 0.1])
def test_what_a_callback_raises_ends_the_wait_at_once(server, job, wait):
    def be_silent(peer: Peer) -> None:
        peer.authenticate()
        peer.until_closed()

    def callback(*args, **kwargs):
        raise Stop

    server.set(websocket=talk(be_silent))
    began = time.monotonic()
    with pytest.raises(Stop):
        job.wait_for_final_state(timeout=60, wait=wait, callback=callback)
    assert time.monotonic() - began < 5


def test_an_error_of_the_transport_in_a_callback_stays_what_it_is(job):
    error = ApiError("of the callback")

    def callback(*args, **kwargs):
        raise error

    with pytest.raises(ApiError) as caught:
        job.wait_for_final_state(timeout=10, callback=callback)
    assert caught.value is error


def test_many_threads_wait_for_one_job_and_no_thread_of_ours_is_left(server, job):
    over = threading.Event()

    def finish(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        over.wait(30)
        peer.status("COMPLETED")
        peer.until_closed()

    server.set(websocket=talk(finish))
    threading.Thread(
        target=lambda: (server.wait_for(*server.routes["websocket"], count=6), over.set())
    ).start()
    results = in_threads(6, job.result)
    assert len({id(result) for result in results}) == 1
    deadline = time.monotonic() + 5
    while wait_threads() and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert wait_threads() == []


def test_a_server_that_hangs_holds_a_wait_up_no_longer_than_its_timeout_and_a_moment(server, job):
    server.set(status=hang)
    began = time.monotonic()
    with pytest.raises(IBMQJobError):
        job.result(timeout=1)
    assert time.monotonic() - began < 5
