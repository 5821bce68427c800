from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from accounts.models import Delivery, DeliveryState, OffReason, Scope, Webhook, WebhookEvent
from accounts.webhooks import endpoints
from studio.api.door import ApiRequest, inside, may
from studio.api.paging import Paging, page
from studio.api.runs import REFUSALS
from studio.api.shapes import Page

router = Router(tags=["Webhooks"], auth=may(Scope.MANAGE))


class WebhookIn(Schema):
    url: str = Field(max_length=500)
    events: list[WebhookEvent] = Field(min_length=1)


class WebhookOut(Schema):
    id: UUID
    url: str
    events: list[str]
    created_at: datetime
    switched_off_at: datetime | None
    off_reason: OffReason = Field(description="Empty while it is on")
    secret: str | None = Field(None, description="Only in the answer that created it")

    @classmethod
    def from_webhook(cls, hook: Webhook, secret: str | None = None) -> "WebhookOut":
        return cls(
            id=hook.code,
            url=hook.url,
            events=hook.events,
            created_at=hook.created_at,
            switched_off_at=hook.switched_off_at,
            off_reason=OffReason(hook.off_reason),
            secret=secret,
        )


class AttemptOut(Schema):
    at: datetime
    answer: str
    milliseconds: int


class DeliveryOut(Schema):
    id: UUID = Field(description="The message's `webhook-id`")
    event: str
    state: DeliveryState
    tries: int
    answer: str
    attempts: list[AttemptOut] = Field(description="The last twenty, the oldest first")
    payload: dict[str, Any]
    created_at: datetime
    not_before: datetime
    ended_at: datetime | None

    @classmethod
    def from_delivery(cls, one: Delivery) -> "DeliveryOut":
        return cls(
            id=one.code,
            event=one.event,
            state=DeliveryState(one.state),
            tries=one.tries,
            answer=one.answer,
            attempts=[AttemptOut(**attempt) for attempt in one.attempts],
            payload=one.payload,
            created_at=one.created_at,
            not_before=one.not_before,
            ended_at=one.ended_at,
        )


@router.post("/webhooks", response={201: WebhookOut, **REFUSALS}, url_name="api_webhooks")
@inside
def add_webhook(request: ApiRequest, body: WebhookIn) -> "Status[WebhookOut]":
    """Have an address told what happens

    Messages are signed by the Standard Webhooks rules and tried again for a day."""
    return Status(
        201, WebhookOut.from_webhook(*endpoints.add(by=request.auth.member, url=body.url, events=body.events))
    )


@router.get("/webhooks", response={200: Page[WebhookOut], **REFUSALS}, url_name="api_webhooks")
@inside
def list_webhooks(request: ApiRequest) -> dict[str, Any]:
    """List the webhooks"""
    hooks = request.auth.org.webhooks.order_by("pk")
    return {"data": [WebhookOut.from_webhook(hook) for hook in hooks], "next": None}


@router.get("/webhooks/{uuid:code}", response={200: WebhookOut, **REFUSALS}, url_name="api_webhook")
@inside
def read_webhook(request: ApiRequest, code: UUID) -> WebhookOut:
    """Read a webhook"""
    return WebhookOut.from_webhook(_hook(request, code))


@router.put("/webhooks/{uuid:code}", response={200: WebhookOut, **REFUSALS}, url_name="api_webhook")
@inside
def change_webhook(request: ApiRequest, code: UUID, body: WebhookIn) -> WebhookOut:
    """Give a webhook another address or other events. Its secret stays"""
    hook = _hook(request, code)
    endpoints.change(hook=hook, by=request.auth.member, url=body.url, events=body.events)
    return WebhookOut.from_webhook(hook)


@router.delete("/webhooks/{uuid:code}", response={204: None, **REFUSALS}, url_name="api_webhook")
@inside
def remove_webhook(request: ApiRequest, code: UUID) -> "Status[None]":
    """Remove a webhook"""
    endpoints.remove(hook=_hook(request, code), by=request.auth.member)
    return Status(204, None)


@router.post("/webhooks/{uuid:code}/on", response={200: WebhookOut, **REFUSALS}, url_name="api_webhook_on")
@inside
def switch_webhook_on(request: ApiRequest, code: UUID) -> WebhookOut:
    """Switch a webhook on again"""
    hook = _hook(request, code)
    endpoints.switch_on(hook=hook, by=request.auth.member)
    return WebhookOut.from_webhook(hook)


@router.post("/webhooks/{uuid:code}/off", response={200: WebhookOut, **REFUSALS}, url_name="api_webhook_off")
@inside
def switch_webhook_off(request: ApiRequest, code: UUID) -> WebhookOut:
    """Switch a webhook off

    What waits for it has failed, and can be sent again."""
    hook = _hook(request, code)
    endpoints.switch_off(hook=hook, by=request.auth.member)
    return WebhookOut.from_webhook(hook)


@router.post("/webhooks/{uuid:code}/test", response={201: DeliveryOut, **REFUSALS}, url_name="api_webhook_test")
@inside
def test_webhook(request: ApiRequest, code: UUID) -> "Status[DeliveryOut]":
    """Send a message that says nothing, to see whether it arrives"""
    return Status(201, DeliveryOut.from_delivery(endpoints.test(hook=_hook(request, code), by=request.auth.member)))


@router.get(
    "/webhooks/{uuid:code}/deliveries", response={200: Page[DeliveryOut], **REFUSALS}, url_name="api_deliveries"
)
@inside
def list_deliveries(request: ApiRequest, code: UUID, paging: Paging) -> dict[str, Any]:
    """List the messages of a month to a webhook, the newest first, and how each went"""
    return page(_hook(request, code).deliveries.all(), paging, DeliveryOut.from_delivery)


@router.post("/deliveries/{uuid:code}/replay", response={200: DeliveryOut, **REFUSALS}, url_name="api_replay")
@inside
def replay_delivery(request: ApiRequest, code: UUID) -> DeliveryOut:
    """Send a message once more, with the same id"""
    delivery = get_object_or_404(request.auth.org.deliveries.select_related("webhook"), code=code)
    endpoints.replay(delivery=delivery, by=request.auth.member)
    delivery.refresh_from_db()
    return DeliveryOut.from_delivery(delivery)


def _hook(request: ApiRequest, code: UUID) -> Webhook:
    found: Webhook = get_object_or_404(request.auth.org.webhooks, code=code)
    return found
