# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Fetching the result of a job, from a server that says odd things."""

from __future__ import annotations

import threading

import pytest
from support.job_server import JOB, RESULT, in_threads, refusal
from support.scripted_server import Peer, answer, talk
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
    IBMQJobInvalidStateError,
    IBMQJobTimeoutError,
)
from qiskit_ibmq_provider.protocol.jobs import JobRecord


def test_the_result_is_fetched_once_for_all_threads_and_is_the_same_object(server, job):
    server.becomes("COMPLETED")
    results = in_threads(8, job.result)
    assert len(results) == 8
    assert len({id(result) for result in results}) == 1
    assert server.count("result") == 1
    assert results[0].data(0)["counts"] == {"0x0": 1, "0x3": 1}
    assert results[0].client_version == {"qiskit-ibmq-provider": "0.20.2", "qiskit-terra": "0.46.3"}
    assert results[0].date.tzinfo is not None


def test_refresh_fetches_the_result_anew(server, job):
    server.becomes("COMPLETED")
    first = job.result()
    server.set(result=answer({**RESULT, "header": {"mine": 2}}))
    assert job.result() is first
    second = job.result(refresh=True)
    assert second.header.mine == 2
    assert job.result() is second


def test_a_result_needs_no_more_requests_than_it_must(server, job):
    server.becomes("COMPLETED")
    job.result()
    assert [server.count(name) for name in ("status", "job", "result_url", "result")] == [1, 0, 1, 1]


def test_a_result_that_appears_a_moment_after_the_status_is_waited_for(server, job):
    server.becomes("COMPLETED")
    server.set(result_url=[refusal(404), answer({"url": server.url + "/store/result"})])
    assert job.result().success


def test_a_timeout_of_nought_asks_for_the_result_once(server, job):
    server.becomes("COMPLETED")
    server.set(result_url=refusal(404))
    with pytest.raises(IBMQJobApiError):
        job.result(timeout=0)
    assert server.count("result_url") == 1


@pytest.mark.parametrize(
    "broken", [refusal(400), answer({"results": []}), answer({**RESULT, "results": [{}]}), answer([1])]
)
def test_a_result_that_cannot_be_had_raises_and_the_next_call_works(server, job, broken):
    server.becomes("COMPLETED")
    server.set(result=broken)
    with pytest.raises(IBMQJobApiError, match="result of job 17"):
        job.result()
    server.set(result=answer(RESULT))
    assert job.result().success


def test_details_that_cannot_be_had_do_not_spoil_the_result(server, client):
    record = {key: value for key, value in JOB.items() if key != "clientInfo"}
    job = IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(record))
    server.becomes("COMPLETED")
    server.set(job=refusal(400))
    assert job.result().client_version == {}


def test_a_cancelled_job_has_no_result(server, job):
    server.becomes("CANCELLED")
    with pytest.raises(IBMQJobInvalidStateError, match="cancelled"):
        job.result()
    assert server.count("result_url") == 0
    assert job.error_message() is None


def test_a_job_that_is_cancelled_while_it_is_waited_for_has_no_result(server, job):
    def cancel_it(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.status("CANCELLED")
        peer.until_closed()

    server.set(websocket=talk(cancel_it))
    with pytest.raises(IBMQJobInvalidStateError):
        job.result(timeout=30)


def test_a_timeout_also_bounds_the_wait_for_the_download_of_another_thread(server, job):
    server.becomes("COMPLETED")
    may_go = threading.Event()

    def answer_late(exchange) -> None:
        may_go.wait(30)
        answer(RESULT)(exchange)

    server.set(result=answer_late)
    got = []
    first = threading.Thread(target=lambda: got.append(job.result()))
    first.start()
    server.wait_for(*server.routes["result"])
    with pytest.raises(IBMQJobTimeoutError, match="Another thread"):
        job.result(timeout=0.2)
    may_go.set()
    first.join(30)
    assert got == [job.result(timeout=0)]
