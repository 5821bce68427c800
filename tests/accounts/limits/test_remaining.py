"""Which budget pays, as the prompt bar says it."""

from pytest_django import DjangoAssertNumQueries

from accounts.limits import remaining
from accounts.limits.periods import resets_at, today
from accounts.models import ApiKey, Counter, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from tests.conftest import must_be_member

DOLLAR = 1_000_000


def tightest(org: Organization, user: User, *, is_play: bool = False) -> remaining.Budget | None:
    with tenancy.tenant(org.pk):
        return remaining.read(must_be_member(org, user)).tightest(is_play=is_play)


def budget(org: Organization, whose: str, period: Period, allowed: int, left: int) -> remaining.Budget:
    with tenancy.tenant(org.pk):
        return remaining.Budget(whose, period, allowed, left, resets_at(org, period, today(org).start(period)))


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
    assert tightest(acme, bob) == budget(acme, "Acme's", Period.MONTH, 20 * DOLLAR, 20 * DOLLAR)


def test_the_one_that_ends_first_is_named(acme: Organization, bob: User) -> None:
    limit(acme, money_month=20 * DOLLAR)
    limit(acme, Subject.MEMBER, user=bob, money_day=5 * DOLLAR)
    spend(acme, Subject.MEMBER, bob.pk, Period.DAY, allowed=5 * DOLLAR, spent=4 * DOLLAR)
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, allowed=20 * DOLLAR, spent=3 * DOLLAR)
    found = tightest(acme, bob)
    assert found == budget(acme, "Your", Period.DAY, 5 * DOLLAR, DOLLAR)
    assert found.name == "Your day"
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.DAY, allowed=DOLLAR, spent=DOLLAR)
    assert tightest(acme, bob) == budget(acme, "Acme's", Period.DAY, DOLLAR, 0)


def test_play_money_is_counted_apart(acme: Organization, bob: User) -> None:
    limit(acme, money_month=20 * DOLLAR)
    spend(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, allowed=20 * DOLLAR, spent=19 * DOLLAR)
    found = tightest(acme, bob, is_play=True)
    assert found is not None
    assert found.left == 20 * DOLLAR


def test_anothers_limits_are_nobodys_business(acme: Organization, rival: Organization, alice: User, bob: User) -> None:
    limit(acme, Subject.MEMBER, user=alice, money_day=DOLLAR)
    assert tightest(acme, bob) is None


def test_a_key_has_limits_of_its_own(acme: Organization, bob: User) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        key = ApiKey.objects.create(
            org=acme, maker=bob, name="Night", token_hash="0" * 64, prefix="dk_night", scopes=[]
        )
        Quota.objects.create(org=acme, subject=Subject.KEY, api_key=key, money_day=DOLLAR)
        assert remaining.read(member).tightest(is_play=False) is None
        found = remaining.read(member, key).tightest(is_play=False)
    assert found == budget(acme, "The API key's", Period.DAY, DOLLAR, DOLLAR)


def test_one_question_finds_all_limits(
    acme: Organization, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    limit(acme, money_month=20 * DOLLAR)
    for subject, subject_id in [(Subject.ORGANIZATION, acme.pk), (Subject.MEMBER, bob.pk)]:
        spend(acme, subject, subject_id, Period.DAY, allowed=DOLLAR, spent=0)
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        with django_assert_num_queries(1):
            limits = remaining.read(member)
            found = [limits.tightest(is_play=is_play) for is_play in (False, True)]
    assert [one.left for one in found if one] == [DOLLAR, 20 * DOLLAR]
    assert [(one.subject, one.spent_micros) for one in limits.found] == [("member", 0), ("organization", 0)]
