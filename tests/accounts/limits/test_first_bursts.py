"""The first burst of a new key, a new member, a new day and a new month: many meet counters that do not exist yet. Each
call is answered by a hold or by an honest refusal, nothing passes the limit, and no two wait for each other."""

from collections import Counter as Tally
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts import api_keys
from accounts.limits.refusals import LimitReached
from accounts.models import ApiKey, Counter, Hold, Organization, Scope, Subject, User
from billing.reconciling import COUNTERS
from saas.database import tenancy
from tests.conftest import must_be_member
from tests.support.deadlocks import no_deadlocks
from tests.support.snapshot import at_once
from tests.support.text_holds import allow, hold, release, settle

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE, EACH = 16, 10  # as many as the pool has connections for, beside the test's own
IN_A_ROW = 3  # so that some find the counters that others are about to make, and some come after them
MIDNIGHT = datetime(2026, 11, 18, tzinfo=UTC)
END_OF_MONTH = datetime(2026, 12, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
Act = Callable[[], Any]


def key_of(org: Organization, by: User, name: str = "Importer") -> ApiKey:
    with tenancy.tenant(org.pk):
        key, _ = api_keys.make(org=org, by=must_be_member(org, by), name=name, scopes=[Scope.GENERATE])
        return key


def counters_are_exact(org: Organization) -> None:
    """Each says what its holds say, and none is above its limit."""
    with tenancy.tenant(org.pk), connection.cursor() as cursor:
        cursor.execute(COUNTERS, {"org": org.pk})
        assert cursor.fetchall() == []
        for counter in Counter.objects.filter(org=org).exclude(allowed_micros=None):
            assert counter.spent_micros + counter.held_micros <= (counter.allowed_micros or 0), counter


def several(*arguments: Any, **options: Any) -> list[str]:
    def one() -> str:
        try:
            hold(*arguments, **options)
        except LimitReached:
            return "refused"
        return "held"

    return [one() for _ in range(IN_A_ROW)]


def outcomes(org: Organization, *acts: Act) -> Tally[str]:
    """All wait for the organization's row before the first goes on."""
    with no_deadlocks():
        answers = at_once(org, *acts)
    return Tally(said for each in answers for said in (each if isinstance(each, list) else [repr(each)]))


def said(held: int, count: int = AT_ONCE) -> dict[str, int]:
    return {"held": held, "refused": count * IN_A_ROW - held}


@pytest.mark.parametrize("has_spent_before", [True, False], ids=["fresh key", "fresh member"])
def test_the_first_burst_of_a_key_or_a_member_is_answered(
    has_spent_before: bool, acme: Organization, alice: User, bob: User
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_month=EACH * 9 + EACH - 1)
    hold(acme, bob if has_spent_before else alice, EACH)
    key = key_of(acme, bob)
    acts = [partial(several, acme, bob, EACH, api_key=key) for _ in range(AT_ONCE)]
    assert outcomes(acme, *acts) == said(held=8)
    counters_are_exact(acme)


@pytest.mark.parametrize(
    ("turn", "limit"), [(MIDNIGHT, "money_day"), (END_OF_MONTH, "money_month")], ids=["midnight", "end of the month"]
)
def test_a_burst_over_the_turn_of_a_period_is_answered_on_both_sides(
    turn: datetime, limit: str, acme: Organization, alice: User, bob: User
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, **{limit: EACH * 5})
    keys = [key_of(acme, bob, name) for name in ("One", "Two")]
    for number, key in enumerate(keys):
        hold(acme, bob, EACH, api_key=key, now=turn - timedelta(hours=1, minutes=number))
    acts = [
        partial(several, acme, bob, EACH, api_key=keys[number % 2], now=turn - INSTANT if number % 4 < 2 else turn)
        for number in range(AT_ONCE)
    ]
    assert outcomes(acme, *acts) == said(held=3 + 5)
    counters_are_exact(acme)


def test_settlements_and_releases_meet_the_first_burst_of_a_day(acme: Organization, alice: User, bob: User) -> None:
    key = key_of(acme, bob)
    before = [held for _ in range(10) for held in hold(acme, bob, EACH, api_key=key, now=MIDNIGHT - INSTANT)]
    acts: list[Act] = [partial(settle, held, EACH - 1) for held in before[:5]]
    acts += [partial(release, held) for held in before[5:]]
    acts += [partial(several, acme, bob, EACH, api_key=key_of(acme, bob, f"Key {n}"), now=MIDNIGHT) for n in range(6)]
    assert outcomes(acme, *acts) == {str(EACH - 1): 5, "True": 5, "held": 6 * IN_A_ROW}
    counters_are_exact(acme)
    with tenancy.tenant(acme.pk):
        assert (
            sorted(Hold.objects.values_list("state", flat=True))
            == ["open"] * 6 * IN_A_ROW + ["released"] * 5 + ["settled"] * 5
        )


def test_the_lent_key_s_first_burst_of_a_day_follows_the_operator(
    acme: Organization, alice: User, bob: User, settings: Any
) -> None:
    """The operator has changed the setting, so that each call has to set the loan's counter right before it takes."""
    settings.LENT_MICROS_A_DAY, settings.LENT_MICROS_A_MONTH = EACH * 100, EACH * 100
    key = key_of(acme, bob)
    hold(acme, alice, EACH, is_lent=True)
    settings.LENT_MICROS_A_MONTH = EACH * 7
    acts = [partial(several, acme, bob, EACH, api_key=key, is_lent=True) for _ in range(AT_ONCE)]
    assert outcomes(acme, *acts) == said(held=6)
    counters_are_exact(acme)
