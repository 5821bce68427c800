"""Brings messages to an organization's own addresses, signed by the Standard Webhooks rules, tried again for a day.

The row says when the next try is due, its ticket (outside of the walls) calls a worker then. What a broker forgets, or
a worker that dies takes along, comes due again by itself."""

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import dramatiq
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import audit
from accounts.models import (
    Attempt,
    Delivery,
    DeliveryState,
    DeliveryTicket,
    OffReason,
    Organization,
    Role,
    Webhook,
    WebhookEvent,
)
from saas import fetching, mail, sealing, tenancy
from saas.broker import enqueue
from saas.sealing import Secret

WAITS_SECONDS = (5, 300, 1800, 7200, 18_000, 28_800, 32_400)  # a day and a little more
ANSWER_SECONDS = 15.0
UNDER_WAY = timedelta(minutes=1)  # longer than a try takes; afterwards its worker is thought dead
MOST_CALLED = 50
MOST_ATTEMPTS = 20  # that are remembered; replays add to them
KEPT_FOR = timedelta(days=30)
PREFIX = "whsec_"
GONE = 410
NEVER_ENDED = "No try came to its end."  # each time the worker died
WAS_OFF = "The webhook was switched off."

log = structlog.get_logger("darkroom.webhooks")


def announce(org_id: int, event: WebhookEvent, data: dict[str, Any]) -> None:
    """To all who asked for it. Belongs into the transaction in which it happens."""
    for hook in Webhook.objects.filter(org=org_id, events__contains=[event.value], switched_off_at=None):
        send(hook, event.value, data)


def send(hook: Webhook, event: str, data: dict[str, Any]) -> Delivery:
    payload = {"type": event, "timestamp": timezone.now().isoformat(), "data": data}
    made = Delivery.objects.create(org_id=hook.org_id, webhook=hook, event=event, payload=payload)
    call(made)
    return made


def call(delivery: Delivery) -> None:
    """A worker at once; and once more, should nobody come."""
    _come_due(delivery, timezone.now() + UNDER_WAY)
    enqueue(deliver_webhook, delivery.org_id, str(delivery.code))


def call_due() -> int:
    """Calls workers to what is due and answers to how many. Any number of sweepers may do it at once."""
    now = timezone.now()
    with transaction.atomic():
        due = DeliveryTicket.objects.select_for_update(skip_locked=True).filter(due_at__lte=now).order_by("due_at")
        tickets = list(due[:MOST_CALLED])
        DeliveryTicket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(due_at=now + UNDER_WAY)
    for ticket in tickets:
        deliver_webhook.send(ticket.org_id, str(ticket.delivery_code))
    return len(tickets)


@dramatiq.actor(max_retries=0, time_limit=50_000)
def deliver_webhook(org_id: int, code: str) -> None:
    with tenancy.tenant(org_id):
        delivery = Delivery.objects.select_related("webhook").filter(code=code).first()
        if delivery is None or not _is_awaited(delivery):
            _forget([UUID(code)])
            return
        until = timezone.now() + UNDER_WAY
        if not delivery.begin(until=until):
            return  # not due yet, or another worker is at it
        _come_due(delivery, until)
    began = time.monotonic()
    if delivery.tries > len(WAITS_SECONDS):
        status, answer = 0, NEVER_ENDED
    else:
        status, answer = _post(delivery, timezone.now())  # between two transactions: the other side may take its time
    with tenancy.tenant(org_id):
        _note(delivery, status, answer, milliseconds=round((time.monotonic() - began) * 1000))


def end_waiting(hook: Webhook) -> None:
    """What waits for an address that is off has failed, and can be sent again by hand."""
    waiting = hook.deliveries.filter(state=DeliveryState.PENDING)
    _forget(list(waiting.values_list("code", flat=True)))
    waiting.update(state=DeliveryState.FAILED, answer=WAS_OFF, ended_at=timezone.now())


def tidy(org: Organization) -> int:
    """Deletes what is older than a month; answers how many."""
    old = Delivery.objects.filter(org=org, created_at__lt=timezone.now() - KEPT_FOR)
    return old.exclude(state=DeliveryState.PENDING).delete()[0]


def signature(secret: Secret, code: UUID, at: int, body: bytes) -> str:
    """Standard Webhooks, version 1."""
    key = base64.b64decode(secret.reveal().removeprefix(PREFIX))
    signed = hmac.new(key, f"{code}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def seal_context(org_id: int, code: UUID) -> str:
    return f"webhook:{org_id}:{code}"


def _is_awaited(delivery: Delivery) -> bool:
    if delivery.state == DeliveryState.PENDING and not delivery.webhook.is_on:
        end_waiting(delivery.webhook)
        return False
    return delivery.state == DeliveryState.PENDING


def _come_due(delivery: Delivery, at: datetime) -> None:
    values = {"org_id": delivery.org_id, "due_at": at}
    DeliveryTicket.objects.update_or_create(delivery_code=delivery.code, defaults=values)


def _forget(codes: list[UUID]) -> None:
    DeliveryTicket.objects.filter(delivery_code__in=codes).delete()


def _post(delivery: Delivery, now: datetime) -> tuple[int, str]:
    """The status, or 0, and what a person reads of it."""
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    at, hook = int(now.timestamp()), delivery.webhook
    try:
        secret = sealing.unseal(hook.sealed_secret, context=seal_context(hook.org_id, hook.code))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Darkroom-Webhooks/1",
            "webhook-id": str(delivery.code),
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, delivery.code, at, body),
        }
        allowed = settings.PROVIDER_ALLOWED_HOSTS
        status = fetching.post(hook.url, body, headers, deadline_seconds=ANSWER_SECONDS, allowed_hosts=allowed)
    except sealing.CannotUnseal:
        return 0, "The secret does not open."
    except fetching.CannotFetch:
        return 0, "The address could not be reached."
    return status, f"HTTP {status}"


def _note(delivery: Delivery, status: int, answer: str, *, milliseconds: int) -> None:
    now, tries = timezone.now(), delivery.tries + 1
    attempt = Attempt(at=now.isoformat(), answer=answer, milliseconds=milliseconds)
    said = {"answer": answer, "attempts": [*delivery.attempts, attempt][-MOST_ATTEMPTS:]}
    mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, tries=tries)
    if 200 <= status < 300:  # noqa: PLR2004 success
        mine.update(**said, state=DeliveryState.DELIVERED, ended_at=now)
        _forget([delivery.code])
    elif status != GONE and tries <= len(WAITS_SECONDS):
        due = now + timedelta(seconds=WAITS_SECONDS[tries - 1])
        if mine.update(**said, not_before=due):
            _come_due(delivery, due)
    elif mine.update(**said, state=DeliveryState.FAILED, ended_at=now):
        _forget([delivery.code])
        _judge(delivery, OffReason.GONE if status == GONE else OffReason.SILENCE)


def _judge(delivery: Delivery, reason: OffReason) -> None:
    """Where nothing arrives any more, nothing is sent any more, and the admins learn of it."""
    hook = delivery.webhook
    arrived = hook.deliveries.filter(state=DeliveryState.DELIVERED, ended_at__gte=delivery.created_at)
    if reason == OffReason.SILENCE and arrived.exists():
        return  # the address lives, and this message alone was not to its liking
    if not hook.switch_off(reason):
        return
    end_waiting(hook)
    log.warning("webhook switched off", webhook=str(hook.code), reason=reason.value)
    org = Organization.objects.get(pk=hook.org_id)
    audit.record(org=org, by=None, action="webhook.switched_off", target=hook.url, details={"why": reason.label})
    _tell_admins(org, hook, delivery)


def _tell_admins(org: Organization, hook: Webhook, delivery: Delivery) -> None:
    context = {
        "organization": org.name,
        "url": hook.url,
        "is_gone": hook.off_reason == OffReason.GONE,
        "answer": delivery.attempts[-1]["answer"] if delivery.attempts else "",
        "link": f"{settings.PUBLIC_URL}/o/{org.slug}/webhooks/{hook.code}/",
    }
    body = render_to_string("accounts/mail/webhook_off.txt", context)
    people = org.memberships.filter(Q(role=Role.ADMIN) | Q(role=Role.OWNER)).select_related("user")
    for member in people:
        mail.send(subject=f"{org.name}: a webhook was switched off", body=body, to=[member.user.email])
