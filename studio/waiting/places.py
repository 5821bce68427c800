"""Limit the callers that wait with an open request until a picture is ready. Each process has some places, and no key,
person or organization may take all: an organization may take half of those that are free, and so leaves some to others.

A place is given back when the response ends in any way, also if the caller disconnects before, or if the response is
dropped without being closed."""

import threading
import weakref
from collections import Counter, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http.response import HttpResponseBase

from accounts.errors import Refused
from accounts.models import ApiKey, Membership

RETRY_SECONDS = 5

_guard = threading.Lock()
_taken = Counter[Hashable]()
_dropped = deque["Place"]()  # by the garbage collector, at any moment: even while the lock is taken


class NoPlace(Refused):
    """Nothing was made. A place is free again as soon as another call has ended."""

    wait_seconds = RETRY_SECONDS


class Place:
    """One caller's place. To leave it twice does no harm."""

    def __init__(self, names: list[Hashable]) -> None:
        self._names: list[Hashable] | None = names
        self.is_kept = False

    def leave(self) -> None:
        with _guard:
            self._give_back()

    def _give_back(self) -> None:
        for name in self._names or ():
            _taken[name] -= 1
            if not _taken[name]:
                del _taken[name]
        self._names = None

    def keep_for(self, response: HttpResponseBase) -> None:
        """Keep the place until the response is closed or collected: a server that is cancelled does not close it."""
        self.is_kept = True
        response._resource_closers.append(self.leave)  # type: ignore[attr-defined]  # as Django does it for files
        weakref.finalize(response, _dropped.append, self).atexit = False


def take(member: Membership, api_key: ApiKey | None) -> Place:
    """Take a place. Raise NoPlace if a limit is reached."""
    names = list[Hashable]()
    with _guard:
        _sweep()
        for name, most, whose in _bounds(member, api_key):
            if _taken[name] >= most:
                raise NoPlace(
                    f"{whose} {_taken[name]} open calls that wait for pictures. Try again when one has ended."
                )
            names.append(name)
        _taken.update(names)
    return Place(names)


@contextmanager
def holding(member: Membership, api_key: ApiKey | None) -> Iterator[Place]:
    """Take a place while inside, or longer if `keep_for` was called."""
    place = take(member, api_key)
    try:
        yield place
    except BaseException:
        place.leave()
        raise
    if not place.is_kept:
        place.leave()


def count() -> int:
    with _guard:
        _sweep()
        return _taken["process"]


def _sweep() -> None:
    """Give back the places of responses that were collected. Called under the lock."""
    while _dropped:
        _dropped.popleft()._give_back()


def _bounds(member: Membership, api_key: ApiKey | None) -> list[tuple[Hashable, int, str]]:
    """Return the limits that count for a caller. A person's own calls and those of all their keys count together."""
    free = settings.OPEN_WAITS - _taken["process"]
    of_organization = max(min(settings.OPEN_WAITS_PER_ORGANIZATION, free // 2), 1)
    of_key = [(("key", api_key.pk), settings.OPEN_WAITS_PER_CALLER, "This key already has")] if api_key else []
    return [
        *of_key,
        (("person", member.user_id), settings.OPEN_WAITS_PER_CALLER, "You already have"),
        (("organization", member.org_id), of_organization, "The organization already has"),
        ("process", settings.OPEN_WAITS, "This Darkroom already has"),
    ]
