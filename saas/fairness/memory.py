"""Share a process's memory and processor time between tenants, in turns.

A room has bytes and places. The next turn belongs to the waiting tenant that has the least, and a tenant that has some
never gets more than half. So a tenant that floods the process waits for its own work, and all others for one turn."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection


class Busy(Exception):
    """No turn came within the caller's time, or too many wait already."""


@dataclass(eq=False)
class _Wish:
    tenant: Hashable
    size_bytes: int
    number: int
    is_granted: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Share:
    size_bytes: int = 0
    places: int = 0
    last: int = 0  # the number of the tenant's newest turn


class Room:
    def __init__(
        self, *, limit_bytes: int, places: int, waiting_at_most: int = 64, waiting_each: int | None = None
    ) -> None:
        """Make an empty room. `waiting_each` bounds how many wishes of one tenant may wait."""
        self.limit_bytes, self.places = limit_bytes, places
        self._waiting_at_most, self._waiting_each = waiting_at_most, waiting_each or waiting_at_most
        self._lock = threading.Lock()
        self._wishes: list[_Wish] = []
        self._shares: dict[Hashable, _Share] = {}
        self._turns = 0

    @contextmanager
    def held(self, size_bytes: int, *, by: Hashable, seconds: float) -> Iterator[None]:
        """Take `size_bytes` and one place for the block. Raise Busy if the turn does not come within `seconds`.

        A size larger than the room counts as the whole room, and so has it alone."""
        wish = self._wish(min(size_bytes, self.limit_bytes), by)
        try:
            if not wish.is_granted.wait(max(0.0, seconds)) and not self._withdraw(wish):
                raise Busy
            yield
        finally:
            self._leave(wish)

    @property
    def held_bytes(self) -> int:
        with self._lock:
            return sum(share.size_bytes for share in self._shares.values())

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._wishes)

    def _wish(self, size_bytes: int, tenant: Hashable) -> _Wish:
        with self._lock:
            same = sum(wish.tenant == tenant for wish in self._wishes)
            if len(self._wishes) >= self._waiting_at_most or same >= self._waiting_each:
                raise Busy
            self._turns += 1
            wish = _Wish(tenant, size_bytes, self._turns)
            self._wishes.append(wish)
            self._grant()
        return wish

    def _withdraw(self, wish: _Wish) -> bool:
        """Stop waiting. Return True if the turn came at the last moment."""
        with self._lock:
            if wish.is_granted.is_set():
                return True
            self._wishes.remove(wish)
            self._grant()  # the wish may have blocked smaller ones
            return False

    def _leave(self, wish: _Wish) -> None:
        with self._lock:
            if not wish.is_granted.is_set():
                if wish in self._wishes:  # the thread was interrupted while it waited
                    self._wishes.remove(wish)
                    self._grant()
                return
            share = self._shares[wish.tenant]
            share.size_bytes -= wish.size_bytes
            share.places -= 1
            self._grant()
            if not share.places and all(other.tenant != wish.tenant for other in self._wishes):
                del self._shares[wish.tenant]

    def _grant(self) -> None:
        """Give out turns. The next wish is never overtaken, or small wishes would keep a large one waiting forever."""
        while True:
            ready = [wish for wish in self._wishes if self._may_have(wish)]
            if not ready:
                return
            wish = min(ready, key=self._order)
            if not self._fits(wish):
                return
            self._wishes.remove(wish)
            share = self._shares.setdefault(wish.tenant, _Share())
            share.size_bytes += wish.size_bytes
            share.places += 1
            self._turns += 1
            share.last = self._turns
            wish.is_granted.set()

    def _order(self, wish: _Wish) -> tuple[int, int, int, int]:
        share = self._shares.get(wish.tenant, _Share())
        return share.places, share.size_bytes, share.last, wish.number

    def _may_have(self, wish: _Wish) -> bool:
        """Return whether the tenant may have this. With nothing yet it may have any size, else half in all at most."""
        share = self._shares.get(wish.tenant)
        if share is None or share.places == 0:
            return True
        is_small = share.size_bytes + wish.size_bytes <= self.limit_bytes // 2
        return is_small and share.places < max(1, self.places // 2)

    def _fits(self, wish: _Wish) -> bool:
        held = sum(share.size_bytes for share in self._shares.values())
        places = sum(share.places for share in self._shares.values())
        return held + wish.size_bytes <= self.limit_bytes and places < self.places


def release_connection() -> None:
    """Give the thread's database connection back before a wait or long work. Raise if a transaction is open.

    A test's own transaction stays open, as it does for Django's durable blocks."""
    blocks = connection.atomic_blocks
    if any(not block._from_testcase for block in blocks):  # type: ignore[attr-defined]  # the stubs leave it out
        raise RuntimeError("A transaction is open where a thread waits or works for long.")
    if not blocks and connection.connection is not None:
        connection.close()
