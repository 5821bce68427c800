"""Sockets with the same session connect one after the other."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from saas.fairness import visitors
from saas.ops import request_info
from saas.server import socket_turns
from saas.server.host_check import Receive, Scope, Send
from saas.server.socket_turns import InTurns

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _sessions_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sessions "a" and "b" have opened pages of acme before."""
    proved = {request_info.hash_of_shown(session, "/o/acme/"): 7 for session in "ab"}
    monkeypatch.setattr(visitors, "_learned", proved)


class Slow:
    """An application that says hello when it is told to, and then listens until it is told to end."""

    def __init__(self) -> None:
        self.connecting: list[str] = []
        self.may_greet, self.may_end = asyncio.Semaphore(0), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.connecting.append(scope["name"])
        await send({"type": "websocket.accept"})
        await self.may_greet.acquire()
        if scope["name"] == "broken":
            raise ConnectionError
        await send({"type": "websocket.send", "text": "hello"})
        await self.may_end.wait()


class Client:
    """A socket with a session, or from an address."""

    def __init__(self, door: InTurns, name: str, *, session: str = "", address: str = "192.0.2.1") -> None:
        cookie = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())] if session else []
        scope = {"name": name, "path": "/ws/o/acme/", "headers": cookie, "client": [address, 5000]}
        self.said: list[str] = []
        self.task = asyncio.create_task(door(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.said.append(message["type"])


async def all_end(clients: list[Client]) -> None:
    async with asyncio.timeout(30):
        await asyncio.gather(*(client.task for client in clients))


async def until_still() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_true():  # noqa: ASYNC110 nothing tells
            await asyncio.sleep(0.005)


async def comes(application: Slow, *names: str) -> None:
    await until(lambda: application.connecting == list(names))


async def test_sockets_of_one_session_connect_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Slow()
    door = InTurns(application)
    clients = [Client(door, name, session="a") for name in ("first", "second", "third")]
    await until_still()
    assert application.connecting == ["first"]
    application.may_greet.release()
    await comes(application, "first", "second")
    application.may_greet.release()
    await comes(application, "first", "second", "third")
    application.may_greet.release()
    application.may_end.set()
    await all_end(clients)
    assert [client.said for client in clients] == [["websocket.accept", "websocket.send"]] * 3


async def test_other_sessions_and_addresses_do_not_wait() -> None:
    application = Slow()
    door = InTurns(application)
    clients = [
        Client(door, "a", session="a"),
        Client(door, "b", session="b"),
        Client(door, "stranger"),
        Client(door, "other", address="192.0.2.2"),
    ]
    await until_still()
    assert application.connecting == ["a", "b", "stranger", "other"]
    for client in clients:
        client.task.cancel()


async def test_one_that_breaks_or_goes_away_lets_the_next_one_in() -> None:
    application = Slow()
    door = InTurns(application)
    broken, gone, last = (Client(door, name, session="a") for name in ("broken", "gone", "last"))
    await until_still()
    gone.task.cancel()
    application.may_greet.release()
    await comes(application, "broken", "last")
    assert isinstance(broken.task.exception(), ConnectionError)
    last.task.cancel()


async def test_one_that_hangs_does_not_keep_the_next_one_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_turns, "TURN_SECONDS", 0.05)
    application = Slow()
    door = InTurns(application)
    clients = [Client(door, name, session="a") for name in ("hanging", "next")]
    await comes(application, "hanging", "next")
    assert not any(client.task.done() for client in clients)
    for client in clients:
        client.task.cancel()
    await until(lambda: not door._queues)


async def test_one_that_waits_for_too_long_is_refused_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_turns, "WAIT_SECONDS", 0.05)
    application = Slow()
    door = InTurns(application)
    first, second = Client(door, "first", session="a"), Client(door, "second", session="a")
    await asyncio.wait_for(second.task, 30)
    assert second.said == ["websocket.close"]
    assert application.connecting == ["first"]
    first.task.cancel()
    await until(lambda: not door._queues)


async def test_sockets_with_made_up_sessions_take_turns_by_their_network() -> None:
    application = Slow()
    door = InTurns(application)
    clients = [Client(door, f"{number}", session=f"made up {number}") for number in range(20)]
    elsewhere = Client(door, "elsewhere", session="made up", address="192.0.2.2")
    await until_still()
    assert application.connecting == ["0", "1", "2", "3", "elsewhere"]
    application.may_greet.release()
    await comes(application, "0", "1", "2", "3", "elsewhere", "4")
    for client in (*clients, elsewhere):
        client.task.cancel()
    await until(lambda: not door._queues)


async def test_an_office_that_connects_again_at_once_is_served_and_proved_sessions_do_not_wait_for_it() -> None:
    """After a restart nobody's session is proved; a person who opens a page proves theirs."""

    async def greets(scope: Scope, receive: Receive, send: Send) -> None:
        connecting.append(scope["name"])
        await send({"type": "websocket.accept"})
        await asyncio.sleep(0.02)
        await send({"type": "websocket.send", "text": "hello"})

    connecting = list[str]()
    door = InTurns(greets)
    office = [Client(door, f"tab {number}", session=f"person {number}") for number in range(60)]
    proved = [Client(door, name, session=name) for name in "ab"]
    await until_still()
    assert connecting == ["tab 0", "tab 1", "tab 2", "tab 3", "a", "b"]
    await all_end([*office, *proved])
    assert [client.said for client in office] == [["websocket.accept", "websocket.send"]] * 60


@pytest.mark.parametrize("said", [{}, {"websocket_connect_timeout": 20, "websocket_handshake_timeout": 20}])
async def test_daphne_drops_no_socket_that_waits_for_its_turn(said: dict[str, int]) -> None:
    """Whether it is started by Darkroom, or by its command line, which has an opinion on both times."""

    class Daphne:
        def __init__(self, **options: float) -> None:
            self.options = options

    server: Any = type("Served", (socket_turns.PatientSockets, Daphne), {})
    times = server(**said).options
    assert set(times) == {"websocket_connect_timeout", "websocket_handshake_timeout"}
    assert min(times.values()) > socket_turns.WAIT_SECONDS
