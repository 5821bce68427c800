"""Say what the rows of a sheet that are still to be made will cost, and which of them the budget covers. Only for
showing: each row is held for when it begins."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from accounts.errors import Refused
from accounts.limits import remaining
from accounts.models import ApiKey, Membership, Unit
from billing import prices
from studio.catalogue.fields import SpecRefused
from studio.models import RowState, Sheet, SheetRow
from studio.money import offers
from studio.money.offers import Route
from studio.runs import plan


@dataclass(frozen=True, slots=True)
class Quote:
    """Micro-dollars of all rows that wait. `left` and `pictures_left` are None where nothing is limited."""

    rows: int
    pictures: int
    low: int
    high: int
    upper_bound: int
    left: int | None
    pictures_left: int | None
    rows_that_fit: int
    is_play: bool

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    @property
    def fits_budget(self) -> bool:
        return (self.left is None or self.upper_bound <= self.left) and (
            self.pictures_left is None or self.pictures <= self.pictures_left
        )


def quote_of(sheet: Sheet, member: Membership, api_key: ApiKey | None = None) -> Quote:
    """Quote the rows that wait, against what the member and the key that pay have left now."""
    waiting = SheetRow.objects.filter(sheet=sheet, state=RowState.READY)
    found = waiting.aggregate(
        rows=Count("pk"), pictures=Sum("pictures", default=0), low=Sum("low_micros", default=0),
        high=Sum("high_micros", default=0), held=Sum("held_micros", default=0),
    )  # fmt: skip
    is_play, is_lent = _purse(sheet, api_key)
    limits = remaining.read(member, api_key)
    money = limits.tightest(is_play=is_play, is_lent=is_lent)
    images = limits.tightest(is_play=is_play, is_lent=is_lent, unit=Unit.IMAGES)
    left, pictures_left = money.left if money else None, images.left if images else None
    quote = Quote(
        rows=found["rows"],
        pictures=found["pictures"],
        low=found["low"],
        high=found["high"],
        upper_bound=found["held"],
        left=left,
        pictures_left=pictures_left,
        rows_that_fit=found["rows"],
        is_play=is_play,
    )
    if quote.fits_budget:
        return quote
    fit = _count_that_fit(sheet, left, pictures_left)
    return Quote(**{**{name: getattr(quote, name) for name in Quote.__dataclass_fields__}, "rows_that_fit": fit})


def counts_of(sheet: Sheet) -> dict[str, int]:
    """Count the rows by state."""
    found = SheetRow.objects.filter(sheet=sheet).values("state").annotate(count=Count("pk")).order_by()
    return {state.value: 0 for state in RowState} | {one["state"]: one["count"] for one in found}


def cost_of(sheet: Sheet) -> int:
    """Return what the rows have cost, without those that reuse pictures of others."""
    rows = SheetRow.objects.filter(sheet=sheet, is_reused=False)
    return int(rows.aggregate(micros=Sum("cost_micros", default=0))["micros"])


def _count_that_fit(sheet: Sheet, left: int | None, pictures_left: int | None) -> int:
    """Count the rows that fit one after the other, as they begin."""
    held = pictures = count = 0
    rows = SheetRow.objects.filter(sheet=sheet, state=RowState.READY).order_by("number", "variant")
    for micros, number in rows.values_list("held_micros", "pictures").iterator():
        held, pictures = held + micros, pictures + number
        if (left is not None and held > left) or (pictures_left is not None and pictures > pictures_left):
            break
        count += 1
    return count


def _purse(sheet: Sheet, api_key: ApiKey | None) -> tuple[bool, bool]:
    """Return whether play money pays, and whether the operator's lent key does."""
    route = Route.of(named=str(sheet.asked.get("connection", "")), api_key=api_key, project=sheet.project)
    try:
        connection = plan.connection_for(offers.read(sheet.org), route)
    except (Refused, SpecRefused):
        return False, False
    return prices.is_play(connection), connection.traits.is_lent
