# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Each row of the table of faults: the call ends in time, as it has to, and nothing is lost or shown."""

from __future__ import annotations

import pytest
from fault_play import play
from fault_table import TABLE


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.id, marks=() if row.short else pytest.mark.faults_long) for row in TABLE]
)
def test_a_fault(row, scene_for, log_records, record_property):
    played = play(row, scene_for(row.server, row.scale), log_records)
    record_property("seconds", played.seconds)
    assert played.problems() == []
