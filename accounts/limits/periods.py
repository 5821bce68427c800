"""Compute days and months in an organization's own calendar: its limits reset at its midnight."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Organization, Period

EVER = date(1970, 1, 1)  # the first day of what does not renew


@dataclass(frozen=True, slots=True)
class Today:
    """The day and the month that a moment belongs to."""

    day: date

    @property
    def month(self) -> date:
        return self.day.replace(day=1)

    def start(self, period: Period) -> date:
        return {Period.DAY: self.day, Period.MONTH: self.month, Period.EVER: EVER}[period]


def today(org: Organization, moment: datetime | None = None) -> Today:
    return Today((moment or timezone.now()).astimezone(zone(org)).date())


def resets_at(org: Organization, period: Period, starts_on: date) -> datetime:
    """Return the first moment of the next period. Midnight is computed in the time zone, so that days of 23 or 25 hours
    are right."""
    following = starts_on + timedelta(days=1 if period == Period.DAY else 31)
    first = following if period == Period.DAY else following.replace(day=1)
    return datetime.combine(first, time(), zone(org)).astimezone(UTC)


def zone(org: Organization) -> ZoneInfo:
    return ZoneInfo(org.time_zone)
