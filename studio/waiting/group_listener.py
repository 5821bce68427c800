"""Listen to a group of the channel layer for all who wait in this process, and look at each run once for all of them:
seldom while hints arrive, and often while they do not."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import structlog

from accounts.models import Membership
from saas import broadcast
from saas.database import tenancy
from saas.database.threads import in_thread
from saas.fairness import visitors
from studio.models import ENDS, Run, Visibility
from studio.providers.answers import Partial
from studio.waiting.echo import Echo

LOOK_SECONDS = 2.0  # between looks at a run without hints, and after each hint: the next may be lost
IDLE_LOOK_SECONDS = 15.0  # between looks while the group is heard and no hint comes for the run
SILENCE_SECONDS = 1.5  # within which all runs are looked at when hints stop arriving, not all at the same moment
MOST_HINTS = 100  # that one reader keeps; of more, the oldest are dropped and asked of the database

log = structlog.get_logger("darkroom.waiting")


@dataclass(frozen=True)
class Look:
    """What a look at a run has found: enough for callers to decide whether they must ask the database for more."""

    last_seq: int
    has_ended: bool
    visibility: str
    maker_id: int

    def tells_more(self, heard: int, has_ended: bool, seen_by: Membership | None) -> bool:
        is_hidden = self.visibility != Visibility.TEAM and seen_by is not None and seen_by.user_id != self.maker_id
        return self.last_seq > heard or self.has_ended != has_ended or is_hidden


def look_at(run: Run) -> Look | None:
    """Look at a run without a tenant's seat, since the look is shared and belongs to no request."""
    with visitors.unseated(), tenancy.tenant(run.org_id):
        found = Run.objects.filter(pk=run.pk).only("last_seq", "state", "visibility", "maker_id").first()
    return Look(found.last_seq, found.state in ENDS, found.visibility, found.maker_id) if found else None


Message = dict[str, Any] | Partial | Look


class Subscription:
    """The hints, fresh partials and looks of one run that wait for one caller."""

    def __init__(self, listener: "GroupListener") -> None:
        self.listener, self.messages, self.hint = listener, deque[Message](maxlen=MOST_HINTS), asyncio.Event()
        self.has_heard_all = False  # since before the run was made
        self._loop = asyncio.get_running_loop()

    def deliver(self, message: Message) -> None:
        self.messages.append(message)
        self.hint.set()

    def deliver_soon(self, message: Message) -> None:
        """Do as `deliver`, from any thread."""
        self.call_soon(self.deliver, message)

    def call_soon(self, act: Callable[..., object], *given: Message) -> None:
        """Call `act` in the event loop, from any thread."""
        with suppress(RuntimeError):  # the loop has ended, and all its callers with it
            self._loop.call_soon_threadsafe(act, *given)

    async def next_messages(self, seconds: float | None) -> list[Message]:
        """Return all messages since the last call as soon as there is one, or none after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.hint.wait()
        self.hint.clear()
        messages = list(self.messages)
        self.messages.clear()
        return messages

    def frames(self) -> list[Partial]:
        """Return the partials that have come since the last call of `next_messages`, and leave them there."""
        return [one for one in self.messages if isinstance(one, Partial)]


class GroupListener:
    """The listener to one group in one event loop, which lasts as long as a caller waits."""

    def __init__(self, group: str, echo: Echo) -> None:
        self.group, self.echo, self.has_begun, self.is_listening = group, echo, asyncio.Event(), False
        self.holders = 0
        self.waiting: dict[str, set[Subscription]] = defaultdict(set)
        self.lookers: dict[str, Looker] = {}
        self.task = asyncio.get_running_loop().create_task(
            self._listen(), context=Context()
        )  # it outlives the request that started it

    async def _listen(self) -> None:
        try:
            async with broadcast.joined(self.group) as (layer, channel):
                self.is_listening = True
                self.has_begun.set()
                while True:
                    self._deliver((await layer.receive(channel)).get("event", {}))
        except Exception:  # without hints, the lookers look every LOOK_SECONDS
            log.warning("hints are not heard", group=self.group, exc_info=True)
        finally:
            self.is_listening = False
            self.has_begun.set()

    def _deliver(self, message: dict[str, Any]) -> None:
        code = message.get("run", "")
        if code in self.lookers:
            self.lookers[code].stirred.set()
        for subscription in self.waiting.get(code, ()):
            subscription.deliver(message)

    async def begun(self) -> None:
        """Wait until the group is joined, but not for long: then one look is enough to know all that was before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self.has_begun.wait()

    def join(self, run: Run, subscription: Subscription) -> None:
        code = str(run.code)
        self.waiting[code].add(subscription)
        if code not in self.lookers:
            self.lookers[code] = Looker(self, run)

    def leave(self, run: Run, subscription: Subscription) -> None:
        code = str(run.code)
        if subscription not in self.waiting.get(code, ()):
            return
        self.waiting[code].discard(subscription)
        if not self.waiting[code]:
            del self.waiting[code]
            self.lookers.pop(code).stop()


class Looker:
    """The task that looks at one run for all its callers, as long as there are any."""

    def __init__(self, listener: GroupListener, run: Run) -> None:
        self.listener, self.run, self.is_heard, self.stirred = listener, run, True, asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(self._look_on(), context=Context())
        listener.echo.join(self.stirred)

    def stop(self) -> None:
        self.task.cancel()
        self.listener.echo.leave(self.stirred)

    async def _look_on(self) -> None:
        """Look again and again, and tell each caller. A look that fails is made up for by the next one."""
        while True:
            await self._until_next()
            try:
                look = await in_thread(look_at, self.run)
            except Exception:
                log.warning("run not looked at", run=str(self.run.code), exc_info=True)
                continue
            if look is not None:  # else the run is gone, and callers have a deadline
                self.is_heard = look.visibility == self.run.visibility  # else its hints go to another group by now
                for subscription in tuple(self.listener.waiting.get(str(self.run.code), ())):
                    subscription.deliver(look)

    async def _until_next(self) -> None:
        echo = self.listener.echo
        if not self.listener.is_listening or not self.is_heard or echo.is_silent:
            await asyncio.sleep(LOOK_SECONDS * random.uniform(0.75, 1.25))  # noqa: S311 no secret
            return
        with suppress(TimeoutError):
            # Not asyncio.wait_for: with Python 3.11 it forgets a cancellation in the turn in which its wait ends.
            async with asyncio.timeout(IDLE_LOOK_SECONDS):
                await self.stirred.wait()
            self.stirred.clear()
            await asyncio.sleep(random.uniform(0, SILENCE_SECONDS) if echo.is_silent else LOOK_SECONDS)  # noqa: S311


_listeners: dict[tuple[int, str], GroupListener] = {}
_echoes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Echo]" = WeakKeyDictionary()


@contextmanager
def held(group: str) -> Iterator[GroupListener]:
    """Hold the listener of this event loop to a group. The first holder starts it, and the last one ends it."""
    loop = asyncio.get_running_loop()
    key = id(loop), group
    listener = _listeners.get(key)
    if listener is None or listener.task.done():
        listener = _listeners[key] = GroupListener(group, _echoes.setdefault(loop, Echo()))
    listener.holders += 1
    try:
        yield listener
    finally:
        listener.holders -= 1
        if not listener.holders:
            listener.task.cancel()
            if _listeners.get(key) is listener:
                del _listeners[key]
