"""Serve what is due without messages while the queue takes none. For each lane that the process serves, start as many
threads as its workers leave idle. They claim the same tickets in the same way, so messages that come do no harm."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import connections

from accounts import mail_outbox
from accounts.webhooks import delivery
from billing import export_tickets
from billing import tasks as exports
from saas.queue import due, lanes, thread_shares
from studio.engine import make_composites
from studio.gateway import batch_worker
from studio.models import ChunkTicket
from studio.prompt import rewrite_worker
from studio.queue import tickets
from studio.sheets import drive

AT_ONCE = 8  # threads started for one lane in a second
PATIENCE_SECONDS = 600.0

log = structlog.get_logger("darkroom.caretaker")


@dataclass(frozen=True)
class Lane:
    """A kind of work that waits in a table of its own."""

    lane: str
    count_due: Callable[[], int]
    serve_next: Callable[[], bool]


def _develop_next() -> bool:
    from studio.engine import worker  # noqa: PLC0415 loads the provider's SDK, which takes half a second

    return worker.develop_next() is not None


def _drive_overnight() -> bool:
    from studio.engine import overnight  # noqa: PLC0415 the same

    return overnight.drive_next()


LANES = (
    Lane(lanes.PICTURES, tickets.count_waiting, _develop_next),
    Lane(lanes.WORDS, rewrite_worker.count_due, rewrite_worker.make_next),
    Lane(lanes.COMPOSITES, make_composites.count_due, make_composites.make_next),
    Lane(lanes.WEBHOOKS, delivery.count_due, delivery.deliver_next),
    Lane(lanes.SHEETS, drive.count_due, drive.go_on),
    Lane(lanes.EXPORTS, export_tickets.count_due, exports.make_next_export),
    Lane(lanes.BATCHES, batch_worker.count_due, batch_worker.drive_next),
    Lane(lanes.OVERNIGHT, lambda: due.count(ChunkTicket), _drive_overnight),
    Lane(lanes.MAIL, mail_outbox.count_due, mail_outbox.deliver_next),
)

_threads: set[threading.Thread] = set()
_serving: Counter[str] = Counter()
_guard = threading.Lock()
_stop = threading.Event()


def serve() -> None:
    """Start threads for what is due, as far as workers leave threads free."""
    for lane in LANES:
        if lane.lane in lanes.served():
            for _ in range(min(lane.count_due(), thread_shares.OF_LANE[lane.lane].free, AT_ONCE)):
                _start(lane)


def start() -> None:
    _stop.clear()


def stop() -> None:
    """Start no more threads, and let those that run take no more work."""
    _stop.set()


def wait(seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for the running threads to end, as long as Dramatiq waits for its own."""
    ends_at = time.monotonic() + seconds
    with _guard:
        threads = list(_threads)
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))


def _start(lane: Lane) -> None:
    with _guard:
        if _stop.is_set() or _serving[lane.lane] >= thread_shares.OF_LANE[lane.lane].threads:
            return
        thread = threading.Thread(target=_serve, args=(lane,), name=f"without queue: {lane.lane}", daemon=True)
        _serving[lane.lane] += 1
        _threads.add(thread)
    thread.start()


def _serve(lane: Lane) -> None:
    try:
        while not _stop.is_set() and lane.serve_next():
            pass
    except Exception:
        log.exception("not served", lane=lane.lane)
    finally:
        connections.close_all()
        with _guard:
            _serving[lane.lane] -= 1
            _threads.discard(threading.current_thread())
