# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A short night of kills. The full one is ``tox -e kill``."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest
from kill.night import spend_night, table


@pytest.mark.skipif(sys.platform != "linux", reason="sessions, prctl and SIGKILL are those of Linux")
def test_nothing_that_was_acknowledged_is_lost_through_a_few_kills(tmp_path: Path) -> None:
    seed = secrets.randbelow(10**6)
    verdict = spend_night(tmp_path, kills=3, jobs=12, hungry=1, clients=3, seed=seed, pace=0.3, spread=0.5)
    print(table(verdict, 0, seed))
    assert verdict.faults == []
    assert verdict.counts["acknowledged jobs"] >= 12
    assert verdict.counts["of them given up as worker killers"] == 1
