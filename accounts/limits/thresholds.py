"""Name amounts and shares of limits that admins want to hear of when they are reached."""

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.errors import Refused
from accounts.limits import rules
from accounts.limits.counters import Place
from accounts.models import Membership, Period, Quota, Subject, Threshold, Unit
from saas.text import money

MOST = 20  # of one subject


def of_organization(org_id: int) -> list[Threshold]:
    return list(Threshold.objects.filter(org=org_id))


def of_subject(quota: Quota) -> list[Threshold]:
    """Return the thresholds of a quota's subject. A role has none: each of its people spends alone."""
    if quota.subject not in {Subject.ORGANIZATION, Subject.MEMBER, Subject.KEY}:
        return []
    return list(quota.org.thresholds.filter(subject=quota.subject, subject_id=_id_of(quota)))


def is_of(threshold: Threshold, place: Place, unit: Unit) -> bool:
    return (threshold.subject, threshold.subject_id, threshold.period, threshold.unit) == (*_whose(place), unit)


def add(
    *, quota: Quota, by: Membership, period: Period, unit: Unit, percent: int | None = None, amount: int | None = None
) -> Threshold:
    """Name a threshold for a quota's subject, which need not have a limit."""
    org = quota.org.locked()
    same = org.thresholds.filter(subject=quota.subject, subject_id=_id_of(quota))
    if same.count() >= MOST:
        raise Refused(f"{MOST} alerts are the most. Remove one first.")
    values = {"period": period, "unit": unit, "percent": percent, "amount": amount}
    try:
        with transaction.atomic():
            made = Threshold.objects.create(org=org, subject=quota.subject, subject_id=_id_of(quota), **values)
    except IntegrityError:
        raise Refused("There is such an alert already.") from None
    audit.record(
        org=org, by=by.user, action="alert.added", target=rules.name_of(quota), details={"when": sentence(made)}
    )
    return made


def remove(*, threshold: Threshold, quota: Quota, by: Membership) -> None:
    said = sentence(threshold)
    if quota.org.thresholds.filter(pk=threshold.pk).delete()[0]:
        audit.record(
            org=quota.org, by=by.user, action="alert.removed", target=rules.name_of(quota), details={"when": said}
        )


def sentence(threshold: Threshold) -> str:
    """Say what is to be reached."""
    day, month = ("daily limit", "in a day"), ("monthly limit", "in a month")
    limit, span = day if threshold.period == Period.DAY else month
    if threshold.percent is not None:
        return f"{threshold.percent} % of the {limit} of {'money' if threshold.unit == Unit.MONEY else 'pictures'}"
    amount = threshold.amount or 0
    if threshold.unit == Unit.MONEY:
        return f"{money.show(amount)} {span}"
    return f"{amount:,} picture{'' if amount == 1 else 's'} {span}"


def _whose(place: Place) -> tuple[str, int, str]:
    return place.subject, place.subject_id, place.period


def _id_of(quota: Quota) -> int:
    found = {
        Subject.ORGANIZATION: quota.org_id,
        Subject.MEMBER: quota.user_id,
        Subject.KEY: quota.api_key_id,
    }.get(Subject(quota.subject))
    if found is None:
        raise Refused("This subject has no alerts.")
    return found
