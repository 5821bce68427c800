"""Close months, and draw up their statements. The database itself books later entries in the next open month; this
module only closes and reads months."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.limits.periods import today, zone
from accounts.models import Hold, HoldState, Membership, Organization, Role
from billing import usage
from billing.models import ClosedMonth, Entry, EntryKind
from billing.spans import OWN, Span, following
from billing.usage import EVERY_BY, NAMELESS, Scope, Sum
from saas.text import money

PARTS = ("connection", "model", "member", "key", "project")  # the parts of a statement
MOST_NAMED = 200  # most entries that a statement lists one by one


@dataclass(frozen=True, slots=True)
class Month:
    """One line of the list of months."""

    first: date
    micros: int
    images: int
    closed: ClosedMonth | None
    is_over: bool

    @property
    def name(self) -> str:
        return f"{self.first:%B %Y}"

    @property
    def span(self) -> Span:
        return Span.of_month(self.first)


@dataclass(frozen=True, slots=True)
class Part:
    by: str
    title: str
    rows: list[Sum]

    @property
    def nameless(self) -> str:
        return NAMELESS[self.by]


@dataclass(frozen=True, slots=True)
class Named:
    """Entries that a statement lists one by one, and the sum of all of them, including those that it has no room
    for."""

    entries: list[Entry]
    count: int
    micros: int

    @property
    def unnamed(self) -> int:
        return self.count - len(self.entries)


@dataclass(frozen=True, slots=True)
class Statement:
    month: Month
    is_play: bool
    total: Sum
    parts: list[Part]
    corrections: Named
    uncertain: Named  # the sum is what is held for them
    late: Named  # booked here because their own month was closed
    being_made: int

    @property
    def is_as_closed(self) -> bool:
        """Return whether the ledger still has the sums that it had when the month was closed."""
        closed = self.month.closed
        if closed is None:
            return True
        then = (closed.play_micros, closed.play_images) if self.is_play else (closed.micros, closed.images)
        return then == (self.total.micros, self.total.images)


def scope_of(org: Organization, month: date, *, is_play: bool) -> Scope:
    return Scope(org, Span.of_month(month), is_play, {})


def all_months(org: Organization, *, is_play: bool) -> list[Month]:
    """Return the months that have entries or are closed, and the present one; the newest first."""
    now = today(org).month
    span = Span(OWN, date.min.replace(year=2000), date.max.replace(year=2999))
    sums = {one.first: one for one in usage.by_month(Scope(org, span, is_play, {}))}
    closed = {one.month: one for one in ClosedMonth.objects.filter(org=org)}
    firsts = sorted({*sums, *closed, now}, reverse=True)
    return [
        Month(
            first,
            sums[first].micros if first in sums else 0,
            sums[first].images if first in sums else 0,
            closed.get(first),
            first < now,
        )
        for first in firsts
    ]


def close(*, org: Organization, by: Membership, month: date) -> ClosedMonth:
    """Close a month, and every open month before it. A month that is closed already stays as it was closed."""
    with transaction.atomic():
        org = org.locked()
        if not Membership.objects.filter(pk=by.pk, role__in=[Role.ADMIN, Role.OWNER]).exists():
            raise NotAllowed("Only an admin can close a month.")
        if month >= today(org).month:
            raise Refused(f"{month:%B %Y} is not over yet in {org.time_zone}. A month can be closed once it is over.")
        before = ClosedMonth.objects.filter(org=org).order_by("-month").first()
        if before is not None and month <= before.month:
            return ClosedMonth.objects.filter(org=org, month__lte=month).order_by("-month").first() or before
        made = [_close(org, by, each) for each in _open_until(org, month, before)]
        audit.record(org=org, by=by.user, action="month.closed", target=f"{month:%B %Y}", details=_told(made))
        return made[-1]


def statement(org: Organization, month: date, *, is_play: bool) -> Statement:
    scope = scope_of(org, month, is_play=is_play)
    closed = ClosedMonth.objects.filter(org=org, month=month).first()
    entries = usage.entries(scope)
    total = usage.total(scope)
    corrections = entries.filter(kind=EntryKind.CORRECTION)
    late = entries.exclude(held_on=None).exclude(kind=EntryKind.CORRECTION)
    uncertain = _unanswered(entries, closed)
    return Statement(
        month=Month(month, total.micros, total.images, closed, month < today(org).month),
        is_play=is_play,
        total=total,
        parts=[Part(by, EVERY_BY[by].title, usage.sums(scope, by)) for by in PARTS],
        corrections=_named(corrections),
        uncertain=_named(uncertain, "open_micros"),
        late=_named(late),
        being_made=Hold.objects.filter(
            org=org, state=HoldState.OPEN, is_play=is_play, day__range=(scope.span.first, scope.span.last)
        ).count(),
    )


def _unanswered(entries: QuerySet[Entry], closed: ClosedMonth | None) -> QuerySet[Entry]:
    """Select uncertain charges that no charge or resolution has followed: by now or, for a closed month, until it was
    closed."""
    answers = Entry.objects.filter(
        org=OuterRef("org"),
        slot_code=OuterRef("slot_code"),
        attempt=OuterRef("attempt"),
        kind__in=[EntryKind.CHARGE, EntryKind.RESOLUTION],
    )
    if closed is not None:
        answers = answers.filter(pk__lte=closed.last_entry_id)
    return entries.filter(~Exists(answers), kind=EntryKind.UNCERTAIN)


def _open_until(org: Organization, month: date, before: ClosedMonth | None) -> Iterator[date]:
    """Yield the open months from the first one to this one."""
    oldest = Entry.objects.filter(org=org).order_by("counted_on").values_list("counted_on", flat=True).first()
    each = following(before.month) if before else min(oldest.replace(day=1) if oldest else month, month)
    while each <= month:
        yield each
        each = following(each)


def _close(org: Organization, by: Membership, month: date) -> ClosedMonth:
    paid, play = (usage.total(scope_of(org, month, is_play=is_play)) for is_play in (False, True))
    return ClosedMonth.objects.create(
        org=org,
        month=month,
        by=by.user,
        by_label=f"{by.user.display_name} <{by.user.email}>"[:254],
        last_entry_id=Entry.objects.filter(org=org).order_by("-pk").values_list("pk", flat=True).first() or 0,
        micros=paid.micros,
        images=paid.images,
        play_micros=play.micros,
        play_images=play.images,
    )


def _told(made: list[ClosedMonth]) -> dict[str, object]:
    told: dict[str, object] = {"paid": money.exact(made[-1].micros), "pictures": made[-1].images}
    if len(made) > 1:
        told["with the months before, from"] = f"{made[0].month:%B %Y}"
    return told


def _named(entries: QuerySet[Entry], column: str = "micros") -> Named:
    found = entries.aggregate(sum=models.Sum(column, default=0), count=models.Count("pk"))
    return Named(list(entries.order_by("pk")[:MOST_NAMED]), found["count"], found["sum"])


def now_in(org: Organization) -> str:
    """Return the present moment in the organization's own time, to show when a statement was drawn up."""
    return f"{timezone.now().astimezone(zone(org)):%-d %B %Y, %H:%M} ({org.time_zone})"
