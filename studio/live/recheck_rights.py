"""Check again, about once a minute, whether the rights still stand by which a socket was opened. That they ended is
announced, but an announcement may be lost, so nothing may depend on it.

Each socket checks at its own time, and few check at once, so that a thousand sockets do not overload the database."""

import asyncio
import random
from collections.abc import Callable
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async

from saas import broadcast

RECHECK_SECONDS = 45.0
LOOK_SECONDS = 5.0  # how soon it is noticed that announcements are lost
AT_ONCE = 4  # in one process

log = structlog.get_logger("darkroom.rechecks")
_places = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]()


async def until_ended(stands: Callable[[], bool]) -> None:
    """Return when the rights have ended. If the database is away, check again the next time."""
    while True:
        await _until_next()
        try:
            async with _place():
                if not await database_sync_to_async(stands)():
                    return
        except Exception:
            log.warning("rights not rechecked", exc_info=True)


async def _until_next() -> None:
    """Wait for half to all of the interval, or until soon after an announcement was lost in this process."""
    lost = broadcast.count_lost()
    left = RECHECK_SECONDS * random.uniform(0.5, 1.0)  # noqa: S311 no secret
    while left > 0 and broadcast.count_lost() == lost:
        step = min(left, LOOK_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 no secret
        await asyncio.sleep(step)
        left -= step


def _place() -> asyncio.Semaphore:
    return _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
