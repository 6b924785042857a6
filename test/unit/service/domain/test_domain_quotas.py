# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How many requests a user may make, and how much of it at the same time."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import RateLimited
from qiskit_ibmq_provider.service.domain.quotas import (
    BURST_SECONDS,
    ConnectionQuota,
    PerUserSemaphore,
    Throttle,
)


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _admitted(throttle: Throttle, user: str, tries: int) -> int:
    admitted = 0
    for _ in range(tries):
        try:
            throttle.admit(user)
        except RateLimited:
            continue
        admitted += 1
    return admitted


def test_a_burst_is_taken_and_then_the_average_counts() -> None:
    clock = _Clock()
    throttle = Throttle(5, clock)
    assert _admitted(throttle, "a", 1000) == 5 * BURST_SECONDS
    # Another user is not affected.
    assert _admitted(throttle, "b", 1000) == 5 * BURST_SECONDS
    for _ in range(20):
        clock.now += 1
        assert _admitted(throttle, "a", 1000) == 5
    clock.now += 1000
    assert _admitted(throttle, "a", 1000) == 5 * BURST_SECONDS


@pytest.mark.parametrize(("rate", "wait"), [(5, 1), (0.2, 5), (0.01, 100)])
def test_the_refusal_says_how_long_to_wait_and_after_that_a_request_is_taken(rate: float, wait: int) -> None:
    clock = _Clock()
    throttle = Throttle(rate, clock)
    _admitted(throttle, "a", 1000)
    with pytest.raises(RateLimited) as refused:
        throttle.admit("a")
    assert (refused.value.retry_after, refused.value.code) == (wait, ErrorCode.RATE_LIMIT)
    copy = pickle.loads(pickle.dumps(refused.value))
    assert (copy.retry_after, copy.message) == (wait, refused.value.message)
    clock.now += refused.value.retry_after
    throttle.admit("a")


def test_without_a_rate_nobody_is_refused() -> None:
    assert _admitted(Throttle(0, _Clock()), "a", 10_000) == 10_000


def test_users_who_have_been_quiet_are_forgotten_and_busy_ones_are_not() -> None:
    clock = _Clock()
    throttle = Throttle(1, clock)
    for number in range(5000):
        throttle.admit(f"user-{number}")
    assert len(throttle._buckets) == 5000
    clock.now += BURST_SECONDS
    assert _admitted(throttle, "busy", 100) == BURST_SECONDS
    for number in range(5000):
        throttle.admit(f"other-{number}")
    assert "user-0" not in throttle._buckets and len(throttle._buckets) < 8000
    assert _admitted(throttle, "busy", 100) == 0


def test_seats_are_counted_in_all_and_by_user() -> None:
    seats = ConnectionQuota(total=3, per_user=2)
    with seats.one_of_all() as a, seats.one_of_all() as b, seats.one_of_all() as c, seats.one_of_all() as d:
        assert (a, b, c, d) == (True, True, True, False)
    with seats.one_of_user("u") as a, seats.one_of_user("u") as b, seats.one_of_user("u") as c:
        assert (a, b, c) == (True, True, False)
        with seats.one_of_user("v") as other:
            assert other
    # All of them are free again, also those that were refused.
    with seats.one_of_all() as a, seats.one_of_user("u") as b:
        assert a and b


def test_a_seat_is_free_again_after_a_failure() -> None:
    seats = ConnectionQuota(total=1, per_user=1)
    for _ in range(3):
        with pytest.raises(KeyError), seats.one_of_all() as free, seats.one_of_user("u") as mine:
            assert free and mine
            raise KeyError


def test_a_user_waits_for_turns_of_the_own_and_not_for_others() -> None:
    async def scenario() -> list[str]:
        turns, order, release = PerUserSemaphore(1), [], asyncio.Event()

        async def costly(user: str, name: str) -> None:
            async with turns.turn(user):
                order.append(name)
                if user == "u":
                    await release.wait()

        first = [asyncio.ensure_future(costly("u", name)) for name in ("first", "second")]
        while "first" not in order:
            await asyncio.sleep(0)
        await costly("v", "other")
        assert order == ["first", "other"]
        release.set()
        await asyncio.gather(*first)
        assert not turns._queues and not turns._present
        return order

    assert asyncio.run(scenario()) == ["first", "other", "second"]
