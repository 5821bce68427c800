"""Listen for a run before it is made, so that nothing of it has to be asked for afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Self

from django.db import connection

from studio.models import Run
from studio.runs import events as run_events
from studio.waiting import group_listener, relay
from studio.waiting.group_listener import Subscription


class Ahead:
    """A caller that listens to a group before its run is made. It misses nothing of the run, so it has nothing to ask
    for. Use it as a context in the event loop; who follows the run keeps it for longer."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._run: Run | None = None
        self._heard, self._handed = ExitStack(), ExitStack()
        self._guard = Lock()
        self._is_kept = self._has_left = False

    async def __aenter__(self) -> Self:
        self._listener = self._heard.enter_context(group_listener.held(self._group))
        self._subscription = Subscription(self._listener)
        await self._listener.begun()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._is_kept:
            self._leave()
            self._handed.close()

    def expect(self, run: Run) -> None:
        """Listen for a run that is about to be made, in the thread that makes it. To be called twice does no harm. Do
        nothing if another group hears of the run, if the caller has gone, or if the run is part of an open transaction,
        at whose end it may not have been made."""
        is_heard = run_events.group_of(run) == self._group and self._listener.is_listening
        with self._guard:
            if not is_heard or self._has_left or self._run is not None or connection.in_atomic_block:
                return
            self._run = run
            self._heard.enter_context(relay.listening(run.code, self._subscription.deliver_soon))
            self._finals = self._handed.enter_context(relay.expecting(run.code))
        # The loop does this before it sends an announcement of the run: those come after the commit.
        self._subscription.call_soon(self._join)

    def is_of(self, run: Run) -> bool:
        with self._guard:
            return self._run is not None and self._run.code == run.code and not self._has_left

    @contextmanager
    def hearing(self) -> Iterator[Subscription]:
        """Keep listening until the block ends."""
        self._is_kept = self._subscription.has_heard_all = True
        try:
            yield self._subscription
        finally:
            self._leave()

    @contextmanager
    def finals_of(self, run: Run) -> Iterator[relay.Finals]:
        """Yield where a worker of this process puts the finals of the run, until the block ends."""
        if not self.is_of(run):
            with relay.expecting(run.code) as finals:
                yield finals
            return
        self._is_kept = True
        try:
            yield self._finals
        finally:
            self._leave()
            self._handed.close()

    def _join(self) -> None:
        if self._run is not None and not self._has_left:
            self._listener.join(self._run, self._subscription)

    def _leave(self) -> None:
        with self._guard:
            if self._has_left:
                return
            self._has_left = True
        if self._run is not None:
            self._listener.leave(self._run, self._subscription)
        self._heard.close()
