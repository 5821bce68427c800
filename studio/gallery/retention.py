"""Apply an organization's retention rule, which puts old pictures in the bin, and its legal hold, which stops every
deletion."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Organization
from studio.models import CollectionItem, Output, Retention, Tagging

MOST_DAYS = 3650


@dataclass(frozen=True)
class Preview:
    pictures: int
    size_bytes: int


def rule_of(org: Organization) -> Retention:
    """Return the saved rule, or an unsaved one with the defaults."""
    return Retention.objects.filter(org=org).select_related("held_by").first() or Retention(org=org)


def due(rule: Retention) -> "QuerySet[Output]":
    """Return the pictures that the rule would put in the bin now."""
    found = Output.objects.filter(org=rule.org_id).not_in_bin()
    found = found.filter(created_at__lt=timezone.now() - timedelta(days=rule.days))
    if rule.spares_starred:
        found = found.filter(stars=0)
    if rule.spares_tagged:
        found = found.filter(~Exists(Tagging.objects.filter(output=OuterRef("pk"))))
    if rule.spares_collected:
        found = found.filter(~Exists(CollectionItem.objects.filter(output=OuterRef("pk"))))
    return found


def preview(rule: Retention) -> Preview:
    counted = due(rule).aggregate(pictures=Count("pk"), size_bytes=Sum("size_bytes"))
    return Preview(counted["pictures"], counted["size_bytes"] or 0)


def decide(
    *,
    by: Membership,
    is_on: bool,
    days: int,
    spares_starred: bool,
    spares_tagged: bool,
    spares_collected: bool,
    forgets_prompts: bool = False,
) -> Retention:
    _must_be_admin(by)
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"A rule can wait from 1 to {MOST_DAYS:,} days.")
    values = {
        "is_on": is_on,
        "days": days,
        "spares_starred": spares_starred,
        "spares_tagged": spares_tagged,
        "spares_collected": spares_collected,
        "forgets_prompts": forgets_prompts,
    }
    rule, _ = Retention.objects.update_or_create(org=by.org, defaults=values)
    audit.record(org=by.org, by=by.user, action="retention.changed", target=by.org.name, details=values)
    return rule


def place_legal_hold(*, by: Membership, reason: str) -> None:
    """Start a legal hold: until `lift_legal_hold`, the rule bins nothing, and nothing is purged or cleared."""
    _must_be_admin(by)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Refused("Give a reason: the people who find this hold later need it.")
    values = {"held_at": timezone.now(), "held_by": by.user, "hold_reason": reason}
    Retention.objects.update_or_create(org=by.org, defaults=values)
    audit.record(org=by.org, by=by.user, action="retention.held", target=reason)


def lift_legal_hold(*, by: Membership) -> None:
    _must_be_admin(by)
    held = Retention.objects.filter(org=by.org, held_at__isnull=False)
    if held.update(held_at=None, held_by=None, hold_reason=""):
        audit.record(org=by.org, by=by.user, action="retention.released", target=by.org.name)


def has_legal_hold(org_id: int) -> bool:
    return Retention.objects.filter(org=org_id, held_at__isnull=False).exists()


def apply(org: Organization, *, most: int) -> int:
    """Put at most `most` due pictures in the bin. Return how many. Needs the organization's wall."""
    rule = Retention.objects.select_for_update().filter(org=org, is_on=True, held_at=None).first()
    if rule is None:
        return 0
    chosen = list(due(rule).order_by("pk").values_list("pk", flat=True)[:most])
    return due(rule).filter(pk__in=chosen).update(binned_at=timezone.now(), binned_by=None)


def _must_be_admin(by: Membership) -> None:
    if not by.is_admin:
        raise NotAllowed("Only an admin can change what is deleted.")
