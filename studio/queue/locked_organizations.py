"""Pass over, for a moment, organizations whose rows another session keeps locked. A worker has the line's only lock
while it begins a slot, so all other workers would wait with it."""

import time
from dataclasses import replace
from threading import Lock

from saas.queue.thread_shares import Barred

PAUSE_SECONDS = 2.0


_until: dict[int, float] = {}
_guard = Lock()


def pass_over(org_id: int) -> None:
    with _guard:
        _until[org_id] = time.monotonic() + PAUSE_SECONDS


def besides(barred: Barred) -> Barred:
    """Return `barred` with the organizations whose pause is not over yet."""
    now = time.monotonic()
    with _guard:
        for org_id in [org_id for org_id, until in _until.items() if until <= now]:
            del _until[org_id]
        return replace(barred, orgs=[*barred.orgs, *_until])
