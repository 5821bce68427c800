"""What an organization may spend with the key that the operator lends to all: the operator's to say, and no admin's to
change. One more limit among the others, held and counted with them."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from accounts import audit, counters, limits
from accounts.counters import Amount, Place
from accounts.models import Counter, Hold, Organization, Period, Quota, Subject, User
from accounts.periods import today
from saas import money, tenancy


def of(org: Organization) -> Quota:
    """What the operator has said of this organization, or else of all."""
    return Quota.objects.filter(org=org, subject=Subject.LOAN).first() or limits.usual_loan(org.pk)


def change(*, org: Organization, by: User, money_day: int | None, money_month: int | None) -> None:
    """The operator's act, like the next one. None is unlimited."""
    with tenancy.tenant(org.pk):
        org = org.locked()
        before = of(org)
        if before.pk and (before.money_day, before.money_month) == (money_day, money_month):
            return
        values = {"money_day": money_day, "money_month": money_month, "changed_at": timezone.now()}
        now, _ = Quota.objects.update_or_create(org=org, subject=Subject.LOAN, defaults=values)
        limits.refresh(org)
        _record(org, by, before, now)


def as_usual(*, org: Organization, by: User) -> None:
    """Back to what holds for all."""
    with tenancy.tenant(org.pk):
        org = org.locked()
        before = of(org)
        if before.pk is None:
            return
        Quota.objects.filter(pk=before.pk).delete()
        limits.refresh(org)
        _record(org, by, before, of(org))


def follow_setting(org: Organization, rule: Quota, wanted: Sequence[Place]) -> None:
    """The operator may have set another amount for all since the counters were made. `wanted` is what the caller will
    take from, all of it locked here first."""
    if rule.pk is not None:
        return
    now = today(org)
    of_loan = Counter.objects.filter(org=org, subject=Subject.LOAN)
    days = of_loan.filter(~Q(allowed_micros=rule.money_day), period=Period.DAY, starts_on=now.day)
    months = of_loan.filter(~Q(allowed_micros=rule.money_month), period=Period.MONTH, starts_on=now.month)
    if not (days | months).exists():
        return
    own = (Place(Subject.LOAN, org.pk, period, now.start(period)) for period in (Period.DAY, Period.MONTH))
    counters.lock(org.pk, [*wanted, *own])
    if of(org).pk is None:  # else they have said something of this organization meanwhile
        days.update(allowed_micros=rule.money_day)
        months.update(allowed_micros=rule.money_month)


def begin(held: Hold) -> bool:
    """The key takes over for another connection. Answers whether what is held fits; then it counts."""
    rule, wanted, amount = of(held.org), counters.places_of_loan(held), Amount(held.micros, 1)
    follow_setting(held.org, rule, wanted)
    found = counters.take(held.org_id, wanted, amount, is_play=held.is_play)
    if len(found) < len(wanted):
        limits.make_counters(held.org, wanted, {Subject.LOAN.value: rule}, is_play=held.is_play)
        found = counters.take(held.org_id, wanted, amount, is_play=held.is_play)
    fits = all(counter.fits for counter in found)
    if fits:
        _mark(held, is_lent=True)
    return fits


def end(held: Hold) -> None:
    """Another connection takes over for the key."""
    given_back = Amount(-held.micros, -1)
    counters.shift(
        held.org_id, counters.places_of_loan(held), held=given_back, spent=Amount(0, 0), is_play=held.is_play
    )
    _mark(held, is_lent=False)


def describe(org: Organization) -> str:
    """For the operator."""
    rule = of(org)
    word = "set for it" if rule.pk else "as for all"
    return f"{_said(rule.money_month)} a month, {_said(rule.money_day)} a day ({word})"


def _mark(held: Hold, *, is_lent: bool) -> None:
    held.is_lent = is_lent
    held.save(update_fields=["is_lent"])


def _record(org: Organization, by: User, before: Quota, now: Quota) -> None:
    details = {
        "a month": f"{_said(before.money_month)} → {_said(now.money_month)}",
        "a day": f"{_said(before.money_day)} → {_said(now.money_day)}",
    }
    audit.record(org=org, by=by, action="operator.loan_set", target=org.name, details=details)


def _said(micros: int | None) -> str:
    return "unlimited" if micros is None else f"${money.exact(micros)}"
