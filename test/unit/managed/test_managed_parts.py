# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How a set is split, and which experiments each of its jobs holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.managed._parts import (
    Spans,
    experiment_count,
    experiments_per_job,
    options_of_part,
    split,
)
from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError


@pytest.mark.parametrize(
    ("accepted", "wanted", "size"),
    [(900, None, 900), (75, 1000, 75), (75, 10, 10), (None, 10, 10), (None, None, None)],
)
def test_a_job_takes_what_is_wanted_and_accepted(accepted, wanted, size):
    assert experiments_per_job(accepted, wanted, {}) == size


def test_parameter_binds_count_against_what_a_backend_accepts():
    binds = [{"a": 1}, {"a": 2}, {"a": 3}]
    assert experiments_per_job(75, None, {"parameter_binds": binds}) == 25
    assert experiments_per_job(2, None, {"parameter_binds": binds}) == 1
    assert experiments_per_job(75, None, {"parameter_binds": [{}, {}]}) == 75
    assert experiment_count(25, {"parameter_binds": binds}) == 75


def test_one_schedule_with_many_frequencies_is_many_experiments():
    assert experiment_count(1, {"schedule_los": [{}, {}, {}]}) == 3
    assert experiment_count(2, {"schedule_los": [{}, {}]}) == 2


@given(st.lists(st.integers(), min_size=1, max_size=50), st.integers(1, 60))
def test_parts_keep_the_order_and_leave_nothing_out(experiments, size):
    parts = split(experiments, size)
    assert [each for part in parts for each in part] == experiments
    assert all(len(part) == size for part in parts[:-1]) and 0 < len(parts[-1]) <= size


def test_no_size_makes_one_part():
    assert split([1, 2, 3], None) == [[1, 2, 3]]


def test_each_part_gets_its_own_frequencies_and_all_get_the_rest():
    options = {"schedule_los": ["a", "b", "c"], "shots": 5}
    assert options_of_part(options, 0, 2, 3) == {"schedule_los": ["a", "b"], "shots": 5}
    assert options_of_part(options, 2, 1, 3) == {"schedule_los": ["c"], "shots": 5}
    assert options == {"schedule_los": ["a", "b", "c"], "shots": 5}


def test_frequencies_for_all_or_for_one_schedule_stay_as_they_are():
    for_all, for_one = {"schedule_los": {"d0": 5e9}}, {"schedule_los": ["a", "b"]}
    assert options_of_part(for_all, 2, 1, 3) == for_all
    assert options_of_part(for_one, 0, 1, 1) == for_one


def test_known_lengths_ask_nobody():
    spans = Spans([3, 3, 2])
    assert [(spans.start(i), spans.end(i)) for i in range(3)] == [(0, 2), (3, 5), (6, 7)]


def test_one_known_length_tells_those_of_all_but_the_last():
    asked = []
    spans = Spans([None, 3, None, None], lambda index: asked.append(index) or 1)
    assert [spans.start(index) for index in range(4)] == [0, 3, 6, 9]
    assert [spans.text(index) for index in range(4)] == ["0-2", "3-5", "6-8", "9-?"] and not asked
    assert spans.end(3) == 9 and asked == [3]
    assert spans.end(3) == 9 and asked == [3]


def test_without_a_known_length_one_job_is_asked():
    asked = []

    def look_up(index):
        asked.append(index)
        return None if index == 0 else 5

    spans = Spans([None, None, None, None], look_up)
    assert spans.text(1) == "?-?"
    assert spans.start(2) == 10 and asked == [0, 1]


def test_irregular_lengths_are_asked_for():
    spans = Spans([3, 4, None, 2], lambda index: 9)
    assert spans.start(3) == 16


def test_a_length_that_nobody_knows_is_an_error_that_says_so():
    with pytest.raises(IBMQJobManagerInvalidStateError, match="job 0 of the set"):
        Spans([None, 1]).start(1)
