# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device says of its queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.service.domain.errors import UnknownDevice
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.store import Store


def test_the_status_counts_who_waits(bench: Bench) -> None:
    bench.queued()
    bench.queued(project=bench.other_project)
    bench.draft()
    assert bench.queues.status("alpha").to_json() == {
        "state": True,
        "status": "active",
        "message": "",
        "lengthQueue": 2,
        "backend_version": "1.2.3",
    }
    assert bench.queues.status("beta").pending_jobs == 0


def test_the_limit_is_a_number_that_scripts_can_compare_with_unless_the_operator_lifts_it(bench: Bench) -> None:
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": 1000, "runningJobs": 0}


def test_without_a_limit_there_is_none(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=-1))
    bench.queued()
    bench.draft()
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": -1, "runningJobs": 1}
    assert bench.queues.job_limit(bench.other_project, "alpha").running_jobs == 0


def test_a_limit_is_shown(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=5))
    assert bench.queues.job_limit(bench.project, "alpha").to_json() == {"maximumJobs": 5, "runningJobs": 0}


def test_an_unknown_device_is_refused(bench: Bench) -> None:
    with pytest.raises(UnknownDevice):
        bench.queues.status("gamma")
    with pytest.raises(UnknownDevice):
        bench.queues.job_limit(bench.project, "gamma")


def test_idle_means_that_nothing_waits_or_runs(bench: Bench) -> None:
    bench.draft()
    assert bench.queues.idle()
    bench.queued()
    assert not bench.queues.idle()
