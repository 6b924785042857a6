# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Waiting for a job: timeouts, the pace of polling and of calling back, and status requests that fail."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest
from support.scripted_server import ScriptedServer, answer, drop, hang, status, talk
from support.transport import (
    JOB_ID,
    QUICK,
    STATUS,
    WS_STATUS,
    account_client,
    done_then_closed,
    silent,
    until,
)

from qiskit_ibmq_provider.api.exceptions import RequestsApiError, UserTimeoutExceededError
from qiskit_ibmq_provider.api.time_limits import Timeouts


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        running.on("GET", STATUS, answer({"status": "QUEUED"}))
        yield running


@pytest.mark.parametrize("timeout", [0, -1, 0.3])
@pytest.mark.parametrize("act", [talk(silent), drop, hang])
def test_a_timeout_is_kept(server, act, timeout):
    server.on("WS", WS_STATUS, act)
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError, match="was not over after") as failed:
        account_client(server).job_final_status(JOB_ID, timeout=timeout)
    assert time.monotonic() - began < max(0.0, timeout) + 1.5
    assert "its status is" in failed.value.message


def test_a_timeout_of_zero_asks_once(server):
    with pytest.raises(UserTimeoutExceededError):
        account_client(server).job_final_status(JOB_ID, timeout=0)
    assert server.paths() == [STATUS]
    server.on("GET", STATUS, *until("COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID, timeout=0).status == "COMPLETED"


def test_a_server_that_hangs_does_not_stretch_the_timeout(server):
    server.on("GET", STATUS, hang)
    server.on("WS", WS_STATUS, hang)
    slow = dataclasses.replace(QUICK, request=Timeouts(5.0, 60.0, 60.0))
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError, match="status is not known"):
        account_client(server, time_limits=slow).job_final_status(JOB_ID, timeout=0.5)
    assert time.monotonic() - began < 5


def test_what_happened_just_before_the_timeout_counts(server):
    limits = dataclasses.replace(QUICK, status_fresh=0.0)
    server.on("WS", WS_STATUS, talk(silent))
    server.on("GET", STATUS, *until("QUEUED", "COMPLETED"))
    client = account_client(server, time_limits=limits)
    assert client.job_final_status(JOB_ID, timeout=0.5).status == "COMPLETED"


def test_the_caller_sets_the_pace_of_polling(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, *until("QUEUED", "QUEUED", "QUEUED", "COMPLETED"))
    began = time.monotonic()
    assert account_client(server).job_final_status(JOB_ID, wait=0.4).status == "COMPLETED"
    assert 1.1 < time.monotonic() - began < 3


def test_the_caller_is_called_back_at_intervals(server):
    server.on("WS", WS_STATUS, talk(silent))
    instants: list[float] = []
    began = time.monotonic()
    with pytest.raises(UserTimeoutExceededError):
        account_client(server).job_final_status(
            JOB_ID, timeout=1.1, tick=0.25, on_tick=lambda: instants.append(time.monotonic() - began)
        )
    assert len(instants) == 4
    assert all(-0.01 < instant - due < 0.2 for instant, due in zip(instants, (0.25, 0.5, 0.75, 1.0)))


@pytest.mark.parametrize("code", [400, 403, 404])
def test_a_refused_status_request_ends_the_wait(server, code):
    server.on("GET", STATUS, status(code))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_final_status(JOB_ID)
    assert failed.value.status_code == code
    assert server.paths("WS") == []


def test_status_requests_may_fail_for_a_while(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, *[status(503)] * 12, *until("RUNNING"), *[status(503)] * 12, *until("COMPLETED"))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"


def test_status_requests_that_go_on_failing_end_the_wait(server):
    server.on("WS", WS_STATUS, drop)
    server.on("GET", STATUS, status(503))
    with pytest.raises(RequestsApiError) as failed:
        account_client(server).job_final_status(JOB_ID)
    assert failed.value.status_code == 503
    assert len(server.paths("GET")) == 18


def test_a_working_websocket_makes_up_for_failing_requests(server):
    server.on("GET", STATUS, status(503))
    server.on("WS", WS_STATUS, talk(done_then_closed))
    assert account_client(server).job_final_status(JOB_ID).status == "COMPLETED"
