"""Waits for what happens to a run: for callers who want the picture and not a page.

The truth is in the database, which is asked once at the beginning. Then the hints of the channel layer tell each event
with its number; where one is missing, or all are lost, the database is asked again. However many wait, a process
listens once for each group."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.db.models import F

from accounts.models import Membership
from saas import tenancy
from saas.threads import in_thread
from studio import events as run_events
from studio import relay, runs
from studio.answers import Partial
from studio.models import ENDS, Run, RunEvent

LOOK_SECONDS = 2.0
MOST_HINTS = 100  # that wait for one reader; beyond, the oldest are asked of the database

log = structlog.get_logger("darkroom.waiting")


async def events(
    run: Run, *, after: int = 0, pulse_seconds: float | None = None, seen_by: Membership | None = None
) -> AsyncGenerator[RunEvent | None, None]:
    """What has happened after a sequence and what happens from now on, until the run has ended, or until `seen_by` may
    not see it any more; a run's own maker always may. None is a pulse: that long nothing has happened."""
    async for one in _events(run, after, pulse_seconds, fresh=False, seen_by=seen_by):
        assert not isinstance(one, Partial)  # noqa: S101 only who asks for fresh ones gets them
        yield one


async def events_and_fresh_partials(
    run: Run, *, pulse_seconds: float | None = None
) -> AsyncGenerator[RunEvent | Partial | None, None]:
    """The same, and each partial picture as soon as it comes to this process; its event follows when it is kept."""
    async for one in _events(run, 0, pulse_seconds, fresh=True):
        yield one


async def _events(
    run: Run, after: int, pulse_seconds: float | None, *, fresh: bool, seen_by: Membership | None = None
) -> AsyncGenerator[RunEvent | Partial | None, None]:
    with _listening(run, fresh=fresh) as hearing:
        with suppress(TimeoutError):  # who waits for the ear to listen has to look but once
            await asyncio.wait_for(hearing.ear.listens.wait(), LOOK_SECONDS)
        news, has_ended = await in_thread(_news, run, after, seen_by)
        news_at, frames = time.monotonic(), list[Partial]()
        while True:
            for event in news:
                yield event
                after = event.seq
            if has_ended:
                return
            now = time.monotonic()
            news_at = now if news or frames else news_at
            if pulse_seconds is not None and now - news_at >= pulse_seconds:
                yield None
                news_at = now
            told = await hearing.told(min(LOOK_SECONDS, pulse_seconds or LOOK_SECONDS))
            frames = [one for one in told if isinstance(one, Partial)]
            for frame in frames:
                yield frame
            hints = [one for one in told if not isinstance(one, Partial)]
            found = ([], False) if frames and not hints else _of_hints(run, hints, after)
            news, has_ended = await in_thread(_news, run, after, seen_by) if found is None else found


def _of_hints(run: Run, told: list[dict[str, Any]], after: int) -> tuple[list[RunEvent], bool] | None:
    """None where the database has to be asked: nobody said anything, something is missing between, or something was
    said that is no event of the run's own story: a comment, or that it is seen by others now."""
    if any("seq" not in message for message in told):
        return None
    fresh = sorted((message for message in told if message["seq"] > after), key=lambda message: int(message["seq"]))
    if not told or [message["seq"] for message in fresh] != list(range(after + 1, after + 1 + len(fresh))):
        return None
    return [run_events.heard(run, message) for message in fresh], any(message["type"] == "ended" for message in fresh)


def _news(run: Run, after: int, seen_by: Membership | None) -> tuple[list[RunEvent], bool]:
    """State and events by one statement: whoever sees the end sees all that came before it."""
    with tenancy.tenant(run.org_id):
        if seen_by is not None and not runs.visible_to(seen_by).filter(pk=run.pk).exists():
            return [], True
        news = RunEvent.objects.filter(run=run.pk, seq__gt=after).annotate(state=F("run__state")).order_by("seq")
        found, states = list[RunEvent](), set[str]()
        for event in news:
            found.append(event)
            states.add(event.state)
        if not found:
            return [], Run.objects.filter(pk=run.pk, state__in=ENDS, last_seq__lte=after).exists()
        return found, states <= set(ENDS)


Told = dict[str, Any] | Partial


class _Hearing:
    """What was said of one run to one who waits for it."""

    def __init__(self, ear: "_Ear") -> None:
        self.ear, self.messages, self.hint = ear, deque[Told](maxlen=MOST_HINTS), asyncio.Event()

    def tell(self, message: Told) -> None:
        self.messages.append(message)
        self.hint.set()

    async def told(self, seconds: float) -> list[Told]:
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
def _listening(run: Run, *, fresh: bool) -> Iterator[_Hearing]:
    loop, group, run_code = asyncio.get_running_loop(), run_events.group_of(run), str(run.code)
    key = id(loop), group
    ear = _ears.get(key)
    if ear is None or ear.task.done():
        ear = _ears[key] = _Ear(group)
    hearing = _Hearing(ear)
    ear.waiting[run_code].add(hearing)

    def tell(frame: Partial) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(hearing.tell, frame)

    straight: AbstractContextManager[None] = relay.listening(run.code, tell) if fresh else nullcontext()
    try:
        with straight:
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
