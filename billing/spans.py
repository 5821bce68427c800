"""The days that a page of usage is about, in the organization's own calendar."""

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
    """The first day of the month after."""
    return (month.replace(day=28) + 4 * ONE_DAY).replace(day=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included."""

    period: str
    first: date
    last: date

    @classmethod
    def read(cls, asked: Mapping[str, str], *, today: date) -> Self:
        """Nonsense is this month."""
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
        """Of its first day: all of it."""
        return cls(OWN, month, following(month) - ONE_DAY)

    @property
    def count_days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        return [self.first + number * ONE_DAY for number in range(self.count_days)]

    @property
    def before(self) -> "Span":
        """As many days before: what it is compared with. Of a month, the month before up to the same day."""
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
