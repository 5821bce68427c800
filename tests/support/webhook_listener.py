"""An address that is told things, and what a worker would be called to."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import Delivery, DeliveryTicket, Organization
from accounts.webhooks import delivery as webhook_delivery
from saas.database import tenancy
from tests.support.fake_provider import Exchange, Upstream, upstream


@pytest.fixture
def status() -> list[int]:
    """What the address answers."""
    return [200]


@pytest.fixture
def ear(status: list[int]) -> Iterator[Upstream]:
    def hear(exchange: Exchange) -> None:
        exchange.whole(status[0], {})

    with upstream(hear) as found, override_settings(WEBHOOK_ALLOWED_HOSTS=[found.host]):
        yield found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The messages that a worker would get."""
    found: list[object] = []
    monkeypatch.setattr(webhook_delivery, "enqueue", lambda actor, *arguments: found.append(arguments))
    monkeypatch.setattr(webhook_delivery.deliver_webhook, "send", lambda *arguments: found.append(arguments))
    return found


def deliveries_of(org: Organization) -> list[Delivery]:
    with tenancy.tenant(org.pk):
        return list(Delivery.objects.filter(org=org).order_by("pk"))


def deliver(delivery: Delivery) -> None:
    """As a worker would that claims this one."""
    webhook_delivery._deliver(DeliveryTicket(delivery_code=delivery.code, org_id=delivery.org_id))


def come_due(delivery: Delivery) -> None:
    """As if the wait were over."""
    with tenancy.tenant(delivery.org_id):
        Delivery.objects.filter(pk=delivery.pk).update(not_before=timezone.now())
    DeliveryTicket.objects.filter(delivery_code=delivery.code).update(due_at=timezone.now())
