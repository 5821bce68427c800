"""Renew the leases of this process's claims, and call off a wait for a provider when its run is stopped."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from saas.outbound import cancellation
from saas.outbound.cancellation import Wait
from studio.queue import tickets
from studio.queue.tickets import Claim

_claims: dict[UUID, tuple[Claim, Wait]] = {}  # by token: two threads may both believe that the same ticket is theirs
_guard = threading.Lock()


@contextmanager
def renewing(claim: Claim) -> Iterator[Wait]:
    """Renew the claim's lease while inside, and call off the wait for the provider when the run is stopped."""
    with cancellation.waiting() as wait:
        with _guard:
            _claims[claim.token] = claim, wait
        try:
            yield wait
        finally:
            with _guard:
                _claims.pop(claim.token, None)


def count() -> int:
    """Return how many claims this process has."""
    with _guard:
        return len(_claims)


def renew() -> None:
    with _guard:
        claims = [one for one, _ in _claims.values()]
    if claims:
        tickets.renew(claims)


def call_off() -> None:
    """Call off the waits of runs that were stopped: the provider may be silent for minutes."""
    with _guard:
        waits = dict(_claims)
    for token in tickets.asked_to_stop([claim for claim, _ in waits.values()]) if waits else []:
        waits[token][1].call_off()
