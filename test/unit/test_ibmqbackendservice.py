# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The backend with the shortest queue. Reservations are tested against a service, in test/integration."""

from __future__ import annotations

import threading

import pytest
from qiskit.exceptions import QiskitError
from support.small_backends import SmallBackend

from qiskit_ibmq_provider import IBMQError, least_busy


def test_the_shortest_queue_wins_and_the_first_of_equal_ones():
    backends = [
        SmallBackend("a", pending_jobs=5),
        SmallBackend("b", pending_jobs=2),
        SmallBackend("c", pending_jobs=2),
    ]
    assert least_busy(backends) is backends[1]
    assert least_busy(tuple(backends), reservation_lookahead=None) is backends[1]


def test_a_paused_or_broken_backend_is_never_chosen():
    backends = [
        SmallBackend("paused", status_msg="paused"),
        SmallBackend("off", operational=False),
        SmallBackend("internal", status_msg="internal"),
        SmallBackend("busy", pending_jobs=50),
    ]
    assert least_busy(backends).name() == "busy"


def test_each_status_is_asked_once_and_all_at_the_same_time():
    meeting = threading.Barrier(8, timeout=10)
    backends = [SmallBackend(f"b{number}", pending_jobs=number, meeting=meeting) for number in range(8)]
    assert least_busy(backends) is backends[0]
    assert [backend.asked for backend in backends] == [1] * 8


def test_a_backend_without_an_answer_is_left_out(caplog):
    backends = [
        SmallBackend("silent", failure=QiskitError("no answer")),
        SmallBackend("busy", pending_jobs=9),
    ]
    assert least_busy(backends) is backends[1]
    assert "no answer" in caplog.text


@pytest.mark.parametrize(
    ("backends", "message"),
    [
        ([], "empty list"),
        ([SmallBackend("off", operational=False)], "No backend matches the criteria"),
        (
            [SmallBackend("silent", failure=QiskitError("no answer"))],
            "No backend matches the criteria. no answer",
        ),
        ([SmallBackend("a"), object()], "pending_jobs"),
    ],
)
def test_without_a_candidate_it_raises(backends, message):
    with pytest.raises(IBMQError, match=message):
        least_busy(backends)


def test_a_status_without_a_queue_cannot_be_compared():
    backend = SmallBackend("odd")
    backend.status = lambda: type("Status", (), {"operational": True, "status_msg": "active"})()
    with pytest.raises(IBMQError, match="pending_jobs"):
        least_busy([backend])
