"""What overtook something on the way is told after it all the same."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from studio.live import in_order
from studio.live.in_order import InOrder

Event = dict[str, Any]


def event(number: int, run: str = "a", kind: str = "partial") -> Event:
    return {"run": run, "seq": number, "type": kind}


def told(*events: Event, until: Callable[[list[Event]], bool] = lambda told: True) -> list[Event]:
    """What a socket tells of these, as soon as it has told enough."""
    heard: list[Event] = []
    is_enough = asyncio.Event()

    async def tell(one: Event) -> None:
        await asyncio.sleep(0)
        heard.append(one)
        if until(heard):
            is_enough.set()

    async def take_all() -> None:
        order = InOrder(tell)
        await asyncio.gather(*(order.take(one) for one in events))
        await asyncio.wait_for(is_enough.wait(), timeout=10)
        order.leave()

    asyncio.run(take_all())
    return heard


def numbers(events: list[Event]) -> list[int]:
    return [one["seq"] for one in events]


def test_what_came_too_early_waits_for_what_is_before_it() -> None:
    assert numbers(told(*map(event, (1, 4, 3, 2, 5)))) == [1, 2, 3, 4, 5]


def test_one_run_does_not_wait_for_another() -> None:
    heard = told(event(1), event(3), event(1, "b"), event(2, "b"), event(2))
    assert [(one["run"], one["seq"]) for one in heard] == [("a", 1), ("b", 1), ("b", 2), ("a", 2), ("a", 3)]


def test_who_comes_in_the_middle_begins_there() -> None:
    assert numbers(told(*map(event, (7, 9, 8)))) == [7, 8, 9]


def test_what_got_lost_holds_up_the_rest_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "WAIT_SECONDS", 0.01)
    heard = told(*map(event, (1, 5, 3)), until=lambda heard: len(heard) == 3)
    assert numbers(heard) == [1, 3, 5]


def test_what_comes_too_late_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = told(event(3), event(4), event(2))
    assert numbers(heard) == [3, 4, 2]


def test_what_has_no_number_waits_for_nothing() -> None:
    comment = {"type": "comment", "run": "a"}
    assert told(event(1), event(3), comment, until=lambda heard: comment in heard)[:2] == [event(1), comment]


def test_a_run_that_ended_is_forgotten() -> None:
    order = InOrder(lambda one: asyncio.sleep(0))

    async def end() -> None:
        for one in (event(1), event(3, kind="ended"), event(2)):
            await order.take(one)

    asyncio.run(end())
    assert (order._told, order._early, order._waits) == ({}, {}, {})
