# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How long a service has been idle."""

from __future__ import annotations

from qiskit_ibmq_provider.service.services import Activity


class _Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_idle_time_counts_from_the_end_of_the_last_request() -> None:
    time = _Time()
    activity = Activity(time)
    time.now += 5
    assert activity.idle_seconds() == 5
    with activity.under_way():
        with activity.under_way():
            time.now += 50
        assert activity.idle_seconds() == 0
        time.now += 50
    assert activity.idle_seconds() == 0
    time.now += 3
    assert activity.idle_seconds() == 3
    activity.touch()
    assert activity.idle_seconds() == 0
