"""Add up the ledger by day, so that a page over a million entries reads a few thousand rows."""

from django.db import connection, transaction

from accounts.models import Organization
from billing.models import Entry, UseCursor
from billing.models.usage import DIMENSIONS
from billing.usage import EVERY_BY

FOLD_FROM = 5_000  # so many entries wait before a page asks a worker to add them up

FOLD = f"""
INSERT INTO billing_dayuse AS sums (
    org_id, day, {", ".join(DIMENSIONS)}, user_label, key_label, connection_label, micros, images)
SELECT org_id, counted_on, {", ".join(DIMENSIONS)},
       max(user_label), max(key_label), max(connection_label), sum(micros), sum(images)
FROM billing_entry
WHERE org_id = %(org)s AND id > %(after)s AND id <= %(last)s
GROUP BY org_id, counted_on, {", ".join(DIMENSIONS)}
ON CONFLICT (org_id, day, {", ".join(DIMENSIONS)}) DO UPDATE SET
    micros = sums.micros + excluded.micros, images = sums.images + excluded.images,
    user_label = excluded.user_label, key_label = excluded.key_label, connection_label = excluded.connection_label
"""  # noqa: S608 words of ours
BY_DIMENSION = ", ".join(f"('{name}', {by.key}, {by.label})" for name, by in EVERY_BY.items())
FOLD_BY_DIMENSION = f"""
INSERT INTO billing_dimensionuse AS sums (org_id, is_play, dimension, day, key, label, micros, images)
SELECT org_id, is_play, dimension, counted_on, key, max(label), sum(micros), sum(images)
FROM billing_entry CROSS JOIN LATERAL (VALUES {BY_DIMENSION}) one(dimension, key, label)
WHERE org_id = %(org)s AND id > %(after)s AND id <= %(last)s
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (org_id, is_play, dimension, day, key) DO UPDATE SET
    micros = sums.micros + excluded.micros, images = sums.images + excluded.images, label = excluded.label
"""  # noqa: S608 words of ours


def fold(org: Organization) -> int:
    """Add up what was written since the last time. Return how many entries that were. It takes the organization's lock,
    which every transaction that writes an entry shares: no entry with a smaller number can come later."""
    with transaction.atomic():
        org.locked()
        cursor, _ = UseCursor.objects.get_or_create(org=org)
        waiting = Entry.objects.filter(org=org, pk__gt=cursor.last_entry_id)
        count, last = waiting.count(), waiting.order_by("-pk").values_list("pk", flat=True).first()
        if last is not None:
            with connection.cursor() as database:
                for statement in (FOLD, FOLD_BY_DIMENSION):
                    database.execute(statement, {"org": org.pk, "after": cursor.last_entry_id, "last": last})
            cursor.last_entry_id = last
            cursor.save(update_fields=["last_entry_id"])
    return count


def is_behind(org: Organization) -> bool:
    """Return whether more than FOLD_FROM entries wait, so that adding up is worth a worker's time."""
    after = UseCursor.objects.filter(org=org).values_list("last_entry_id", flat=True).first() or 0
    waiting = Entry.objects.filter(org=org, pk__gt=after).values("pk")[: FOLD_FROM + 1]
    return waiting.count() > FOLD_FROM
