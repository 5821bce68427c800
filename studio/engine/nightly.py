"""Reconcile runs with their holds, both ways: no live slot without a hold, no open hold of a slot that has ended. Then
reconcile the whole of an organization's books. Done once a night and by `bin/manage reconcile`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.limits import holds
from accounts.models import Hold, HoldState, Organization
from accounts.webhooks import delivery
from billing import charging, exports, folding, ledger, reconciling
from billing.reconciling import Finding
from saas.database import tenancy
from saas.database.tenancy import TenantModel
from studio.models import LIVE, Charged, Rewrite, RewriteState, Slot, State
from studio.money import costs
from studio.prompt import rewrite

OVERDUE_NOTE = "This was not resolved within {days} days, so it counts as charged."

Row = TypeVar("Row", bound=TenantModel)

log = structlog.get_logger("darkroom.money")


def all_organizations() -> list[Finding]:
    """Reconcile the organizations that may work. The books of the others wait until they are restored."""
    with tenancy.operator():
        living = Organization.objects.filter(deleted_at=None, suspended_at=None)
        ids = list(living.order_by("pk").values_list("pk", flat=True))
    return [finding for org_id in ids for finding in one(org_id)]


def one(org_id: int) -> list[Finding]:
    with tenancy.tenant(org_id):
        org = Organization.objects.get(pk=org_id)
    settle_overdue(org)
    found = list(_of_runs(org))
    with tenancy.tenant(org_id):
        found += reconciling.reconcile(org)
    # Each of these takes the organization's lock first in a transaction of its own. After other rows were locked, it
    # could wait for a session that waits for those rows.
    with tenancy.tenant(org_id):
        for is_play in (False, True):
            ledger.snapshot(org, is_play=is_play)
    with tenancy.tenant(org_id):
        folding.fold(org)
    with tenancy.tenant(org_id):
        costs.note_what_differs(org)
        delivery.tidy(org)
        rewrite.tidy(org)
        if found:
            details = {"findings": [str(finding) for finding in found[:50]], "count": len(found)}
            audit.record(org=org, by=None, action="ledger.reconciled", target=org.name, details=details)
    exports.tidy(org)
    for finding in found:
        log.error("books differ", org=org_id, finding=str(finding))
    return found


def settle_overdue(org: Organization) -> int:
    """Count holds as charged that stayed uncertain for UNCERTAIN_DAYS, as nothing shows otherwise. Return how many."""
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
        yield Finding("A live slot has no hold", str(code))


def _holds_without_slot(org: Organization) -> Iterator[Finding]:
    """Settle or release each open hold whose slot has ended, or mark it uncertain."""
    live = Slot.objects.filter(org=org, state__in=LIVE).values("code")
    awaited = Rewrite.objects.filter(org=org, state=RewriteState.WAITING).values("code")
    kept = Hold.objects.filter(org=org, state=HoldState.OPEN).exclude(slot_code__in=live)
    for held in _one_by_one(org, kept.exclude(slot_code__in=awaited)):
        _conclude(held, Slot.objects.filter(code=held.slot_code).first())
        yield Finding("A hold outlived its slot", str(held.slot_code), is_mended=True)


def _conclude(held: Hold, slot: Slot | None) -> None:
    if slot is not None and slot.charged == Charged.YES and held == holds.paying_for(slot.code, slot.tries):
        charging.settle(held, usage=slot.usage, used=slot.used, request_id=slot.request_id)
    elif slot is not None and slot.charged == Charged.NO:
        charging.release(held)
    else:
        charging.doubt(held)


def _pictures_without_payment(org: Organization) -> Iterator[Finding]:
    paid = Hold.objects.filter(org=org, state=HoldState.SETTLED).values("slot_code")
    known = Hold.objects.filter(org=org).values("slot_code")  # without a hold: older than the ledger, no price
    unpaid = Slot.objects.filter(org=org, state=State.SUCCEEDED, code__in=known).exclude(code__in=paid)
    for slot in _one_by_one(org, unpaid):
        held = holds.paying_for(slot.code, slot.tries)
        if held is not None:
            charging.settle(held, usage=slot.usage, used=slot.used, request_id=slot.request_id)
        yield Finding("A picture was never charged", str(slot.code), is_mended=held is not None)


def _one_by_one(org: Organization, rows: QuerySet[Row]) -> Iterator[Row]:
    """Yield each row in a transaction of its own, which ends when the next one is asked for: counters are locked last
    in it, and those of several people in one order. Rows that were dealt with meanwhile are left out."""
    with tenancy.tenant(org.pk):
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        with tenancy.tenant(org.pk):
            row = rows.select_related("org").filter(pk=key).first()
            if row is not None:
                yield row
