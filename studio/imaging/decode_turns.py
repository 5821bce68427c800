"""Limit how many pictures this process decodes at once. One can take hundreds of megabytes and seconds of a core, so
all share a limit of memory, and organizations take turns: see saas.fairness.memory. `studio.imaging.vips` opens a
picture only in a thread that has a turn.

A thread gives its database connection back before it waits for a turn or decodes."""

import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.conf import settings

from saas.fairness.memory import Busy, Room, release_connection
from studio.imaging.containers import Header

__all__ = ["Busy", "has_turn", "release_connection", "room", "turn", "unshared"]

UPLOAD_SECONDS = 20.0  # how long a person or a program waits for a turn
PARTIAL_SECONDS = 20.0  # a partial is only a preview, so it waits no longer
FINAL_SECONDS = 120.0  # a final is paid for; after that it is tried again, and at last rescued to the worker's disk
WAITING_EACH = 24  # of one organization; each has its file in memory already
LEAST_BYTES = 16_000_000  # beside the pixels: the file, its encoded results, libvips itself

_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)


@cache
def room() -> Room:
    return Room(
        limit_bytes=settings.DECODING_LIMIT_BYTES,
        places=max(4, 2 * (os.cpu_count() or 1)),
        waiting_at_most=128,
        waiting_each=WAITING_EACH,
    )


@contextmanager
def turn(*headers: Header, by: Hashable, seconds: float, more_bytes: int = 0) -> Iterator[None]:
    """Let this thread decode pictures with these headers. Raise Busy if its turn does not come within `seconds`."""
    release_connection()
    size_bytes = LEAST_BYTES + more_bytes + sum(weight(header) for header in headers)
    with room().held(size_bytes, by=by, seconds=seconds), unshared():
        yield


@contextmanager
def unshared() -> Iterator[None]:
    """Let this thread decode without waiting for a turn: for a program that does nothing else, such as a benchmark."""
    token = _has_turn.set(True)
    try:
        yield
    finally:
        _has_turn.reset(token)


def has_turn() -> bool:
    return _has_turn.get()


def weight(header: Header) -> int:
    """Return the bytes of memory needed to decode this picture and to turn it upright in 8 bits."""
    is_turned = header.orientation != 1
    return header.decoded_bytes + (header.pixels * 4 if is_turned else 0)
