"""Waits for what happens to a run: for callers who want the picture and not a page.

The truth is in the database, which is asked once at the beginning. Then the hints of the channel layer tell each event
with its number; where one is missing, or all are lost, the database is asked again. However many wait, a process
listens once for each group."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import structlog
from channels.layers import get_channel_layer

from saas import tenancy
from saas.threads import in_thread
from studio import events as run_events
from studio.models import ENDS, Run, RunEvent

LOOK_SECONDS = 2.0
MOST_HINTS = 100  # that wait for one reader; beyond, the oldest are asked of the database

log = structlog.get_logger("darkroom.waiting")


async def events(
    run: Run, *, after: int = 0, pulse_seconds: float | None = None
) -> AsyncGenerator[RunEvent | None, None]:
    """What has happened after a sequence and what happens from now on, until the run has ended. None is a pulse: that
    long nothing has happened."""
    with _listening(run_events.group_of(run), str(run.code)) as hearing:
        with suppress(TimeoutError):  # who waits for the ear to listen has to look but once
            await asyncio.wait_for(hearing.ear.listens.wait(), LOOK_SECONDS)
        news, has_ended = await in_thread(_news, run, after)
        news_at = time.monotonic()
        while True:
            for event in news:
                yield event
                after = event.seq
            if has_ended:
                return
            now = time.monotonic()
            news_at = now if news else news_at
            if pulse_seconds is not None and now - news_at >= pulse_seconds:
                yield None
                news_at = now
            told = await hearing.told(min(LOOK_SECONDS, pulse_seconds or LOOK_SECONDS))
            found = _of_hints(run, told, after)
            news, has_ended = await in_thread(_news, run, after) if found is None else found


def _of_hints(run: Run, told: list[dict[str, Any]], after: int) -> tuple[list[RunEvent], bool] | None:
    """None where the database has to be asked: nobody said anything, or something is missing between."""
    fresh = sorted((message for message in told if message["seq"] > after), key=lambda message: int(message["seq"]))
    if not told or [message["seq"] for message in fresh] != list(range(after + 1, after + 1 + len(fresh))):
        return None
    return [run_events.heard(run, message) for message in fresh], any(message["type"] == "ended" for message in fresh)


def _news(run: Run, after: int) -> tuple[list[RunEvent], bool]:
    """The state is asked first: whoever sees the end sees all that came before it."""
    with tenancy.tenant(run.org_id):
        has_ended = Run.objects.filter(pk=run.pk, state__in=ENDS).exists()
        return list(RunEvent.objects.filter(run=run.pk, seq__gt=after).order_by("seq")), has_ended


class _Hearing:
    """What was said of one run to one who waits for it."""

    def __init__(self, ear: "_Ear") -> None:
        self.ear, self.messages, self.hint = ear, deque[dict[str, Any]](maxlen=MOST_HINTS), asyncio.Event()

    def tell(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.hint.set()

    async def told(self, seconds: float) -> list[dict[str, Any]]:
        """All since the last time, as soon as there is something; nothing if nobody says anything for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.hint.wait(), seconds)
        self.hint.clear()
        messages = list(self.messages)
        self.messages.clear()
        return messages


class _Ear:
    """Listens to one group in one event loop, as long as somebody waits."""

    def __init__(self, group: str) -> None:
        self.group, self.listens = group, asyncio.Event()
        self.waiting: dict[str, set[_Hearing]] = defaultdict(set)
        self.task = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async with _channel(self.group) as (layer, channel):
                self.listens.set()
                while True:
                    message = (await layer.receive(channel)).get("event", {})
                    for hearing in self.waiting.get(message.get("run", ""), ()):
                        hearing.tell(message)
        except Exception:  # without an ear everybody looks by themselves
            log.warning("hints are not heard", group=self.group, exc_info=True)
        finally:
            self.listens.set()


_ears: dict[tuple[int, str], _Ear] = {}


@contextmanager
def _listening(group: str, run_code: str) -> Iterator[_Hearing]:
    key = id(asyncio.get_running_loop()), group
    ear = _ears.get(key)
    if ear is None or ear.task.done():
        ear = _ears[key] = _Ear(group)
    hearing = _Hearing(ear)
    ear.waiting[run_code].add(hearing)
    try:
        yield hearing
    finally:
        ear.waiting[run_code].discard(hearing)
        if not ear.waiting[run_code]:
            del ear.waiting[run_code]
        if not ear.waiting:
            ear.task.cancel()
            if _ears.get(key) is ear:
                del _ears[key]


@asynccontextmanager
async def _channel(group: str) -> AsyncIterator[tuple[Any, str]]:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    try:
        yield layer, channel
    finally:
        await layer.group_discard(group, channel)
