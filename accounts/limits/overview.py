"""Show how each subject stands against its limits, for pages. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from accounts.limits import operator_key, remaining
from accounts.limits.periods import today
from accounts.limits.remaining import LENT_KINDS, LimitsNow
from accounts.models import (
    ApiKey,
    Counter,
    Membership,
    Organization,
    Period,
    Quota,
    Role,
    Subject,
)

SPARK_DAYS = 14
PACE_FROM_DAY = 3  # earlier in a month, its first days predict nothing


@dataclass
class Standing:
    """One line of the limits page."""

    subject: Subject
    name: str
    detail: str
    key: str  # its name in a URL
    subject_id: int = 0
    face: Any = ""
    quota: Quota | None = None
    is_own: bool = True  # False: the quota is the role's
    day: Counter | None = None
    month: Counter | None = None
    spark: list[int] = field(default_factory=list)

    @property
    def spent(self) -> int:
        return self.month.spent_micros if self.month else 0

    @property
    def held(self) -> int:
        return self.month.held_micros if self.month else 0

    @property
    def images(self) -> int:
        return self.month.spent_images if self.month else 0

    @property
    def limit(self) -> int | None:
        """Return the month's limit, with what was granted on top."""
        if self.month is not None:
            return self.month.allowed_micros
        return self.quota.money_month if self.quota else None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.spent - self.held)

    @property
    def share(self) -> int:
        """Return what is spent and held in percent of the limit; 0 without a limit."""
        if not self.limit:
            return 100 if self.limit == 0 else 0
        return min(100, (self.spent + self.held) * 100 // self.limit)

    @property
    def spark_points(self) -> str:
        """Return the points of a polyline, 84 by 20."""
        top = max(self.spark, default=0)
        if not top:
            return ""
        step = 84 / (len(self.spark) - 1)
        return " ".join(f"{index * step:.1f},{19 - 18 * value / top:.1f}" for index, value in enumerate(self.spark))


@dataclass(frozen=True, slots=True)
class Purse:
    """What the top bar shows: this month's spending, and what the nearest limit leaves."""

    spent: int
    held: int
    left: int | None
    whose: str
    is_play: bool


def purse(org: Organization, member: Membership, limits: LimitsNow | None = None) -> Purse:
    """Return the purse of a member. Admins see the organization's spending, other members their own; `left` is the
    least that any limit leaves the member. Limits that are not given are read."""
    now = limits or remaining.read(member)
    found = now.counters(is_lent=now.default_is_lent)
    is_play = bool(found) and all(counter.is_play for counter in found)
    budget = now.tightest(is_play=is_play, is_lent=now.default_is_lent)
    subject = Subject.ORGANIZATION if member.is_admin else Subject.MEMBER
    mine = [counter for counter in found if counter.is_play == is_play and counter.subject == subject]
    shown = [counter for counter in mine if counter.period == Period.MONTH]
    spent, held = sum(one.spent_micros for one in shown), sum(one.held_micros for one in shown)
    left = budget.left if budget else None
    return Purse(spent, held, left, org.name if member.is_admin else "You", is_play)


def is_on_play_money(org: Organization) -> bool:
    """Return whether the organization has only ever spent play money."""
    return not Counter.objects.filter(org=org, is_play=False).exists()


def organization(org: Organization, *, is_play: bool) -> Standing:
    quota = Quota.objects.filter(org=org, subject=Subject.ORGANIZATION).first()
    line = Standing(Subject.ORGANIZATION, org.name, "", "all", org.pk, org.code, quota)
    return _counted(org, [line], is_play=is_play)[0]


def loan(org: Organization) -> Standing | None:
    """Return how the loan of the operator's key stands; None if the organization has no connection that uses it."""
    if not org.connections.filter(kind__in=LENT_KINDS).exists():
        return None
    line = Standing(Subject.LOAN, "The lent key", "", "", org.pk, quota=operator_key.loan_of(org))
    return _counted(org, [line], is_play=False)[0]


def members(org: Organization, *, is_play: bool) -> list[Standing]:
    quotas = Quota.objects.filter(org=org, subject__in=[Subject.MEMBER, Subject.ROLE])
    own = {quota.user_id: quota for quota in quotas if quota.subject == Subject.MEMBER}
    of_role = {quota.role: quota for quota in quotas if quota.subject == Subject.ROLE}
    lines = [
        Standing(
            Subject.MEMBER,
            member.user.display_name,
            member.user.email,
            str(member.code),
            member.user_id,
            member.user.code,
            own.get(member.user_id) or of_role.get(member.role),
            is_own=member.user_id in own,
        )
        for member in org.memberships.exclude(role=Role.VIEWER).select_related("user")
    ]
    return _counted(org, lines, is_play=is_play)


def keys(org: Organization, *, is_play: bool) -> list[Standing]:
    quotas = {quota.api_key_id: quota for quota in Quota.objects.filter(org=org, subject=Subject.KEY)}
    found = ApiKey.objects.filter(org=org, revoked_at=None).select_related("maker")
    lines = [
        Standing(
            Subject.KEY,
            key.name,
            f"{key.prefix}… · {key.maker.display_name}",
            str(key.code),
            key.pk,
            quota=quotas.get(key.pk),
        )
        for key in found
    ]
    return _counted(org, lines, is_play=is_play)


def roles(org: Organization, *, is_play: bool) -> list[Standing]:
    """Return a line for each role. A role has no counter: its line sums those of its people."""
    quotas = {quota.role: quota for quota in Quota.objects.filter(org=org, subject=Subject.ROLE)}
    role_of = dict(org.memberships.values_list("user_id", "role"))
    lines = []
    for role in (Role.MEMBER, Role.ADMIN, Role.OWNER):
        people = [line for line in members(org, is_play=is_play) if role_of.get(line.subject_id) == role]
        total = Counter(
            period=Period.MONTH,
            spent_micros=sum(line.spent for line in people),
            held_micros=sum(line.held for line in people),
            spent_images=sum(line.images for line in people),
        )
        detail = "1 person" if len(people) == 1 else f"{len(people)} people"
        line = Standing(Subject.ROLE, f"Each {role.label.lower()}", detail, role.value, quota=quotas.get(role.value))
        line.month = total
        lines.append(line)
    return lines


def at_this_pace(org: Organization, month: Counter | None) -> int | None:
    """Return what the month ends at if it goes on as it began; None if it is too early to say."""
    now = today(org).day
    if month is None or now.day < PACE_FROM_DAY or not month.spent_micros:
        return None
    days = ((now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return month.spent_micros * days // now.day


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What this month would look like if each person had at most this limit."""

    each: int
    stopped: int  # people who have spent or held that much by now
    ends_at: int | None  # at each person's pace; None: too early in the month
    most: int  # if each person used it up


def what_if(org: Organization, people: Iterable[Standing], each: int) -> WhatIf:
    found = list(people)
    paces = [at_this_pace(org, line.month) for line in found]
    is_early = today(org).day.day < PACE_FROM_DAY
    ends_at = None if is_early else sum(min(pace or 0, each) for pace in paces)
    return WhatIf(each, sum(line.spent + line.held >= each for line in found), ends_at, each * len(found))


def promised(people: Iterable[Standing]) -> int | None:
    """Return the sum of these people's monthly limits; None if one of them has no limit, or if there are no people."""
    limits = [line.limit for line in people]
    return None if not limits or None in limits else sum(limit or 0 for limit in limits)


def _counted(org: Organization, lines: list[Standing], *, is_play: bool) -> list[Standing]:
    now = today(org)
    first = now.day - timedelta(days=SPARK_DAYS - 1)
    found: dict[tuple[int, str, Any], Counter] = {}
    if lines:
        counters = Counter.objects.filter(
            org=org, is_play=is_play, subject=lines[0].subject, starts_on__gte=min(first, now.month)
        )
        found = {(one.subject_id, one.period, one.starts_on): one for one in counters}
    for line in lines:
        line.day = found.get((line.subject_id, Period.DAY, now.day))
        line.month = found.get((line.subject_id, Period.MONTH, now.month))
        days = (found.get((line.subject_id, Period.DAY, first + timedelta(days=day))) for day in range(SPARK_DAYS))
        line.spark = [one.spent_micros if one else 0 for one in days]
    return lines


SORTS = {
    "name": lambda line: (line.name.lower(), line.key),
    "spent": lambda line: (-line.spent, line.name.lower()),
    "held": lambda line: (-line.held, line.name.lower()),
    "left": lambda line: (line.left is None, line.left or 0, line.name.lower()),
    "share": lambda line: (-line.share, -line.spent, line.name.lower()),
    "pictures": lambda line: (-line.images, line.name.lower()),
}


def arranged(lines: Iterable[Standing], *, search: str, sort: str) -> list[Standing]:
    words = search.lower().split()
    found = [line for line in lines if all(word in f"{line.name} {line.detail}".lower() for word in words)]
    return sorted(found, key=SORTS.get(sort, SORTS["spent"]))
