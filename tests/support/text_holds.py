"""Holding and settling as the studio does it, without pictures."""

import uuid
from datetime import datetime
from typing import Any

from accounts.limits import holds, rules
from accounts.limits.hold_requests import Part
from accounts.limits.refusals import Payer, Wish
from accounts.models import ApiKey, Counter, Hold, Membership, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from tests.conftest import must_be_member

PLAIN = Wish(model="gpt-image-2", quality="low", pixels=1024 * 1024, pictures=1)


def allow(org: Organization, by: User, subject: Subject, **values: Any) -> Quota:
    """Sets limits as an admin does. `user`, `role` or `api_key` say whose, the rest is what is allowed."""
    named = {name: values.pop(name) for name in ("user", "role", "api_key") if name in values}
    with tenancy.tenant(org.pk):
        quota = Quota(org=org, subject=subject, **named)
        rules.change(org=org, by=must_be_member(org, by), quota=quota, values=values)
        return Quota.objects.get(org=org, subject=subject, **named)


def hold(
    org: Organization,
    by: User | Membership,
    micros: int = 10,
    *,
    pictures: int = 1,
    api_key: ApiKey | None = None,
    is_play: bool = False,
    is_lent: bool = False,
    wish: Wish = PLAIN,
    now: datetime | None = None,
) -> list[Hold]:
    with tenancy.tenant(org.pk):
        member = by if isinstance(by, Membership) else must_be_member(org, by)
        run_code = uuid.uuid4()
        holds.hold(
            org=org,
            payer=Payer(member, api_key),
            wish=wish,
            run_code=run_code,
            parts=[Part(uuid.uuid4()) for _ in range(pictures)],
            micros=micros,
            is_play=is_play,
            is_lent=is_lent,
            terms={},
            now=now,
        )
        return list(Hold.objects.filter(run_code=run_code))


def settle(held: Hold, micros: int, *, is_estimated: bool = False) -> int | None:
    with tenancy.tenant(held.org_id):
        settled = holds.settle(held, micros=micros, is_estimated=is_estimated)
    return settled.micros if settled else None


def release(held: Hold) -> bool:
    with tenancy.tenant(held.org_id):
        return holds.release(held) == 1


def counter(org: Organization, subject: Subject, subject_id: int, period: Period, **values: Any) -> Counter:
    with tenancy.tenant(org.pk):
        found = Counter.objects.filter(org=org, subject=subject, subject_id=subject_id, period=period)
        return found.filter(**{"is_play": False, **values}).order_by("-starts_on")[0]


def standing(org: Organization, subject: Subject, subject_id: int, period: Period = Period.MONTH) -> tuple[int, ...]:
    """Spent and held, in money and in pictures."""
    found = counter(org, subject, subject_id, period)
    return found.spent_micros, found.held_micros, found.spent_images, found.held_images
