"""Run Daphne in the main thread, on sockets that are listening already."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from daphne.server import twisted_loop  # installs the reactor, so nothing of Twisted may be imported before

# isort: split
from django.conf import settings
from twisted.internet import reactor

from saas.embedded.stop_signals import Stopping
from saas.server import drain, intake, large_sends

LONGEST_SOCKET_MESSAGE_BYTES = 64 * 1024
REQUEST_SECONDS = 2.0  # for requests that wait for no worker
HURRIED_SECONDS = 2.5  # for tasks that are to be cut off, as by a crash
WATCH_SECONDS = 1.0
TELL_SECONDS = 3.0

log = logging.getLogger("darkroom.web")


class Web:
    """The web server. It runs until it is asked to stop, or until `has_failed` says that what it needs has ended."""

    def __init__(self, application: Any, sockets: list[socket.socket]) -> None:  # an ASGI callable
        intake.install()
        large_sends.install()
        self.loop = twisted_loop
        self._sockets = sockets
        self._server = drain.server_class()(
            application,
            endpoints=["none"],  # Daphne requires one, and would open ports of its own from it
            signal_handlers=False,
            ready_callable=self._take_sockets,
            websocket_max_message_size=LONGEST_SOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=LONGEST_SOCKET_MESSAGE_BYTES,
        )
        self._server.endpoints = []

    def run(self, stopping: Stopping, *, drain: Callable[[], None], has_failed: Callable[[], bool]) -> int:
        """Run the web server to its end. Return the program's exit code."""
        ended = self.loop.create_task(self._live(stopping, drain, has_failed))
        self._server.run()
        code: int = ended.result()
        return code

    async def _live(self, stopping: Stopping, drain: Callable[[], None], has_failed: Callable[[], bool]) -> int:
        asked, hurry = asyncio.Event(), asyncio.Event()
        stopping.on_signal(
            lambda: self.loop.call_soon_threadsafe(asked.set),
            hurry=lambda: self.loop.call_soon_threadsafe(hurry.set),
            patience_seconds=settings.DRAIN_SECONDS,
        )
        code = 0
        while not asked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), WATCH_SECONDS)
            if not asked.is_set() and has_failed():
                log.error("PostgreSQL has ended; its log in the data folder says why")
                code = 1
                hurry.set()
                break
        await self._close(drain, hurry)
        self.loop.call_soon(self._server.stop)  # when this task has its result
        return code

    async def _close(self, drain: Callable[[], None], hurry: asyncio.Event) -> None:
        """Take no new callers, and let requests and tasks end. Once the workers have ended, requests have only
        REQUEST_SECONDS more, because nothing comes any more that they could wait for."""
        drained = asyncio.Event()

        def act() -> None:
            drain()
            self.loop.call_soon_threadsafe(drained.set)

        telling = self.loop.call_later(TELL_SECONDS, _tell)
        Thread(target=act, name="drain", daemon=True).start()
        answering = self.loop.create_task(self._server.drain(hurry))
        await _first_of(drained, hurry)
        telling.cancel()
        await asyncio.wait([answering], timeout=REQUEST_SECONDS)
        hurry.set()
        await answering
        with suppress(TimeoutError):
            await asyncio.wait_for(drained.wait(), HURRIED_SECONDS)

    def _take_sockets(self) -> None:
        for each in self._sockets:
            each.setblocking(False)
            port = reactor.adoptStreamPort(each.fileno(), each.family, self._server.http_factory)
            self._server.ports.append(port)
            each.close()  # the web server has a copy


def _tell() -> None:
    print("Darkroom is finishing what it has begun. Press Ctrl-C again to stop at once.", flush=True)


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
