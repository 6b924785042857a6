# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Each row of the table of faults: the call ends in time, as it has to, and nothing is lost or shown."""

from __future__ import annotations

import pytest
from fault_play import play
from fault_report import counted, on_the_page, planned
from fault_table import TABLE


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.id, marks=() if row.short else pytest.mark.faults_long) for row in TABLE]
)
def test_a_fault(row, scene_for, log_records, played_rows):
    played = play(row, scene_for, log_records)
    played_rows.append(played)
    assert played.problems() == []


def test_the_table_is_large_enough_and_each_row_has_a_number_of_its_own():
    assert sum(row.id.startswith("P") for row in TABLE) == 57
    assert len({row.id for row in TABLE}) == len(TABLE) >= 57 + 60


def test_the_page_has_the_counts_of_the_table():
    assert on_the_page() == planned()


@pytest.mark.faults_long
def test_the_counts_are_those_of_the_page(played_rows):
    """After all rows: what has come of them is what the page says."""
    assert len(played_rows) == len(TABLE), "only a part of the table was run"
    assert counted(played_rows) == on_the_page()
