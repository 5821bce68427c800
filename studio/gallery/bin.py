"""The bin: thirty days to think again, then the files are gone."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.errors import NotAllowed
from accounts.models import Membership, Role
from studio.models import Output

DAYS = 30


@dataclass(frozen=True)
class Binned:
    count: int
    others: int  # made by colleagues, so they stay


def in_bin(member: Membership) -> "QuerySet[Output]":
    """What this member could take out again, the newest first."""
    found = Output.objects.filter(org=member.org, binned_at__isnull=False, purged_at=None).visible_to(member)
    return found.order_by("-binned_at", "-pk")


def put(*, by: Membership, outputs: "QuerySet[Output]") -> Binned:
    """One's own, an admin everybody's. Of several, those that one may not are left and counted."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to delete pictures.")
    wanted = outputs.filter(binned_at=None)
    total = wanted.count()
    count = wanted.filter(_own(by)).update(binned_at=timezone.now(), binned_by=by.user)
    if total and not count:
        raise NotAllowed("Only its maker or an admin can put a picture in the bin.")
    return Binned(count, total - count)


def restore(*, by: Membership, outputs: "QuerySet[Output]") -> int:
    """Who may put it in may take it out; so may whoever put it in."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to take pictures out of the bin.")
    found = outputs.filter(_own(by) | Q(binned_by=by.user), binned_at__isnull=False, purged_at=None)
    return found.update(binned_at=None, binned_by=None)


def days_left(output: Output) -> int:
    if output.binned_at is None:
        return DAYS
    return max(0, (output.binned_at + timedelta(days=DAYS) - timezone.now()).days)


def _own(by: Membership) -> Q:
    return Q() if by.is_admin else Q(maker=by.user_id)
