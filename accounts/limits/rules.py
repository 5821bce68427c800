"""What was decided about spending: which quota counts for whom, and how counters learn of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit, counters
from accounts.counters import Place
from accounts.errors import NotAllowed
from accounts.models import ApiKey, Counter, Membership, Organization, Period, Quota, Subject, Unit
from accounts.models.quotas import CEILINGS, LIMITS
from accounts.periods import today
from saas import money

FIELDS = (*LIMITS, *CEILINGS)
Rules = Mapping[str, Quota]  # by the subject that a counter names

# Read for every run, so it is written out: to compile it anew would cost three times the reading.
RULES = """
SELECT * FROM accounts_quota
WHERE org_id = %(org)s AND (
    subject = 'organization'
    OR (subject = 'role' AND role = %(role)s)
    OR (subject = 'member' AND user_id = %(user)s)
    OR (subject = 'key' AND api_key_id = %(api_key)s)
    OR (subject = 'loan' AND %(is_lent)s))
"""
# A person's own quota counts alone; who has none has that of the role.
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
    """The quotas that count for who asks; with the operator's key, what they allow too."""
    values = {
        "org": member.org_id,
        "role": member.role,
        "user": member.user_id,
        "api_key": api_key.pk if api_key else None,
        "is_lent": is_lent,
    }
    found = {quota.subject: quota for quota in Quota.objects.raw(RULES, values)}
    of_role = found.pop(Subject.ROLE.value, None)
    if of_role is not None:
        found.setdefault(Subject.MEMBER.value, of_role)
    if is_lent:
        found.setdefault(Subject.LOAN.value, usual_loan(member.org_id))
    return found


def usual_loan(org_id: int) -> Quota:
    """What an organization may spend with the operator's key of which they have said nothing."""
    day, month = settings.LENT_MICROS_A_DAY, settings.LENT_MICROS_A_MONTH
    return Quota(org_id=org_id, subject=Subject.LOAN, money_day=day, money_month=month)


def make_counters(org: Organization, wanted: Iterable[Place], rules: Rules, *, is_play: bool) -> None:
    """Before anything is counted in a new day or month, so that nothing slips past a limit that nobody has met yet."""
    Counter.objects.bulk_create(
        (
            Counter(
                org=org,
                **place._asdict(),
                is_play=is_play,
                allowed_micros=_limit(rules.get(place.subject), Unit.MONEY, place.period),
                allowed_images=_limit(rules.get(place.subject), Unit.IMAGES, place.period),
            )
            for place in wanted
        ),
        ignore_conflicts=True,
    )


def change(*, org: Organization, by: Membership, quota: Quota, values: Mapping[str, Any]) -> None:
    """Sets what a subject may; `quota` names the subject and may be new. Below what is spent, it stops new runs and
    nothing else. A quota of a person that limits nothing stays: it frees them from their role's."""
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
        details={name: f"{_said(name, before[name])} → {_said(name, value)}" for name, value in changed.items()},
    )


def remove(*, org: Organization, by: Membership, quota: Quota) -> None:
    """Back to what the role says, or to no limit at all."""
    _refuse_operators(quota)
    org = org.locked()
    stored = _stored(quota)
    if stored.pk is None:
        return
    stored.delete()
    refresh(org)
    audit.record(org=org, by=by.user, action="limits.removed", target=name_of(quota))


def refresh(org: Organization) -> None:
    """Counters of this day and month learn what counts for them now: a limit, a role or a grant has changed. Whoever
    calls holds the organization's lock."""
    now = today(org)
    values: dict[str, Any] = {
        "org": org.pk,
        "day": now.day,
        "month": now.month,
        "order": [subject.value for subject in counters.ORDER],
        "loan_day": settings.LENT_MICROS_A_DAY,
        "loan_month": settings.LENT_MICROS_A_MONTH,
    }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, values)


def name_of(quota: Quota) -> str:
    """For the audit log and for refusals."""
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
        raise NotAllowed("Only the operator of this Darkroom says what their key may spend.")


def _stored(quota: Quota) -> Quota:
    """The row as it is now: of two admins who set the same limit, the second one sees what the first has set."""
    same = {"subject": quota.subject, "role": quota.role, "user": quota.user, "api_key": quota.api_key}
    return Quota.objects.filter(org=quota.org_id, **same).first() or quota


def _limit(quota: Quota | None, unit: Unit, period: str) -> int | None:
    return None if quota is None else quota.limit(unit, Period(period))


def _said(name: str, value: Any) -> str:
    if value in (None, ""):
        return "unlimited"
    return f"${money.exact(value)}" if name.startswith("money") else str(value)
