# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""News about jobs reach those who wait for them, from any thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from qiskit_ibmq_provider.service.domain.events import EventHub


def publish_from_thread(hub: EventHub, job_id: str, queue: str | None = None) -> None:
    thread = threading.Thread(target=hub.publish, args=(job_id,), kwargs={"queue": queue})
    thread.start()
    thread.join()


def test_news_wake_their_subscriber_from_another_thread() -> None:
    async def scenario() -> list[bool]:
        hub = EventHub()
        async with hub.subscribe("a") as mine, hub.subscribe("b") as other:
            publish_from_thread(hub, "a")
            return [await mine.changed(10), await other.changed(0.01), await mine.changed(0.01)]

    assert asyncio.run(scenario()) == [True, False, False]


def test_news_before_the_wait_are_not_lost_and_count_once() -> None:
    async def scenario() -> list[bool]:
        hub = EventHub()
        async with hub.subscribe("a") as mine:
            for _ in range(3):
                hub.publish("a")
            await asyncio.sleep(0)
            return [await mine.changed(10), await mine.changed(0.01)]

    assert asyncio.run(scenario()) == [True, False]


def test_a_moving_queue_wakes_those_who_wait_in_it() -> None:
    async def scenario() -> list[bool]:
        hub = EventHub()
        async with (
            hub.subscribe("a", queue="alpha") as waiting,
            hub.subscribe("b", queue="beta") as elsewhere,
            hub.subscribe("c") as uninterested,
        ):
            publish_from_thread(hub, "x", queue="alpha")
            return [await each.changed(0.01) for each in (waiting, elsewhere, uninterested)]

    assert asyncio.run(scenario()) == [True, False, False]


def test_a_queue_that_moves_all_the_time_wakes_now_and_then_and_the_last_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qiskit_ibmq_provider.service.domain.events.QUEUE_SECONDS", 0.2)

    async def scenario() -> list[bool]:
        hub = EventHub()
        async with hub.subscribe("a", queue="alpha") as mine:
            woken = []
            for _ in range(20):
                hub.publish("x", queue="alpha")
                woken.append(await mine.changed(0.001))
            # The moves since the first news are told once, and news of the job itself at once.
            woken.append(await mine.changed(10))
            hub.publish("x", queue="alpha")
            hub.publish("a", queue="alpha")
            woken.append(await mine.changed(10))
            return woken

    first, *meanwhile, later, own = asyncio.run(scenario())
    assert first and later and own
    assert sum(meanwhile) < 10


def test_whoever_left_is_not_woken() -> None:
    async def scenario() -> EventHub:
        hub = EventHub()
        async with hub.subscribe("a", queue="alpha"):
            pass
        hub.publish("a", queue="alpha")
        return hub

    hub = asyncio.run(scenario())
    assert not hub._by_job and not hub._by_queue


def test_a_loop_that_is_gone_is_forgotten() -> None:
    hub = EventHub()

    async def scenario() -> None:
        await hub.subscribe("a").__aenter__()

    asyncio.run(scenario())
    hub.publish("a")
    assert not hub._by_job


def test_a_subscription_outside_its_block_does_not_wait() -> None:
    with pytest.raises(RuntimeError, match="only inside its 'async with' block"):
        asyncio.run(EventHub().subscribe("a").changed(0.01))


def test_a_listener_hears_of_every_job_until_it_stops() -> None:
    hub, heard = EventHub(), []
    stop = hub.listen(heard.append)
    hub.publish("a")
    hub.publish("b", queue="alpha")
    stop()
    stop()
    hub.publish("c")
    assert heard == ["a", "b"]


def test_many_subscribers_are_woken_at_once() -> None:
    async def scenario() -> int:
        hub = EventHub()
        subscriptions = [hub.subscribe("a") for _ in range(500)]
        for each in subscriptions:
            await each.__aenter__()
        publish_from_thread(hub, "a")
        return sum(await asyncio.gather(*(each.changed(10) for each in subscriptions)))

    assert asyncio.run(scenario()) == 500
