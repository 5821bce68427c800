"""Share a process's threads between organizations and between people, so that none can occupy them all.

An organization or a person that occupies threads may take another one only while it occupies less than twice what would
still be free. Alone, one person gets two thirds of the threads; the more people occupy threads, the fewer each may
have; and a few always stay free for people without any. Calls last minutes and are never interrupted, so threads must
be kept free in advance."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, TypeVar

from saas.queue import lanes

PATIENCE_SECONDS = 30.0
PICTURE_THREADS = 64  # until saas.worker sets the real number


class NoTurn(Exception):
    """The thread whose turn it was did not finish within PATIENCE_SECONDS, as happens when the database hangs."""


@dataclass(frozen=True)
class Barred:
    """Organizations and people that may take no thread now."""

    orgs: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)


NOBODY = Barred()


@dataclass(frozen=True)
class Place:
    """Which organization and person a thread works for."""

    org_id: int
    person_id: int | None


class Claimed(Protocol):
    @property
    def place(self) -> Place: ...


C = TypeVar("C", bound=Claimed)


class Shares:
    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.is_closed = False
        self._orgs: Counter[int] = Counter()
        self._people: Counter[int] = Counter()
        self._guard = Lock()
        self._turn = Lock()

    @property
    def free(self) -> int:
        """Return how many threads have no work."""
        with self._guard:
            return self.threads - self._orgs.total()

    def close(self) -> None:
        """Let no thread claim any more work, also none that waits for its turn already: this process is to end."""
        self.is_closed = True

    @contextmanager
    def taking(self, claim: Callable[[Barred], C | None]) -> Iterator[C | None]:
        """Claim some work, and count a thread for its organization and person until the end of the block. Yield None
        if there is none, or if the shares are closed."""
        with self.turn() as barred:
            claimed = None if self.is_closed else claim(barred)
            if claimed is not None:
                self.hold(claimed.place)
        try:
            yield claimed
        finally:
            if claimed is not None:
                self.let_go(claimed.place)

    @contextmanager
    def place(self, place: Place) -> Iterator[bool]:
        """Count a thread for the block, for work that a message names. Yield False if none was free for this place."""
        with self.turn() as barred:
            is_free = place.org_id not in barred.orgs and place.person_id not in barred.people
            if is_free:
                self.hold(place)
        try:
            yield is_free
        finally:
            if is_free:
                self.let_go(place)

    @contextmanager
    def turn(self) -> Iterator[Barred]:
        """Let one thread at a time take work, and yield the organizations and people to pass over. The thread must be
        counted before its turn ends, so that many threads at once cannot all take work of the same organization."""
        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            raise NoTurn
        try:
            with self._guard:
                free = self.threads - self._orgs.total()
                barred = Barred(_over(self._orgs, free), _over(self._people, free))
            yield barred
        finally:
            self._turn.release()

    def hold(self, place: Place) -> None:
        with self._guard:
            self._orgs[place.org_id] += 1
            if place.person_id is not None:
                self._people[place.person_id] += 1

    def let_go(self, place: Place) -> None:
        with self._guard:
            _take_one(self._orgs, place.org_id)
            if place.person_id is not None:
                _take_one(self._people, place.person_id)


def _take_one(held: Counter[int], who: int) -> None:
    held[who] -= 1
    if held[who] <= 0:
        del held[who]


def _over(held: Counter[int], free: int) -> list[int]:
    return [who for who, count in held.items() if count >= max(1, 2 * free - 1)]


OF_LANE = {lane: Shares(threads) for lane, threads in {lanes.PICTURES: PICTURE_THREADS, **lanes.THREADS}.items()}
