"""Run threads beside a process's workers: renew the leases of their claims, sweep the tickets of lost workers, send
messages for what waits, and tidy.

A lease that is not renewed costs a picture. So the thread that renews leases waits only for PostgreSQL, whose answers
have deadlines (see saas.database.waits), and never for the queue, the cache, a disk or storage."""

import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import mail_outbox
from accounts.connections import circuit
from accounts.webhooks import delivery
from billing import tasks as exports
from saas.fairness import visitors
from saas.ops import metrics
from saas.queue import broker, due
from saas.storage.redis_cache import counters
from studio.batches import batch_files
from studio.booth import expire
from studio.engine import leases, lost_workers, make_composites, preview_maker, rescue, without_messages
from studio.gallery import purge, reindex
from studio.gateway import batch_worker
from studio.models import ChunkTicket
from studio.prompt import rewrite_worker
from studio.queue import standstill, tickets, wake
from studio.queue.tickets import Expired
from studio.runs import outages, suspended
from studio.sandbox import store
from studio.sheets import drive, steer

TIDY_SECONDS = 3600
LOOK_SECONDS = 1.0
TWO_DAYS_SECONDS = 2 * 24 * 3600

log = structlog.get_logger("darkroom.caretaker")

_retire = threading.Event()
_stop = threading.Event()


def start() -> None:
    _retire.clear()
    _stop.clear()
    for name, loop in LOOPS.items():
        threading.Thread(target=_for_everybody, args=(loop,), name=name, daemon=True).start()


def _for_everybody(loop: Callable[[], None]) -> None:
    """Run a loop that serves all tenants, without waiting for any tenant's seat."""
    with visitors.unseated():
        loop()


def retire() -> None:
    """End the loops that look for more work. The leases of this process are renewed until `stop`."""
    _retire.set()


def stop() -> None:
    """End all loops, once the last task has ended."""
    _retire.set()
    _stop.set()


def look_at_outages() -> None:
    """End what callers with an open request wait for in vain, within seconds even if every worker is busy, and send for
    the lists of models that tell whether an outage is over."""
    if circuit.count_open():
        outages.end_awaited()
        outages.call_for_models()


def wake_workers() -> None:
    """Send messages again for all that waits, so that a broker that lost its messages costs only seconds."""
    wake.for_waiting()
    if make_composites.count_due():
        wake.now("compose")
    if rewrite_worker.count_due():
        wake.now("rewrite")
    if batch_worker.count_due():
        wake.now("batch")
    if due.count(ChunkTicket):
        wake.now("overnight")
    delivery.call_due()
    mail_outbox.call_due()
    exports.call_due()


def call_for_sheets() -> None:
    """Send for a worker where a sheet is due: a message about it was lost, or its worker was."""
    if drive.count_due():
        wake.now(steer.TASK)


def serve_without_queue() -> None:
    """Serve what is due without messages while the queue takes none, because its disk is full or it is away."""
    if broker.is_refusing():
        without_messages.serve()


def measure() -> None:
    metrics.CALLS_IN_FLIGHT.set(leases.count())
    metrics.SLOTS.labels("waiting").set(tickets.count_waiting())
    metrics.SLOTS.labels("running").set(tickets.count_claimed())
    metrics.LINE_OLDEST_SECONDS.set(standstill.oldest_seconds())
    metrics.CIRCUITS_OPEN.set(circuit.count_open())
    metrics.RESCUED_FILES.set(rescue.count_files())


def reconcile_nightly() -> None:
    """Send for the nightly reconciliation, once a day from one process. A second one would only cost time."""
    key = f"darkroom:reconciled:{timezone.now().date()}"
    if counters.add(key, True, timeout=TWO_DAYS_SECONDS) and not wake.now("reconcile"):
        counters.delete(key)


def monthly_exports() -> None:
    """Send for the monthly exports, once an hour by one process: months end at different hours around the world."""
    key = f"darkroom:monthly:{timezone.now():%Y-%m-%d-%H}"
    if counters.add(key, True, timeout=TIDY_SECONDS) and not broker.call(exports.make_monthly_exports):
        counters.delete(key)


def _hold_on() -> None:
    """Call off stopped waits every second, and renew leases each third of a lease, or every second after a failure."""
    began, is_renewed = time.monotonic(), True
    while not _stop.wait(min(LOOK_SECONDS, settings.LEASE_SECONDS / 3)):
        if not is_renewed or time.monotonic() - began >= settings.LEASE_SECONDS / 3:
            began, is_renewed = time.monotonic(), _try(leases.renew)
        _try(leases.call_off)
        connection.close()


def _watch() -> None:
    """Look every second whether the queue refuses messages, and measure each third of a lease."""
    began = time.monotonic()
    while not _stop.wait(LOOK_SECONDS):
        _try(serve_without_queue)
        if time.monotonic() - began >= settings.LEASE_SECONDS / 3:
            began = time.monotonic()
            _try(measure)
        connection.close()


def _call() -> None:
    """Send messages for what is due, in a thread of its own: the queue may be silent for seconds with each message."""
    while not _retire.wait(settings.LEASE_SECONDS * 2 / 3):
        _try(wake_workers)
        _try(reconcile_nightly)
        _try(monthly_exports)
        connection.close()


def _try(act: Callable[[], object]) -> bool:
    """Run `act`. Return False if it fails, as while the database is away: the next round tries again."""
    try:
        act()
    except Exception:
        log.warning("caretaker failed", act=act.__name__, exc_info=True)
        connection.close()
        return False
    return True


def _sweep() -> None:
    """Sweep lost tickets, in a thread of its own: it asks storage, which may hang while leases must be renewed."""
    seen = dict[Expired, float]()
    while not _retire.wait(settings.LEASE_SECONDS / 6):
        try:
            seen = lost_workers.look_for_lost(seen)
        except Exception:
            log.warning("sweeper failed", exc_info=True)
            seen = {}
        _try(suspended.wake_or_end)
        connection.close()


def _watch_outages() -> None:
    """Look at outages, in a thread of its own: a thousand callers may need answers at once while leases are renewed."""
    while not _retire.wait(LOOK_SECONDS):
        _try(look_at_outages)
        connection.close()


def _rescue() -> None:
    """Take up rescued pictures, in a thread of its own: there may be many, and the sweeper must not wait for them."""
    while not _retire.wait(settings.LEASE_SECONDS):
        try:
            rescue.take_up()
        except Exception:
            log.warning("rescuer failed", exc_info=True)
        finally:
            connection.close()


def _tidy() -> None:
    """Purge, drop expired files and reindex, in a thread of its own: deleting files may take long."""
    while not _retire.wait(TIDY_SECONDS):
        _try(purge.tidy)
        _try(batch_files.tidy)
        _try(store.tidy)
        _try(reindex.reindex)
        connection.close()


def _expire() -> None:
    """Delete what guests were promised that it is deleted, in a thread of its own: deleting files may take long."""
    while not _retire.wait(settings.LEASE_SECONDS / 6):
        _try(expire.sweep)
        connection.close()


def _go_on_with_sheets() -> None:
    """Call for sheets that are due, in a thread of its own: the queue may be silent for seconds."""
    while not _retire.wait(settings.LEASE_SECONDS / 6):
        _try(call_for_sheets)
        connection.close()


def _make_previews() -> None:
    """Make the previews that follow their pictures, in a thread of its own, which waits for an idle machine."""
    preview_maker.make_all(_retire)
    connection.close()


LOOPS = {
    "leases": _hold_on,
    "watch": _watch,
    "caller": _call,
    "sweeper": _sweep,
    "outages": _watch_outages,
    "rescuer": _rescue,
    "previews": _make_previews,
    "events": _expire,
    "sheets": _go_on_with_sheets,
    "housekeeper": _tidy,
}
