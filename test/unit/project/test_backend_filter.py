# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Choosing backends."""

from __future__ import annotations

import threading

import pytest
from qiskit.exceptions import QiskitError
from support.small_backends import SmallBackend

from qiskit_ibmq_provider._project.backend_filter import ask_statuses, filter_backends


def names(backends: list, **kwargs: object) -> list[str]:
    criteria = kwargs.pop("criteria", {})
    return [backend.name() for backend in filter_backends(backends, criteria, **kwargs)]


def test_by_the_configuration_without_asking_for_any_status():
    backends = [
        SmallBackend("a", n_qubits=5),
        SmallBackend("b", n_qubits=7),
        SmallBackend("c", n_qubits=5, memory=False),
    ]
    assert names(backends, criteria={"n_qubits": 5}) == ["a", "c"]
    assert names(backends, criteria={"n_qubits": 5, "memory": True}) == ["a"]
    assert names(backends, min_num_qubits=6) == ["b"]
    assert [backend.asked for backend in backends] == [0, 0, 0]


def test_by_a_field_that_only_some_configurations_have():
    backends = [SmallBackend("a", quantum_volume=8), SmallBackend("b"), SmallBackend("c", quantum_volume=32)]
    assert names(backends, criteria={"quantum_volume": 8}) == ["a"]
    assert [backend.asked for backend in backends] == [0, 0, 0]


def test_by_the_status_of_those_that_meet_the_rest_all_at_once():
    meeting = threading.Barrier(2, timeout=10)
    backends = [
        SmallBackend("a", pending_jobs=3, meeting=meeting),
        SmallBackend("b", n_qubits=7, operational=False),
        SmallBackend("c", operational=False, meeting=meeting),
    ]
    assert names(backends, criteria={"operational": True, "n_qubits": 5}) == ["a"]
    assert [backend.asked for backend in backends] == [1, 0, 1]
    assert names([backends[1]], criteria={"status_msg": "active", "pending_jobs": 0}) == ["b"]


def test_by_a_function():
    backends = [SmallBackend("a"), SmallBackend("b")]
    assert names(backends, accept=lambda backend: backend.name() == "b") == ["b"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("job", ["a", "b", "c"]), ("runtime", ["b"]), (["job", "runtime"], ["b"]), (["job"], ["a", "b", "c"])],
)
def test_by_the_input_that_they_take(wanted, found):
    backends = [
        SmallBackend("a", input_allowed=["job"]),
        SmallBackend("b", input_allowed=["job", "runtime"]),
        SmallBackend("c"),
    ]
    assert names(backends, input_allowed=wanted) == found


def test_what_no_backend_says_anything_of_is_met_by_none(caplog):
    backends = [SmallBackend("a")]
    assert names(backends, criteria={"nonsense": 1}) == []
    assert "'nonsense'" in caplog.text
    assert backends[0].asked == 0


def test_a_status_that_is_needed_and_cannot_be_had_raises():
    with pytest.raises(QiskitError, match="no status today"):
        names([SmallBackend("a", failure=QiskitError("no status today"))], criteria={"operational": True})


def test_of_no_backends_none_is_chosen():
    assert names([], criteria={"operational": True, "n_qubits": 5}) == []


def test_statuses_come_in_the_order_of_the_backends_with_failures_in_their_place():
    failure = QiskitError("no")
    backends = [
        SmallBackend("a", pending_jobs=1),
        SmallBackend("b", failure=failure),
        SmallBackend("c", pending_jobs=3),
    ]
    first, second, third = ask_statuses(backends)
    assert (first.pending_jobs, second, third.pending_jobs) == (1, failure, 3)
