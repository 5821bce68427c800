"""Check the parts that Darkroom consists of, at a cost that callers cannot multiply: each part in a thread of its own,
with one check at a time in a process, and no caller waits longer than LOOK_SECONDS for it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from saas.database.threads import releasing

LOOK_SECONDS = 2.0
GOOD_FOR_SECONDS = 5.0
BAD_FOR_SECONDS = 0.2  # a part that failed at once may work in a moment
SLOW_FOR_SECONDS = 5.0  # a part that did not answer in time is checked again only after this

log = structlog.get_logger("darkroom.health")


@dataclass
class Look:
    """One check of one part. It may outlast the callers that wait for it, and no other check begins until it ends."""

    name: str
    check: Callable[[], None]
    began_at: float = field(default_factory=time.monotonic)
    has_ended: threading.Event = field(default_factory=threading.Event)
    was_good: bool = False
    ended_at: float = 0.0

    def begin(self) -> "Look":
        threading.Thread(target=self._look, name=f"look at {self.name}", daemon=True).start()
        return self

    def _look(self) -> None:
        try:
            releasing(self.check)()
            self.was_good = True
        except Exception:
            log.warning("not ready", part=self.name, exc_info=True)
        finally:
            self.ended_at = time.monotonic()
            self.has_ended.set()

    def answers(self) -> bool:
        """Wait for the check. Return whether it succeeded within LOOK_SECONDS."""
        left = self.began_at + LOOK_SECONDS - time.monotonic()
        if not self.has_ended.wait(max(0.0, left)):
            log.warning("not ready", part=self.name, reason="it takes too long")
        return self.was_good and self.ended_at - self.began_at <= LOOK_SECONDS

    def is_fresh(self) -> bool:
        if not self.has_ended.is_set():
            return True
        if self.ended_at - self.began_at > LOOK_SECONDS:
            seconds = SLOW_FOR_SECONDS
        else:
            seconds = GOOD_FOR_SECONDS if self.was_good else BAD_FOR_SECONDS
        return time.monotonic() - self.ended_at < seconds


class Shared:
    """The newest check of each part, shared by all callers."""

    def __init__(self, checks: Mapping[str, Callable[[], None]]) -> None:
        self._checks = checks
        self._looks: dict[str, Look] = {}
        self._guard = threading.Lock()

    def parts(self) -> dict[str, bool]:
        """Check the parts whose last check is no longer fresh. Return for each part whether it answers."""
        with self._guard:
            for name, check in self._checks.items():
                if name not in self._looks or not self._looks[name].is_fresh():
                    self._looks[name] = Look(name, check).begin()
            looks = dict(self._looks)
        return {name: looks[name].answers() for name in self._checks}

    def forget(self) -> None:
        with self._guard:
            self._looks.clear()
