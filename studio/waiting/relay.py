"""Pass partial pictures on to callers that wait in the same process, before the partials are kept: they are worth most
while they are fresh. Callers in other processes, and pages, hear of a partial once it is kept."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from studio.imaging import previews
from studio.providers.answers import Partial

Tell = Callable[[Partial], object]
FRESH_LIMIT_BYTES = 8_000_000

_lock = threading.Lock()
_waiting: dict[UUID, list[Tell]] = defaultdict(list)


@contextmanager
def listening(run_code: UUID, tell: Tell) -> Iterator[None]:
    """Have `tell` called for each fresh partial of the run while inside, in the worker's thread."""
    with _lock:
        _waiting[run_code].append(tell)
    try:
        yield
    finally:
        with _lock:
            _waiting[run_code].remove(tell)
            if not _waiting[run_code]:
                del _waiting[run_code]


def pass_on(run_code: UUID, frame: Partial) -> None:
    """Pass a fresh partial to the callers that wait for it, unless it is large or no valid image. Large ones would wait
    in memory for slow callers, which get them from storage instead."""
    with _lock:
        waiting = list(_waiting.get(run_code, ()))
    if not waiting or len(frame.data) > FRESH_LIMIT_BYTES:
        return
    try:
        previews.measure(frame.data)
    except previews.Unreadable:
        return
    for tell in waiting:
        tell(frame)
