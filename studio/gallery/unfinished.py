"""List slots without a picture (queued, running, failed …) by state."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Membership, User
from billing.models import Entry
from saas.text.codes import code_or_none
from studio.gallery.filters import Filters, micros_or_none, midnight
from studio.models import Kind, Run, Slot, State

PAGE_SIZE = 60


@dataclass(frozen=True)
class Unfinished:
    slots: list[Slot]
    next_cursor: str = ""


def page(member: Membership, filters: Filters, state: State, *, before: str = "") -> Unfinished:
    visible = Slot.objects.filter(org=member.org, state=state, run__in=Run.objects.visible_to(member))
    rows = _narrowed(visible, member, filters)
    code = code_or_none(before)
    last = Slot.objects.filter(org=member.org, code=code).values_list("pk", flat=True).first() if code else None
    if last:
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("run__maker").order_by("-pk")[: PAGE_SIZE + 1])
    is_more = len(found) > PAGE_SIZE
    return Unfinished(found[:PAGE_SIZE], str(found[PAGE_SIZE - 1].code) if is_more else "")


def _narrowed(rows: "QuerySet[Slot]", member: Membership, filters: Filters) -> "QuerySet[Slot]":
    """Apply the filters that a run can match. Stars, tag, collection and shape belong to pictures and match nothing."""
    if filters.stars or filters.tag or filters.collection or filters.shape:
        return rows.none()
    if filters.q:
        rows = rows.filter(run__prompt__icontains=filters.q)
    if filters.model:
        rows = rows.filter(run__model=filters.model)
    if filters.kind:
        rows = rows.filter(run__kind=filters.kind) if filters.kind in Kind.values else rows.none()
    if filters.quality:
        rows = rows.filter(run__asked__quality=filters.quality)
    if filters.cost_from or filters.cost_to:
        rows = _that_cost(rows, filters)
    return _by_whom(_when(rows, filters), member, filters)


def _when(rows: "QuerySet[Slot]", filters: Filters) -> "QuerySet[Slot]":
    for text, lookup, days in ((filters.since, "run__created_at__gte", 0), (filters.until, "run__created_at__lt", 1)):
        if text:
            moment = midnight(text, days=days)
            rows = rows.filter(**{lookup: moment}) if moment else rows.none()
    return rows


def _that_cost(rows: "QuerySet[Slot]", filters: Filters) -> "QuerySet[Slot]":
    """Filter slots by their ledger entries: a failed slot may have been charged; one without entries cost nothing."""
    written = Entry.objects.filter(run_code=OuterRef("run__code"), slot_code=OuterRef("code"))
    paid = written.values("slot_code").annotate(sum=Sum("micros")).values("sum")
    rows = rows.annotate(paid=Coalesce(Subquery(paid), 0))
    for text, lookup in ((filters.cost_from, "paid__gte"), (filters.cost_to, "paid__lte")):
        if text:
            micros = micros_or_none(text)
            rows = rows.none() if micros is None else rows.filter(**{lookup: micros})
    return rows


def _by_whom(rows: "QuerySet[Slot]", member: Membership, filters: Filters) -> "QuerySet[Slot]":
    if filters.by == "me":
        rows = rows.filter(run__maker=member.user_id)
    elif filters.by:
        code = code_or_none(filters.by)
        rows = rows.filter(run__maker__in=User.objects.filter(code=code)) if code else rows.none()
    if filters.key:
        code = code_or_none(filters.key)
        rows = rows.filter(run__api_key__in=member.org.api_keys.filter(code=code)) if code else rows.none()
    return rows
