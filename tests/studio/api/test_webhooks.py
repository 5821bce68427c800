"""Webhooks: made by admins, signed, tried again for a day, replayed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts import webhooks
from accounts.models import Delivery, DeliveryState, Organization, User, Webhook, WebhookEvent
from saas import tenancy
from tests.conftest import actions, must_be_member
from tests.studio.api.keys import Program, program
from tests.upstream import Exchange, Upstream, upstream

pytestmark = pytest.mark.django_db


@pytest.fixture
def status() -> list[int]:
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
    monkeypatch.setattr(webhooks, "enqueue", lambda actor, *arguments: found.append(arguments))
    monkeypatch.setattr(
        webhooks, "enqueue_later", lambda actor, *arguments, delay_seconds: found.append((*arguments, delay_seconds))
    )
    return found


def add(api: Program, ear: Upstream, *events: str) -> dict[str, str]:
    answer = api.post("webhooks", {"url": f"{ear.url}/hook", "events": list(events or ["run.failed"])})
    assert answer.status_code == 201, answer.content
    found: dict[str, str] = answer.json()
    return found


def deliveries(org: Organization) -> list[Delivery]:
    with tenancy.tenant(org.pk):
        return list(Delivery.objects.filter(org=org).order_by("pk"))


def test_a_run_that_ends_is_told_with_a_signature(
    acme: Organization, alice: User, ear: Upstream, sent: list[tuple[int, str]]
) -> None:
    api = program(acme, alice)
    hook = add(api, ear)
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    api.post(f"runs/{run}/cancel")
    (one,) = deliveries(acme)
    assert sent == [(acme.pk, str(one.code))]
    webhooks.deliver_webhook.fn(acme.pk, str(one.code))
    (heard,) = ear.seen
    assert heard.json["type"] == "run.failed"
    assert (heard.json["data"]["run"], heard.json["data"]["state"]) == (run, "cancelled")
    said = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    proof = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert heard.headers["webhook-signature"] == f"v1,{proof}"
    webhooks.deliver_webhook.fn(acme.pk, str(one.code))
    assert len(ear.seen) == 1
    (listed,) = api.get(f"webhooks/{hook['id']}/deliveries").json()["data"]
    assert (listed["state"], listed["tries"], listed["answer"]) == ("delivered", 1, "HTTP 200")


def test_it_is_tried_for_a_day_then_switched_off_and_replayed(
    acme: Organization, alice: User, ear: Upstream, sent: list[tuple[int, str]], status: list[int]
) -> None:
    api = program(acme, alice)
    hook = add(api, ear)
    with tenancy.tenant(acme.pk):
        webhooks.announce(acme.pk, WebhookEvent.RUN_FAILED, {})
    (one,) = deliveries(acme)
    status[0] = 500
    for _ in range(10):
        webhooks.deliver_webhook.fn(acme.pk, str(one.code))
    waits = [message[2] for message in sent if len(message) > 2]  # type: ignore[misc]
    assert len(ear.seen) == len(waits) + 1 == 8
    assert sum(waits) > 24 * 3600
    assert len({heard.headers["webhook-id"] for heard in ear.seen}) == 1
    (one,) = deliveries(acme)
    assert (one.state, one.answer) == (DeliveryState.FAILED, "HTTP 500")
    (listed,) = api.get("webhooks").json()["data"]
    assert listed["switched_off_at"] is not None
    assert listed["secret"] is None
    assert actions(acme)[-1] == "webhook.switched_off"
    assert api.post(f"webhooks/{hook['id']}/on").json()["switched_off_at"] is None
    status[0] = 204
    assert api.post(f"deliveries/{one.code}/replay").json()["state"] == "pending"
    assert api.post(f"deliveries/{one.code}/replay").status_code == 409
    webhooks.deliver_webhook.fn(acme.pk, str(one.code))
    assert deliveries(acme)[0].state == DeliveryState.DELIVERED


def test_members_and_strangers_change_nothing(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User, ear: Upstream
) -> None:
    hook = add(program(acme, alice), ear)
    body = {"url": f"{ear.url}/other", "events": ["run.failed"]}
    for api, code in ((program(acme, bob), 403), (program(rival, charlie), 404)):
        assert api.get(f"webhooks/{hook['id']}/deliveries").status_code == code
        assert api.post(f"webhooks/{hook['id']}/on").status_code == code
    assert program(acme, bob).post("webhooks", body).status_code == 403
    assert program(rival, charlie).get("webhooks").json()["data"] == []
    with tenancy.tenant(acme.pk):
        assert Webhook.objects.filter(org=acme).count() == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "https://169.254.169.254/", "https://localhost/", "ftp://a.b/"])
def test_an_address_inside_our_network_is_refused(acme: Organization, alice: User, url: str) -> None:
    answer = program(acme, alice).post("webhooks", {"url": url, "events": ["run.failed"]})
    assert answer.status_code == 409
    with tenancy.tenant(acme.pk):
        assert not Webhook.objects.filter(org=acme).exists()


def test_the_secret_lies_sealed(acme: Organization, alice: User, ear: Upstream) -> None:
    secret = add(program(acme, alice), ear)["secret"]
    with tenancy.tenant(acme.pk):
        assert secret not in json.dumps(list(Webhook.objects.filter(org=acme).values("sealed_secret", "url")))


def test_who_adds_removes_and_switches_on_stands_in_the_log(acme: Organization, alice: User, ear: Upstream) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, alice)
        hook, _ = webhooks.add(by=member, url=f"{ear.url}/hook", events=["run.failed"])
        Webhook.objects.update(switched_off_at=timezone.now())
        webhooks.switch_on(hook=hook, by=member)
        webhooks.remove(hook=hook, by=member)
    assert actions(acme) == ["webhook.added", "webhook.switched_on", "webhook.removed"]
