"""Wait for the events of a run, for callers that want the picture and not a page.

The database has the truth, and is asked once at the beginning. Then hints of the channel layer bring each event with
its number; if one is missing, or all are lost, the database is asked again. Callers of the same process share what they
hear and the looks at the database: see group_listener."""

import json
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from accounts.models import Membership
from saas.database import functions
from saas.database.threads import in_thread
from studio.models import ENDS, Run, RunEvent, Visibility
from studio.providers.answers import Partial
from studio.runs import events as run_events
from studio.waiting import group_listener, relay
from studio.waiting.ahead import Ahead
from studio.waiting.group_listener import Look, Message, Subscription

NEWS = """
SELECT r.state, r.last_seq, r.visibility, r.maker_id, to_jsonb(e)
FROM studio_run r LEFT JOIN studio_runevent e ON e.run_id = r.id AND e.seq > %(after)s
WHERE r.id = %(run)s ORDER BY e.seq
"""
PARTIALS = {"partial", "partial_lost"}


async def events(
    run: Run,
    *,
    after: int = 0,
    pulse_seconds: float | None = None,
    seen_by: Membership | None = None,
    ahead: Ahead | None = None,
) -> AsyncGenerator[RunEvent | None, None]:
    """Yield the events after a sequence number and those to come, until the run has ended or `seen_by` may no longer
    see it; a run's own maker always may. Yield None as a pulse when nothing has happened for `pulse_seconds`. To a
    caller that has listened `ahead`, the first event, that the run was made, is no news."""
    async for one in _events(run, after, pulse_seconds, fresh=False, seen_by=seen_by, ahead=ahead):
        if not isinstance(one, Partial):  # a caller ahead hears of those as well
            yield one


async def events_and_fresh_partials(
    run: Run, *, pulse_seconds: float | None = None, ahead: Ahead | None = None
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
    ahead: Ahead | None = None,
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
    run: Run, messages: list[Message], after: int, seen_by: Membership | None
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


@contextmanager
def _subscribed(run: Run, *, fresh: bool, ahead: Ahead | None) -> Iterator[Subscription]:
    if ahead is not None and ahead.is_of(run):
        with ahead.hearing() as subscription:
            yield subscription
        return
    with group_listener.held(run_events.group_of(run)) as listener:
        subscription = Subscription(listener)
        straight: AbstractContextManager[None] = (
            relay.listening(run.code, subscription.deliver_soon) if fresh else nullcontext()
        )
        listener.join(run, subscription)
        try:
            with straight:
                yield subscription
        finally:
            listener.leave(run, subscription)
