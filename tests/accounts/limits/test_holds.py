"""Holds: on every limit that applies or on none, settled or released once, refused with the name of the limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.limits import holds, rules
from accounts.limits.refusals import LimitReached, Wish
from accounts.models import (
    ApiKey,
    Counter,
    Hold,
    HoldState,
    Organization,
    Period,
    Quota,
    Role,
    Scope,
    Subject,
    Unit,
    User,
)
from accounts.models.limits_and_holds import RENEWING
from accounts.people import members
from saas.database import tenancy
from tests.accounts.conftest import MakeKey
from tests.conftest import actions, must_be_member
from tests.support.text_holds import PLAIN, allow, counter, hold, release, settle, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(make_key: MakeKey, bob: User) -> ApiKey:
    made, _ = make_key(bob, Scope.GENERATE)
    return made


def nothing_is_held(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        assert not Hold.objects.exists()
        assert not Counter.objects.exclude(held_micros=0, held_images=0, spent_micros=0, spent_images=0).exists()


def test_a_hold_counts_on_key_member_and_organization_for_day_and_month(
    acme: Organization, bob: User, key: ApiKey
) -> None:
    hold(acme, bob, 10, pictures=3, api_key=key)
    for subject, subject_id in ((Subject.KEY, key.pk), (Subject.MEMBER, bob.pk), (Subject.ORGANIZATION, acme.pk)):
        for period in RENEWING:
            assert standing(acme, subject, subject_id, period) == (0, 30, 0, 3)


def test_settling_moves_what_was_held_to_what_is_spent(acme: Organization, bob: User) -> None:
    first, second = hold(acme, bob, 10, pictures=2)
    assert settle(first, 7) == 7
    assert standing(acme, Subject.MEMBER, bob.pk) == (7, 10, 1, 1)
    assert release(second)
    assert standing(acme, Subject.ORGANIZATION, acme.pk) == (7, 0, 1, 0)


def test_settling_and_releasing_twice_changes_nothing(acme: Organization, bob: User) -> None:
    first, second = hold(acme, bob, 10, pictures=2)
    assert (settle(first, 7), settle(first, 7), settle(first, 9, is_estimated=True)) == (7, None, None)
    assert (release(second), release(second), release(first)) == (True, False, False)
    assert standing(acme, Subject.MEMBER, bob.pk) == (7, 0, 1, 0)


def test_a_guess_is_put_right_once_the_truth_is_known(acme: Organization, bob: User) -> None:
    (held,) = hold(acme, bob, 10)
    assert settle(held, 10, is_estimated=True) == 10
    assert settle(held, 7) == -3
    assert settle(held, 6) is None
    assert standing(acme, Subject.MEMBER, bob.pk) == (7, 0, 1, 0)


def test_what_was_given_back_and_is_charged_after_all_is_spent(acme: Organization, bob: User) -> None:
    (held,) = hold(acme, bob, 10)
    release(held)
    assert settle(held, 7) == 7
    assert standing(acme, Subject.MEMBER, bob.pk) == (7, 0, 1, 0)


LIMITED = ["organization", "role", "member", "key"]


@pytest.mark.parametrize("whose", LIMITED)
@pytest.mark.parametrize(
    ("values", "fits"),
    [({"money_day": 70}, 7), ({"money_month": 70}, 7), ({"images_day": 3}, 3), ({"images_month": 0}, 0)],
)
def test_a_limit_lets_in_what_fits_and_nothing_more(
    whose: str, values: dict[str, int], fits: int, acme: Organization, alice: User, bob: User, key: ApiKey
) -> None:
    subject = Subject(whose)
    names: dict[str, dict[str, Any]] = {"role": {"role": Role.MEMBER}, "key": {"api_key": key}}
    names["member"] = {"user": bob}
    named = names.get(whose, {})
    allow(acme, alice, subject, **named, **values)
    for _ in range(fits):
        hold(acme, bob, 10, api_key=key)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 10, api_key=key)
    unit, period = next(iter(values)).split("_")
    counted = "member" if whose == "role" else whose
    assert refusal.value.code == f"{counted}_{unit}_{period}"
    assert refusal.value.left == 0
    assert refusal.value.resets_at is not None
    with tenancy.tenant(acme.pk):
        assert Hold.objects.count() == fits


def test_what_one_limit_refuses_is_held_on_no_other(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_day=9)
    allow(acme, alice, Subject.ORGANIZATION, money_month=1_000)
    with pytest.raises(LimitReached):
        hold(acme, bob, 10)
    nothing_is_held(acme)


def test_null_is_unlimited(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=10)
    assert counter_after_hold(acme, bob).allowed_micros is None
    hold(acme, bob, 10**15)
    assert counter(acme, Subject.ORGANIZATION, acme.pk, Period.DAY).left(Unit.MONEY) is None


def counter_after_hold(org: Organization, user: User) -> Counter:
    hold(org, user)
    return counter(org, Subject.ORGANIZATION, org.pk, Period.DAY)


def test_zero_allows_nothing(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_day=0)
    with pytest.raises(LimitReached):
        hold(acme, bob, 1)
    nothing_is_held(acme)


def test_a_role_s_limit_is_each_persons_and_ones_own_takes_its_place(
    acme: Organization, alice: User, bob: User, adam: User
) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, images_day=1)
    allow(acme, alice, Subject.ROLE, role=Role.ADMIN, images_day=1)
    allow(acme, alice, Subject.MEMBER, user=adam)  # says nothing, so that nothing limits Adam
    hold(acme, bob)
    with pytest.raises(LimitReached, match="Your daily limit has 0 pictures left"):
        hold(acme, bob)
    for _ in range(3):
        hold(acme, adam)
    hold(acme, alice)


def test_whoever_changes_role_has_the_limit_of_the_new_one_with_what_they_spent(
    acme: Organization, alice: User, bob: User
) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.ADMIN, images_day=2)
    for _ in range(2):
        hold(acme, bob)
    with tenancy.tenant(acme.pk):
        members.change_role(member=must_be_member(acme, bob), by=must_be_member(acme, alice), role=Role.ADMIN)
    with pytest.raises(LimitReached):
        hold(acme, bob)


def test_a_limit_below_what_is_spent_stops_new_runs_and_nothing_else(
    acme: Organization, alice: User, bob: User
) -> None:
    first, second = hold(acme, bob, 10, pictures=2)
    allow(acme, alice, Subject.ORGANIZATION, money_month=5)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 1)
    assert refusal.value.left == 0
    assert settle(first, 9) == 9
    assert release(second)
    assert standing(acme, Subject.ORGANIZATION, acme.pk) == (9, 0, 1, 0)


def test_a_limit_that_is_raised_or_removed_counts_at_once(acme: Organization, alice: User, bob: User) -> None:
    quota = allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    hold(acme, bob)
    allow(acme, alice, Subject.ORGANIZATION, images_day=2)
    hold(acme, bob)
    with pytest.raises(LimitReached):
        hold(acme, bob)
    with tenancy.tenant(acme.pk):
        rules.remove(org=acme, by=must_be_member(acme, alice), quota=quota)
    hold(acme, bob)
    assert actions(acme) == ["limits.changed", "limits.changed", "limits.removed"]


def test_setting_what_is_set_already_is_no_change(acme: Organization, alice: User) -> None:
    for _ in range(2):
        allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    assert actions(acme) == ["limits.changed"]


def test_play_money_and_real_money_never_meet(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    hold(acme, bob, is_play=True)
    hold(acme, bob)
    with pytest.raises(LimitReached):
        hold(acme, bob, is_play=True)


def test_a_rival_s_spending_and_limits_are_their_own(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    allow(rival, charlie, Subject.ORGANIZATION, images_day=0)
    hold(acme, bob)
    with pytest.raises(LimitReached):
        hold(rival, charlie)
    nothing_is_held(rival)
    with tenancy.tenant(rival.pk):
        assert not Quota.objects.filter(org=acme).exists()


def test_a_refusal_names_limit_rest_moment_and_whom_to_ask(acme: Organization, alice: User, bob: User) -> None:
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(time_zone="Europe/Berlin")
        acme.refresh_from_db()
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=250_000)
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    hold(acme, bob, 100_000, now=noon)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 170_000, now=noon)
    assert refusal.value.sentence == (
        "Your monthly limit has $0.15 left, and this needs up to $0.17. "
        "It resets on 1 December 2026 at 00:00 (Europe/Berlin). Ask Alice for more."
    )
    assert refusal.value.resets_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert (refusal.value.code, refusal.value.left) == ("member_money_month", 150_000)


@pytest.mark.parametrize(
    ("values", "wish", "code"),
    [
        ({"model_names": ["gpt-image-2.5-flare"]}, PLAIN, "member_model"),
        ({"model_names": []}, PLAIN, "member_model"),
        ({"most_pixels": 1024 * 1024 - 1}, PLAIN, "member_size"),
        ({"highest_quality": "low"}, Wish("gpt-image-2", "medium", 1, 1), "member_quality"),
        ({"highest_quality": "high"}, Wish("gpt-image-2", "unheard of", 1, 1), "member_quality"),
        ({"most_pictures": 3}, Wish("gpt-image-2", "low", 1, 4), "member_pictures"),
    ],
)
def test_a_ceiling_refuses_what_is_above_it(
    values: dict[str, Any], wish: Wish, code: str, acme: Organization, alice: User, bob: User
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, **values)
    with pytest.raises(LimitReached, match="Ask Alice for more") as refusal:
        hold(acme, bob, wish=wish)
    assert refusal.value.code == code
    nothing_is_held(acme)


def test_what_stands_at_the_ceiling_passes(acme: Organization, alice: User, bob: User) -> None:
    values: dict[str, Any] = {
        "model_names": ["gpt-image-2"],
        "most_pixels": 1024 * 1024,
        "highest_quality": "low",
        "most_pictures": 1,
    }
    allow(acme, alice, Subject.MEMBER, user=bob, **values)
    assert len(hold(acme, bob)) == 1


def test_runs_at_once_count_what_still_runs(acme: Organization, alice: User, bob: User, adam: User) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, runs_at_once=1)
    first, second = hold(acme, bob, pictures=2)
    with pytest.raises(LimitReached, match="1 run at once"):
        hold(acme, bob)
    hold(acme, adam)
    settle(first, 5)
    release(second)
    hold(acme, bob)


def test_runs_a_minute_count_the_last_sixty_seconds(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, runs_per_minute=2)
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for seconds in (0, 30):
        release(hold(acme, bob, now=noon + timedelta(seconds=seconds))[0])
    with pytest.raises(LimitReached, match="2 runs a minute"):
        hold(acme, bob, now=noon + timedelta(seconds=59))
    hold(acme, bob, now=noon + timedelta(seconds=61))


MIDNIGHT_BERLIN = datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_new_day_and_a_new_month_begin_at_the_organizations_midnight(
    acme: Organization, alice: User, bob: User
) -> None:
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(time_zone="Europe/Berlin")
        acme.refresh_from_db()
    allow(acme, alice, Subject.ORGANIZATION, images_day=1, images_month=1)
    hold(acme, bob, now=MIDNIGHT_BERLIN - timedelta(seconds=1))
    with pytest.raises(LimitReached):
        hold(acme, bob, now=MIDNIGHT_BERLIN - timedelta(microseconds=1))
    hold(acme, bob, now=MIDNIGHT_BERLIN)


def test_what_begins_in_one_month_and_ends_in_the_next_counts_where_it_began(acme: Organization, bob: User) -> None:
    october = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
    (old,) = hold(acme, bob, 10, now=october)
    hold(acme, bob, 20, now=october + timedelta(seconds=2))
    settle(old, 9)
    of_october = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, starts_on="2026-10-01")
    of_november = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, starts_on="2026-11-01")
    assert (of_october.spent_micros, of_october.held_micros) == (9, 0)
    assert (of_november.spent_micros, of_november.held_micros) == (0, 20)


def test_a_hold_remembers_that_it_may_have_been_charged(acme: Organization, bob: User) -> None:
    (held,) = hold(acme, bob, 10)
    with tenancy.tenant(acme.pk):
        assert holds.doubt(held)
        assert not holds.doubt(held)
        assert Hold.objects.get().state == HoldState.UNCERTAIN
    assert standing(acme, Subject.MEMBER, bob.pk) == (0, 10, 0, 1)
    assert settle(held, 10) == 10
    assert standing(acme, Subject.MEMBER, bob.pk) == (10, 0, 1, 0)
