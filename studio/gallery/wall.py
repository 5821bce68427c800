"""The wall: what the organization made, newest first, one page after the other."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership
from studio.filters import Filters
from studio.models import Output

PAGE_SIZE = 60


@dataclass(frozen=True)
class Wall:
    pictures: list[Output]
    next_cursor: str = ""


def pictures(member: Membership, filters: Filters) -> "QuerySet[Output]":
    return filters.narrow(Output.objects.filter(org=member.org).visible_to(member).kept(), member)


def wall(member: Membership, filters: Filters, *, before: str = "") -> Wall:
    """The cursor is the last picture seen, even if it is in the bin by now; nonsense starts from the top."""
    rows = pictures(member, filters)
    last_id = _row_of(member, before)
    if last_id is not None:
        rows = rows.filter(pk__lt=last_id)
    found = list(_drawn(newest(rows, PAGE_SIZE + 1)))
    is_more = len(found) > PAGE_SIZE
    return Wall(found[:PAGE_SIZE], str(found[PAGE_SIZE - 1].code) if is_more else "")


def newer(member: Membership, filters: Filters, *, than: str) -> Wall:
    """What came since: for a page that stays open."""
    first_id = _row_of(member, than)
    if first_id is None:
        return Wall([])
    return Wall(list(_drawn(newest(pictures(member, filters).filter(pk__gt=first_id), PAGE_SIZE))))


def newest(rows: "QuerySet[Output]", most: int) -> "QuerySet[Output]":
    """First which pictures, then all about them. In one question with their runs, PostgreSQL would begin at the runs:
    behind a wall it guesses that an organization is as small as any other."""
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:most])
    return Output.objects.filter(pk__in=ids).order_by("-pk")


def beside(member: Membership, filters: Filters, output: Output) -> tuple[Output | None, Output | None]:
    """The newer and the older neighbour on the wall."""
    rows = pictures(member, filters).only("code", "preview")
    newer_one = rows.filter(pk__gt=output.pk).order_by("pk").first()
    return newer_one, rows.filter(pk__lt=output.pk).order_by("-pk").first()


def _drawn(rows: "QuerySet[Output]") -> "QuerySet[Output]":
    """With no more than a tile shows."""
    return rows.select_related("run", "maker", "composite").only(
        "code", "width", "height", "stars", "visibility", "run__prompt", "run__code", "maker__name", "maker__email",
        "maker__code",
        "composite__state",
    )  # fmt: skip


def _row_of(member: Membership, code: str) -> int | None:
    try:
        return Output.objects.filter(org=member.org, code=UUID(code)).values_list("pk", flat=True).first()
    except ValueError:
        return None
