"""Share the pool's database connections between tenants, so that no tenant's slow pages or calls can hold them all.

A process has few connections and all tenants share them. Each tenant may have a fifth of them at a time, and less when
few are free, so that a tenant without one gets one soon. A thread that must wait for a seat keeps no connection
meanwhile, and gives up after a while: its caller is asked to come again.

A request that has a seat also computes, here and in PostgreSQL. So while requests of several tenants arrive, each
tenant has one under way at a time, and another each half second while those are slow; and beside other organizations,
one whose requests were under way for half a second in a row rests between them for as long as each took. A tenant with
many requests thus delays its own and not others'."""

import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from threading import Event, Lock

from django.db import OperationalError

from saas.fairness import visitors
from saas.fairness.visitors import ORGANIZATION

SHARE = 5  # one tenant may have one in so many of the connections
REQUEST_SECONDS = 30.0  # enough for a hundred members who press a button at once to be served one after the other
TASK_SECONDS = 10.0  # shorter than any task may take; a worker repeats the writes that it must not lose
LATELY_SECONDS = 2.0  # for which an organization counts as active after its newest request
STRANGER_SECONDS = 0.5  # the same for an address, which needs no account, so that strangers slow others only briefly
SLOW_SECONDS = 0.5  # a request that takes longer does not keep its own tenant's next one waiting
BUSY_SHARE = 0.5  # of the time, while others are active
LEAST_REST_SECONDS, LONGEST_REST_SECONDS = 0.002, 0.5
BUSY_SECONDS = 0.5  # that a tenant may owe before its next request has to wait
MOST_REMEMBERED = 20_000


class Crowded(OperationalError):
    """A tenant has its share of the connections, and no seat came free for it in time."""


@dataclass(frozen=True)
class Seat:
    """A seat's tenant, and whether a request takes the seat or a task."""

    who: str
    is_request: bool = False


@dataclass(eq=False)
class _Wish:
    """One thread that waits for a seat."""

    seat: Seat
    of: int
    woken: Event = field(default_factory=Event)  # the seat was given, or the thread should compute its pause again
    was_given: bool = False


class _Busy:
    """How long each tenant's requests were recently under way, beyond the share that each tenant has."""

    def __init__(self) -> None:
        # By tenant with requests under way: since when, and the seconds owed at that moment.
        self._begun: dict[str, tuple[float, float]] = {}
        self._owed: OrderedDict[str, tuple[float, float]] = OrderedDict()  # seconds, and the moment of counting

    def begin(self, who: str) -> None:
        if who not in self._begun:
            now = time.monotonic()
            self._begun[who] = (now, self._owed_at(who, now))

    def end(self, who: str) -> None:
        now = time.monotonic()
        since, owed = self._begun.pop(who, (now, self._owed_at(who, now)))
        most = BUSY_SECONDS + LONGEST_REST_SECONDS * BUSY_SHARE  # or a download of a minute would cost a long pause
        self._owed[who] = (min(owed + (now - since) * (1 - BUSY_SHARE), most), now)
        self._owed.move_to_end(who)
        if len(self._owed) > MOST_REMEMBERED:
            self._owed.popitem(last=False)

    def rest_seconds(self, who: str) -> float:
        """Return how long a tenant with no request under way must pause before its next, while others are active."""
        return max((self._owed_at(who, time.monotonic()) - BUSY_SECONDS) / BUSY_SHARE, 0.0)

    def _owed_at(self, who: str, now: float) -> float:
        owed, counted_at = self._owed.get(who, (0.0, now))
        return max(owed - (now - counted_at) * BUSY_SHARE, 0.0)


class _Lately:
    """The tenants that sent requests in the last seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._came: OrderedDict[str, float] = OrderedDict()  # times of tenants' newest requests, the oldest first

    def note(self, who: str) -> None:
        self._came[who] = time.monotonic()
        self._came.move_to_end(who)

    def has_others(self, who: str) -> bool:
        now = time.monotonic()
        while self._came and next(iter(self._came.values())) < now - self._seconds:
            self._came.popitem(last=False)
        return len(self._came) > (who in self._came)


class Seats:
    """The seats of this process. Waiting tenants take turns, and each tenant's threads are served in their order. A
    seat that is left goes straight to the next thread, so that one free seat does not wake hundreds of threads."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._begun: dict[str, float] = {}  # the time at which the newest of a tenant's requests got its seat
        self._busy = _Busy()
        self._lately = _Lately(LATELY_SECONDS)
        self._strangers = _Lately(STRANGER_SECONDS)
        self._waiting: OrderedDict[Seat, deque[_Wish]] = OrderedDict()  # tasks do not wait behind requests
        self._guard = Lock()

    def take(self, seat: Seat, *, of: int, within: float) -> None:
        """Take one of `of` seats, waiting for one to come free. Raise Crowded after `within` seconds."""
        with self._guard:
            self._note(seat)
            if seat not in self._waiting and self._may_take(seat, of):
                self._count(seat)
                return
            wish = _Wish(seat, of)
            self._waiting.setdefault(seat, deque()).append(wish)
        try:
            self._wait(wish, time.monotonic() + within)
        except BaseException:  # for example, the thread's task has reached its time limit
            if not self._withdraw(wish):
                self.leave(seat)
            raise
        if self._withdraw(wish):
            raise Crowded("Too much is being done at once for one organization. Try again in a moment.")

    def leave(self, seat: Seat) -> None:
        with self._guard:
            _take_one(self._taken, seat.who)
            if seat.is_request:
                _take_one(self._requests, seat.who)
                if not self._requests[seat.who]:
                    self._begun.pop(seat.who, None)
                    self._busy.end(seat.who)
            self._hand_out()
            if seat.is_request and (others := self._waiting.get(seat)):
                others[0].woken.set()  # to compute the tenant's new pause

    def taken(self, who: str) -> int:
        with self._guard:
            return self._taken[who]

    def has_others(self, who: str) -> bool:
        """Return whether other tenants have sent requests within the last moments."""
        with self._guard:
            return self._has_others(who)

    def _note(self, seat: Seat) -> None:
        if seat.is_request:
            (self._lately if seat.who.startswith(ORGANIZATION) else self._strangers).note(seat.who)

    def _count(self, seat: Seat) -> None:
        self._taken[seat.who] += 1
        if seat.is_request:
            self._requests[seat.who] += 1
            self._begun[seat.who] = time.monotonic()
            self._busy.begin(seat.who)

    def _wait(self, wish: _Wish, ends_at: float) -> None:
        pause = SLOW_SECONDS
        while (left := ends_at - time.monotonic()) > 0:
            wish.woken.wait(min(left, pause))
            wish.woken.clear()
            with self._guard:
                self._hand_out()  # by now a request may count as slow, or a tenant's pause be over
                if wish.was_given:
                    return
                pause = self._seconds_to_look_again(wish)

    def _seconds_to_look_again(self, wish: _Wish) -> float:
        """Return the seconds until this thread checks again. Only the first thread that waits for a seat checks as soon
        as its tenant's pause is over."""
        if self._requests[wish.seat.who] or self._waiting[wish.seat][0] is not wish:
            return SLOW_SECONDS
        return min(max(self._busy.rest_seconds(wish.seat.who), LEAST_REST_SECONDS), SLOW_SECONDS)

    def _withdraw(self, wish: _Wish) -> bool:
        """Stop waiting. Return False if the seat was given at the last moment."""
        with self._guard:
            if wish.was_given:
                return False
            wishes = self._waiting[wish.seat]
            wishes.remove(wish)
            if not wishes:
                del self._waiting[wish.seat]
            return True

    def _hand_out(self) -> None:
        """Give one seat to each tenant in turn, as long as there is a seat that may be taken."""
        while (seat := self._next()) is not None:
            wish = self._waiting[seat].popleft()
            self._count(seat)
            wish.was_given = True
            wish.woken.set()
            if self._waiting[seat]:
                self._waiting.move_to_end(seat)
            else:
                del self._waiting[seat]

    def _next(self) -> Seat | None:
        return next((seat for seat, wishes in self._waiting.items() if self._may_take(seat, wishes[0].of)), None)

    def _may_take(self, seat: Seat, of: int) -> bool:
        free = of - self._taken.total()
        if free <= 0 or self._taken[seat.who] >= max(min(of // SHARE, free // 2), 1):
            return False
        if not seat.is_request:
            return True
        if self._requests[seat.who]:
            return time.monotonic() - self._begun[seat.who] > SLOW_SECONDS or not self._has_others(seat.who)
        return not self._busy.rest_seconds(seat.who) or not self._lately.has_others(seat.who)

    def _has_others(self, who: str) -> bool:
        return self._lately.has_others(who) or self._strangers.has_others(who)


def _take_one(counted: "Counter[str]", who: str) -> None:
    counted[who] -= 1
    if counted[who] <= 0:
        del counted[who]


def take(*, of: int) -> Seat | None:
    """Take a seat for the work of this thread. Return None if it needs none."""
    who = visitors.who()
    if who is None:
        return None
    seat = Seat(who, visitors.is_request())
    try:
        seats.take(seat, of=of, within=REQUEST_SECONDS if seat.is_request else TASK_SECONDS)
    except Crowded:
        visitors.note_crowded()
        raise
    return seat


seats = Seats()
