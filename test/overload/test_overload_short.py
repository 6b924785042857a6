# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A short rush. The full one is ``tox -e kill``."""

from __future__ import annotations

from pathlib import Path

from overload.rush import HEAVY, OTHERS, WORKERS, rush, table


def test_many_clients_at_once_are_all_served_and_none_starves(tmp_path: Path) -> None:
    result = rush(tmp_path, clients=20, seconds=1, backlog=50, light=3)
    print(table(result))
    assert result.faults == []
    assert set(result.answers) <= {"200", "429"}
    assert result.counts["acknowledged jobs"] > 50
    assert result.counts["most jobs of 'heavy' that waited when one of 'light' came"] > 20
    for name in (HEAVY, *OTHERS):
        # A turn of each project, and what the other workers had begun just before.
        passed = result.counts[f"most jobs of '{name}' that began while one of 'light' waited"]
        assert passed <= 2 * WORKERS, table(result)
