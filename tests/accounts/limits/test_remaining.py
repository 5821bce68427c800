"""Which budget pays, as the prompt bar says it."""

from accounts.limits import remaining
from accounts.limits.periods import today
from accounts.models import Counter, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from tests.conftest import must_be_member

DOLLAR = 1_000_000


def tightest(org: Organization, user: User, *, is_play: bool = False) -> remaining.Budget | None:
    with tenancy.tenant(org.pk):
        return remaining.tightest(must_be_member(org, user), is_play=is_play)


def limit(org: Organization, subject: Subject = Subject.ORGANIZATION, **values: object) -> None:
    with tenancy.tenant(org.pk):
        Quota.objects.create(org=org, subject=subject, **values)


def spend(org: Organization, subject: Subject, subject_id: int, period: Period, *, allowed: int, spent: int) -> None:
    with tenancy.tenant(org.pk):
        starts_on = today(org).start(period)
        fields = {"subject": subject, "subject_id": subject_id, "period": period, "starts_on": starts_on}
        Counter.objects.create(org=org, is_play=False, allowed_micros=allowed, spent_micros=spent, **fields)


def test_without_a_limit_there_is_none_to_name(acme: Organization, bob: User) -> None:
    assert tightest(acme, bob) is None


def test_a_limit_that_nobody_has_met_yet_is_whole(acme: Organization, bob: User) -> None:
    limit(acme, money_month=20 * DOLLAR)
    assert tightest(acme, bob) == remaining.Budget("Acme's", Period.MONTH, 20 * DOLLAR, 20 * DOLLAR)


def test_the_one_that_ends_first_is_named(acme: Organization, bob: User) -> None:
    limit(acme, money_month=20 * DOLLAR)
    limit(acme, Subject.MEMBER, user=bob, money_day=5 * DOLLAR)
    spend(acme, Subject.MEMBER, bob.pk, Period.DAY, allowed=5 * DOLLAR, spent=4 * DOLLAR)
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, allowed=20 * DOLLAR, spent=3 * DOLLAR)
    found = tightest(acme, bob)
    assert found == remaining.Budget("Your", Period.DAY, 5 * DOLLAR, DOLLAR)
    assert found.name == "Your day"
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.DAY, allowed=DOLLAR, spent=DOLLAR)
    assert tightest(acme, bob) == remaining.Budget("Acme's", Period.DAY, DOLLAR, 0)


def test_play_money_is_counted_apart(acme: Organization, bob: User) -> None:
    limit(acme, money_month=20 * DOLLAR)
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, allowed=20 * DOLLAR, spent=19 * DOLLAR)
    found = tightest(acme, bob, is_play=True)
    assert found is not None
    assert found.left == 20 * DOLLAR


def test_anothers_limits_are_nobodys_business(acme: Organization, rival: Organization, alice: User, bob: User) -> None:
    limit(acme, Subject.MEMBER, user=alice, money_day=DOLLAR)
    assert tightest(acme, bob) is None
