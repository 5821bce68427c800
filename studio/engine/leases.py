"""Renew the leases of this process's claims, and call off a wait for a provider when its run is stopped."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from saas.outbound import cancellation
from saas.outbound.cancellation import Wait
from studio.queue import tickets
from studio.queue.tickets import Held

_held: dict[UUID, tuple[Held, Wait]] = {}  # by claim: two threads may both believe that the same ticket is theirs
_guard = threading.Lock()


@contextmanager
def holding(held: Held) -> Iterator[Wait]:
    """Renew the claim's lease while inside, and call off the wait for the provider when the run is stopped."""
    with cancellation.waiting() as wait:
        with _guard:
            _held[held.claim] = held, wait
        try:
            yield wait
        finally:
            with _guard:
                _held.pop(held.claim, None)


def count() -> int:
    """Return how many claims this process has."""
    with _guard:
        return len(_held)


def renew() -> None:
    with _guard:
        held = [one for one, _ in _held.values()]
    if held:
        tickets.renew(held)


def call_off() -> None:
    """Call off the waits of runs that were stopped: the provider may be silent for minutes."""
    with _guard:
        waits = dict(_held)
    for claim in tickets.asked_to_stop([held for held, _ in waits.values()]) if waits else []:
        waits[claim][1].call_off()
