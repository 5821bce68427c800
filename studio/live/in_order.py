"""Send the events of each run to a socket in the run's own order. They come from several workers, and one may overtake
another on the way; a lost event delays the rest for a moment only."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

WAIT_SECONDS = 1.0

Event = dict[str, Any]


class InOrder:
    def __init__(self, tell: Callable[[Event], Awaitable[None]]) -> None:
        self._tell = tell
        self._told: dict[str, int] = {}  # the last number sent of each run
        self._early: dict[str, dict[int, Event]] = {}
        self._waits: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def take(self, event: Event) -> None:
        if "seq" not in event:
            await self._tell(event)
            return
        run, number = str(event["run"]), int(event["seq"])
        async with self._turn:
            if number > self._told.get(run, number) + 1:
                self._keep(run, number, event)
            else:
                await self._tell_on(run, number, event)

    def leave(self) -> None:
        for wait in self._waits.values():
            wait.cancel()

    def _keep(self, run: str, number: int, event: Event) -> None:
        self._early.setdefault(run, {})[number] = event
        if run not in self._waits:
            self._waits[run] = asyncio.create_task(self._give_up_later(run))

    async def _tell_on(self, run: str, number: int, event: Event) -> None:
        """Send this event, and those that waited for it."""
        early = self._early.get(run, {})
        last = max(number, self._told.get(run, 0))
        ready = [event]
        while following := early.pop(last + 1, None):
            last += 1
            ready.append(following)
        if not early and run in self._waits:
            del self._early[run]
            self._waits.pop(run).cancel()
        await self._say(run, last, ready)

    async def _give_up_later(self, run: str) -> None:
        await asyncio.sleep(WAIT_SECONDS)
        async with self._turn:
            del self._waits[run]
            early = self._early.pop(run)
            await self._say(run, max(early), [early[number] for number in sorted(early)])

    async def _say(self, run: str, last: int, events: list[Event]) -> None:
        self._told[run] = last
        if events[-1]["type"] == "ended":
            del self._told[run]
        for event in events:
            await self._tell(event)
