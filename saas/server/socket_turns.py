"""Let sockets with the same session connect one after the other, with a pause between them.

To find the person of a socket takes several queries. A thousand sockets at once, from a broken page or an attacker,
would keep a whole interpreter busy; in turns they take half of one thread's time. Anybody can make up sessions, so
those that no request has proved in this process take turns by their network, a few at a time."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from saas.fairness import visitors
from saas.ops import request_info
from saas.server.host_check import Application, Receive, Scope, Send, refuse_socket

WAIT_SECONDS = 60.0  # for the sockets before it
CONNECT_SECONDS = 10.0  # to find its person, once it is its turn
TURN_SECONDS = 1.0  # one that takes longer, as Redis or the database is away, does not keep the next one waiting
LONGEST_REST_SECONDS = 1.0
UNPROVED_AT_ONCE = 4  # an office that connects again after a restart has many sessions on one network


class PatientSockets:
    """Mixin for Daphne's server. By itself it drops a socket whose handshake takes five seconds, or twenty: too few for
    one that waits for its turn."""

    def __init__(self, *args: Any, **options: Any) -> None:
        longest = WAIT_SECONDS + CONNECT_SECONDS
        times = {"websocket_handshake_timeout": longest, "websocket_connect_timeout": longest}
        super().__init__(*args, **{**options, **times})


class _Queue:
    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.length = 0  # counts the sockets that wait and those whose turn it is


class InTurns:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._queues: dict[str, _Queue] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shown, at_once = _turns_of(scope)
        queue = self._queues.setdefault(shown, _Queue(at_once))
        queue.length += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await queue.places.acquire()
        except BaseException as error:
            self._leave(shown, queue)
            if not isinstance(error, TimeoutError):
                raise
            await refuse_socket(receive, send)
            return
        turn = _Turn(partial(self._end, shown, queue))
        time_is_up = asyncio.get_running_loop().call_later(TURN_SECONDS, turn.end)
        try:
            await self._application(scope, receive, turn.ending_with(send))
        finally:
            time_is_up.cancel()
            turn.end()

    def _end(self, shown: str, queue: _Queue) -> None:
        queue.places.release()
        self._leave(shown, queue)

    def _leave(self, shown: str, queue: _Queue) -> None:
        queue.length -= 1
        if not queue.length:
            del self._queues[shown]


class _Turn:
    """One socket's turn: from the handshake to the first message after it, to the socket's end or for
    TURN_SECONDS; then a pause of the same length, within LONGEST_REST_SECONDS."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end, self._began, self._has_ended = end, time.monotonic(), False

    def ending_with(self, send: Send) -> Send:
        async def tell(message: Any) -> None:
            await send(message)
            if message["type"] != "websocket.accept":
                self.end()

        return tell

    def end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            rest = min(time.monotonic() - self._began, LONGEST_REST_SECONDS)
            asyncio.get_running_loop().call_later(rest, self._end)


def _turns_of(scope: Scope) -> tuple[str, int]:
    """Return what a socket takes turns by, and how many connect at once. It is the hash of a session that has acted for
    an organization in this process, and otherwise the client's network."""
    session = parse_cookie(_header(scope, b"cookie", "; ")).get(settings.SESSION_COOKIE_NAME)
    if session and visitors.knows(shown := request_info.hash_of_shown(session, _page_path(scope))) is not None:
        return shown, 1
    address = request_info.address_of(_header(scope, b"x-forwarded-for", ","), (scope.get("client") or [""])[0])
    return request_info.network_of(address) if address else "", UNPROVED_AT_ONCE


def _page_path(scope: Scope) -> str:
    """Return the path under which the pages of the socket's organization are."""
    return str(scope["path"]).removeprefix("/ws")


def _header(scope: Scope, wanted: bytes, between: str) -> str:
    return between.join(value.decode("latin1") for name, value in scope["headers"] if name == wanted)
