"""Find which budget pays for the next request, and what is left in it. Only for showing: `accounts.limits.holds`
decides what may be spent, under locks, when it is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.limits import counters as counter_places
from accounts.limits import rules as limit_rules
from accounts.limits.counters import CounterState, Place, places
from accounts.limits.periods import resets_at, today
from accounts.models import ApiKey, Counter, Membership, Period, Quota, Subject, Unit
from accounts.models.provider_kinds import KINDS
from saas.database import functions

WHOSE = {Subject.ORGANIZATION.value: "", Subject.KEY.value: "The API key's", Subject.LOAN.value: "The lent key's"}
LENT_KINDS = [name for name, kind in KINDS.items() if kind.is_lent]
NOW = f"""
SELECT jsonb_build_object(
    'counters', coalesce((
        SELECT jsonb_agg(to_jsonb(c) ORDER BY c.subject, c.period, c.is_play)
        FROM unnest({counter_places.WHERE}) AS place(subject, subject_id, period, starts_on)
        JOIN accounts_counter c USING (subject, subject_id, period, starts_on) WHERE c.org_id = %(org)s), '[]'),
    'quotas', coalesce((SELECT jsonb_agg(to_jsonb(q)) FROM ({limit_rules.RULES}) q), '[]'),
    'is_lent', EXISTS (
        SELECT FROM accounts_providerconnection
        WHERE org_id = %(org)s AND is_default AND kind = ANY (%(lent)s)))
"""  # noqa: S608 our own words


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit on money, or on the number of pictures, that counts now."""

    whose: str
    period: Period
    allowed: int
    left: int
    resets_at: datetime

    @property
    def name(self) -> str:
        return f"{self.whose} {'day' if self.period == Period.DAY else 'month'}"


@dataclass(frozen=True, slots=True)
class LimitsNow:
    """The limits of today and this month that count for a member and a key, whichever connection is used."""

    member: Membership
    api_key: ApiKey | None
    found: Sequence[Counter]  # of real and of play money; one that nothing has been counted in yet may be missing
    quotas: Sequence[Quota]
    default_is_lent: bool  # whether the default connection uses the lent key

    def counters(self, *, is_lent: bool) -> list[Counter]:
        return [counter for counter in self.found if is_lent or counter.subject != Subject.LOAN]

    def tightest(self, *, is_play: bool, is_lent: bool = False, unit: Unit = Unit.MONEY) -> Budget | None:
        """Return the budget of money or of pictures with the least left; None if nothing is limited. `is_lent` says
        whether the lent key pays."""
        counted = {_place(one): one for one in self.counters(is_lent=is_lent) if one.is_play == is_play}
        budgets = [_counted(self.member, counter, unit) for counter in counted.values()]
        places = places_now(self.member, self.api_key, is_lent=is_lent)
        if missing := [place for place in places if place not in counted]:
            rules = limit_rules.by_subject(self.quotas, self.member.org, is_lent=is_lent)
            budgets += [_uncounted(self.member, place, rules, unit) for place in missing]
        return _least(budgets)


def read(member: Membership, api_key: ApiKey | None = None) -> LimitsNow:
    """Read all limits that count now, by one question."""
    places = places_now(member, api_key, is_lent=True)
    values = {**limit_rules.payer(member, api_key, is_lent=True), **counter_places.where(places), "lent": LENT_KINDS}
    said = functions.ask(member.org_id, NOW, values)
    found = [functions.row(Counter, one) for one in said["counters"]]
    quotas = [functions.row(Quota, one) for one in said["quotas"]]
    return LimitsNow(member, api_key, found, quotas, said["is_lent"])


def tightest_counted(found: Iterable[CounterState], member: Membership) -> Budget | None:
    """Return the budget with the least left, of all counters that count."""
    limited = [(one, one.allowed_micros) for one in found if one.allowed_micros is not None]
    budgets = [
        _budget(member, one.place, allowed, max(0, allowed - one.spent_micros - one.held_micros))
        for one, allowed in limited
    ]
    return _least(budgets)


def _least(budgets: Iterable[Budget | None]) -> Budget | None:
    return min((budget for budget in budgets if budget is not None), key=lambda budget: budget.left, default=None)


def _counted(member: Membership, counter: Counter, unit: Unit) -> Budget | None:
    left = counter.left(unit)
    if left is None:
        return None
    return _budget(member, _place(counter), counter.allowed(unit) or 0, left)


def _uncounted(member: Membership, place: Place, rules: limit_rules.Rules, unit: Unit) -> Budget | None:
    """Return the whole limit of a day or month in which nothing has been counted yet."""
    quota, period = rules.get(place.subject), Period(place.period)
    allowed = quota.limit(unit, period) if quota else None
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
