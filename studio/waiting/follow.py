"""Wait for the events of a run, for callers that want the picture and not a page.

The database has the truth, and is asked once at the beginning. Then hints of the channel layer bring each event with
its number; if one is missing, or all are lost, the database is asked again. However many callers wait, a process
listens once for each group and looks at the database once for each run, seldom while hints arrive and often while they
do not; all callers share the look."""

import asyncio
import json
import random
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from contextvars import Context
from dataclasses import dataclass
from threading import Lock
from typing import Any, Self
from weakref import WeakKeyDictionary

import structlog
from django.db import connection

from accounts.models import Membership
from saas import live
from saas.database import functions, tenancy
from saas.database.threads import in_thread
from saas.fairness import visitors
from studio.models import ENDS, Run, RunEvent, Visibility
from studio.providers.answers import Partial
from studio.runs import events as run_events
from studio.waiting import relay
from studio.waiting.echo import Echo

LOOK_SECONDS = 2.0  # between looks at a run without hints, and after each hint: the next may be lost
IDLE_LOOK_SECONDS = 15.0  # between looks while the group is heard and no hint comes for the run
SILENCE_SECONDS = 1.5  # within which all runs are looked at when hints stop arriving, not all at the same moment
NEWS = """
SELECT r.state, r.last_seq, r.visibility, r.maker_id, to_jsonb(e)
FROM studio_run r LEFT JOIN studio_runevent e ON e.run_id = r.id AND e.seq > %(after)s
WHERE r.id = %(run)s ORDER BY e.seq
"""
PARTIALS = {"partial", "partial_lost"}
MOST_HINTS = 100  # that one reader keeps; of more, the oldest are dropped and asked of the database

log = structlog.get_logger("darkroom.waiting")


async def events(
    run: Run,
    *,
    after: int = 0,
    pulse_seconds: float | None = None,
    seen_by: Membership | None = None,
    ahead: "Ahead | None" = None,
) -> AsyncGenerator[RunEvent | None, None]:
    """Yield the events after a sequence number and those to come, until the run has ended or `seen_by` may no longer
    see it; a run's own maker always may. Yield None as a pulse when nothing has happened for `pulse_seconds`. To a
    caller that has listened `ahead`, the first event, that the run was made, is no news."""
    async for one in _events(run, after, pulse_seconds, fresh=False, seen_by=seen_by, ahead=ahead):
        if not isinstance(one, Partial):  # a caller ahead hears of those as well
            yield one


async def events_and_fresh_partials(
    run: Run, *, pulse_seconds: float | None = None, ahead: "Ahead | None" = None
) -> AsyncGenerator[RunEvent | Partial | None, None]:
    """Yield the same, and each partial picture as soon as this process gets it; its event follows once it is kept."""
    async for one in _events(run, 0, pulse_seconds, fresh=True, ahead=ahead):
        yield one


async def _events(
    run: Run,
    after: int,
    pulse_seconds: float | None,
    *,
    fresh: bool,
    seen_by: Membership | None = None,
    ahead: "Ahead | None" = None,
) -> AsyncGenerator[RunEvent | Partial | None, None]:
    with _subscribed(run, fresh=fresh, ahead=ahead) as subscription:
        if subscription.has_heard_all:
            after, news, has_ended = 1, list[RunEvent](), False
        else:
            await subscription.listener.begun()
            news, has_ended = await in_thread(_news, run, after, seen_by)
        news_at, newest, frames = time.monotonic(), -1, subscription.frames() if has_ended else list[Partial]()
        while True:
            batch = list[RunEvent | Partial]([*news, *frames] if _is_ahead(frames, newest) else [*frames, *news])
            for one in batch:
                yield one
                newest = max(newest, _index(one))
            after = news[-1].seq if news else after
            if has_ended:
                return
            now = time.monotonic()
            news_at = now if news or frames else news_at
            if pulse_seconds is not None and now - news_at >= pulse_seconds:
                yield None
                news_at = now
            messages = await subscription.next_messages(
                None if pulse_seconds is None else news_at + pulse_seconds - now
            )
            frames = [one for one in messages if isinstance(one, Partial)]
            found = _events_of_messages(run, messages, after, seen_by)
            if found is None or _is_ahead(frames, newest):
                found = await in_thread(_news, run, after, seen_by)
            news, has_ended = found
            if has_ended:
                frames += subscription.frames()  # came before the end, and may not have been kept


def _is_ahead(frames: list[Partial], newest: int) -> bool:
    """Return whether a partial before one of these frames has not been yielded. It came before this caller listened and
    its event is still on its way; since frames are kept one after the other, the database has it."""
    for frame in frames:
        if frame.index > newest + 1:
            return True
        newest = max(newest, frame.index)
    return False


def _index(one: RunEvent | Partial) -> int:
    """Return the index of a partial, or -1 for anything else."""
    if isinstance(one, Partial):
        return one.index
    return int(one.data["index"]) if one.type in PARTIALS else -1


def _events_of_messages(
    run: Run, messages: "list[Message]", after: int, seen_by: Membership | None
) -> tuple[list[RunEvent], bool] | None:
    """Return the events among `messages` and whether the run has ended, or None if the database must be asked: a hint
    is missing, or a look has found more than the hints brought."""
    hints = [one for one in messages if isinstance(one, dict)]
    found = _events_of_hints(run, hints, after) if hints else ([], False)
    if found is None:
        return None
    news, has_ended = found
    heard = news[-1].seq if news else after
    looks = [one for one in messages if isinstance(one, Look)]
    return None if any(look.tells_more(heard, has_ended, seen_by) for look in looks) else found


def _events_of_hints(run: Run, messages: list[dict[str, Any]], after: int) -> tuple[list[RunEvent], bool] | None:
    """Return the events of these hints and whether the run has ended, or None if the database must be asked: there is
    no hint, one is missing between, or one is no event of the run itself, as a comment or a change of visibility."""
    if any("seq" not in message for message in messages):
        return None
    fresh = sorted((message for message in messages if message["seq"] > after), key=lambda message: int(message["seq"]))
    if not messages or [message["seq"] for message in fresh] != list(range(after + 1, after + 1 + len(fresh))):
        return None
    return [run_events.event_from_message(run, message) for message in fresh], any(
        message["type"] == "ended" for message in fresh
    )


def _news(run: Run, after: int, seen_by: Membership | None) -> tuple[list[RunEvent], bool]:
    """Read events and state by one statement, so that a run that has ended comes with all events before its end."""
    rows = functions.call(run.org_id, NEWS, {"run": run.pk, "after": after})
    news, has_ended = list[RunEvent](), seen_by is not None and not rows
    for state, last_seq, visibility, maker_id, told in rows:
        if seen_by is not None and visibility != Visibility.TEAM and seen_by.user_id != maker_id:
            return [], True
        if told is not None:
            news.append(functions.row(RunEvent, json.loads(told)))
            news[-1].run = run
        has_ended = state in ENDS and last_seq <= (news[-1].seq if news else after)
    return news, has_ended


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


def _look(run: Run) -> Look | None:
    """Look at a run without a tenant's seat, since the look is shared and belongs to no request."""
    with visitors.unseated(), tenancy.tenant(run.org_id):
        found = Run.objects.filter(pk=run.pk).only("last_seq", "state", "visibility", "maker_id").first()
    return Look(found.last_seq, found.state in ENDS, found.visibility, found.maker_id) if found else None


Message = dict[str, Any] | Partial | Look


class _Subscription:
    """The hints, fresh partials and looks of one run that wait for one caller."""

    def __init__(self, listener: "_GroupListener") -> None:
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


class _GroupListener:
    """The listener to one group in one event loop, which lasts as long as a caller waits."""

    def __init__(self, group: str, echo: Echo) -> None:
        self.group, self.echo, self.has_begun, self.is_listening = group, echo, asyncio.Event(), False
        self.holders = 0
        self.waiting: dict[str, set[_Subscription]] = defaultdict(set)
        self.lookers: dict[str, _Looker] = {}
        self.task = asyncio.get_running_loop().create_task(
            self._listen(), context=Context()
        )  # it outlives the request that started it

    async def _listen(self) -> None:
        try:
            async with live.joined(self.group) as (layer, channel):
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

    def join(self, run: Run, subscription: _Subscription) -> None:
        code = str(run.code)
        self.waiting[code].add(subscription)
        if code not in self.lookers:
            self.lookers[code] = _Looker(self, run)

    def leave(self, run: Run, subscription: _Subscription) -> None:
        code = str(run.code)
        if subscription not in self.waiting.get(code, ()):
            return
        self.waiting[code].discard(subscription)
        if not self.waiting[code]:
            del self.waiting[code]
            self.lookers.pop(code).stop()


class _Looker:
    """The task that looks at one run for all its callers, as long as there are any."""

    def __init__(self, listener: _GroupListener, run: Run) -> None:
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
                look = await in_thread(_look, self.run)
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


_listeners: dict[tuple[int, str], _GroupListener] = {}
_echoes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Echo]" = WeakKeyDictionary()


@contextmanager
def _held(group: str) -> Iterator[_GroupListener]:
    """Hold the listener of this event loop to a group. The first holder starts it, and the last one ends it."""
    loop = asyncio.get_running_loop()
    key = id(loop), group
    listener = _listeners.get(key)
    if listener is None or listener.task.done():
        listener = _listeners[key] = _GroupListener(group, _echoes.setdefault(loop, Echo()))
    listener.holders += 1
    try:
        yield listener
    finally:
        listener.holders -= 1
        if not listener.holders:
            listener.task.cancel()
            if _listeners.get(key) is listener:
                del _listeners[key]


@contextmanager
def _subscribed(run: Run, *, fresh: bool, ahead: "Ahead | None") -> Iterator[_Subscription]:
    if ahead is not None and ahead.is_of(run):
        with ahead.hearing() as subscription:
            yield subscription
        return
    with _held(run_events.group_of(run)) as listener:
        subscription = _Subscription(listener)
        straight: AbstractContextManager[None] = (
            relay.listening(run.code, subscription.deliver_soon) if fresh else nullcontext()
        )
        listener.join(run, subscription)
        try:
            with straight:
                yield subscription
        finally:
            listener.leave(run, subscription)


class Ahead:
    """A caller that listens to a group before its run is made. It misses nothing of the run, so it has nothing to ask
    for. Use it as a context in the event loop; who follows the run keeps it for longer."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._run: Run | None = None
        self._heard, self._handed = ExitStack(), ExitStack()
        self._guard = Lock()
        self._is_kept = self._has_left = False

    async def __aenter__(self) -> Self:
        self._listener = self._heard.enter_context(_held(self._group))
        self._subscription = _Subscription(self._listener)
        await self._listener.begun()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._is_kept:
            self._leave()
            self._handed.close()

    def expect(self, run: Run) -> None:
        """Listen for a run that is about to be made, in the thread that makes it. To be called twice does no harm. Do
        nothing if another group hears of the run, if the caller has gone, or if the run is part of an open transaction,
        at whose end it may not have been made."""
        is_heard = run_events.group_of(run) == self._group and self._listener.is_listening
        with self._guard:
            if not is_heard or self._has_left or self._run is not None or connection.in_atomic_block:
                return
            self._run = run
            self._heard.enter_context(relay.listening(run.code, self._subscription.deliver_soon))
            self._finals = self._handed.enter_context(relay.expecting(run.code))
        # The loop does this before it sends an announcement of the run: those come after the commit.
        self._subscription.call_soon(self._join)

    def is_of(self, run: Run) -> bool:
        with self._guard:
            return self._run is not None and self._run.code == run.code and not self._has_left

    @contextmanager
    def hearing(self) -> Iterator[_Subscription]:
        """Keep listening until the block ends."""
        self._is_kept = self._subscription.has_heard_all = True
        try:
            yield self._subscription
        finally:
            self._leave()

    @contextmanager
    def finals_of(self, run: Run) -> Iterator[relay.Finals]:
        """Yield where a worker of this process puts the finals of the run, until the block ends."""
        if not self.is_of(run):
            with relay.expecting(run.code) as finals:
                yield finals
            return
        self._is_kept = True
        try:
            yield self._finals
        finally:
            self._leave()
            self._handed.close()

    def _join(self) -> None:
        if self._run is not None and not self._has_left:
            self._listener.join(self._run, self._subscription)

    def _leave(self) -> None:
        with self._guard:
            if self._has_left:
                return
            self._has_left = True
        if self._run is not None:
            self._listener.leave(self._run, self._subscription)
        self._heard.close()
