"""Tells an organization's own addresses what happens, signed by the Standard Webhooks rules, tried again for a day."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import dramatiq
import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Delivery, DeliveryState, Membership, Organization, Role, Webhook, WebhookEvent
from saas import fetching, guard, mail, sealing, tenancy
from saas.broker import enqueue, enqueue_later
from saas.sealing import Secret

MOST_WEBHOOKS = 20
WAITS_SECONDS = (5, 300, 1800, 7200, 18_000, 28_800, 32_400)  # a day and a little more
ANSWER_SECONDS = 15.0
OVERDUE = timedelta(minutes=2)  # then the message that should have brought it is lost
MOST_OVERDUE = 50
SECRET_BYTES = 32
PREFIX = "whsec_"

log = structlog.get_logger("darkroom.webhooks")


def add(*, by: Membership, url: str, events: Sequence[str]) -> tuple[Webhook, str]:
    """The row and its secret, which nobody can ask for again."""
    _refuse_others(by)
    org = by.org.locked()
    if org.webhooks.count() >= MOST_WEBHOOKS:
        raise Refused(f"There are {MOST_WEBHOOKS} webhooks already. Remove one first.")
    try:
        url = guard.check_url(url, allowed_hosts=settings.PROVIDER_ALLOWED_HOSTS, query=True)
    except guard.UnsafeURL as error:
        raise Refused(str(error)) from error
    code, secret = uuid4(), PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    sealed = sealing.seal(secret, context=_context(org.pk, code))
    hook = Webhook.objects.create(
        org=org, code=code, url=url, events=sorted(set(events)), made_by=by.user, sealed_secret=sealed
    )
    audit.record(org=org, by=by.user, action="webhook.added", target=url)
    return hook, secret


def remove(*, hook: Webhook, by: Membership) -> None:
    _refuse_others(by)
    audit.record(org=by.org, by=by.user, action="webhook.removed", target=hook.url)
    hook.delete()


def switch_on(*, hook: Webhook, by: Membership) -> None:
    _refuse_others(by)
    if Webhook.objects.filter(pk=hook.pk).exclude(switched_off_at=None).update(switched_off_at=None):
        hook.switched_off_at = None
        audit.record(org=by.org, by=by.user, action="webhook.switched_on", target=hook.url)


def replay(*, delivery: Delivery, by: Membership) -> None:
    """With the same id, so that whoever got it already can tell."""
    _refuse_others(by)
    ended = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.PENDING)
    if not ended.update(state=DeliveryState.PENDING, tries=0, ended_at=None, not_before=timezone.now()):
        raise Refused("This is being delivered.")
    enqueue(deliver_webhook, delivery.org_id, str(delivery.code))


def announce(org_id: int, event: WebhookEvent, data: dict[str, Any]) -> None:
    """To all who asked for it. Belongs into the transaction in which it happens."""
    hooks = list(Webhook.objects.filter(org=org_id, events__contains=[event.value], switched_off_at=None))
    if not hooks:
        return
    payload = {"type": event.value, "timestamp": timezone.now().isoformat(), "data": data}
    for hook in hooks:
        made = Delivery.objects.create(org_id=org_id, webhook=hook, event=event.value, payload=payload)
        enqueue(deliver_webhook, org_id, str(made.code))
    overdue = Delivery.objects.filter(org=org_id, state=DeliveryState.PENDING, not_before__lt=timezone.now() - OVERDUE)
    for code in overdue.values_list("code", flat=True)[:MOST_OVERDUE]:
        enqueue(deliver_webhook, org_id, str(code))


@dramatiq.actor(max_retries=0, time_limit=60_000)
def deliver_webhook(org_id: int, code: str) -> None:
    with tenancy.tenant(org_id):
        delivery = Delivery.objects.select_related("webhook").filter(code=code).first()
        if delivery is None or delivery.webhook.switched_off_at or not delivery.begin():
            return
    answer, is_taken = _post(delivery, timezone.now())  # between two transactions: the other side may take its time
    with tenancy.tenant(org_id):
        _note(delivery, answer, is_taken=is_taken)


def signature(secret: Secret, code: UUID, at: int, body: bytes) -> str:
    """Standard Webhooks, version 1."""
    key = base64.b64decode(secret.reveal().removeprefix(PREFIX))
    signed = hmac.new(key, f"{code}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def reseal(hook: Webhook) -> bool:
    context = _context(hook.org_id, hook.code)
    hook.sealed_secret, was_changed = sealing.reseal(hook.sealed_secret, context=context)
    if was_changed:
        hook.save(update_fields=["sealed_secret"])
    return was_changed


def _post(delivery: Delivery, now: datetime) -> tuple[str, bool]:
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    at = int(now.timestamp())
    try:
        hook = delivery.webhook
        secret = sealing.unseal(hook.sealed_secret, context=_context(hook.org_id, hook.code))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(delivery.code),
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, delivery.code, at, body),
        }
        allowed = settings.PROVIDER_ALLOWED_HOSTS
        status = fetching.post(
            delivery.webhook.url, body, headers, deadline_seconds=ANSWER_SECONDS, allowed_hosts=allowed
        )
    except sealing.CannotUnseal:
        return "The secret does not open.", False
    except fetching.CannotFetch:
        return "The address could not be reached.", False
    return f"HTTP {status}", 200 <= status < 300  # noqa: PLR2004 success


def _note(delivery: Delivery, answer: str, *, is_taken: bool) -> None:
    now, tries = timezone.now(), delivery.tries + 1
    mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, tries=tries)
    if is_taken:
        mine.update(state=DeliveryState.DELIVERED, answer=answer, ended_at=now)
    elif tries <= len(WAITS_SECONDS):
        wait = WAITS_SECONDS[tries - 1]
        if mine.update(answer=answer, not_before=now + timedelta(seconds=wait)):
            enqueue_later(deliver_webhook, delivery.org_id, str(delivery.code), delay_seconds=wait)
    elif mine.update(state=DeliveryState.FAILED, answer=answer, ended_at=now):
        _switch_off_where_nothing_arrives(delivery, now)


def _switch_off_where_nothing_arrives(delivery: Delivery, now: datetime) -> None:
    hook = delivery.webhook
    if hook.deliveries.filter(state=DeliveryState.DELIVERED, ended_at__gte=delivery.created_at).exists():
        return  # the address lives, and this message alone was not to its liking
    if not Webhook.objects.filter(pk=hook.pk, switched_off_at=None).update(switched_off_at=now):
        return
    log.warning("webhook switched off", webhook=str(hook.code))
    org = Organization.objects.get(pk=hook.org_id)
    audit.record(org=org, by=None, action="webhook.switched_off", target=hook.url)
    people = org.memberships.filter(Q(role=Role.ADMIN) | Q(role=Role.OWNER)).select_related("user")
    body = f"For a day nothing that {org.name} sent to {hook.url} arrived. It is switched off until somebody switches "
    for member in people:
        mail.send(subject=f"{org.name}: a webhook was switched off", body=f"{body}it on.", to=[member.user.email])


def _refuse_others(by: Membership) -> None:
    if not by.is_admin:
        raise NotAllowed("Only an admin can do this.")


def _context(org_id: int, code: UUID) -> str:
    return f"webhook:{org_id}:{code}"
