"""Tell whether hints arrive in this process, so that a run is looked at often only while they may be lost.

A subscriber of Redis that hears nothing cannot know whether there is nothing to hear. So while callers wait, each event
loop sends a message to a group of its own twice a second: while that comes back, so do hints."""

import asyncio
import time
from contextlib import suppress
from contextvars import Context
from typing import Any
from uuid import uuid4

import structlog

from saas import broadcast

EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 1.0  # for one message to come back
LATE_SECONDS = 0.25  # beyond that, by which this loop was too busy to hear
AFTERMATH_SECONDS = 5.0  # in which hints may still be lost: other processes notice later that the layer works again

log = structlog.get_logger("darkroom.waiting")


class Echo:
    """The echo of one event loop, for as long as anything in it waits for hints."""

    def __init__(self) -> None:
        self._group, self._heard = f"echo.{uuid4().hex}", asyncio.Event()
        self._to_wake = set[asyncio.Event]()
        self._silent_until = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_silent(self) -> bool:
        """Return whether hints do not arrive, or did not arrive until just now."""
        return time.monotonic() < self._silent_until

    def join(self, waking: asyncio.Event) -> None:
        """Set this event when hints stop arriving."""
        self._to_wake.add(waking)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._ask_on(), context=Context())

    def leave(self, waking: asyncio.Event) -> None:
        self._to_wake.discard(waking)
        if not self._to_wake and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _ask_on(self) -> None:
        while True:
            try:
                async with broadcast.joined(self._group) as (layer, channel):
                    await self._ask_until_deaf(layer, channel)
            except Exception:
                self._note_silence()
            await asyncio.sleep(EVERY_SECONDS)

    async def _ask_until_deaf(self, layer: Any, channel: str) -> None:
        hearing = asyncio.get_running_loop().create_task(self._hear(layer, channel))
        try:
            while not hearing.done():
                await self._ask(layer)
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def _hear(self, layer: Any, channel: str) -> None:
        while True:
            await layer.receive(channel)
            self._heard.set()

    async def _ask(self, layer: Any) -> None:
        self._heard.clear()
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await layer.group_send(self._group, {"type": "echo"})
                await self._heard.wait()
        except Exception:  # the layer is away, or does not answer
            if time.monotonic() - began < PATIENCE_SECONDS + LATE_SECONDS:
                self._note_silence()

    def _note_silence(self) -> None:
        was_silent, self._silent_until = self.is_silent, time.monotonic() + AFTERMATH_SECONDS
        if not was_silent:
            log.warning("hints do not arrive")
            for waking in self._to_wake:
                waking.set()
