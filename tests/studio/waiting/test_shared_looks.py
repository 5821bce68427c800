"""Those who wait for one run share each look at it; what was said and not heard is found by a look."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db.backends.utils import CursorWrapper

from accounts.models import Membership, Organization, User
from saas import broadcast
from saas.database import tenancy
from studio.models import Run, Visibility
from studio.runs import events, stop_run
from studio.waiting import echo, follow, group_listener
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import submit, up
from tests.support.fake_provider import Upstream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
__all__ = ["up"]
SOON = 60.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that any thread sends."""
    found, execute = list[str](), CursorWrapper.execute

    def noted(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        found.append(str(sql))
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", noted)
    return found


class Waiter:
    def __init__(self, run: Run, seen_by: Membership | None = None) -> None:
        self.heard = list[str]()
        self.task = asyncio.ensure_future(self._wait(run, seen_by))

    async def _wait(self, run: Run, seen_by: Membership | None) -> None:
        async for event in follow.events(run, seen_by=seen_by):
            if event is not None:
                self.heard.append(event.type)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not is_so():  # noqa: ASYNC110 what is waited for happens in other threads, too
            await asyncio.sleep(0.01)


def stop_unheard(acme: Organization, bob: User, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as deaf, tenancy.tenant(acme.pk):
        deaf.setattr("studio.runs.events.broadcast.announce", lambda *_: None)
        stop_run.cancel(run=run, by=must_be_member(acme, bob))


def stop_heard(acme: Organization, bob: User, run: Run) -> None:
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=run, by=must_be_member(acme, bob))


async def test_fifty_who_wait_for_one_run_cost_one_look_an_interval(
    acme: Organization, bob: User, up: Upstream, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 0.5)
    run = await sync_to_async(submit)(acme, bob)
    waiters = [Waiter(run) for _ in range(50)]
    await until(lambda: all(waiter.heard == ["queued"] for waiter in waiters))
    asked.clear()
    began = time.monotonic()
    await until(lambda: sum('FROM "studio_run"' in sql for sql in asked) >= 4)
    most = (time.monotonic() - began) / 0.5 + 1
    assert sum("set_config" in sql for sql in asked) <= most, "a transaction begins with the wall"
    assert sum("FROM" in sql for sql in asked) <= most
    await sync_to_async(stop_unheard)(acme, bob, run, monkeypatch)
    await asyncio.wait_for(asyncio.gather(*(waiter.task for waiter in waiters)), SOON)
    assert {tuple(waiter.heard) for waiter in waiters} == {("queued", "cancelled", "ended")}


async def test_nothing_is_asked_of_an_idle_run_for_fifteen_seconds(
    acme: Organization, bob: User, up: Upstream, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert group_listener.IDLE_LOOK_SECONDS == 15
    slept = list[float]()
    timeout = asyncio.timeout

    def noted(seconds: float | None) -> asyncio.Timeout:
        slept.append(seconds or 0)
        return timeout(seconds)

    run = await sync_to_async(submit)(acme, bob)
    monkeypatch.setattr(asyncio, "timeout", noted)
    waiter = Waiter(run)
    await until(lambda: waiter.heard == ["queued"] and 15 in slept)
    waiter.task.cancel()
    await asyncio.gather(waiter.task, return_exceptions=True)


async def test_looks_end_with_the_last_caller_who_leaves_just_when_a_hint_is_heard(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "LOOK_SECONDS", 3600.0)
    run = await sync_to_async(submit)(acme, bob)
    for turns in range(8):
        with follow._subscribed(run, fresh=False, ahead=None) as subscription:
            looker = subscription.listener.lookers[str(run.code)]
            await asyncio.sleep(0.01)
            subscription.listener._deliver({"run": str(run.code)})
            for _ in range(turns):
                await asyncio.sleep(0)
        await asyncio.wait([looker.task], timeout=5)
        assert looker.task.cancelled(), turns


async def test_a_hint_that_is_lost_after_one_that_was_heard_is_made_up_for_at_once(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 3600.0)
    monkeypatch.setattr(group_listener, "LOOK_SECONDS", 0.1)
    run = await sync_to_async(submit)(acme, bob)
    waiter = Waiter(run)
    await until(lambda: waiter.heard == ["queued"])

    def say() -> None:
        with tenancy.tenant(acme.pk):
            events.record(run, "started", slot=0)

    await sync_to_async(say)()
    await until(lambda: "started" in waiter.heard)
    await sync_to_async(stop_unheard)(acme, bob, run, monkeypatch)
    await asyncio.wait_for(waiter.task, SOON)
    assert waiter.heard[-1] == "ended"


async def test_where_hints_are_not_heard_each_run_is_looked_at_often(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(group: str) -> Any:
        raise ConnectionError(group)

    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 3600.0)
    monkeypatch.setattr(group_listener, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(broadcast, "joined", broken)
    run = await sync_to_async(submit)(acme, bob)
    waiter = Waiter(run)
    await until(lambda: waiter.heard == ["queued"])
    await sync_to_async(stop_unheard)(acme, bob, run, monkeypatch)
    await asyncio.wait_for(waiter.task, SOON)
    assert waiter.heard[-1] == "ended"


def looks(asked: list[str]) -> int:
    return sum('FROM "studio_run"' in sql for sql in asked)


async def test_while_the_layer_is_silent_each_run_is_looked_at_often_and_afterwards_seldom_again(
    acme: Organization, bob: User, up: Upstream, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 3600.0)
    monkeypatch.setattr(echo, "AFTERMATH_SECONDS", 2.0)
    run = await sync_to_async(submit)(acme, bob)
    waiters = [Waiter(run) for _ in range(20)]
    await until(lambda: all(waiter.heard == ["queued"] for waiter in waiters))
    here = group_listener._echoes[asyncio.get_running_loop()]
    with monkeypatch.context() as mute:
        mute.setattr(get_channel_layer(), "group_send", lambda *_: asyncio.Event().wait())
        await until(lambda: here.is_silent)
        asked.clear()
        began = time.monotonic()
        await until(lambda: looks(asked) >= 3)
        most = (time.monotonic() - began) / (0.75 * group_listener.LOOK_SECONDS) + 2
        assert looks(asked) <= most, "all callers share the look"
        assert time.monotonic() - began < 3 * 2 * group_listener.LOOK_SECONDS
    await until(lambda: not here.is_silent)
    await asyncio.sleep(1.25 * group_listener.LOOK_SECONDS + 0.5)  # the last pause has ended
    asked.clear()
    await asyncio.sleep(2 * group_listener.LOOK_SECONDS)
    assert looks(asked) == 0
    await sync_to_async(stop_heard)(acme, bob, run)
    await asyncio.wait_for(asyncio.gather(*(waiter.task for waiter in waiters)), SOON)


async def test_what_ends_while_the_layer_is_silent_is_told_within_seconds(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 3600.0)
    run = await sync_to_async(submit)(acme, bob)
    waiter = Waiter(run)
    await until(lambda: waiter.heard == ["queued"])
    monkeypatch.setattr(get_channel_layer(), "group_send", lambda *_: asyncio.Event().wait())
    await sync_to_async(stop_unheard)(acme, bob, run, monkeypatch)
    began = time.monotonic()
    await asyncio.wait_for(waiter.task, SOON)
    assert time.monotonic() - began < 10  # three seconds, and the machine may be busy
    assert waiter.heard[-1] == "ended"


async def test_what_became_private_unheard_is_followed_by_its_maker_alone(
    acme: Organization, bob: User, vera: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 0.3)
    run = await sync_to_async(submit)(acme, bob)
    hers, his = [Waiter(run, await sync_to_async(must_be_member)(acme, person)) for person in (vera, bob)]
    await until(lambda: hers.heard == his.heard == ["queued"])

    def hide() -> None:
        with tenancy.tenant(acme.pk):
            Run.objects.filter(pk=run.pk).update(visibility=Visibility.PRIVATE)

    await sync_to_async(hide)()
    await asyncio.wait_for(hers.task, SOON)
    assert not his.task.done()
    await sync_to_async(stop_unheard)(acme, bob, run, monkeypatch)
    await asyncio.wait_for(his.task, SOON)
    assert (hers.heard, his.heard) == (["queued"], ["queued", "cancelled", "ended"])
