"""Days and months in an organization's own calendar, also where a day has 23 or 25 hours, or was never there."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.limits.periods import resets_at, today
from accounts.limits.refusals import LimitReached
from accounts.models import Organization, Period, Subject, User
from accounts.models.limits_and_holds import RENEWING
from saas.database import tenancy
from tests.support.text_holds import allow, counter, hold, settle

INSTANT = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Apia",  # had no 30 December 2011
    "Africa/Cairo",  # its summer begins at midnight: that day has none
    "America/Santiago",
    "America/Havana",  # its summer ends after midnight: that day has two
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 given a zone


def in_zone(name: str) -> Organization:
    return Organization(name="Acme", slug="acme", time_zone=name)


@given(zone=st.sampled_from(ZONES), period=st.sampled_from(RENEWING), moment=MOMENTS)
@example("Pacific/Apia", Period.DAY, datetime(2011, 12, 30, 9, tzinfo=UTC))
@example("Africa/Cairo", Period.DAY, datetime(2026, 4, 23, 12, tzinfo=UTC))
@example("America/Havana", Period.DAY, datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
@example("America/Santiago", Period.DAY, datetime(2026, 4, 5, 3, 30, tzinfo=UTC))
def test_it_resets_at_the_very_instant_at_which_the_next_one_begins(
    zone: str, period: Period, moment: datetime
) -> None:
    org = in_zone(zone)
    starts_on = today(org, moment).start(period)
    end = resets_at(org, period, starts_on)
    assert end > moment
    assert today(org, end - INSTANT).start(period) == starts_on
    assert today(org, end).start(period) > starts_on


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Pacific/Apia", date(2026, 11, 21), 24),
    ],
)
@pytest.mark.django_db
def test_a_days_limit_holds_for_as_many_hours_as_the_day_has(
    zone: str, day: date, hours: int, acme: Organization, alice: User, bob: User
) -> None:
    use_zone(acme, zone)
    begin = resets_at(acme, Period.DAY, day - timedelta(days=1))
    end = begin + timedelta(hours=hours)
    assert resets_at(acme, Period.DAY, day) == end
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    hold(acme, bob, now=begin - INSTANT)
    hold(acme, bob, now=begin)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, now=end - INSTANT)
    assert refusal.value.resets_at == end
    hold(acme, bob, now=end)
    assert counter(acme, Subject.ORGANIZATION, acme.pk, Period.DAY, starts_on=day).held_images == 1


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", datetime(2026, 10, 31, 23, tzinfo=UTC)),  # November, in winter
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),  # November, still in summer
        ("Pacific/Apia", datetime(2026, 10, 31, 11, tzinfo=UTC)),
    ],
)
@pytest.mark.django_db
def test_a_run_over_the_end_of_a_month_counts_where_it_was_asked_for(
    zone: str, begins: datetime, acme: Organization, alice: User, bob: User
) -> None:
    use_zone(acme, zone)
    allow(acme, alice, Subject.ORGANIZATION, money_month=10)
    (old,) = hold(acme, bob, 10, now=begins - INSTANT)
    hold(acme, bob, 10, now=begins)
    settle(old, 9)
    october = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, starts_on="2026-10-01")
    november = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, starts_on="2026-11-01")
    assert (october.spent_micros, october.held_micros) == (9, 0)
    assert (november.spent_micros, november.held_micros) == (0, 10)


@pytest.mark.django_db
def test_a_team_that_moves_its_midnight_settles_where_it_held(acme: Organization, bob: User) -> None:
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    (held,) = hold(acme, bob, 10, now=noon)
    use_zone(acme, "Pacific/Apia")  # where it is December already
    assert today(acme, noon).month == date(2026, 12, 1)
    settle(held, 9)
    november = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, starts_on="2026-11-01")
    assert (november.spent_micros, november.held_micros) == (9, 0)


def use_zone(org: Organization, name: str) -> None:
    with tenancy.tenant(org.pk):
        Organization.objects.filter(pk=org.pk).update(time_zone=name)
        org.refresh_from_db()
