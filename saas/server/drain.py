"""End a web process without cutting off the requests that it has begun.

A process that is asked to stop no longer listens, so that proxies and pages turn to another process. Requests that have
arrived are answered. Sockets are closed at once, with a code on which pages connect again. A call that has no answer
within DRAIN_SECONDS gets one that says so. Only then are the remaining connections cut."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakSet

from django.conf import settings

from saas.database.presence import presence
from saas.server.fresh_context import FreshContext
from saas.server.socket_turns import PatientSockets

RESTARTING = 4012  # a socket's close code; js/live/live.js knows it
FRESH_SECONDS = 1.0  # in which the first request on a new connection has to begin
SILENT_SECONDS = 3.0  # of silence, after which an incomplete request is given up
LAST_WORDS_SECONDS = 3.0  # for waiting calls to answer that this process has no picture for them
CUT_SECONDS = 2.0  # for the calls that are cut off to clean up
LOOK_SECONDS = 0.05


class Drain:
    """The state of this process's end. One thread writes it, any may read it."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False  # once True, no caller gets a picture from this process
        self._waits = set[asyncio.Timeout]()

    @asynccontextmanager
    async def until(self, ends_at: float | None) -> AsyncIterator[None]:
        """Raise TimeoutError at `ends_at` by the loop's clock, if given, or as soon as the drain is over."""
        async with asyncio.timeout_at(0.0 if self.is_over else ends_at) as wait:
            self._waits.add(wait)
            try:
                yield
            finally:
                self._waits.discard(wait)

    def end(self) -> None:
        self.is_over = True
        for wait in self._waits:
            with suppress(RuntimeError):  # this timeout has just expired by itself
                wait.reschedule(0.0)


class Line:
    """Mixin for Twisted's channel of one client connection, to know what is still to be answered on it."""

    requests: list[Any]
    persistent: bool
    transport: Any
    is_head_begun = False

    def connectionMade(self) -> None:  # noqa: N802 Twisted's
        self.heard_at = time.monotonic()
        self.is_fresh = True
        lines.add(self)
        super().connectionMade()  # type: ignore[misc]

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        lines.discard(self)
        super().connectionLost(reason)  # type: ignore[misc]

    def checkPersistence(self, request: Any, version: bytes) -> bool:  # noqa: N802
        self.is_fresh = False
        if drain.has_begun:
            _say_goodbye(request)
            return False
        return bool(super().checkPersistence(request, version))  # type: ignore[misc]

    @property
    def is_idle(self) -> bool:
        is_waited_for = self.is_fresh and self.silent_seconds < FRESH_SECONDS
        return not (self.requests or self.is_head_begun or is_waited_for)

    @property
    def silent_seconds(self) -> float:
        return time.monotonic() - self.heard_at

    @property
    def is_arriving(self) -> bool:
        return not any(hasattr(request, "request_start") for request in self.requests)

    @property
    def is_socket(self) -> bool:
        """Return whether Daphne has given the transport to a websocket."""
        return any(request.transport is None for request in self.requests)

    def leave(self) -> None:
        """Close the connection once its requests are answered. Abort it if a request stops arriving."""
        if self.is_idle:
            self.transport.loseConnection()
        elif self.is_arriving and (drain.is_over or self.silent_seconds > SILENT_SECONDS):
            self.transport.abortConnection()
        else:
            self.persistent = False
            for request in self.requests:
                if not request.startedWriting:
                    _say_goodbye(request)


class Drained:
    """Mixin for Daphne's server, which by itself stops by cutting all connections."""

    connections: dict[Any, dict[str, Any]]

    def __init__(self, *args: Any, **options: Any) -> None:
        self.ports: list[Any] = []
        super().__init__(*args, **options)

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)  # type: ignore[misc]

    def kill_all_applications(self) -> Any:
        """Start the drain. Twisted calls this when it shuts down, and runs until the returned Deferred has fired."""
        from twisted.internet.defer import Deferred

        if drain.is_over:
            return None
        return Deferred.fromFuture(asyncio.ensure_future(self.drain(asyncio.Event())))

    async def drain(self, hurry: asyncio.Event) -> None:
        """Finish all that has begun, within DRAIN_SECONDS, then cut the rest. Stop waiting when `hurry` is set."""
        drain.has_begun = True
        for port in self.ports:
            port.doRead()  # clients that have connected already are answered, too
            port.stopListening()
        await self._until_quiet(settings.DRAIN_SECONDS, hurry)
        drain.end()
        await asyncio.to_thread(presence.leave)  # from now on, retries may join the runs that were begun here
        await self._until_quiet(LAST_WORDS_SECONDS, asyncio.Event())
        for line in list(lines):
            if not line.is_socket:
                line.transport.abortConnection()
        await self._cut()

    async def _until_quiet(self, seconds: float, hurry: asyncio.Event) -> None:
        ends_at = time.monotonic() + seconds
        while self._is_busy() and time.monotonic() < ends_at and not hurry.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), LOOK_SECONDS)

    def _is_busy(self) -> bool:
        """Close the connections that are idle and all sockets. Return whether any is still open."""
        open_lines = [line for line in lines if not line.is_socket]
        for line in open_lines:
            line.leave()
        sockets = [one for one in self.connections if hasattr(one, "serverClose")]  # the rest are requests
        for socket in sockets:
            if socket.state == socket.STATE_OPEN:
                socket.serverClose(RESTARTING)
        return bool(open_lines) or any(socket.state != socket.STATE_CLOSED for socket in sockets)

    async def _cut(self) -> None:
        """Cancel the applications that still run, with a moment before and after it to clean up."""
        for _ in range(2):
            tasks = [about.get("application_instance") for about in self.connections.values()]
            if left := [task for task in tasks if task and not task.done()]:
                await asyncio.wait(left, timeout=CUT_SECONDS / 2)
            for task in left:
                task.cancel()
        self.connections.clear()


def install() -> None:
    """Have Daphne's command line start a server that drains. Do nothing if another program runs."""
    if "daphne.cli" in sys.modules:
        from daphne.cli import CommandLineInterface

        CommandLineInterface.server_class = server_class()


def server_class() -> Any:
    from daphne.server import Server

    return type("DrainedServer", (Drained, PatientSockets, FreshContext, Server), {})


def _say_goodbye(request: Any) -> None:
    request.responseHeaders.setRawHeaders(b"connection", [b"close"])


drain = Drain()
lines: WeakSet[Line] = WeakSet()
