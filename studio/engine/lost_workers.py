"""Sweep the tickets of lost workers: keep the picture if it came, else end the slot or put it back. Any number of
processes may sweep at once; each expired ticket is taken by one."""

import time
from collections.abc import Mapping, Sequence

import structlog
from django.conf import settings

from saas.database import tenancy
from saas.database.release import released
from studio.engine import leases, record_picture
from studio.engine.store_frames import Stored
from studio.models import Charged, Slot, State
from studio.money import run_holds
from studio.providers.answers import Final
from studio.queue import tickets
from studio.queue.tickets import Claim, Expired
from studio.runs import events, finish

log = structlog.get_logger("darkroom.caretaker")


def recover() -> int:
    """Sweep all claims at the start of a program that is alone on its database, without waiting for leases to end: no
    earlier worker can be alive. Return how many there were."""
    tickets.expire_all()
    return sweep()


def look_for_lost(seen: Mapping[Expired, float]) -> dict[Expired, float]:
    """Sweep the tickets whose leases were over at each look for half a lease. Return the claims whose leases are over,
    and since when; the next look takes this as `seen`.

    One look is no proof: while the database was away, no worker could renew its leases. Living workers do so when it
    is back."""
    now = time.monotonic()
    lost = [one for one, since in seen.items() if now - since >= settings.LEASE_SECONDS / 2]
    if lost:
        sweep(lost)
    with released():
        return {one: seen.get(one, now) for one in tickets.expired()}


def sweep(among: Sequence[Expired] | None = None) -> int:
    """Sweep every ticket whose lease is over, or those in `among`. Return how many there were."""
    count = 0
    while (claim := _take_expired(among)) is not None:
        count += 1
        try:
            with leases.renewing(claim):
                _take_over(claim)
        except Exception:  # one failure must not stop the others; the lease ends again
            log.exception("ticket cannot be taken over", slot=str(claim.slot_code))
    return count


def _take_expired(among: Sequence[Expired] | None) -> Claim | None:
    with released():
        return tickets.claim_expired() if among is None else tickets.claim_expired(among)


def _take_over(claim: Claim) -> None:
    """End the slot or put it back. Look for its picture between transactions: storage and decoder may be slow."""
    with released(), tenancy.tenant(claim.org_id):
        slot = _slot_of(claim)
    may_have_come = slot is not None and slot.sent_at is not None and slot.state == State.RUNNING
    found = record_picture.recover_stored(slot.run, slot) if slot is not None and may_have_come else None
    with released(), tenancy.tenant(claim.org_id):
        if tickets.check_claim(claim):
            _end_or_put_back(claim, found)


def _slot_of(claim: Claim) -> Slot | None:
    return Slot.objects.select_related("run", "org").filter(code=claim.slot_code).first()


def _end_or_put_back(claim: Claim, found: tuple[Final, Stored] | None) -> None:
    slot = _slot_of(claim)
    if slot is None:
        tickets.remove(claim)
        run_holds.resolve(claim.slot_code, Charged.PERHAPS)
    elif slot.state == State.QUEUED:
        tickets.unclaim(claim)  # the worker was lost before it began
    elif slot.sent_at is None and slot.put_back():
        tickets.unclaim(claim)
        events.record(slot.run, "queued", slot=slot.index, data={"why": "worker_lost"})
    elif slot.state == State.RUNNING and found is not None:
        tickets.remove(claim)
        record_picture.record(
            slot.run, slot, *found
        )  # paid for, at the hold's amount: the tokens were not written down
    else:
        tickets.remove(claim)
        finish.end(slot.run, slot, "worker_lost")
