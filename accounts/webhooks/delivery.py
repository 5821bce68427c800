"""Deliver messages to an organization's own addresses, signed by the Standard Webhooks rules, and retry for a day.

The row says when the next try is due; its ticket, outside of the walls, says so to workers of all organizations. A
message in the broker means only that something is due: a worker claims the ticket that has been due longest, of an
organization that does not use its whole share of the threads. If the broker loses the message, or the worker dies, the
ticket comes due again."""

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
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts import audit, mail_outbox
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
from saas.crypto import sealing
from saas.crypto.sealing import Secret
from saas.database import functions, tenancy
from saas.database.release import released
from saas.outbound import fetch
from saas.queue import broker, due, lanes, thread_shares
from saas.queue.broker import enqueue
from saas.queue.thread_shares import Barred

WAITS_SECONDS = (5, 300, 1800, 7200, 18_000, 28_800, 32_400)  # in all a little more than a day
ANSWER_SECONDS = 15.0
UNDER_WAY = timedelta(minutes=1)  # the lease: longer than a try takes; afterwards the worker counts as dead
MOST_ATTEMPTS = 20  # attempts that are kept; replays add to them
KEPT_FOR = timedelta(days=30)
PREFIX = "whsec_"
GONE = 410
NEVER_ENDED = "No try finished."  # the worker died each time
ANNOUNCE = "SELECT accounts_announce(%(org)s, %(event)s, %(data)s, %(now)s)"
WAS_OFF = "The webhook was switched off."
WAS_DELETED = "The organization was deleted."

log = structlog.get_logger("darkroom.webhooks")


def announce(org_id: int, event: WebhookEvent, data: dict[str, Any]) -> None:
    """Send an event to every webhook that wants it. Call in the transaction in which the event happens."""
    values = {"org": org_id, "event": event.value, "data": Jsonb(data), "now": timezone.now()}
    ((messages,),) = functions.call(org_id, ANNOUNCE, values)
    call_for(messages)


def call_for(messages: int) -> None:
    """Call a worker for each message that a function of the database has written. If one of these calls is lost, the
    sweeper calls another worker."""
    for _ in range(messages):
        enqueue(deliver_webhook)


def send(hook: Webhook, event: str, data: dict[str, Any]) -> Delivery:
    payload = {"type": event, "timestamp": timezone.now().isoformat(), "data": data}
    made = Delivery.objects.create(org_id=hook.org_id, webhook=hook, event=event, payload=payload)
    call(made)
    return made


def call(delivery: Delivery) -> None:
    """Call a worker at once. If that message is lost, the sweeper calls another worker."""
    _come_due(delivery, timezone.now())
    enqueue(deliver_webhook)


def call_due() -> int:
    """Call workers for the tickets that are due. Return how many are due, at most `due.MOST_CALLED`."""
    return due.call(deliver_webhook, count_due())


def count_due() -> int:
    return due.count(DeliveryTicket)


@dramatiq.actor(queue_name=lanes.WEBHOOKS, max_retries=0, time_limit=50_000)
def deliver_webhook() -> None:
    """Deliver the message that has been due longest, and call a worker if more are due. The broker's message names no
    organization."""
    if deliver_next() and count_due():
        broker.call(deliver_webhook)


def deliver_next() -> bool:
    """Deliver the message that has been due longest. Return False if none is due, or none that may be taken now."""
    with thread_shares.OF_LANE[lanes.WEBHOOKS].taking(_claim) as claim:
        if claim is None:
            return False
        _deliver(claim)
    return True


def _claim(barred: Barred) -> DeliveryTicket | None:
    return due.claim(DeliveryTicket, barred, seconds=UNDER_WAY.total_seconds())


def _deliver(claim: DeliveryTicket) -> None:
    org_id = claim.org_id
    with released(), tenancy.tenant(org_id):
        delivery = Delivery.objects.select_related("webhook", "org").filter(code=claim.delivery_code).first()
        if delivery is None or not _is_awaited(delivery):
            _forget([claim.delivery_code])
            return
        if not delivery.org.may_work:
            _rest(delivery.org)
            return
        if not delivery.begin(until=timezone.now() + UNDER_WAY):
            return  # another worker tries it now
    began = time.monotonic()
    if delivery.tries > len(WAITS_SECONDS):
        status, answer = 0, NEVER_ENDED
    else:
        status, answer = _post(delivery, timezone.now())  # outside of any transaction: the receiver may be slow
    with tenancy.tenant(org_id):
        _note(delivery, status, answer, milliseconds=round((time.monotonic() - began) * 1000))


def end_waiting(hook: Webhook) -> None:
    """Mark what waits for an address that is off as failed. It can be sent again by hand."""
    waiting = hook.deliveries.filter(state=DeliveryState.PENDING)
    _forget(list(waiting.values_list("code", flat=True)))
    waiting.update(state=DeliveryState.FAILED, answer=WAS_OFF, ended_at=timezone.now())


def tidy(org: Organization) -> int:
    """Delete messages older than a month that no longer wait. Return how many rows were deleted."""
    old = Delivery.objects.filter(org=org, created_at__lt=timezone.now() - KEPT_FOR)
    return old.exclude(state=DeliveryState.PENDING).delete()[0]


def signature(secret: Secret, code: UUID, at: int, body: bytes) -> str:
    """Sign the message by Standard Webhooks, version 1."""
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


def end_all(org: Organization) -> None:
    """Mark all waiting messages of a deleted organization as failed, and delete its tickets."""
    DeliveryTicket.objects.filter(org_id=org.pk).delete()
    waiting = Delivery.objects.filter(org=org, state=DeliveryState.PENDING)
    waiting.update(state=DeliveryState.FAILED, answer=WAS_DELETED, ended_at=timezone.now())


def _rest(org: Organization) -> None:
    """Put off all messages of a suspended organization at once, so that workers do not claim each of them in vain."""
    if org.deleted_at is not None:
        end_all(org)
        return
    now = timezone.now()
    later = now + org.pause(now)
    DeliveryTicket.objects.filter(org_id=org.pk, due_at__lt=later).update(due_at=later)


def _come_due(delivery: Delivery, at: datetime) -> None:
    values = {"org_id": delivery.org_id, "maker_id": delivery.webhook.made_by_id, "due_at": at}
    DeliveryTicket.objects.update_or_create(delivery_code=delivery.code, defaults=values)


def _forget(codes: list[UUID]) -> None:
    DeliveryTicket.objects.filter(delivery_code__in=codes).delete()


def _post(delivery: Delivery, now: datetime) -> tuple[int, str]:
    """Post the message. Return the HTTP status, or 0, and an answer for a person to read."""
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
        allowed = settings.WEBHOOK_ALLOWED_HOSTS
        status = fetch.post(hook.url, body, headers, deadline_seconds=ANSWER_SECONDS, allowed_hosts=allowed)
    except sealing.CannotUnseal:
        return 0, "The secret cannot be decrypted."
    except fetch.CannotFetch:
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
        again_at = now + timedelta(seconds=WAITS_SECONDS[tries - 1])
        if mine.update(**said, not_before=again_at):
            _come_due(delivery, again_at)
    elif mine.update(**said, state=DeliveryState.FAILED, ended_at=now):
        _forget([delivery.code])
        _judge(delivery, OffReason.GONE if status == GONE else OffReason.SILENCE)


def _judge(delivery: Delivery, reason: OffReason) -> None:
    """Switch the webhook off and tell the admins, if the address is gone or if nothing has arrived since this message
    was made."""
    hook = delivery.webhook
    arrived = hook.deliveries.filter(state=DeliveryState.DELIVERED, ended_at__gte=delivery.created_at)
    if reason == OffReason.SILENCE and arrived.exists():
        return  # the address works, and refused only this message
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
        mail_outbox.send(subject=f"{org.name}: a webhook was switched off", body=body, to=[member.user.email])
