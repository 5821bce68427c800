"""Remember rows in this process as guesses. A guess is never the last word: the function of the database that acts on
it compares it with the rows as they are, in the same round trip, and refuses if they differ. So no process has to hear
of another one's changes, and no guess is too old to be safe."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Guesses(Generic[K, V]):
    """What was found by each of the keys that were used last, for so many seconds. The values are shared by threads
    and must not be changed."""

    def __init__(self, *, most: int, seconds: float = float("inf")) -> None:
        self._most, self._seconds = most, seconds
        self._held: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._guard = Lock()

    def get(self, key: K) -> V | None:
        with self._guard:
            value, at = self._held.get(key, (None, 0.0))
            if value is None or time.monotonic() - at > self._seconds:
                return None
            self._held.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        with self._guard:
            self._held[key] = value, time.monotonic()
            self._held.move_to_end(key)
            if len(self._held) > self._most:
                self._held.popitem(last=False)

    def forget(self, key: K) -> None:
        with self._guard:
            self._held.pop(key, None)
