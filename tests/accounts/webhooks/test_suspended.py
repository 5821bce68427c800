"""What is told and asked outside, for organizations that are suspended or deleted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tasks
from accounts.connections import probe as connection_probe
from accounts.models import Delivery, DeliveryState, DeliveryTicket, Health, Organization, ProviderConnection, User
from accounts.people import organizations
from accounts.webhooks import delivery, endpoints
from saas.database import tenancy
from tests.accounts.conftest import Connect
from tests.conftest import make_person, must_be_member
from tests.support.fake_provider import Upstream
from tests.support.webhook_listener import come_due, deliver, deliveries_of, ear, sent, status

pytestmark = pytest.mark.django_db
__all__ = ["ear", "sent", "status"]


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


@pytest.fixture
def messages(acme: Organization, alice: User, ear: Upstream, sent: list[tuple[int, str]]) -> list[Delivery]:
    """Three that wait, and are due."""
    with tenancy.tenant(acme.pk):
        hook, _ = endpoints.add(by=must_be_member(acme, alice), url=f"{ear.url}/hook", events=["run.finished"])
        for number in range(3):
            delivery.send(hook, "run.finished", {"number": number})
    made = deliveries_of(acme)
    for one in made:
        come_due(one)
    return made


def test_nothing_is_told_of_a_suspended_one_until_it_is_restored(
    acme: Organization, olga: User, messages: list[Delivery], sent: list[tuple[int, str]], ear: Upstream
) -> None:
    organizations.suspend(org=acme, by=olga)
    deliver(messages[0])
    assert ear.seen == []
    assert [(one.state, one.tries) for one in deliveries_of(acme)] == [(DeliveryState.PENDING, 0)] * 3
    sent.clear()
    assert delivery.call_due() == 0  # all of them wait, not only the one that was met
    assert not DeliveryTicket.objects.filter(due_at__lt=timezone.now() + timedelta(seconds=50)).exists()
    organizations.restore(org=acme, by=olga)
    for one in messages:
        come_due(one)
        deliver(one)
    assert len(ear.seen) == 3
    assert {one.state for one in deliveries_of(acme)} == {DeliveryState.DELIVERED}


def test_what_waits_for_a_deleted_one_has_failed(
    acme: Organization, alice: User, messages: list[Delivery], ear: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        organizations.delete(org=acme, by=must_be_member(acme, alice))
    assert not DeliveryTicket.objects.exists()
    for one in messages:
        deliver(one)
    assert ear.seen == []
    ended = deliveries_of(acme)
    assert {(one.state, one.answer) for one in ended} == {(DeliveryState.FAILED, "The organization was deleted.")}


def test_a_message_that_is_made_after_the_deletion_is_not_told(
    acme: Organization, alice: User, messages: list[Delivery], ear: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        organizations.delete(org=acme, by=must_be_member(acme, alice))
        late = delivery.send(acme.webhooks.get(), "run.failed", {})
    deliver(late)
    assert (ear.seen, DeliveryTicket.objects.count()) == ([], 0)


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def probe(connection: ProviderConnection) -> connection_probe.Findings:
        found.append(connection.name)
        return connection_probe.Findings(Health.OK, "It works.")

    monkeypatch.setattr(connection_probe, "probe", probe)
    return found


def test_a_connection_of_a_suspended_one_is_not_tested(
    acme: Organization, alice: User, olga: User, connect: Connect, probed: list[str]
) -> None:
    connection = connect()
    with tenancy.tenant(acme.pk):
        tasks.request_test(connection=connection, by=must_be_member(acme, alice))
    organizations.suspend(org=acme, by=olga)
    tasks.test_connection.fn(acme.pk, str(connection.code))
    assert probed == []
    with tenancy.tenant(acme.pk):
        found = ProviderConnection.objects.get(pk=connection.pk)
    assert (found.health, found.health_sentence) == (Health.UNKNOWN, connection_probe.NOT_ASKED.sentence)
    organizations.restore(org=acme, by=olga)
    with tenancy.tenant(acme.pk):
        tasks.request_test(connection=found, by=must_be_member(acme, alice))
    tasks.test_connection.fn(acme.pk, str(connection.code))
    assert probed == ["OpenAI"]
