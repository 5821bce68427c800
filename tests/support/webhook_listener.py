"""An address that is told things, and what a worker would be called to."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts import deliveries
from accounts.models import Delivery, DeliveryTicket, Organization
from saas import tenancy
from tests.upstream import Exchange, Upstream, upstream


@pytest.fixture
def status() -> list[int]:
    """What the address answers."""
    return [200]


@pytest.fixture
def ear(status: list[int]) -> Iterator[Upstream]:
    def hear(exchange: Exchange) -> None:
        exchange.whole(status[0], {})

    with upstream(hear) as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        yield found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The messages that a worker would get."""
    found: list[tuple[int, str]] = []
    monkeypatch.setattr(deliveries, "enqueue", lambda actor, *arguments: found.append(arguments))
    monkeypatch.setattr(deliveries.deliver_webhook, "send", lambda *arguments: found.append(arguments))
    return found


def deliveries_of(org: Organization) -> list[Delivery]:
    with tenancy.tenant(org.pk):
        return list(Delivery.objects.filter(org=org).order_by("pk"))


def deliver(delivery: Delivery) -> None:
    deliveries.deliver_webhook.fn(delivery.org_id, str(delivery.code))


def come_due(delivery: Delivery) -> None:
    """As if the wait were over."""
    with tenancy.tenant(delivery.org_id):
        Delivery.objects.filter(pk=delivery.pk).update(not_before=timezone.now())
    DeliveryTicket.objects.filter(delivery_code=delivery.code).update(due_at=timezone.now())
