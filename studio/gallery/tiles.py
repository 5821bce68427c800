"""Page through the gallery's pictures, newest first."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Membership
from saas.text.codes import code_or_none
from studio.gallery.filters import Filters
from studio.models import Output

PAGE_SIZE = 60


@dataclass(frozen=True)
class TilePage:
    pictures: list[Output]
    next_cursor: str = ""


def pictures(member: Membership, filters: Filters) -> "QuerySet[Output]":
    return filters.narrow(Output.objects.filter(org=member.org).visible_to(member).not_in_bin(), member)


def page(member: Membership, filters: Filters, *, before: str = "") -> TilePage:
    """Return the page after the cursor: the code of the last picture seen, which may be in the bin by now. An unknown
    cursor returns the first page."""
    rows = pictures(member, filters)
    last_id = _row_of(member, before)
    if last_id is not None:
        rows = rows.filter(pk__lt=last_id)
    found = list(_drawn(newest(rows, PAGE_SIZE + 1)))
    is_more = len(found) > PAGE_SIZE
    return TilePage(found[:PAGE_SIZE], str(found[PAGE_SIZE - 1].code) if is_more else "")


def newer(member: Membership, filters: Filters, *, than: str) -> TilePage:
    """Return pictures newer than the given one, for an open page that updates itself."""
    first_id = _row_of(member, than)
    if first_id is None:
        return TilePage([])
    return TilePage(list(_drawn(newest(pictures(member, filters).filter(pk__gt=first_id), PAGE_SIZE))))


def newest(rows: "QuerySet[Output]", most: int) -> "QuerySet[Output]":
    """Return the newest pictures, their ids first. In a single query joined with runs, PostgreSQL would start from the
    runs, because behind the wall it estimates every organization at the same small size."""
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:most])
    return Output.objects.filter(pk__in=ids).order_by("-pk")


def neighbours(member: Membership, filters: Filters, output: Output) -> tuple[Output | None, Output | None]:
    """Return the next newer and the next older picture."""
    rows = pictures(member, filters).only("code", "preview")
    newer_one = rows.filter(pk__gt=output.pk).order_by("pk").first()
    return newer_one, rows.filter(pk__lt=output.pk).order_by("-pk").first()


def _drawn(rows: "QuerySet[Output]") -> "QuerySet[Output]":
    """Load only the columns that a tile shows."""
    return rows.select_related("run", "maker", "composite").only(
        "code", "width", "height", "stars", "visibility", "run__prompt", "run__code", "maker__name", "maker__email",
        "maker__code",
        "composite__state",
    )  # fmt: skip


def _row_of(member: Membership, code: str) -> int | None:
    found = code_or_none(code)
    return Output.objects.filter(org=member.org, code=found).values_list("pk", flat=True).first() if found else None
