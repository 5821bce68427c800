"""Bound the memory for answers with pictures. Each is put together as a whole and kept until its client has read it, so
all answers share one room, in which organizations take turns: see saas.fairness.memory. An organization whose clients
read slowly waits for its own memory, as it never gets more than half of the room."""

import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.http.response import HttpResponseBase

from saas.fairness.memory import Room, release_connection

LIMIT_BYTES = 600_000_000
COPIES = 2  # base64 beside the bytes, and the answer beside its parts
SMALL_BYTES = 64 * 1024

_room = Room(limit_bytes=LIMIT_BYTES, places=512, waiting_at_most=1024, waiting_each=256)


class AnswerMemory:
    """The memory that one answer takes. To let go of it twice does no harm."""

    def __init__(self) -> None:
        self._stack, self.is_kept = ExitStack(), False

    def take(self, size_bytes: int, *, org_id: int) -> None:
        """Take memory for so many bytes; call it in a thread. Raise Busy if there is none within `API_WAIT_SECONDS`."""
        if size_bytes > SMALL_BYTES:
            release_connection()
            held = _room.held(COPIES * size_bytes, by=org_id, seconds=settings.API_WAIT_SECONDS)
            self._stack.enter_context(held)

    def let_go(self) -> None:
        self._stack.close()

    def keep_for(self, response: HttpResponseBase) -> None:
        """Keep the memory until the response is closed or garbage: a server that is cancelled in between closes
        nothing."""
        self.is_kept = True
        response._resource_closers.append(self.let_go)  # type: ignore[attr-defined]  # as Django does it for files
        weakref.finalize(response, self.let_go).atexit = False


@contextmanager
def reserve() -> Iterator[AnswerMemory]:
    """Yield the memory of an answer. Let go of it at the end, unless a response keeps it."""
    memory = AnswerMemory()
    try:
        yield memory
    except BaseException:
        memory.let_go()
        raise
    if not memory.is_kept:
        memory.let_go()
