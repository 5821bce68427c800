"""Compare counters, holds, ledger and snapshots, which must agree. Nothing is edited: what a hold paid and the ledger
does not have is appended, everything else is reported."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import Hold, HoldState, Organization
from billing import ledger
from billing.models import Entry, EntryKind, Snapshot


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    where: str
    is_mended: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.where}{' (appended)' if self.is_mended else ''}"


# Each of these is one statement, so that it sees a single moment while other transactions write.
COUNTERS = """
WITH sums AS (
    SELECT s.subject, s.subject_id, p.period, p.starts_on, h.is_play,
           coalesce(sum(h.spent_micros) FILTER (WHERE h.state = 'settled'), 0) AS spent_micros,
           coalesce(sum(h.micros) FILTER (WHERE h.state IN ('open', 'uncertain')), 0) AS held_micros,
           coalesce(sum(h.images) FILTER (WHERE h.state = 'settled'), 0) AS spent_images,
           coalesce(sum(h.images) FILTER (WHERE h.state IN ('open', 'uncertain')), 0) AS held_images
    FROM accounts_hold h
    CROSS JOIN LATERAL (
        VALUES ('organization', h.org_id), ('member', h.user_id), ('key', h.api_key_id),
               ('loan', CASE WHEN h.is_lent THEN h.org_id END), ('budget', h.budget_id)) s(subject, subject_id)
    CROSS JOIN LATERAL (
        VALUES ('day', h.day), ('month', date_trunc('month', h.day)::date), ('ever', '1970-01-01')) p(period, starts_on)
    WHERE h.org_id = %(org)s AND s.subject_id IS NOT NULL AND (s.subject = 'budget') = (p.period = 'ever')
    GROUP BY 1, 2, 3, 4, 5
)
SELECT subject, subject_id, period, starts_on, is_play,
       c.spent_micros, sums.spent_micros, c.held_micros, sums.held_micros
FROM (SELECT * FROM accounts_counter WHERE org_id = %(org)s) c
FULL JOIN sums USING (subject, subject_id, period, starts_on, is_play)
WHERE (coalesce(c.spent_micros, 0), coalesce(c.held_micros, 0), coalesce(c.spent_images, 0), coalesce(c.held_images, 0))
   IS DISTINCT FROM (coalesce(sums.spent_micros, 0), coalesce(sums.held_micros, 0),
                     coalesce(sums.spent_images, 0), coalesce(sums.held_images, 0))
ORDER BY 1, 2, 3, 4, 5
"""
HOLDS = """
WITH written AS (
    SELECT slot_code, attempt, sum(micros) AS micros, sum(images) AS images,
           bool_or(kind = 'uncertain') AS was_uncertain
    FROM billing_entry WHERE org_id = %(org)s GROUP BY 1, 2
)
SELECT h.id, slot_code, attempt, h.state, h.spent_micros, coalesce(w.micros, 0), coalesce(w.images, 0)
FROM (SELECT * FROM accounts_hold WHERE org_id = %(org)s) h
FULL JOIN written w USING (slot_code, attempt)
WHERE h.id IS NULL
   OR coalesce(w.micros, 0) <> CASE h.state WHEN 'settled' THEN h.spent_micros ELSE 0 END
   OR coalesce(w.images, 0) <> CASE h.state WHEN 'settled' THEN h.images ELSE 0 END
   OR (h.state = 'uncertain' AND NOT coalesce(w.was_uncertain, false))
ORDER BY 2, 3
"""


def reconcile(org: Organization) -> list[Finding]:
    """Compare the books of an organization, inside its wall. Return what differs."""
    return [*_counters(org), *_holds(org), *_snapshots(org)]


def _counters(org: Organization) -> list[Finding]:
    return [
        Finding(
            "A counter differs from its holds",
            f"{subject} {subject_id}, {period} of {starts_on}{', play money' if is_play else ''}: "
            f"counted {spent or 0} spent and {held or 0} held, holds say {really_spent or 0} and {really_held or 0}",
        )
        for subject, subject_id, period, starts_on, is_play, spent, really_spent, held, really_held in _rows(
            COUNTERS, org
        )
    ]


def _holds(org: Organization) -> list[Finding]:
    found = []
    for hold_id, slot_code, attempt, state, spent, written, images in _rows(HOLDS, org):
        where = f"slot {slot_code}, attempt {attempt}: {state or 'no hold'} at {spent or 0}, the ledger says {written}"
        is_mended = hold_id is not None and state == HoldState.SETTLED and _append(hold_id)
        found.append(Finding("A hold differs from the ledger", f"{where} and {images} pictures", is_mended))
    return found


def _append(hold_id: int) -> bool:
    """Append what a hold paid and no entry has. Return False if nothing is missing. It locks the hold, so that no other
    transaction writes the entry at the same time."""
    with transaction.atomic():
        held = Hold.objects.select_for_update().get(pk=hold_id)
        own = Entry.objects.filter(org=held.org_id, slot_code=held.slot_code, attempt=held.attempt)
        sums = own.aggregate(micros=Sum("micros", default=0), images=Sum("images", default=0))
        missing = held.spent_micros - sums["micros"], held.images - sums["images"]
        if held.state != HoldState.SETTLED or missing == (0, 0):
            return False
        ledger.write(
            held,
            EntryKind.CORRECTION,
            micros=missing[0],
            images=missing[1],
            is_estimated=held.is_estimated,
            note="Found by the reconciliation: paid but not recorded.",
        )
    return True


def _snapshots(org: Organization) -> list[Finding]:
    found = []
    for made in Snapshot.objects.filter(org=org):
        upto = Entry.objects.filter(org=org, is_play=made.is_play, pk__lte=made.last_entry_id)
        sums = upto.aggregate(micros=Sum("micros", default=0), images=Sum("images", default=0))
        if (sums["micros"], sums["images"]) != (made.micros, made.images):
            where = f"up to {made.last_entry_id}: {made.micros}, the entries say {sums['micros']}"
            found.append(Finding("A snapshot differs from the ledger", where))
    return found


def _rows(statement: str, org: Organization) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"org": org.pk})
        return list(cursor.fetchall())
