"""Store quotas, find which quota counts for whom, and bring the counters up to date with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed
from accounts.limits import counters
from accounts.limits.counters import Place
from accounts.limits.periods import today
from accounts.models import ApiKey, Budget, Counter, Membership, Organization, Period, Quota, Subject, Unit
from accounts.models.limits_and_holds import CEILINGS, LIMITS
from saas.text import money

FIELDS = (*LIMITS, *CEILINGS)
Rules = Mapping[str, Quota]  # by the subject that a counter names

RULES = "SELECT * FROM accounts_rules(%(org)s, %(role)s, %(user)s, %(api_key)s, %(is_lent)s)"
# A person's own quota counts alone; a person without one has the quota of their role.
REFRESH = """
WITH meant AS (
    SELECT c.id,
           CASE WHEN c.subject = 'loan' AND q.id IS NULL
                THEN CASE c.period WHEN 'day' THEN %(loan_day)s::bigint ELSE %(loan_month)s::bigint END
                ELSE CASE c.period WHEN 'day' THEN q.money_day ELSE q.money_month END
           END + c.granted_micros AS micros,
           CASE c.period WHEN 'day' THEN q.images_day ELSE q.images_month END + c.granted_images AS images
    FROM accounts_counter c
    LEFT JOIN accounts_membership m ON c.subject = 'member' AND m.org_id = c.org_id AND m.user_id = c.subject_id
    LEFT JOIN LATERAL (
        SELECT * FROM accounts_quota q
        WHERE q.org_id = c.org_id AND (
            (q.subject IN ('organization', 'loan') AND q.subject = c.subject)
            OR (q.subject = 'key' AND c.subject = 'key' AND q.api_key_id = c.subject_id)
            OR (q.subject = 'member' AND c.subject = 'member' AND q.user_id = c.subject_id)
            OR (q.subject = 'role' AND c.subject = 'member' AND q.role = m.role))
        ORDER BY q.subject = 'role' LIMIT 1
    ) q ON true
    WHERE c.org_id = %(org)s
      AND c.starts_on = CASE c.period WHEN 'day' THEN %(day)s::date ELSE %(month)s::date END
    ORDER BY array_position(%(order)s::text[], c.subject::text), c.subject_id, c.period, c.starts_on, c.is_play
    FOR UPDATE OF c
)
UPDATE accounts_counter c SET allowed_micros = meant.micros, allowed_images = meant.images
FROM meant
WHERE c.id = meant.id
  AND (c.allowed_micros, c.allowed_images) IS DISTINCT FROM (meant.micros, meant.images)
"""


def rules_for(member: Membership, api_key: ApiKey | None, *, is_lent: bool = False) -> dict[str, Quota]:
    """Return the quotas that count for a member and a key; with the operator's key, its loan too."""
    found = Quota.objects.raw(RULES, payer(member, api_key, is_lent=is_lent))
    return by_subject(found, member.org, is_lent=is_lent)


def payer(member: Membership, api_key: ApiKey | None, *, is_lent: bool) -> dict[str, Any]:
    """Return the parameters of RULES."""
    return {
        "org": member.org_id,
        "role": member.role,
        "user": member.user_id,
        "api_key": api_key.pk if api_key else None,
        "is_lent": is_lent,
    }


def by_subject(quotas: Iterable[Quota], org: Organization, *, is_lent: bool) -> dict[str, Quota]:
    """Return what RULES has found by the subjects that counters name."""
    found = {quota.subject: quota for quota in quotas}
    of_role = found.pop(Subject.ROLE.value, None)
    if of_role is not None:
        found[Subject.MEMBER.value] = of_role
    if is_lent:
        found.setdefault(Subject.LOAN.value, usual_loan(org))
    return found


def usual_loan(org: Organization) -> Quota:
    """Return what an organization may spend with the operator's key if the operator has set nothing for it: the amounts
    of the settings for its founder's first organization, and nothing for a later one, unless the settings set no
    limit."""
    day, month = settings.LENT_MICROS_A_DAY, settings.LENT_MICROS_A_MONTH
    if not org.has_usual_loan:
        day, month = day and 0, month and 0
    return Quota(org_id=org.pk, subject=Subject.LOAN, money_day=day, money_month=month)


def make_counters(org: Organization, wanted: Iterable[Place], rules: Rules, *, is_play: bool) -> None:
    """Make those counters that are missing in a new day or month. `wanted` is in the order of the locks, and `rules`
    were read behind the organization's shared lock; the caller has locked no counter yet."""
    Counter.objects.bulk_create(
        (
            Counter(
                org=org,
                **place._asdict(),
                is_play=is_play,
                allowed_micros=_allowed(place, rules, Unit.MONEY),
                allowed_images=_allowed(place, rules, Unit.IMAGES),
            )
            for place in wanted
        ),
        ignore_conflicts=True,
    )


def change(*, org: Organization, by: Membership, quota: Quota, values: Mapping[str, Any]) -> None:
    """Set what a subject may spend; `quota` names the subject and may be new. A limit below what is spent stops new
    runs and nothing else. A person's quota that limits nothing is kept: it frees them from the limits of their role."""
    _refuse_operators(quota)
    org = org.locked()
    stored = _stored(quota)
    before = {name: getattr(stored, name) for name in FIELDS}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if stored.pk and not changed:
        return
    for name, value in changed.items():
        setattr(stored, name, value)
    stored.changed_at = timezone.now()
    if stored.pk:
        stored.save(update_fields=[*changed, "changed_at"])
    else:
        stored.save(force_insert=True)
    refresh(org)
    audit.record(
        org=org,
        by=by.user,
        action="limits.changed",
        target=name_of(stored),
        details={
            name: f"{_show_value(name, before[name])} → {_show_value(name, value)}" for name, value in changed.items()
        },
    )


def remove(*, org: Organization, by: Membership, quota: Quota) -> None:
    """Remove a quota: the limits of the role count again, or none."""
    _refuse_operators(quota)
    org = org.locked()
    stored = _stored(quota)
    if stored.pk is None:
        return
    stored.delete()
    refresh(org)
    audit.record(org=org, by=by.user, action="limits.removed", target=name_of(quota))


def refresh(org: Organization) -> None:
    """Set this day's and month's counters to what counts for them now, after a limit, a role or a grant has changed.
    The caller has locked the organization."""
    now, loan = today(org), usual_loan(org)
    values: dict[str, Any] = {
        "org": org.pk,
        "day": now.day,
        "month": now.month,
        "order": [subject.value for subject in counters.ORDER],
        "loan_day": loan.money_day,
        "loan_month": loan.money_month,
    }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, values)


def name_of(quota: Quota) -> str:
    """Name the quota's subject, for the audit log and for refusals."""
    if quota.subject == Subject.MEMBER and quota.user:
        return str(quota.user.email)
    if quota.subject == Subject.KEY and quota.api_key:
        return f"API key {quota.api_key.name}"
    if quota.subject == Subject.ROLE:
        return f"each {quota.get_role_display().lower()}"
    if quota.subject == Subject.LOAN:
        return "the lent key"
    return "the organization"


def _refuse_operators(quota: Quota) -> None:
    if quota.subject == Subject.LOAN:
        raise NotAllowed("Only the operator of this Darkroom can set what their key may spend.")


def _stored(quota: Quota) -> Quota:
    """Return the row as stored now: if two admins set the same limit, the second one changes what the first has set."""
    same = {"subject": quota.subject, "role": quota.role, "user": quota.user, "api_key": quota.api_key}
    return Quota.objects.filter(org=quota.org_id, **same).first() or quota


def _allowed(place: Place, rules: Rules, unit: Unit) -> int | None:
    if place.subject == Subject.BUDGET:
        return Budget.objects.get(pk=place.subject_id).micros if unit == Unit.MONEY else None
    quota = rules.get(place.subject)
    return None if quota is None else quota.limit(unit, Period(place.period))


def _show_value(name: str, value: Any) -> str:
    if value in (None, ""):
        return "unlimited"
    return f"${money.exact(value)}" if name.startswith("money") else str(value)
