"""Bound a wait on the network by the clock, and let another thread end it.

A blocking read cannot be interrupted from outside. So sockets are read in short waits, and between two of them the
reader checks whether its call was called off or its time is up: while connecting, in TLS, in the head and in the body.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

LOOK_SECONDS = 0.5


class Wait:
    """The wait of one call. It belongs to the thread that waits; any thread may call it off."""

    def __init__(self) -> None:
        self._called_off = Event()
        self._ends_at: float | None = None
        self.paused_seconds = 0.0  # by which `paused` has moved the deadline

    def call_off(self) -> None:
        self._called_off.set()

    @property
    def is_called_off(self) -> bool:
        return self._called_off.is_set()

    @property
    def ends_at(self) -> float | None:
        return self._ends_at

    def end_in(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock for the block, so that our own work does not use up the server's time."""
        began = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - began
            self.paused_seconds += seconds
            if self._ends_at is not None:
                self._ends_at += seconds


_current: ContextVar[Wait | None] = ContextVar("wait", default=None)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def waiting() -> Iterator[Wait]:
    """Yield a Wait by which another thread can call off what this thread reads from the network in the block."""
    wait = Wait()
    token = _current.set(wait)
    try:
        yield wait
    finally:
        _current.reset(token)


@contextmanager
def until(ends_at: float | None) -> Iterator[None]:
    """Bound this thread's network work in the block by `ends_at` on the monotonic clock, or by an earlier deadline."""
    token = _deadline.set(_earlier(_deadline.get(), ends_at))
    try:
        yield
    finally:
        _deadline.reset(token)


def current() -> Wait | None:
    return _current.get()


def deadline() -> float | None:
    """Return the moment by which this thread's network work must have ended, or None."""
    wait = current()
    return _earlier(_deadline.get(), wait.ends_at if wait else None)


def is_called_off() -> bool:
    wait = current()
    return wait is not None and wait.is_called_off


def _earlier(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
