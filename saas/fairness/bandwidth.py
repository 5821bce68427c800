"""Slow down large bodies and archives of one tenant while others use Darkroom: a gigabyte occupies a core for seconds,
in the one thread that serves all connections of this process."""

import time
from collections import OrderedDict
from threading import Lock

from saas.fairness import connection_seats

BYTES_A_SECOND = 24_000_000  # of one tenant together, for each kind of traffic
LEAST_SECONDS = 0.005  # shorter pauses are added up
LONGEST_SECONDS = 0.25
MOST_REMEMBERED = 10_000


class Pace:
    def __init__(self) -> None:
        self._guard = Lock()
        self._paid_until: OrderedDict[str, float] = OrderedDict()

    def pause(self, tenant: str, size_bytes: int) -> float:
        """Return for how many seconds to pause this tenant's traffic after `size_bytes`."""
        if not connection_seats.seats.has_others(tenant):
            return 0.0
        with self._guard:
            now = time.monotonic()
            until = max(self._paid_until.get(tenant, now), now) + size_bytes / BYTES_A_SECOND
            self._paid_until[tenant] = until
            self._paid_until.move_to_end(tenant)
            if len(self._paid_until) > MOST_REMEMBERED:
                self._paid_until.popitem(last=False)
        return min(until - now, LONGEST_SECONDS) if until - now > LEAST_SECONDS else 0.0
