"""Messages to webhooks: tried for a day, called again when they were forgotten, and given up in words."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import (
    Delivery,
    DeliveryState,
    DeliveryTicket,
    OffReason,
    Organization,
    User,
    Webhook,
    WebhookEvent,
)
from accounts.webhooks import delivery, endpoints
from saas.database import tenancy
from saas.queue import lanes, thread_shares
from tests.conftest import actions, must_be_member
from tests.support.fake_provider import Upstream
from tests.support.snapshot import last_entry
from tests.support.webhook_listener import come_due, deliver, deliveries_of, ear, sent, status

__all__ = ["ear", "sent", "status"]


@pytest.fixture
def hook(acme: Organization, alice: User, ear: Upstream) -> Webhook:
    with tenancy.tenant(acme.pk):
        made, _ = endpoints.add(by=must_be_member(acme, alice), url=f"{ear.url}/hook", events=["run.failed"])
    return made


@pytest.fixture
def one(acme: Organization, hook: Webhook, sent: list[object]) -> Delivery:
    return announce(acme)


def announce(org: Organization) -> Delivery:
    with tenancy.tenant(org.pk):
        delivery.announce(org.pk, WebhookEvent.RUN_FAILED, {"run": "x"})
    return deliveries_of(org)[-1]


def again(delivery: Delivery) -> Delivery:
    with tenancy.tenant(delivery.org_id):
        return Delivery.objects.select_related("webhook").get(pk=delivery.pk)


def test_a_message_that_comes_twice_is_sent_once(one: Delivery, ear: Upstream) -> None:
    deliver(one)
    deliver(one)
    assert len(ear.seen) == 1
    assert again(one).state == DeliveryState.DELIVERED
    assert not DeliveryTicket.objects.exists()


def test_nothing_is_tried_before_its_time(one: Delivery, ear: Upstream, status: list[int]) -> None:
    status[0] = 500
    deliver(one)
    deliver(one)
    assert (len(ear.seen), again(one).tries) == (1, 1)


def test_it_is_tried_for_a_day_then_switched_off_and_the_admins_are_told(
    one: Delivery,
    acme: Organization,
    adam: User,
    bob: User,
    ear: Upstream,
    status: list[int],
    django_capture_on_commit_callbacks: object,
) -> None:
    status[0], waits = 500, []
    while again(one).state == DeliveryState.PENDING:
        come_due(one)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without a type
            deliver(one)
        waits.append(again(one).not_before - timezone.now())
    assert len(ear.seen) == len(delivery.WAITS_SECONDS) + 1 == 8
    assert sum(waits[:-1], timedelta()) > timedelta(hours=24)
    assert len({heard.headers["webhook-id"] for heard in ear.seen}) == 1
    ended = again(one)
    assert (ended.state, ended.answer, len(ended.attempts)) == (DeliveryState.FAILED, "HTTP 500", 8)
    assert ended.webhook.off_reason == OffReason.SILENCE
    assert last_entry(acme).details == {"why": "Nothing arrived for a day"}
    told = [message for message in mail.outbox if "webhook" in message.subject]
    assert sorted(message.to[0] for message in told) == ["adam@example.com", "alice@example.com"]
    assert "HTTP 500" in str(told[0].body)
    assert f"/o/acme/webhooks/{ended.webhook.code}/" in str(told[0].body)
    announce(acme)
    assert len(deliveries_of(acme)) == 1, "what is off is told nothing"


def test_an_address_that_answered_in_between_stays_on(
    one: Delivery, acme: Organization, ear: Upstream, status: list[int]
) -> None:
    other = announce(acme)
    deliver(other)
    status[0] = 500
    while again(one).state == DeliveryState.PENDING:
        come_due(one)
        deliver(one)
    assert again(one).webhook.is_on


def test_an_address_that_says_it_is_gone_is_believed_at_once(one: Delivery, status: list[int], ear: Upstream) -> None:
    status[0] = 410
    deliver(one)
    ended = again(one)
    assert (len(ear.seen), ended.state, ended.webhook.off_reason) == (1, DeliveryState.FAILED, OffReason.GONE)


def test_a_redirect_is_not_followed(one: Delivery, status: list[int], ear: Upstream) -> None:
    status[0] = 302
    deliver(one)
    assert (len(ear.seen), again(one).answer, again(one).state) == (1, "HTTP 302", DeliveryState.PENDING)


def test_an_address_that_points_inside_by_now_gets_nothing(one: Delivery, ear: Upstream, settings: object) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []  # type: ignore[attr-defined]  # pytest-django's
    deliver(one)
    assert (ear.seen, again(one).answer) == ([], "The address could not be reached.")


def test_a_host_that_is_allowed_for_connections_is_not_allowed_for_messages(
    one: Delivery, ear: Upstream, settings: object
) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []  # type: ignore[attr-defined]  # pytest-django's
    settings.PROVIDER_ALLOWED_HOSTS = [ear.host]  # type: ignore[attr-defined]
    deliver(one)
    assert (ear.seen, again(one).answer) == ([], "The address could not be reached.")
    hook = again(one).webhook
    with tenancy.tenant(one.org_id), pytest.raises(Refused):
        endpoints.add(by=must_be_member(one.org, hook.made_by), url=f"{ear.url}/hook", events=["run.finished"])
    with tenancy.tenant(one.org_id), pytest.raises(Refused, match="https"):
        endpoints.add(by=must_be_member(one.org, hook.made_by), url="http://example.com/", events=["run.finished"])


def test_what_a_broker_forgot_is_called_again(one: Delivery, sent: list[object], ear: Upstream) -> None:
    sent.clear()
    assert delivery.call_due() == 1
    assert sent == [()], "a message does not say whose"
    assert delivery.deliver_next()
    assert len(ear.seen) == 1
    assert delivery.call_due() == 0
    assert not delivery.deliver_next()


def test_what_one_worker_holds_is_not_called_and_not_delivered_twice(one: Delivery, ear: Upstream) -> None:
    with thread_shares.OF_LANE[lanes.WEBHOOKS].taking(delivery._claim) as claim:
        assert claim is not None
        assert claim.delivery_code == one.code
        assert delivery.call_due() == 0
        assert not delivery.deliver_next()
    assert (ear.seen, again(one).tries) == ([], 0)


def test_the_messages_of_one_organization_leave_threads_for_those_of_others(
    acme: Organization, rival: Organization, hook: Webhook, charlie: User, sent: list[object], ear: Upstream
) -> None:
    with tenancy.tenant(rival.pk):
        endpoints.add(by=must_be_member(rival, charlie), url=f"{ear.url}/rival", events=["run.failed"])
    for _ in range(20):
        announce(acme)
    announce(rival)
    lane, held = thread_shares.OF_LANE[lanes.WEBHOOKS], []
    with ExitStack() as stack:
        while (claim := stack.enter_context(lane.taking(delivery._claim))) is not None:
            held.append(claim.place.org_id)
        assert held.count(rival.pk) == 1
        assert held.count(acme.pk) == 8 < lanes.THREADS[lanes.WEBHOOKS]
    assert delivery.count_due() == 20 - 8


def test_what_a_dead_worker_held_comes_due_and_is_not_held_for_ever(
    one: Delivery, sent: list[object], ear: Upstream
) -> None:
    for _ in range(len(delivery.WAITS_SECONDS) + 1):
        come_due(one)
        with tenancy.tenant(one.org_id):
            assert again(one).begin(until=timezone.now() + delivery.UNDER_WAY)  # and died
    come_due(one)
    deliver(one)
    ended = again(one)
    assert (ended.state, ended.answer, ear.seen) == (DeliveryState.FAILED, delivery.NEVER_ENDED, [])


def test_what_waits_fails_when_the_webhook_is_switched_off(
    one: Delivery, hook: Webhook, acme: Organization, alice: User, ear: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        endpoints.switch_off(hook=hook, by=must_be_member(acme, alice))
    deliver(one)
    ended = again(one)
    assert (ended.state, ended.answer, ear.seen) == (DeliveryState.FAILED, delivery.WAS_OFF, [])
    assert not DeliveryTicket.objects.exists()
    assert actions(acme)[-1] == "webhook.switched_off"


def test_a_removed_webhook_leaves_no_ticket(
    one: Delivery, hook: Webhook, acme: Organization, alice: User, ear: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        endpoints.remove(hook=hook, by=must_be_member(acme, alice))
    deliver(one)
    assert (ear.seen, DeliveryTicket.objects.count()) == ([], 0)


def test_messages_are_kept_for_a_month(one: Delivery, acme: Organization, ear: Upstream) -> None:
    deliver(one)
    waiting = announce(acme)
    with tenancy.tenant(acme.pk):
        Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
        assert delivery.tidy(acme) == 1
    assert deliveries_of(acme) == [waiting]


def test_one_organization_s_news_go_to_no_other_s_address(
    hook: Webhook, rival: Organization, ear: Upstream, sent: list[object]
) -> None:
    with tenancy.tenant(rival.pk):
        delivery.announce(rival.pk, WebhookEvent.RUN_FAILED, {})
    assert (deliveries_of(rival), sent, ear.seen) == ([], [], [])
