# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A result is had in spite of one fault on the way, in bounded time."""

from __future__ import annotations

import threading
import time

import pytest
from support.job_server import JOB, RESULT, client, job, refusal, server
from support.scripted_server import Peer, answer, drop, hang, reset, status, talk, truncated

__all__ = ["client", "job", "server"]

RUNNING, COMPLETED = answer(JOB), answer({**JOB, "status": "COMPLETED"})
GARBAGE = answer(b"<html>busy</html>")


def ending(peer: Peer) -> None:
    peer.authenticate()
    peer.status("RUNNING")
    peer.status("COMPLETED")
    peer.until_closed()


def dropped(peer: Peer) -> None:
    peer.authenticate()
    peer.status("RUNNING")


def closed(code: int):
    def script(peer: Peer) -> None:
        peer.authenticate()
        peer.status("RUNNING")
        peer.close(code)

    return script


def garbled(peer: Peer) -> None:
    peer.authenticate()
    peer.send("no json")
    peer.until_closed()


def refused(peer: Peer) -> None:
    peer.receive()
    peer.send({"type": "unauthenticated"})


POLLED = {"status": [RUNNING, RUNNING, COMPLETED]}
DONE = {"status": COMPLETED}

FAULTS = {
    "websocket refused": {**POLLED, "websocket": status(403)},
    "websocket dropped, then good": {"websocket": [talk(dropped), talk(ending)]},
    "websocket always dropped": {**POLLED, "websocket": drop},
    "websocket closed with 4001, then good": {"websocket": [talk(closed(4001)), talk(ending)]},
    "websocket closed with 4002 too early": {**POLLED, "websocket": talk(closed(4002))},
    "websocket closed with 4003": {**POLLED, "websocket": talk(closed(4003))},
    "websocket garbled": {**POLLED, "websocket": talk(garbled)},
    "websocket does not take the token": {**POLLED, "websocket": talk(refused)},
    "status busy once": {"status": [RUNNING, refusal(429), COMPLETED]},
    "status unreadable once": {"status": [RUNNING, GARBAGE, COMPLETED]},
    "job details fail": {**DONE, "job": status(500)},
    "result address not there yet": {**DONE, "result_url": (refusal(404), None)},
    "result address unreadable once": {**DONE, "result_url": (GARBAGE, None)},
    "result fails twice": {**DONE, "result": [status(503), status(503), answer(RESULT)]},
    "result reset once": {**DONE, "result": [reset, answer(RESULT)]},
    "result truncated once": {**DONE, "result": [truncated(RESULT, 50), answer(RESULT)]},
    "result unreadable once": {**DONE, "result": [GARBAGE, answer(RESULT)]},
    "result address expired once": {**DONE, "result": [refusal(403), answer(RESULT)]},
    "acknowledgement fails": {**DONE, "acknowledge": status(500)},
    "acknowledgement reset": {**DONE, "acknowledge": reset},
    "acknowledgement unreadable": {**DONE, "acknowledge": GARBAGE},
    "acknowledgement hangs": {**DONE, "acknowledge": hang},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_does_not_cost_the_result(server, job, fault):
    good_address = answer({"url": server.url + "/store/result"})
    for name, acts in FAULTS[fault].items():
        acts = acts if isinstance(acts, (list, tuple)) else [acts]
        server.set(**{name: [good_address if act is None else act for act in acts]})
    began = time.monotonic()
    assert job.result(timeout=30).success
    assert time.monotonic() - began < 6


def test_a_job_survives_a_call_that_was_interrupted(server, job):
    """As by control-C in a notebook: the next call starts afresh."""
    stop = threading.Event()

    def callback(*args, **kwargs):
        raise KeyboardInterrupt

    def wait_on(peer: Peer) -> None:
        peer.authenticate()
        stop.wait(20)

    server.set(websocket=talk(wait_on))
    with pytest.raises(KeyboardInterrupt):
        job.wait_for_final_state(callback=callback)
    stop.set()
    server.becomes("COMPLETED")
    assert job.result(timeout=30).success
