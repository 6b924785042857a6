# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The small checks of numbers, hosts and processors."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest

from qiskit_ibmq_provider._checks import is_loopback, is_number, is_whole, processors, read_number


@pytest.mark.parametrize("value", [0, -1, 2.5, np.float32(1), np.int64(3), Fraction(1, 2), 10**300])
def test_finite_real_numbers_are_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, None, "1", 1j, float("nan"), float("inf"), 10**400, [1]], ids=str
)
def test_nothing_else_is_a_number(value):
    assert not is_number(value)


def test_whole_numbers_are_integers_within_their_bounds():
    assert [value for value in (-1, 0, 1, 4, 5) if is_whole(value, 0, below=5)] == [0, 1, 4]
    assert is_whole(-3, -3) and is_whole(10**30)
    assert not any(map(is_whole, (True, 1.0, "1", None)))


def test_numbers_are_read_from_text():
    assert [read_number(value) for value in ("1.5", 2, " 3 ")] == [1.5, 2.0, 3.0]
    assert [read_number(value) for value in (True, "nan", "inf", "x", "", None, 10**400)] == [None] * 7


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system says nothing of affinity")
def test_processors_are_those_that_this_process_may_use():
    assert processors() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("LocalHost", True),
        ("10.0.0.1", False),
        ("a.org", False),
        (None, False),
    ],
)
def test_which_hosts_are_this_machine(host, expected):
    assert is_loopback(host) is expected
