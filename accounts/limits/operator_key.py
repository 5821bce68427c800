"""Set and check what an organization may spend with the key that the operator lends. Only the operator changes it, no
admin. It is one more limit among the others, held and counted with them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.limits import counters, rules
from accounts.limits.counters import Amount, Place
from accounts.limits.periods import today
from accounts.models import Counter, Hold, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from saas.text import money


def loan_of(org: Organization) -> Quota:
    """Return the loan that the operator has set for this organization, or else the usual one."""
    return Quota.objects.filter(org=org, subject=Subject.LOAN).first() or rules.usual_loan(org)


def is_offered(org: Organization) -> bool:
    """Return whether a new organization starts with the operator's key."""
    loan = rules.usual_loan(org)
    return org.has_usual_loan or (loan.money_day is None and loan.money_month is None)


def change(*, org: Organization, by: User, money_day: int | None, money_month: int | None) -> None:
    """Set the loan of one organization, as the operator. None is unlimited."""
    with tenancy.tenant(org.pk):
        org = org.locked()
        before = loan_of(org)
        if before.pk and (before.money_day, before.money_month) == (money_day, money_month):
            return
        values = {"money_day": money_day, "money_month": money_month, "changed_at": timezone.now()}
        now, _ = Quota.objects.update_or_create(org=org, subject=Subject.LOAN, defaults=values)
        rules.refresh(org)
        _record(org, by, before, now)


def as_usual(*, org: Organization, by: User) -> None:
    """Set the loan back to the usual one, as the operator."""
    with tenancy.tenant(org.pk):
        org = org.locked()
        before = loan_of(org)
        if before.pk is None:
            return
        Quota.objects.filter(pk=before.pk).delete()
        rules.refresh(org)
        _record(org, by, before, loan_of(org))


def is_behind(org: Organization, rule: Quota) -> bool:
    """Return whether the operator has changed the usual loan since the counters were made."""
    days, months = _behind(org, rule)
    return rule.pk is None and (days | months).exists()


def follow_setting(org: Organization, rule: Quota, wanted: Sequence[Place]) -> None:
    """Set the counters to the usual loan as it is now. `wanted` are the counters that the caller takes from next: they
    exist, and all of them are locked here first."""
    now = today(org)
    days, months = _behind(org, rule)
    own = (Place(Subject.LOAN, org.pk, period, now.start(period)) for period in (Period.DAY, Period.MONTH))
    counters.lock(org.pk, [*wanted, *own])
    if loan_of(org).pk is None:  # else the operator has set a loan for this organization meanwhile
        days.update(allowed_micros=rule.money_day)
        months.update(allowed_micros=rule.money_month)


def begin(held: Hold) -> bool:
    """Let the lent key take over for another connection. Return whether the hold fits the loan; if so, it counts
    there."""
    with transaction.atomic():
        fits = _take(held)
        # If it does not fit, the slot ends, and that locks the other counters. They come before the loan's in the order
        # of the locks, so roll back to release the loan's locks.
        transaction.set_rollback(not fits)
    if fits:
        _mark(held, is_lent=True)
    return fits


def end(held: Hold) -> None:
    """Let another connection take over for the lent key: the hold no longer counts in the loan."""
    given_back = Amount(-held.micros, -1)
    counters.shift(
        held.org_id, counters.places_of_loan(held), held=given_back, spent=Amount(0, 0), is_play=held.is_play
    )
    _mark(held, is_lent=False)


def describe(org: Organization) -> str:
    """Describe the loan for the operator."""
    rule = loan_of(org)
    word = "set for it" if rule.pk else "as for all" if org.has_usual_loan else "not its founder's first"
    return f"{_show_amount(rule.money_month)} a month, {_show_amount(rule.money_day)} a day ({word})"


def _behind(org: Organization, rule: Quota) -> tuple[QuerySet[Counter], QuerySet[Counter]]:
    """Select the loan's counters of this day and of this month that allow another amount than `rule`."""
    now = today(org)
    of_loan = Counter.objects.filter(org=org, subject=Subject.LOAN)
    days = of_loan.filter(~Q(allowed_micros=rule.money_day), period=Period.DAY, starts_on=now.day)
    months = of_loan.filter(~Q(allowed_micros=rule.money_month), period=Period.MONTH, starts_on=now.month)
    return days, months


def _take(held: Hold) -> bool:
    wanted, amount = counters.places_of_loan(held), Amount(held.micros, 1)
    if is_behind(held.org, loan_of(held.org)):
        follow_setting(held.org, _make_missing(held, wanted), wanted)
    found = counters.take(held.org_id, wanted, amount, is_play=held.is_play)
    if len(found) < len(wanted):
        _make_missing(held, wanted)
        found = counters.take(held.org_id, wanted, amount, is_play=held.is_play)
    return all(counter.fits for counter in found)


def _make_missing(held: Hold, wanted: Sequence[Place]) -> Quota:
    """Make the loan's counters. Return the rule for them, read again behind the organization's lock."""
    counters.lock_organization(held.org_id)
    rule = loan_of(held.org)
    rules.make_counters(held.org, wanted, {Subject.LOAN.value: rule}, is_play=held.is_play)
    return rule


def _mark(held: Hold, *, is_lent: bool) -> None:
    held.is_lent = is_lent
    held.save(update_fields=["is_lent"])


def _record(org: Organization, by: User, before: Quota, now: Quota) -> None:
    details = {
        "a month": f"{_show_amount(before.money_month)} → {_show_amount(now.money_month)}",
        "a day": f"{_show_amount(before.money_day)} → {_show_amount(now.money_day)}",
    }
    audit.record(org=org, by=by, action="operator.loan_set", target=org.name, details=details)


def _show_amount(micros: int | None) -> str:
    return "unlimited" if micros is None else f"${money.exact(micros)}"
