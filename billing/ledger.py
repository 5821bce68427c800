"""The only writer of the ledger, and the only reader of its totals."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Sum

from accounts.models import Hold, Membership, Organization
from billing.models import Entry, EntryKind, Snapshot
from billing.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a hold was taken for, as the ledger will name it; kept with the hold."""

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
class Said:
    """What the provider said of a call that it answered."""

    tokens: Tokens = field(default_factory=Tokens)
    quality: str = ""
    size: str = ""
    request_id: str = ""


class Total(NamedTuple):
    micros: int
    images: int


def write(
    held: Hold,
    kind: EntryKind,
    *,
    micros: int = 0,
    open_micros: int = 0,
    images: int = 0,
    is_estimated: bool = False,
    said: Said | None = None,
    by: Membership | None = None,
    note: str = "",
) -> Entry:
    """In the transaction that moves the hold: no payment without its entry, no entry without its payment."""
    words = said or Said()
    purpose = held.terms.get("purpose", {})
    return Entry.objects.create(
        org_id=held.org_id,
        counted_on=held.day,
        kind=kind,
        is_play=held.is_play,
        micros=micros,
        open_micros=open_micros,
        images=images,
        is_estimated=is_estimated,
        **words.tokens.to_json(),
        tariff=held.terms.get("tariff", {}),
        run_code=held.run_code,
        slot_code=held.slot_code,
        attempt=held.attempt,
        user_id=held.user_id,
        **{
            **purpose,
            "quality": (words.quality or purpose.get("quality", ""))[:20],
            "size": (words.size or purpose.get("size", ""))[:20],
        },
        request_id=words.request_id[:120],
        by_label=f"{by.user.display_name} <{by.user.email}>"[:254] if by else "",
        note=note[:500],
    )


def entries_of(run_code: UUID) -> QuerySet[Entry]:
    return Entry.objects.filter(run_code=run_code).order_by("pk")


def total(org: Organization, *, is_play: bool = False) -> Total:
    """All that was ever paid: the newest snapshot and what was written since."""
    newest = Snapshot.objects.filter(org=org, is_play=is_play).order_by("-last_entry_id").first()
    since = Entry.objects.filter(org=org, is_play=is_play, pk__gt=newest.last_entry_id if newest else 0)
    sums = since.aggregate(micros=Sum("micros", default=0), images=Sum("images", default=0))
    return Total(sums["micros"] + (newest.micros if newest else 0), sums["images"] + (newest.images if newest else 0))


def snapshot(org: Organization, *, is_play: bool) -> Snapshot | None:
    """Behind the organization's lock, which every writer shares: no entry with a smaller id can still be on its way."""
    org.locked()
    last = Entry.objects.filter(org=org, is_play=is_play).order_by("-pk").first()
    if last is None:
        return None
    sums = total(org, is_play=is_play)
    values = {"micros": sums.micros, "images": sums.images}
    made, _ = Snapshot.objects.get_or_create(org=org, is_play=is_play, last_entry_id=last.pk, defaults=values)
    return made
