# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""After run() returns or raises there is exactly one job or none, whatever happened on the wire."""

from __future__ import annotations

from collections import Counter

import pytest
from fault_acts import drop, processed
from fault_row import first
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from once_machine import machine
from once_world import World, circuit

from qiskit_ibmq_provider.exceptions import IBMQBackendApiError
from qiskit_ibmq_provider.protocol import routes

COMMON = {
    "deadline": None,
    "print_blob": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


def test_no_sequence_of_faults_loses_or_doubles_a_job(once_world: World) -> None:
    counts: Counter[str] = Counter()
    run_state_machine_as_test(
        machine(once_world, counts, slow=False),
        settings=settings(max_examples=8, stateful_step_count=6, derandomize=True, **COMMON),
    )
    assert counts["own, returned"] > 0, counts


@pytest.mark.faults_long
@pytest.mark.timeout(3600)
def test_no_long_sequence_of_faults_loses_or_doubles_a_job(once_world: World) -> None:
    counts: Counter[str] = Counter()
    run_state_machine_as_test(
        machine(once_world, counts, slow=True),
        settings=settings(max_examples=150, stateful_step_count=20, **COMMON),
    )
    print(f"\n{sum(counts.values())} submissions: {dict(sorted(counts.items()))}")
    for server in ("own", "plain"):
        assert all(counts[f"{server}, {kind}"] > 0 for kind in ("returned", "refused", "unknown")), counts


def test_a_job_of_one_circuit_is_one_round_trip_and_its_result_another(once_world: World) -> None:
    scene = once_world.scenes["own"]
    scene.proxy.clear()
    job = scene.backend.run(circuit("small"), shots=1)
    assert [each.method for each in scene.proxy.requests] == ["POST"]
    assert scene.proxy.count("POST", routes.JOBS_DIRECT) == 1
    job.wait_for_final_state(timeout=60)
    scene.proxy.clear()
    assert sum(job.result().get_counts().values()) == 1
    assert [(each.method, each.path.rpartition("/")[2]) for each in scene.proxy.requests] == [
        ("GET", "result")
    ]


def test_a_larger_job_takes_three_steps_and_its_payload_arrives_whole(once_world: World) -> None:
    scene = once_world.scenes["own"]
    scene.proxy.clear()
    scene.backend.run(circuit("large"), shots=1)
    assert [each.method for each in scene.proxy.requests] == ["POST", "PUT", "POST"]


def test_drafts_do_not_count_against_the_limit(once_world: World) -> None:
    scene = once_world.scenes["plain"]
    scene.proxy.clear()
    before = once_world.drafts()
    scene.proxy.spoil(first("POST", routes.JOBS, processed(drop)))
    with pytest.raises(IBMQBackendApiError, match="may be left behind"):
        scene.backend.run(circuit("small"), shots=1)
    scene.proxy.clear()
    assert once_world.drafts() == before + 1
    once_world.wait_until_idle()
