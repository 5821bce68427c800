"""Read and note what runs and their pictures have cost, and what is left of the limits that count for a caller."""

from uuid import UUID

from django.db import connection
from django.db.models import Sum

from accounts.limits.periods import today
from accounts.models import ApiKey, Counter, Hold, Membership, Organization, Period, Subject, Unit
from billing.models import Entry
from saas.text import money

PAID = """
UPDATE studio_output SET cost_micros = (
    SELECT coalesce(sum(micros), 0) FROM billing_entry
    WHERE org_id = %(org)s AND run_code = %(run)s AND slot_code = %(slot)s)
FROM studio_slot
WHERE studio_output.org_id = %(org)s AND studio_slot.id = studio_output.slot_id AND studio_slot.code = %(slot)s
"""
DIFFERING = """
UPDATE studio_output SET cost_micros = paid.micros
FROM studio_slot, (SELECT slot_code, sum(micros) AS micros FROM billing_entry WHERE org_id = %(org)s GROUP BY 1) paid
WHERE studio_output.org_id = %(org)s AND studio_slot.id = studio_output.slot_id
  AND studio_slot.code = paid.slot_code AND studio_output.cost_micros <> paid.micros
"""


def note(held: Hold) -> None:
    """Copy the slot's cost from the ledger to its picture, if it has one: the gallery filters by it."""
    with connection.cursor() as cursor:
        cursor.execute(PAID, {"org": held.org_id, "run": held.run_code, "slot": held.slot_code})


def note_what_differs(org: Organization) -> int:
    """Copy costs to pictures that differ from the ledger. Return how many. Billing resolves uncertain holds and books
    corrections without knowing of pictures."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERING, {"org": org.pk})
        return int(cursor.rowcount)


def of_run(org: Organization, run_code: UUID) -> str:
    """Return what the run has cost according to the ledger so far."""
    found = Entry.objects.filter(org=org, run_code=run_code).aggregate(micros=Sum("micros", default=0))
    return money.exact(found["micros"])


def counters(member: Membership, api_key: ApiKey | None) -> list[Counter]:
    """Return the current counters of the organization, the member, the key and, with the lent connection, the loan."""
    now, org = today(member.org), member.org
    subjects = {Subject.ORGANIZATION.value: org.pk, Subject.MEMBER.value: member.user_id}
    if api_key is not None:
        subjects[Subject.KEY.value] = api_key.pk
    if _is_lent(org):
        subjects[Subject.LOAN.value] = org.pk
    starts = {Period.DAY.value: now.day, Period.MONTH.value: now.month}
    rows = Counter.objects.filter(org=org, starts_on__in=starts.values()).order_by("subject", "period", "is_play")
    return [row for row in rows if subjects.get(row.subject) == row.subject_id and starts[row.period] == row.starts_on]


def _is_lent(org: Organization) -> bool:
    connection = org.connections.filter(is_default=True).first()
    return connection is not None and connection.traits.is_lent


def budget_left(member: Membership, api_key: ApiKey | None, *, is_play: bool) -> str | None:
    """Return what is left of the limit that refuses first, or None if money has no limit."""
    left = [row.left(Unit.MONEY) for row in counters(member, api_key) if row.is_play == is_play]
    known = [micros for micros in left if micros is not None]
    return money.exact(min(known)) if known else None
