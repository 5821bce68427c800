"""Make exports of each month when it is over: once, for each subscriber, as long as they may have them."""

from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import audit, mail_outbox
from accounts.errors import NotAllowed, Refused
from accounts.limits.periods import today
from accounts.models import Membership, Organization, Role
from billing import exports
from billing.models import Export, ExportState, Format, Subscription
from billing.sources import SOURCES
from billing.spans import ONE_DAY, Span
from saas.text import money

MOST = 50  # subscriptions of an organization


def subscribe(*, org: Organization, by: Membership, what: str, form: Format, is_play: bool) -> Subscription:
    """Subscribe an admin to a monthly export. The first one is made when this month is over."""
    org = org.locked()
    _must_be_admin(by)
    if Subscription.objects.filter(org=org).count() >= MOST:
        raise Refused(f"There are already {MOST} monthly exports. End one of them first.")
    made, is_new = Subscription.objects.get_or_create(
        org=org,
        user=by.user,
        what=what,
        format=form,
        is_play=is_play,
        defaults={"last_month": last_month(org)},
    )
    if not is_new:
        raise Refused("You already get this export.")
    audit.record(org=org, by=by.user, action="export.subscribed", target=title(made))
    return made


def unsubscribe(*, subscription: Subscription, by: Membership) -> None:
    """End a subscription, one's own or another admin's. Only an admin may."""
    _must_be_admin(by)
    _end(subscription, by)


def begin_due(org: Organization) -> list[Export]:
    """Note what is due for the month before, each export once, and what was lost or failed. Return these exports. End
    subscriptions whose subscriber may no longer have them. Call in one transaction, inside the organization's wall."""
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
    return due


def tell(export: Export) -> None:
    """Mail the subscriber a link to the finished file. The link works only for a signed-in person with the right to
    it."""
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
    mail_outbox.send(subject=f"{org.name}: {export.first:%B %Y} as a file", body=body, to=[subscription.user.email])


def title(subscription: Subscription) -> str:
    source = SOURCES[subscription.what].title.lower()
    return f"{source} as {Format(subscription.format).label}{', sandbox' if subscription.is_play else ''}"


def last_month(org: Organization) -> date:
    """Return the first day of the month that ended last in the organization's own time."""
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
