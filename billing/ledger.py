"""Write the ledger, and read the total of all that was ever paid. The SQL function `billing_write`
(billing/migrations/sql/ledger.sql) writes the rows. No other module calls it; `billing_charge`, of the same
migration, calls it for the usual end of a hold."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.limits import counters
from accounts.limits.counters import CounterState
from accounts.models import Hold, HoldState, Membership, Organization
from billing.models import Entry, EntryKind, Snapshot
from billing.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a hold was taken for, as the ledger will name it; stored with the hold."""

    run_kind: str
    model: str
    quality: str
    size: str
    project: str
    user_label: str
    key_code: str | None
    key_label: str
    connection_code: str
    connection_label: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What the provider said of a call."""

    tokens: Tokens = field(default_factory=Tokens)
    quality: str = ""
    size: str = ""
    request_id: str = ""

    def to_json(self) -> dict[str, Any]:
        chosen = {"quality": self.quality, "size": self.size, "request_id": self.request_id}
        return {**self.tokens.to_json(), **chosen}


# Functions of the database (billing/migrations/sql/ledger.sql), planned once a connection.
WRITE = """
SELECT entry.* FROM accounts_hold h, billing_write(
    h, %(kind)s, %(micros)s, %(open_micros)s, %(images)s, %(is_estimated)s,
    %(said)s, %(now)s, %(by)s, %(note)s) entry
WHERE h.id = %(hold)s
"""
CHARGE = f"""
SELECT * FROM billing_charge(%(hold)s, %(micros)s, %(is_estimated)s, %(said)s, %(now)s, {counters.WHERE})
"""  # noqa: S608 our own words


class Total(NamedTuple):
    micros: int
    images: int


def charge(held: Hold, *, micros: int, is_estimated: bool, said: ProviderFacts) -> list[CounterState] | None:
    """Settle a hold, write its entry and change the counters, all in one statement: the usual end of a hold. Return the
    counters as they are afterwards, or None if the money was not held any more: then nothing has changed."""
    values: dict[str, Any] = {
        "hold": held.pk,
        "micros": micros,
        "is_estimated": is_estimated,
        "said": Jsonb(said.to_json()),
        "now": timezone.now(),
        **counters.where(counters.places_of(held)),
    }
    with connection.cursor() as cursor:
        cursor.execute(CHARGE, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    held.state = HoldState.SETTLED
    return [counters.read_row(row) for row in rows if row[0] is not None]


def write(
    held: Hold,
    kind: EntryKind,
    *,
    micros: int = 0,
    open_micros: int = 0,
    images: int = 0,
    is_estimated: bool = False,
    said: ProviderFacts | None = None,
    by: Membership | None = None,
    note: str = "",
) -> Entry:
    """Write an entry. Call in the transaction that moves the hold: no payment without its entry, no entry without its
    payment."""
    values: dict[str, Any] = {
        "hold": held.pk,
        "kind": kind.value,
        "micros": micros,
        "open_micros": open_micros,
        "images": images,
        "is_estimated": is_estimated,
        "said": Jsonb((said or ProviderFacts()).to_json()),
        "now": timezone.now(),
        "by": f"{by.user.display_name} <{by.user.email}>"[:254] if by else "",
        "note": note[:500],
    }
    return Entry.objects.raw(WRITE, values)[0]


def entries_of(run_code: UUID) -> QuerySet[Entry]:
    return Entry.objects.filter(run_code=run_code).order_by("pk")


def total(org: Organization, *, is_play: bool = False) -> Total:
    """Return all that was ever paid: the newest snapshot, plus what was written since."""
    newest = Snapshot.objects.filter(org=org, is_play=is_play).order_by("-last_entry_id").first()
    since = Entry.objects.filter(org=org, is_play=is_play, pk__gt=newest.last_entry_id if newest else 0)
    sums = since.aggregate(micros=Sum("micros", default=0), images=Sum("images", default=0))
    return Total(sums["micros"] + (newest.micros if newest else 0), sums["images"] + (newest.images if newest else 0))


def snapshot(org: Organization, *, is_play: bool) -> Snapshot | None:
    """Write a snapshot up to the newest entry; return None if there is none. It takes the organization's lock, which
    every transaction that writes an entry shares: no entry with a smaller id can still come."""
    org.locked()
    last = Entry.objects.filter(org=org, is_play=is_play).order_by("-pk").first()
    if last is None:
        return None
    sums = total(org, is_play=is_play)
    values = {"micros": sums.micros, "images": sums.images}
    made, _ = Snapshot.objects.get_or_create(org=org, is_play=is_play, last_entry_id=last.pk, defaults=values)
    return made
