"""What a run has cost, and what is left to whoever asks: as text for programs."""

from uuid import UUID

from django.db.models import Sum

from accounts.models import ApiKey, Counter, Membership, Organization, Period, Subject, Unit
from accounts.periods import today
from billing.models import Entry
from saas import money


def of_run(org: Organization, run_code: UUID) -> str:
    """As far as the ledger knows by now."""
    found = Entry.objects.filter(org=org, run_code=run_code).aggregate(micros=Sum("micros", default=0))
    return money.exact(found["micros"])


def counters(member: Membership, api_key: ApiKey | None) -> list[Counter]:
    """Of now, of everybody whose limits count for who asks."""
    now, org = today(member.org), member.org
    subjects = {Subject.ORGANIZATION.value: org.pk, Subject.MEMBER.value: member.user_id}
    if api_key is not None:
        subjects[Subject.KEY.value] = api_key.pk
    starts = {Period.DAY.value: now.day, Period.MONTH.value: now.month}
    rows = Counter.objects.filter(org=org, starts_on__in=starts.values()).order_by("subject", "period", "is_play")
    return [row for row in rows if subjects.get(row.subject) == row.subject_id and starts[row.period] == row.starts_on]


def budget_left(member: Membership, api_key: ApiKey | None, *, is_play: bool) -> str | None:
    """Of the limit that refuses first; None where money has no limit."""
    left = [row.left(Unit.MONEY) for row in counters(member, api_key) if row.is_play == is_play]
    known = [micros for micros in left if micros is not None]
    return money.exact(min(known)) if known else None
