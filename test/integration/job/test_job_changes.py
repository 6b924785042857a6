# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Cancelling a job and changing its name and tags."""

from __future__ import annotations

import pytest
from qiskit.providers.jobstatus import JobStatus
from support.job_server import in_threads, refusal
from support.scripted_server import answer

from qiskit_ibmq_provider.job import (
    IBMQJobApiError,
    IBMQJobInvalidStateError,
)


@pytest.mark.parametrize(
    ("said", "cancelled"),
    [({"cancelled": True}, True), ({"cancelled": False, "error": {"message": "over", "code": 3209}}, False)],
)
def test_cancel_tells_what_the_server_said_and_the_status_stays_the_servers(server, job, said, cancelled):
    server.set(cancel=answer(said))
    assert job.cancel() is cancelled
    assert job.status() is JobStatus.RUNNING


def test_a_refused_cancel_is_an_error(server, job):
    server.set(cancel=refusal(400, 3209, "over"))
    with pytest.raises(IBMQJobApiError, match="3209") as caught:
        job.cancel()
    assert caught.value.code == 3209


def test_a_name_is_taken_only_if_the_server_confirms_it(server, job):
    server.set(update=[answer({"name": ""}), answer({"name": "other"}), refusal(400)])
    assert job.update_name("") == ""
    assert job.name() == ""
    with pytest.raises(IBMQJobApiError, match="'other'"):
        job.update_name("mine")
    with pytest.raises(IBMQJobApiError):
        job.update_name("mine")
    with pytest.raises(IBMQJobInvalidStateError, match="string"):
        job.update_name(3)
    assert job.name() == ""


def test_tags_are_taken_only_if_the_server_confirms_them(server, job):
    server.set(update=[answer({"tags": ["b", "lab1"]}), answer({"tags": ["b"]}), answer({"tags": None})])
    assert set(job.update_tags(additional_tags=["b"])) == {"lab1", "b"}
    assert set(job.tags()) == {"lab1", "b"}
    for _ in range(2):
        with pytest.raises(IBMQJobApiError, match="tags"):
            job.update_tags(additional_tags=["c"])
    assert set(job.tags()) == {"lab1", "b"}
    job.tags().append("mine")
    assert "mine" not in job.tags()


def test_two_threads_that_add_a_tag_each_both_succeed(server, job):
    taken: list[list[str]] = []

    def confirm(exchange) -> None:
        taken.append(exchange.request.json["tags"])
        answer({"tags": taken[-1]})(exchange)

    server.set(update=confirm)
    names = iter(["x", "y"])
    in_threads(2, lambda: job.update_tags(additional_tags=[next(names)]))
    assert set(job.tags()) == {"lab1", "x", "y"}
