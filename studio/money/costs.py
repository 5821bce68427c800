"""Read and note what runs and their pictures have cost."""

from uuid import UUID

from django.db import connection
from django.db.models import Sum

from accounts.models import Hold, Organization
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
