"""Find which budget pays for the next request, and what is left in it. Only for showing: `accounts.limits.holds`
decides what may be spent, under locks, when it is asked."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.limits import rules as limit_rules
from accounts.limits.counters import Place, places
from accounts.limits.periods import today
from accounts.models import Counter, Membership, Period, Subject, Unit

WHOSE = {Subject.ORGANIZATION.value: "", Subject.LOAN.value: "The lent key's"}


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit on money that counts now."""

    whose: str
    period: Period
    allowed: int
    left: int

    @property
    def name(self) -> str:
        return f"{self.whose} {'day' if self.period == Period.DAY else 'month'}"


def tightest(member: Membership, *, is_play: bool, is_lent: bool = False) -> Budget | None:
    """Return the budget with the least left; None if nothing is limited."""
    rules = limit_rules.rules_for(member, None, is_lent=is_lent)
    if not rules:
        return None
    wanted = places(member.org_id, member.user_id, None, today(member.org), is_lent=is_lent)
    counters = _counters(member, wanted, is_play=is_play)
    found = [budget for place in wanted if (budget := _budget(member, place, counters.get(place), rules))]
    return min(found, key=lambda budget: budget.left, default=None)


def _budget(member: Membership, place: Place, counter: Counter | None, rules: limit_rules.Rules) -> Budget | None:
    period = Period(place.period)
    whose = WHOSE.get(place.subject, "Your") or f"{member.org.name}'s"
    if counter is not None:
        left = counter.left(Unit.MONEY)
        return None if left is None else Budget(whose, period, counter.allowed_micros or 0, left)
    quota = rules.get(place.subject)  # nothing was counted in this period yet
    allowed = quota.limit(Unit.MONEY, period) if quota else None
    return None if allowed is None else Budget(whose, period, allowed, allowed)


def _counters(member: Membership, wanted: list[Place], *, is_play: bool) -> dict[Place, Counter]:
    here = Q(pk=None)
    for place in wanted:
        here |= Q(**place._asdict())
    found = Counter.objects.filter(here, org=member.org_id, is_play=is_play)
    return {Place(one.subject, one.subject_id, one.period, one.starts_on): one for one in found}
