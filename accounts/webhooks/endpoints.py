"""Add, change, test and remove webhooks: addresses of an organization's own, to which messages about events are
sent."""

import base64
import secrets
from collections.abc import Sequence
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Delivery, DeliveryState, Membership, OffReason, Webhook
from accounts.webhooks import delivery as webhook_delivery
from saas.crypto import sealing
from saas.outbound import guarded_http

MOST_WEBHOOKS = 20
SECRET_BYTES = 32
TEST_EVENT = "webhook.test"


def add(*, by: Membership, url: str, events: Sequence[str]) -> tuple[Webhook, str]:
    """Add a webhook. Return its row and its secret, which is shown this once and cannot be read again."""
    _refuse_others(by)
    org = by.org.locked()
    if org.webhooks.count() >= MOST_WEBHOOKS:
        raise Refused(f"There are already {MOST_WEBHOOKS} webhooks. Remove one first.")
    url = _checked(url)
    code, secret = uuid4(), webhook_delivery.PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    sealed = sealing.seal(secret, context=webhook_delivery.seal_context(org.pk, code))
    hook = Webhook.objects.create(
        org=org, code=code, url=url, events=sorted(set(events)), made_by=by.user, sealed_secret=sealed
    )
    audit.record(org=org, by=by.user, action="webhook.added", target=url, details={"events": hook.events})
    return hook, secret


def change(*, hook: Webhook, by: Membership, url: str, events: Sequence[str]) -> None:
    """Change the address and the events. The secret stays: it only signs, and is never sent."""
    _refuse_others(by)
    before = hook.url, hook.events
    hook.url, hook.events = _checked(url), sorted(set(events))
    if (hook.url, hook.events) == before:
        return
    hook.save(update_fields=["url", "events"])
    details = {"events": hook.events} | ({"before": before[0]} if before[0] != hook.url else {})
    audit.record(org=by.org, by=by.user, action="webhook.changed", target=hook.url, details=details)


def remove(*, hook: Webhook, by: Membership) -> None:
    _refuse_others(by)
    audit.record(org=by.org, by=by.user, action="webhook.removed", target=hook.url)
    hook.delete()


def switch_on(*, hook: Webhook, by: Membership) -> None:
    _refuse_others(by)
    if hook.switch_on():
        audit.record(org=by.org, by=by.user, action="webhook.switched_on", target=hook.url)


def switch_off(*, hook: Webhook, by: Membership) -> None:
    _refuse_others(by)
    if hook.switch_off(OffReason.BY_HAND):
        webhook_delivery.end_waiting(hook)
        audit.record(org=by.org, by=by.user, action="webhook.switched_off", target=hook.url, details={"why": "by hand"})


def test(*, hook: Webhook, by: Membership) -> Delivery:
    """Send a message without content, to see whether it arrives. Return the one that waits already, if there is one."""
    _refuse_others(by)
    _refuse_off(hook)
    waiting = hook.deliveries.filter(event=TEST_EVENT, state=DeliveryState.PENDING).first()
    return waiting or webhook_delivery.send(hook, TEST_EVENT, {"webhook": str(hook.code), "organization": by.org.slug})


def replay(*, delivery: Delivery, by: Membership) -> None:
    """Send the message again with the same id, so that a receiver that has it already can tell."""
    _refuse_others(by)
    _refuse_off(delivery.webhook)
    ended = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.PENDING)
    if not ended.update(state=DeliveryState.PENDING, answer="", tries=0, ended_at=None, not_before=timezone.now()):
        raise Refused("This message is already being delivered.")
    webhook_delivery.call(delivery)


def reseal(hook: Webhook) -> bool:
    context = webhook_delivery.seal_context(hook.org_id, hook.code)
    hook.sealed_secret, was_changed = sealing.reseal(hook.sealed_secret, context=context)
    if was_changed:
        hook.save(update_fields=["sealed_secret"])
    return was_changed


def _checked(url: str) -> str:
    try:
        return guarded_http.check_url(url, allowed_hosts=settings.WEBHOOK_ALLOWED_HOSTS, query=True)
    except guarded_http.UnsafeURL as error:
        raise Refused(str(error)) from error


def _refuse_others(by: Membership) -> None:
    if not by.is_admin:
        raise NotAllowed("Only an admin can do this.")


def _refuse_off(hook: Webhook) -> None:
    if not hook.is_on:
        raise Refused("This webhook is switched off. Switch it on first.")
