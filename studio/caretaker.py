"""A thread beside the workers of a process: renews the leases of what they hold, and ends or frees what was held by
workers that are gone. Any number of caretakers may sweep at once; each expired ticket is seen by one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts import circuits, deliveries
from saas import metrics, patience, tenancy
from saas.patience import Wait
from studio import composites, endings, events, finals, line, purging, rescue, rewrites, spending
from studio.job import WORKER
from studio.line import Held
from studio.models import Charged, Slot, State

MOST_POKES = 50
TIDY_SECONDS = 3600
LOOK_SECONDS = 1.0
TWO_DAYS_SECONDS = 2 * 24 * 3600

log = structlog.get_logger("darkroom.caretaker")

_held: dict[int, Wait] = {}
_guard = threading.Lock()
_stop = threading.Event()


@contextmanager
def holding(ticket_id: int) -> Iterator[Wait]:
    """While inside, the ticket's lease is renewed, and who waits for the provider is called off when the run is
    stopped."""
    with patience.waiting() as wait:
        with _guard:
            _held[ticket_id] = wait
        try:
            yield wait
        finally:
            with _guard:
                _held.pop(ticket_id, None)


def start() -> None:
    _stop.clear()
    threading.Thread(target=_watch, name="caretaker", daemon=True).start()
    threading.Thread(target=_sweep, name="sweeper", daemon=True).start()
    threading.Thread(target=_rescue, name="rescuer", daemon=True).start()
    threading.Thread(target=_tidy, name="housekeeper", daemon=True).start()


def stop() -> None:
    _stop.set()


def renew() -> None:
    with _guard:
        ticket_ids = list(_held)
    if ticket_ids:
        line.renew(WORKER, ticket_ids)


def call_off() -> None:
    """Somebody pressed Stop: the provider may be silent for minutes, and need not be waited for."""
    with _guard:
        waits = dict(_held)
    for ticket_id in line.asked_to_stop(WORKER, list(waits)) if waits else []:
        waits[ticket_id].call_off()


def inherit() -> int:
    """At the start of a program that is alone on its database: whoever held something before is gone, and nobody has to
    wait for a lease to end."""
    line.expire_all()
    return sweep()


def sweep() -> int:
    """Answers how many slots were found in the hands of nobody."""
    seen: list[int] = []
    while (held := _sweep_next(seen)) is not None:
        seen.append(held.id)
    return len(seen)


def _sweep_next(seen: list[int]) -> Held | None:
    """One transaction a ticket: one that cannot be taken over keeps no other from it."""
    with transaction.atomic():
        held = line.next_expired(besides=seen)
        if held is None:
            return None
        try:
            with tenancy.tenant(held.org_id):
                _take_over(held)
        except Exception:
            log.exception("ticket cannot be taken over", slot=str(held.slot_code))
    return held


def poke() -> None:
    """A broker that lost its memory costs seconds: whoever waits is called again."""
    from studio.tasks import compose, develop, rewrite

    for _ in range(min(line.count_waiting(), MOST_POKES)):
        develop.send()
    if composites.count_due():
        compose.send()
    if rewrites.count_due():
        rewrite.send()
    deliveries.call_due()


def measure() -> None:
    with _guard:
        metrics.CALLS_IN_FLIGHT.set(len(_held))
    metrics.SLOTS.labels("waiting").set(line.count_waiting())
    metrics.SLOTS.labels("running").set(line.count_held())
    metrics.CIRCUITS_OPEN.set(circuits.count_open())
    metrics.RESCUED_FILES.set(rescue.count_files())


def reconcile_nightly() -> None:
    """By whichever process is the first of a day to think of it; once more costs nothing but time."""
    from studio.tasks import reconcile

    if cache.add(f"darkroom:reconciled:{timezone.now().date()}", True, timeout=TWO_DAYS_SECONDS):
        reconcile.send()


def monthly_exports() -> None:
    """Each hour by one process: somewhere a month has ended."""
    from billing.tasks import make_monthly_exports

    if cache.add(f"darkroom:monthly:{timezone.now():%Y-%m-%d-%H}", True, timeout=TIDY_SECONDS):
        make_monthly_exports.send()


def _take_over(held: Held) -> None:
    slot = Slot.objects.select_related("run", "org").filter(code=held.slot_code).first()
    if slot is None:
        line.leave(held.id)
        spending.ended(held.slot_code, Charged.PERHAPS)
    elif slot.sent_at is None and slot.put_back():
        line.free(held.id)
        events.record(slot.run, "queued", slot=slot.index, data={"why": "worker_lost"})
    elif slot.state == State.RUNNING and (found := finals.find(slot.run, slot)):
        line.leave(held.id)
        finals.note(slot.run, slot, *found)  # paid for, at what was held: the tokens were not written down
    else:
        line.leave(held.id)
        endings.end(slot.run, slot, "worker_lost")


def _watch() -> None:
    """Looks every second whether anything was stopped, and for the rest in parts of a lease."""
    began, rounds = time.monotonic(), 0
    while not _stop.wait(min(LOOK_SECONDS, settings.LEASE_SECONDS / 3)):
        _try(call_off)
        if time.monotonic() - began >= settings.LEASE_SECONDS / 3:
            began, rounds = time.monotonic(), rounds + 1
            _try(renew)
            _try(measure)
            if rounds % 2 == 1:
                _try(poke)
                _try(reconcile_nightly)
                _try(monthly_exports)
        connection.close()


def _try(act: Callable[[], object]) -> None:
    """The database may come back; the next round tries again."""
    try:
        act()
    except Exception:
        log.warning("caretaker failed", act=act.__name__, exc_info=True)
        connection.close()


def _sweep() -> None:
    """In a thread of its own, as storage is asked: one that hangs must not keep the leases from being renewed."""
    while not _stop.wait(settings.LEASE_SECONDS * 2 / 3):
        _try(sweep)
        connection.close()


def _rescue() -> None:
    """Apart from the sweeper: there may be many pictures to try again."""
    while not _stop.wait(settings.LEASE_SECONDS):
        try:
            rescue.take_up()
        except Exception:
            log.warning("rescuer failed", exc_info=True)
        finally:
            connection.close()


def _tidy() -> None:
    """Also apart from the rest: deleting files takes as long as it takes."""
    while not _stop.wait(TIDY_SECONDS):
        _try(purging.tidy)
        connection.close()
