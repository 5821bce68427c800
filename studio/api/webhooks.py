from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from accounts import webhooks
from accounts.errors import NotAllowed
from accounts.models import Delivery, DeliveryState, Scope, Webhook, WebhookEvent
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import Page

router = Router(tags=["Webhooks"])
NEWEST = 100


class WebhookIn(Schema):
    url: str = Field(max_length=500)
    events: list[WebhookEvent] = Field(min_length=1)


class WebhookOut(Schema):
    id: UUID
    url: str
    events: list[str]
    created_at: datetime
    switched_off_at: datetime | None
    secret: str | None = Field(None, description="Said once, in the answer that made it")

    @classmethod
    def of(cls, hook: Webhook, secret: str | None = None) -> "WebhookOut":
        return cls(
            id=hook.code,
            url=hook.url,
            events=hook.events,
            created_at=hook.created_at,
            switched_off_at=hook.switched_off_at,
            secret=secret,
        )


class DeliveryOut(Schema):
    id: UUID = Field(description="The message's `webhook-id`")
    event: str
    state: DeliveryState
    tries: int
    answer: str
    payload: dict[str, Any]
    created_at: datetime
    not_before: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryOut":
        return cls(
            id=one.code,
            event=one.event,
            state=DeliveryState(one.state),
            tries=one.tries,
            answer=one.answer,
            payload=one.payload,
            created_at=one.created_at,
            not_before=one.not_before,
            ended_at=one.ended_at,
        )


@router.post("/webhooks", auth=may(Scope.GENERATE), response={201: WebhookOut, **REFUSALS}, url_name="api_add_webhook")
@inside
def add_webhook(request: ApiRequest, body: WebhookIn) -> "Status[WebhookOut]":
    """Have an address told what happens

    Messages are signed by the Standard Webhooks rules and tried again for a day. For admins."""
    return Status(201, WebhookOut.of(*webhooks.add(by=request.auth.member, url=body.url, events=body.events)))


@router.get("/webhooks", auth=may(Scope.READ), response={200: Page[WebhookOut], **REFUSALS}, url_name="api_webhooks")
@inside
def list_webhooks(request: ApiRequest) -> dict[str, Any]:
    """List the webhooks. For admins"""
    hooks = _admins(request).webhooks.order_by("pk")
    return {"data": [WebhookOut.of(hook) for hook in hooks], "next": None}


@router.delete(
    "/webhooks/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_webhook"
)
@inside
def remove_webhook(request: ApiRequest, code: UUID) -> "Status[None]":
    """Remove a webhook. For admins"""
    webhooks.remove(hook=_hook(request, code), by=request.auth.member)
    return Status(204, None)


@router.post(
    "/webhooks/{uuid:code}/on",
    auth=may(Scope.GENERATE),
    response={200: WebhookOut, **REFUSALS},
    url_name="api_webhook_on",
)
@inside
def switch_webhook_on(request: ApiRequest, code: UUID) -> WebhookOut:
    """Switch a webhook on again that was switched off after a day of failures. For admins"""
    hook = _hook(request, code)
    webhooks.switch_on(hook=hook, by=request.auth.member)
    return WebhookOut.of(hook)


@router.get(
    "/webhooks/{uuid:code}/deliveries",
    auth=may(Scope.READ),
    response={200: Page[DeliveryOut], **REFUSALS},
    url_name="api_deliveries",
)
@inside
def list_deliveries(request: ApiRequest, code: UUID) -> dict[str, Any]:
    """List the newest messages to a webhook, and how they went. For admins"""
    found = _hook(request, code).deliveries.order_by("-pk")[:NEWEST]
    return {"data": [DeliveryOut.of(one) for one in found], "next": None}


@router.post(
    "/deliveries/{uuid:code}/replay",
    auth=may(Scope.GENERATE),
    response={200: DeliveryOut, **REFUSALS},
    url_name="api_replay",
)
@inside
def replay_delivery(request: ApiRequest, code: UUID) -> DeliveryOut:
    """Send a message once more. For admins"""
    delivery = get_object_or_404(_admins(request).deliveries, code=code)
    webhooks.replay(delivery=delivery, by=request.auth.member)
    delivery.refresh_from_db()
    return DeliveryOut.of(delivery)


def _admins(request: ApiRequest) -> Any:
    """The organization, for who may manage it."""
    if not request.auth.member.is_admin:
        raise NotAllowed("Only an admin can see this.")
    return request.auth.org


def _hook(request: ApiRequest, code: UUID) -> Webhook:
    found: Webhook = get_object_or_404(_admins(request).webhooks, code=code)
    return found
