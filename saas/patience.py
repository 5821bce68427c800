"""How long a thread waits on the network, and how another thread calls it away from there.

A blocking read cannot be interrupted from outside. So sockets to providers are read in short waits, and between two of
them the reader asks whether it was called off or its time is up, also before the first byte of an answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

LOOK_SECONDS = 0.5


class Wait:
    """Of one call. Belongs to the thread that waits; anybody may call it off."""

    def __init__(self) -> None:
        self._called_off = Event()
        self._ends_at: float | None = None

    def call_off(self) -> None:
        self._called_off.set()

    @property
    def is_called_off(self) -> bool:
        return self._called_off.is_set()

    def end_in(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return self._ends_at is not None and time.monotonic() >= self._ends_at


_current: ContextVar[Wait | None] = ContextVar("wait", default=None)


@contextmanager
def waiting() -> Iterator[Wait]:
    """Inside, what this thread reads from providers can be called off."""
    wait = Wait()
    token = _current.set(wait)
    try:
        yield wait
    finally:
        _current.reset(token)


def current() -> Wait | None:
    return _current.get()
