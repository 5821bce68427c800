"""Daphne, in the main thread, on sockets that are listening already."""

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from daphne.server import Server, twisted_loop  # installs the reactor, so nothing of Twisted may come before

# isort: split
from daphne.http_protocol import WebRequest
from twisted.internet import reactor

from saas import intake
from saas.embedded.stopping import Stopping

LONGEST_SOCKET_MESSAGE_BYTES = 64 * 1024
REQUEST_SECONDS = 2.0
CLOSE_SECONDS = 1.0
WATCH_SECONDS = 1.0

log = logging.getLogger("darkroom.web")


class Web:
    """Runs until it is asked to stop, or until what it needs has died."""

    def __init__(self, application: Any, sockets: list[socket.socket]) -> None:  # an ASGI callable
        intake.install()
        self.loop = twisted_loop
        self._sockets = sockets
        self._ports: list[Any] = []
        self._server = Server(
            application,
            endpoints=["none"],  # it wants one, and would open ports of its own from it
            signal_handlers=False,
            ready_callable=self._take_sockets,
            websocket_max_message_size=LONGEST_SOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=LONGEST_SOCKET_MESSAGE_BYTES,
        )
        self._server.endpoints = []

    def run(self, stopping: Stopping, *, drain: Callable[[], None], has_failed: Callable[[], bool]) -> int:
        """The program's exit code."""
        ended = self.loop.create_task(self._live(stopping, drain, has_failed))
        self._server.run()
        code: int = ended.result()
        return code

    async def _live(self, stopping: Stopping, drain: Callable[[], None], has_failed: Callable[[], bool]) -> int:
        asked = asyncio.Event()
        stopping.instead(lambda: self.loop.call_soon_threadsafe(asked.set))
        code = 0
        while not asked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), WATCH_SECONDS)
            if not asked.is_set() and has_failed():
                log.error("PostgreSQL has ended; its log in the data folder says why")
                code = 1
                break
        await self._close(drain)
        self.loop.call_soon(self._server.stop)  # when this task has its result
        return code

    async def _close(self, drain: Callable[[], None]) -> None:
        """No new callers; requests and tasks get a moment to end; then whoever is left is cut off."""
        for port in self._ports:
            port.stopListening()
        with ThreadPoolExecutor(1) as thread:
            drained = self.loop.run_in_executor(thread, drain)
            await self._ended(WebRequest, REQUEST_SECONDS)
            await drained
        for task in self._applications(object):
            task.cancel()
        await self._ended(object, CLOSE_SECONDS)
        self._server.connections.clear()

    async def _ended(self, kind: type, seconds: float) -> None:
        if tasks := self._applications(kind):
            await asyncio.wait(tasks, timeout=seconds)

    def _applications(self, kind: type) -> list["asyncio.Task[None]"]:
        found = self._server.connections.items()
        tasks = [about.get("application_instance") for protocol, about in found if isinstance(protocol, kind)]
        return [task for task in tasks if task and not task.done()]

    def _take_sockets(self) -> None:
        for each in self._sockets:
            each.setblocking(False)
            port = reactor.adoptStreamPort(each.fileno(), each.family, self._server.http_factory)
            self._ports.append(port)
            each.close()  # the web server has a copy
