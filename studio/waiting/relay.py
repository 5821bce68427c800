"""Passes partial pictures on to callers who wait in this very process, before they are kept: what develops is worth
most while it is fresh. Callers in other processes hear of it when it has been kept, and so does everybody else."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from studio import pictures
from studio.answers import Partial

Tell = Callable[[Partial], object]

_lock = threading.Lock()
_waiting: dict[UUID, list[Tell]] = defaultdict(list)


@contextmanager
def listening(run_code: UUID, tell: Tell) -> Iterator[None]:
    """`tell` is called in the worker's thread."""
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
    """What is no picture is nobody's to see."""
    with _lock:
        waiting = list(_waiting.get(run_code, ()))
    if not waiting:
        return
    try:
        pictures.measure(frame.data)
    except pictures.Unreadable:
        return
    for tell in waiting:
        tell(frame)
