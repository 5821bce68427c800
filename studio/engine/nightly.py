"""Runs and their holds, both ways: no live slot without its hold, no hold that waits for a slot that has ended. With it
the whole of an organization's books, once a night and by `bin/manage reconcile`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, deliveries, quotas
from accounts.models import Hold, HoldState, Organization
from billing import charging, exports, folding, ledger, reconciling
from billing.reconciling import Finding
from saas import tenancy
from saas.tenancy import TenantModel
from studio import costs, rewriting
from studio.models import LIVE, Charged, Rewrite, RewriteState, Slot, State

OVERDUE_NOTE = "Nobody said within {days} days whether this was charged, so it counts as charged."

Row = TypeVar("Row", bound=TenantModel)

log = structlog.get_logger("darkroom.money")


def all_organizations() -> list[Finding]:
    with tenancy.operator():
        ids = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    return [finding for org_id in ids for finding in one(org_id)]


def one(org_id: int) -> list[Finding]:
    with tenancy.tenant(org_id):
        org = Organization.objects.get(pk=org_id)
    settle_overdue(org)
    found = list(_of_runs(org))
    with tenancy.tenant(org_id):
        found += reconciling.reconcile(org)
        for is_play in (False, True):
            ledger.snapshot(org, is_play=is_play)
        folding.fold(org)
        costs.note_what_differs(org)
        exports.tidy(org)
        deliveries.tidy(org)
        rewriting.tidy(org)
        if found:
            details = {"findings": [str(finding) for finding in found[:50]], "count": len(found)}
            audit.record(org=org, by=None, action="ledger.reconciled", target=org.name, details=details)
    for finding in found:
        log.error("books differ", org=org_id, finding=str(finding))
    return found


def settle_overdue(org: Organization) -> int:
    """What stayed uncertain for so long was paid, as far as anybody can know."""
    days: int = settings.UNCERTAIN_DAYS
    before = timezone.now() - timedelta(days=days)
    overdue = Hold.objects.filter(org=org, state=HoldState.UNCERTAIN, created_at__lt=before)
    settled = 0
    for held in _one_by_one(org, overdue):
        charging.resolve(held, by=None, is_charged=True, note=OVERDUE_NOTE.format(days=days))
        settled += 1
    return settled


def _of_runs(org: Organization) -> Iterator[Finding]:
    yield from _slots_without_hold(org)
    yield from _holds_without_slot(org)
    yield from _pictures_without_payment(org)


def _slots_without_hold(org: Organization) -> Iterator[Finding]:
    held = Hold.objects.filter(org=org, state=HoldState.OPEN).values("slot_code")
    with tenancy.tenant(org.pk):
        codes = list(Slot.objects.filter(org=org, state__in=LIVE).exclude(code__in=held).values_list("code", flat=True))
    for code in codes:
        yield Finding("A slot is live without a hold", str(code))


def _holds_without_slot(org: Organization) -> Iterator[Finding]:
    """Given back, kept or paid now, as its slot has ended."""
    live = Slot.objects.filter(org=org, state__in=LIVE).values("code")
    awaited = Rewrite.objects.filter(org=org, state=RewriteState.WAITING).values("code")
    kept = Hold.objects.filter(org=org, state=HoldState.OPEN).exclude(slot_code__in=live)
    for held in _one_by_one(org, kept.exclude(slot_code__in=awaited)):
        _conclude(held, Slot.objects.filter(code=held.slot_code).first())
        yield Finding("A hold outlived its slot", str(held.slot_code), is_mended=True)


def _conclude(held: Hold, slot: Slot | None) -> None:
    if slot is not None and slot.charged == Charged.YES and held == quotas.paying_for(slot.code, slot.tries):
        charging.settle(held, usage=slot.usage, used=slot.used, request_id=slot.request_id)
    elif slot is not None and slot.charged == Charged.NO:
        charging.release(held)
    else:
        charging.doubt(held)


def _pictures_without_payment(org: Organization) -> Iterator[Finding]:
    paid = Hold.objects.filter(org=org, state=HoldState.SETTLED).values("slot_code")
    known = Hold.objects.filter(org=org).values("slot_code")  # older than the ledger: nobody agreed on a price
    unpaid = Slot.objects.filter(org=org, state=State.SUCCEEDED, code__in=known).exclude(code__in=paid)
    for slot in _one_by_one(org, unpaid):
        held = quotas.paying_for(slot.code, slot.tries)
        if held is not None:
            charging.settle(held, usage=slot.usage, used=slot.used, request_id=slot.request_id)
        yield Finding("A picture was never paid", str(slot.code), is_mended=held is not None)


def _one_by_one(org: Organization, rows: QuerySet[Row]) -> Iterator[Row]:
    """Each in a transaction of its own, which ends when the next one is asked for: counters are locked as its last
    thing, and of several people in one order. Whoever was dealt with meanwhile is not found again."""
    with tenancy.tenant(org.pk):
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        with tenancy.tenant(org.pk):
            row = rows.select_related("org").filter(pk=key).first()
            if row is not None:
                yield row
