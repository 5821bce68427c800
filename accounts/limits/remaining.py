"""Find which budget pays for the next request, and what is left in it. Only for showing: `accounts.limits.holds`
decides what may be spent, under locks, when it is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Q, QuerySet

from accounts.limits import rules as limit_rules
from accounts.limits.counters import CounterState, Place, places
from accounts.limits.periods import resets_at, today
from accounts.models import ApiKey, Counter, Membership, Period, Subject, Unit
from accounts.models.provider_kinds import KINDS

WHOSE = {Subject.ORGANIZATION.value: "", Subject.KEY.value: "The API key's", Subject.LOAN.value: "The lent key's"}
LENT_KINDS = [name for name, kind in KINDS.items() if kind.is_lent]


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit on money that counts now."""

    whose: str
    period: Period
    allowed: int
    left: int
    resets_at: datetime

    @property
    def name(self) -> str:
        return f"{self.whose} {'day' if self.period == Period.DAY else 'month'}"


def tightest(
    member: Membership, api_key: ApiKey | None = None, *, is_play: bool, is_lent: bool = False
) -> Budget | None:
    """Return the budget with the least left; None if nothing is limited. `is_lent` says whether the lent key pays."""
    return tightest_of(counters(member, api_key, is_lent=is_lent), member, api_key, is_play=is_play, is_lent=is_lent)


def tightest_of(
    found: Iterable[Counter], member: Membership, api_key: ApiKey | None = None, *, is_play: bool, is_lent: bool
) -> Budget | None:
    """Do as `tightest`, if the counters are at hand already."""
    counted = {_place(counter): counter for counter in found if counter.is_play == is_play}
    budgets = [_counted(member, counter) for counter in counted.values()]
    if missing := [place for place in places_now(member, api_key, is_lent=is_lent) if place not in counted]:
        rules = limit_rules.rules_for(member, api_key, is_lent=is_lent)
        budgets += [_uncounted(member, place, rules) for place in missing]
    return min((budget for budget in budgets if budget is not None), key=lambda budget: budget.left, default=None)


def tightest_counted(found: Iterable[CounterState], member: Membership) -> Budget | None:
    """Do as `tightest`, of all counters that count, as a function of the database has returned them."""
    limited = [(one, one.allowed_micros) for one in found if one.allowed_micros is not None]
    budgets = [
        _budget(member, one.place, allowed, max(0, allowed - one.spent_micros - one.held_micros))
        for one, allowed in limited
    ]
    return min(budgets, key=lambda budget: budget.left, default=None)


def counters(member: Membership, api_key: ApiKey | None = None, *, is_lent: bool) -> list[Counter]:
    """Return the counters of today and this month, of real and of play money, that count for a member and a key. One
    that nothing has been counted in yet may be missing."""
    return list(_counters(member, api_key, is_lent=is_lent))


def counters_by_default(member: Membership, api_key: ApiKey | None = None) -> tuple[list[Counter], bool]:
    """Return the counters that count with the default connection, and whether it uses the lent key. One question, or
    two if nothing has been counted yet."""
    lent = member.org.connections.filter(is_default=True, kind__in=LENT_KINDS)
    found = list(_counters(member, api_key, is_lent=True).annotate(is_lent=Exists(lent)))
    is_lent: bool = found[0].is_lent if found else lent.exists()
    return [counter for counter in found if is_lent or counter.subject != Subject.LOAN], is_lent


def _counters(member: Membership, api_key: ApiKey | None, *, is_lent: bool) -> QuerySet[Counter]:
    here = Q(pk=None)
    for place in places_now(member, api_key, is_lent=is_lent):
        here |= Q(**place._asdict())
    return Counter.objects.filter(here, org=member.org_id).order_by("subject", "period", "is_play")


def _counted(member: Membership, counter: Counter) -> Budget | None:
    left = counter.left(Unit.MONEY)
    if left is None:
        return None
    return _budget(member, _place(counter), counter.allowed_micros or 0, left)


def _uncounted(member: Membership, place: Place, rules: limit_rules.Rules) -> Budget | None:
    """Return the whole limit of a day or month in which nothing has been counted yet."""
    quota, period = rules.get(place.subject), Period(place.period)
    allowed = quota.limit(Unit.MONEY, period) if quota else None
    return None if allowed is None else _budget(member, place, allowed, allowed)


def _budget(member: Membership, place: Place, allowed: int, left: int) -> Budget:
    period = Period(place.period)
    return Budget(_whose(member, place.subject), period, allowed, left, resets_at(member.org, period, place.starts_on))


def places_now(member: Membership, api_key: ApiKey | None, *, is_lent: bool) -> list[Place]:
    """Return the counters of today and this month that count for a member and a key."""
    key_id = api_key.pk if api_key else None
    return places(member.org_id, member.user_id, key_id, today(member.org), is_lent=is_lent)


def _place(counter: Counter) -> Place:
    return Place(counter.subject, counter.subject_id, counter.period, counter.starts_on)


def _whose(member: Membership, subject: str) -> str:
    return WHOSE.get(subject, "Your") or f"{member.org.name}'s"
