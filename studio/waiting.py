"""Waits for what happens to a run: for callers who want the picture and not a page.

The truth is read from the database. A hint of the channel layer says when to look; where hints are lost, everybody
looks by themselves after a while. However many wait, a process listens once for each group: one that a hint reaches
wakes those alone whose run it names."""

import asyncio
import time
from collections import defaultdict
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

log = structlog.get_logger("darkroom.waiting")


async def events(
    run: Run, *, after: int = 0, pulse_seconds: float | None = None
) -> AsyncGenerator[RunEvent | None, None]:
    """What has happened after a sequence and what happens from now on, until the run has ended. None is a pulse: that
    long nothing has happened."""
    with _listening(run_events.group_of(run), str(run.code)) as hint:
        news_at = time.monotonic()
        while True:
            hint.clear()  # before looking: what comes meanwhile is a reason to look again
            news, has_ended = await in_thread(_news, run, after)
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
            with suppress(TimeoutError):
                await asyncio.wait_for(hint.wait(), min(LOOK_SECONDS, pulse_seconds or LOOK_SECONDS))


def _news(run: Run, after: int) -> tuple[list[RunEvent], bool]:
    """The state is asked first: whoever sees the end sees all that came before it."""
    with tenancy.tenant(run.org_id):
        has_ended = Run.objects.filter(pk=run.pk, state__in=ENDS).exists()
        return list(RunEvent.objects.filter(run=run.pk, seq__gt=after).order_by("seq")), has_ended


class _Ear:
    """Listens to one group in one event loop, as long as somebody waits."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.task = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async with _channel(self.group) as (layer, channel):
                self._wake_all()  # what was said before we listened was said to nobody
                while True:
                    message = await layer.receive(channel)
                    for hint in self.waiting.get(message.get("event", {}).get("run", ""), ()):
                        hint.set()
        except Exception:  # without an ear everybody looks by themselves
            log.warning("hints are not heard", group=self.group, exc_info=True)

    def _wake_all(self) -> None:
        for hints in self.waiting.values():
            for hint in hints:
                hint.set()


_ears: dict[tuple[int, str], _Ear] = {}


@contextmanager
def _listening(group: str, run_code: str) -> Iterator[asyncio.Event]:
    key = id(asyncio.get_running_loop()), group
    ear = _ears.get(key)
    if ear is None or ear.task.done():
        ear = _ears[key] = _Ear(group)
    hint = asyncio.Event()
    ear.waiting[run_code].add(hint)
    try:
        yield hint
    finally:
        ear.waiting[run_code].discard(hint)
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
