# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Time limits: scaled as a whole, and narrowed for one request."""

from __future__ import annotations

import dataclasses

from qiskit_ibmq_provider.api.time_limits import TimeLimits, Timeouts


def test_timeouts_can_only_become_shorter():
    bounds = Timeouts(connect=5, read=30, total=90)
    assert bounds.within(100) == bounds
    assert bounds.within(10) == Timeouts(5, 10, 10)
    assert bounds.within(2) == Timeouts(2, 2, 2)


def test_every_limit_is_scaled():
    usual, slow = TimeLimits(), TimeLimits().scaled(3)
    for field in dataclasses.fields(TimeLimits):
        value, scaled = getattr(usual, field.name), getattr(slow, field.name)
        if isinstance(value, Timeouts):
            assert scaled == Timeouts(value.connect * 3, value.read * 3, value.total * 3, value.longest)
        elif isinstance(value, tuple):
            assert scaled == tuple(each * 3 for each in value)
        else:
            assert scaled == value * 3, field.name


def test_a_caller_s_own_time_bounds_requests_and_transfers_and_is_not_scaled():
    limits = TimeLimits().scaled(2)
    assert limits.within(None) == limits
    narrowed = limits.within(7.0)
    assert narrowed.request == Timeouts(7.0, 7.0, 7.0)
    assert narrowed.storage == Timeouts(7.0, 7.0, 7.0, limits.storage.longest)
    assert narrowed.poll_longest == limits.poll_longest
