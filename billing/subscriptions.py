"""Exports of each month when it is over, by themselves: made once, for whoever subscribed, as long as they may."""

from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Organization, Role
from accounts.periods import today
from billing import exports
from billing.models import Export, ExportState, Format, Subscription
from billing.sources import SOURCES
from billing.spans import ONE_DAY, Span
from saas import mail, money

MOST = 50  # of an organization


class Due(NamedTuple):
    """A file that a worker shall make now."""

    code: str


def subscribe(*, org: Organization, by: Membership, what: str, form: Format, is_play: bool) -> Subscription:
    """The first comes when this month is over."""
    org = org.locked()
    _must_be_admin(by)
    if Subscription.objects.filter(org=org).count() >= MOST:
        raise Refused(f"There are {MOST} monthly exports already. End one of them first.")
    made, is_new = Subscription.objects.get_or_create(
        org=org,
        user=by.user,
        what=what,
        format=form,
        is_play=is_play,
        defaults={"last_month": last_month(org)},
    )
    if not is_new:
        raise Refused("You get this one already.")
    audit.record(org=org, by=by.user, action="export.subscribed", target=title(made))
    return made


def unsubscribe(*, subscription: Subscription, by: Membership) -> None:
    """One's own or, for an admin, anybody's."""
    _must_be_admin(by)
    _end(subscription, by)


def begin_due(org: Organization) -> list[Due]:
    """In one transaction with the wall of the organization: what is due for the month before is noted, each once."""
    month = last_month(org)
    due = []
    for subscription in Subscription.objects.filter(org=org).select_related("user"):
        if not _may_have(subscription):
            _end(subscription, None)
        elif subscription.begin(month):
            due.append(_new_export(org, subscription, month))
    for export in exports.lost_or_failed(org):
        Export.objects.filter(pk=export.pk).update(state=ExportState.MAKING, asked_at=timezone.now())
        due.append(export)
    return [Due(str(export.code)) for export in due]


def tell(export: Export) -> None:
    """The file is there: a link goes to the subscriber, who signs in to get it."""
    subscription = export.subscription
    if subscription is None or not _may_have(subscription):
        return
    org = export.org
    context = {
        "organization": org.name,
        "month": f"{export.first:%B %Y}",
        "title": title(subscription),
        "rows": export.rows or 0,
        "amount": money.show(export.micros or 0),
        "until": f"{export.expires_at:%-d %B %Y}",
        "link": f"{settings.PUBLIC_URL}/o/{org.slug}/usage/exports/{export.code}/",
        "page": f"{settings.PUBLIC_URL}/o/{org.slug}/usage/exports/",
    }
    body = render_to_string("billing/mail/monthly_export.txt", context)
    mail.send(subject=f"{org.name}: {export.first:%B %Y} as a file", body=body, to=[subscription.user.email])


def title(subscription: Subscription) -> str:
    source = SOURCES[subscription.what].title.lower()
    return f"{source} as {Format(subscription.format).label}{', sandbox' if subscription.is_play else ''}"


def last_month(org: Organization) -> date:
    """The one that ended last in the organization's own time."""
    return (today(org).month - ONE_DAY).replace(day=1)


def _new_export(org: Organization, subscription: Subscription, month: date) -> Export:
    span = Span.of_month(month)
    return Export.objects.create(
        org=org,
        maker=subscription.user,
        subscription=subscription,
        what=subscription.what,
        format=subscription.format,
        first=span.first,
        last=span.last,
        is_play=subscription.is_play,
        created_at=timezone.now(),
    )


def _may_have(subscription: Subscription) -> bool:
    admins = Membership.objects.filter(org=subscription.org_id, role__in=[Role.ADMIN, Role.OWNER])
    return admins.filter(user=subscription.user_id, user__is_active=True).exists()


def _must_be_admin(by: Membership) -> None:
    if not Membership.objects.filter(pk=by.pk, role__in=[Role.ADMIN, Role.OWNER]).exists():
        raise NotAllowed("Only an admin can do this.")


def _end(subscription: Subscription, by: Membership | None) -> None:
    target = f"{title(subscription)}, for {subscription.user.email}"
    subscription.delete()
    audit.record(org=subscription.org, by=by.user if by else None, action="export.unsubscribed", target=target)
