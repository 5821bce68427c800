import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Self

from tests.support.fake_provider import Exchange, completed, partial
from tests.support.invariants import SHADES, slot_of

MOST_SECONDS = 300.0


class Painting:
    """The script of an upstream: sends a partial at once, and the picture when the test says so, of all prompts or of
    some. It counts how often each slot was asked for."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, int]] = Counter()
        self.sent: dict[tuple[str, int], str] = {}
        self._changed = threading.Condition()
        self._may_all_finish = False
        self._finished = set[str]()

    def begin(self) -> None:
        self._may_all_finish = False

    def finish(self) -> None:
        with self._changed:
            self._may_all_finish = True
            self._changed.notify_all()

    def finish_those(self, prompts: Iterable[str]) -> None:
        with self._changed:
            self._finished.update(prompts)
            self._changed.notify_all()

    def times(self, prompt: str) -> int:
        """How often it was asked for."""
        with self._changed:
            return sum(count for (asked, _), count in self.asked.items() if asked == prompt)

    def __enter__(self) -> Self:
        """A test that fails must not leave its callers waiting."""
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def __call__(self, exchange: Exchange) -> None:
        slot = slot_of(exchange.asked.json)
        with self._changed:
            self.asked[slot] += 1
            self.sent[slot] = hashlib.sha256(SHADES[1]).hexdigest()
        exchange.begin()
        exchange.frame(partial(0, SHADES[0]))
        ends_at = time.monotonic() + MOST_SECONDS
        with suppress(OSError):
            while not self._may_finish(slot[0]) and time.monotonic() < ends_at:
                exchange.send(": still painting\n\n")
            exchange.frame(completed(SHADES[1]))

    def _may_finish(self, prompt: str) -> bool:
        """Wait for a moment."""
        with self._changed:
            return self._changed.wait_for(lambda: self._may_all_finish or prompt in self._finished, 0.5)
