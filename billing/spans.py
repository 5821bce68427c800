"""Define the days that a page of usage shows, in the organization's own calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

ONE_DAY = timedelta(days=1)
LONGEST_DAYS = 1100
EARLIEST_YEAR = 2000
PERIODS = {
    "month": "This month",
    "last-month": "Last month",
    "7": "7 days",
    "30": "30 days",
    "90": "90 days",
    "365": "A year",
}
OWN = "own"


def following(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=28) + 4 * ONE_DAY).replace(day=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days, from the first to the last, both included."""

    period: str
    first: date
    last: date

    @classmethod
    def read(cls, asked: Mapping[str, str], *, today: date) -> Self:
        """Read the span that is asked for. A value that makes no sense means this month."""
        period = asked.get("period", "month")
        if period == OWN:
            return cls._own(asked, today)
        if period == "last-month":
            last = today.replace(day=1) - ONE_DAY
            return cls(period, last.replace(day=1), last)
        if period in PERIODS and period.isdecimal():
            return cls(period, today - (int(period) - 1) * ONE_DAY, today)
        return cls("month", today.replace(day=1), today)

    @classmethod
    def _own(cls, asked: Mapping[str, str], today: date) -> Self:
        try:
            first, last = (date.fromisoformat(asked.get(name, "")) for name in ("from", "to"))
        except ValueError:
            return cls("month", today.replace(day=1), today)
        first, last = sorted((first, last))
        if last.year < EARLIEST_YEAR:
            return cls("month", today.replace(day=1), today)
        return cls(OWN, max(first, last - (LONGEST_DAYS - 1) * ONE_DAY), last)

    @classmethod
    def of_month(cls, month: date) -> Self:
        """Return the span of a whole month, given its first day."""
        return cls(OWN, month, following(month) - ONE_DAY)

    @property
    def count_days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        return [self.first + number * ONE_DAY for number in range(self.count_days)]

    @property
    def before(self) -> "Span":
        """Return the span to compare with: as many days before. Before this month, it is the last month up to the same
        day; before the last month, the whole month before it."""
        last = self.first - ONE_DAY
        if self.period in {"month", "last-month"}:
            first = last.replace(day=1)
            return Span(OWN, first, min(last, first + (self.count_days - 1) * ONE_DAY) if self.is_open else last)
        return Span(OWN, self.first - self.count_days * ONE_DAY, last)

    @property
    def is_open(self) -> bool:
        return self.period == "month"

    def as_query(self) -> dict[str, str]:
        if self.period != OWN:
            return {"period": self.period}
        return {"period": OWN, "from": self.first.isoformat(), "to": self.last.isoformat()}
