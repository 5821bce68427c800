"""Put pictures in the bin and take them out again. `studio.gallery.purge` deletes their files after thirty days."""

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
    others: int  # not binned, as their makers are colleagues


def in_bin(member: Membership) -> "QuerySet[Output]":
    """Return the pictures in the bin that this member may see, the last binned first."""
    found = Output.objects.filter(org=member.org, binned_at__isnull=False, purged_at=None).visible_to(member)
    return found.order_by("-binned_at", "-pk")


def put(*, by: Membership, outputs: "QuerySet[Output]") -> Binned:
    """Put a member's own pictures in the bin, or anyone's for an admin. Skip and count the others; raise NotAllowed if
    none may be binned."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to delete pictures.")
    wanted = outputs.filter(binned_at=None)
    total = wanted.count()
    count = wanted.filter(_own(by)).update(binned_at=timezone.now(), binned_by=by.user)
    if total and not count:
        raise NotAllowed("Only the person who made a picture or an admin can put it in the bin.")
    return Binned(count, total - count)


def restore(*, by: Membership, outputs: "QuerySet[Output]") -> int:
    """Take pictures out of the bin: a member's own, those that this member put there, or anyone's for an admin. Return
    how many."""
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
