"""Names of the groups that sockets listen to, and the loop that a worker process announces on."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from saas import broadcast


@pytest.fixture(autouse=True)
def _no_loop() -> Iterator[None]:
    broadcast.bind_loop(None)
    yield
    broadcast.bind_loop(None)


def test_groups_of_organizations_and_people_are_never_the_same() -> None:
    """The channel layer would give one organization's events to another."""
    names = {
        broadcast.org_group(1),
        broadcast.org_group(11),
        broadcast.org_group(12),
        broadcast.person_group(1, 1),
        broadcast.person_group(1, 12),
    }
    names |= {broadcast.person_group(11, 2), broadcast.person_group(11, 1), broadcast.person_group(2, 1)}
    assert len(names) == 8


def test_a_worker_process_announces_on_one_loop_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[object, str]] = []

    async def keep(group: str, message: dict[str, Any]) -> None:
        seen.append((asyncio.get_running_loop(), threading.current_thread().name))

    monkeypatch.setattr(broadcast, "send", keep)
    broadcast.bind_own_loop()
    for _ in range(3):
        broadcast.announce("org.1", {"type": "org.event"})
    until = time.monotonic() + 5
    while len(seen) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    assert {name for _, name in seen} == {"live"}
    assert len({id(loop) for loop, _ in seen}) == 1


def test_where_a_server_has_bound_its_loop_that_one_stays() -> None:
    loop = asyncio.new_event_loop()
    broadcast.bind_loop(loop)
    broadcast.bind_own_loop()
    assert broadcast._server_loop is loop
    loop.close()


def test_a_layer_that_hangs_does_not_hold_the_act_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("channels.layers.InMemoryChannelLayer.group_send", hang)
    monkeypatch.setattr(broadcast, "SEND_SECONDS", 0.05)
    began = time.monotonic()
    broadcast.announce("org.1", {"type": "org.event"})
    assert time.monotonic() - began < 5


def test_after_a_message_that_was_lost_the_layer_is_spared_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def fail(_: object, group: str, message: dict[str, Any]) -> None:
        asked.append(group)
        raise OSError("the layer is down")

    monkeypatch.setattr("channels.layers.InMemoryChannelLayer.group_send", fail)
    lost = broadcast.count_lost()
    for number in range(5):
        broadcast.announce(f"org.{number}", {"type": "org.event"})
    assert (asked, broadcast.count_lost() - lost) == (["org.0"], 5)
    monkeypatch.setattr(broadcast, "_silent_until", 0.0)
    broadcast.announce("org.5", {"type": "org.event"})
    assert asked == ["org.0", "org.5"]
