"""Webhooks on their pages: added with a secret shown once, tested, changed, switched off and on, sent again."""

import re

import pytest
from django.test import Client

from accounts.models import DeliveryState, OffReason, Organization, User, Webhook, WebhookEvent
from accounts.webhooks import delivery, endpoints
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import SignIn, actions, must_be_member
from tests.support.fake_provider import Upstream
from tests.support.webhook_listener import deliver, deliveries_of, ear, sent, status

__all__ = ["ear", "sent", "status"]
EVENTS = ["run.finished", "export.ready"]


@pytest.fixture
def page(acme: Organization, adam: User, sign_in: SignIn) -> Client:
    return sign_in(adam)


@pytest.fixture
def hook(acme: Organization, alice: User, ear: Upstream, sent: list[object]) -> Webhook:
    with tenancy.tenant(acme.pk):
        made, _ = endpoints.add(by=must_be_member(acme, alice), url=f"{ear.url}/hook", events=EVENTS)
    return made


def hooks(org: Organization) -> list[Webhook]:
    with tenancy.tenant(org.pk):
        return list(Webhook.objects.filter(org=org).order_by("pk"))


def test_it_is_added_and_its_secret_is_shown_once(page: Client, acme: Organization, ear: Upstream) -> None:
    answer = page.post("/o/acme/webhooks/new/", {"url": f"{ear.url}/hook", "events": EVENTS})
    (made,) = hooks(acme)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", answer.content.decode())
    assert (answer.status_code, made.events, secret is None) == (200, sorted(EVENTS), False)
    assert "no-store" in answer["Cache-Control"]
    for path in ("", f"{made.code}/", f"{made.code}/change/"):
        assert "whsec_" not in page.get(f"/o/acme/webhooks/{path}").content.decode()
    assert actions(acme) == ["webhook.added"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"url": "http://127.0.0.1/x", "events": EVENTS}, "private"),
        ({"url": "https://example.com/x", "events": []}, "Choose at least one."),
        ({"url": "https://example.com/x", "events": ["run.eaten"]}, "not one of the available choices"),
        ({"url": "", "events": EVENTS}, "required"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(
    form: dict[str, object], words: str, page: Client, acme: Organization
) -> None:
    answer = page.post("/o/acme/webhooks/new/", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (hooks(acme), actions(acme)) == ([], [])


def test_the_twenty_first_is_refused(page: Client, hook: Webhook, acme: Organization, ear: Upstream) -> None:
    for number in range(endpoints.MOST_WEBHOOKS):
        page.post("/o/acme/webhooks/new/", {"url": f"{ear.url}/{number}", "events": EVENTS})
    assert len(hooks(acme)) == endpoints.MOST_WEBHOOKS


def test_a_test_message_is_delivered_and_seen_with_its_answer(
    page: Client, hook: Webhook, acme: Organization, ear: Upstream
) -> None:
    page.post(f"/o/acme/webhooks/{hook.code}/test/")
    page.post(f"/o/acme/webhooks/{hook.code}/test/")
    (one,) = deliveries_of(acme)
    assert "On its way" in page.get(f"/o/acme/webhooks/{hook.code}/").content.decode()
    deliver(one)
    assert ear.seen[0].json["data"] == {"webhook": str(hook.code), "organization": "acme"}
    answer = page.get(f"/o/acme/webhooks/{hook.code}/", headers={"HX-Request": "true"})
    assert "HX-Request" in answer["Vary"]
    text = answer.content.decode()
    assert "<html" not in text
    assert "Delivered" in text
    assert "HTTP 200" in text
    assert "every 1s" not in text
    assert "HTTP 200" in page.get("/o/acme/webhooks/").content.decode()


def test_a_message_is_sent_again_with_the_same_id(
    page: Client, hook: Webhook, acme: Organization, ear: Upstream, sent: list[object]
) -> None:
    page.post(f"/o/acme/webhooks/{hook.code}/test/")
    (one,) = deliveries_of(acme)
    deliver(one)
    page.post(f"/o/acme/webhooks/deliveries/{one.code}/replay/")
    assert deliveries_of(acme)[0].state == DeliveryState.PENDING
    page.post(f"/o/acme/webhooks/deliveries/{one.code}/replay/")  # it is on its way: nothing more is sent
    deliver(one)
    assert len(sent) == 2
    assert [heard.headers["webhook-id"] for heard in ear.seen] == [str(one.code)] * 2


def test_it_is_changed_and_keeps_its_secret(page: Client, hook: Webhook, acme: Organization, ear: Upstream) -> None:
    page.post(f"/o/acme/webhooks/{hook.code}/change/", {"url": f"{ear.url}/two", "events": ["limit.reached"]})
    (changed,) = hooks(acme)
    assert (changed.url, changed.events) == (f"{ear.url}/two", ["limit.reached"])
    assert changed.sealed_secret == hook.sealed_secret
    refused = page.post(f"/o/acme/webhooks/{hook.code}/change/", {"url": "https://10.0.0.1/", "events": EVENTS})
    assert (refused.status_code, hooks(acme)[0].url) == (422, f"{ear.url}/two")
    page.post(f"/o/acme/webhooks/{hook.code}/change/", {"url": f"{ear.url}/two", "events": ["limit.reached"]})
    assert actions(acme) == ["webhook.added", "webhook.changed"]


def test_why_darkroom_switched_it_off_stands_on_the_page_until_it_is_switched_on(
    page: Client, hook: Webhook, acme: Organization, status: list[int]
) -> None:
    with tenancy.tenant(acme.pk):
        delivery.announce(acme.pk, WebhookEvent.RUN_FINISHED, {})
    assert deliveries_of(acme) != []
    status[0] = 410
    deliver(deliveries_of(acme)[0])
    assert hooks(acme)[0].off_reason == OffReason.GONE
    text = page.get(f"/o/acme/webhooks/{hook.code}/").content.decode()
    assert "Darkroom switched this webhook off" in text
    assert "it is gone (HTTP 410)" in text
    page.post(f"/o/acme/webhooks/{hook.code}/on/")
    assert (hooks(acme)[0].is_on, hooks(acme)[0].off_reason) == (True, "")
    page.post(f"/o/acme/webhooks/{hook.code}/off/")
    text = page.get(f"/o/acme/webhooks/{hook.code}/").content.decode()
    assert "Darkroom switched this webhook off" not in text
    page.post(f"/o/acme/webhooks/{hook.code}/test/")
    assert len(deliveries_of(acme)) == 1, "what is off is not tested"


def test_it_is_removed(page: Client, hook: Webhook, acme: Organization) -> None:
    page.post(f"/o/acme/webhooks/{hook.code}/remove/")
    assert (hooks(acme), actions(acme)[-1]) == ([], "webhook.removed")


@pytest.mark.parametrize("path", ["", "change/", "test/", "on/", "off/", "remove/"])
def test_another_organization_s_admin_finds_nothing(
    path: str, hook: Webhook, acme: Organization, rival: Organization, charlie: User, post: Post, sign_in: SignIn
) -> None:
    url = f"/o/rival/webhooks/{hook.code}/{path}"
    assert post(charlie, url, {"url": "https://example.com/", "events": EVENTS}).status_code == 404
    assert sign_in(charlie).get(url).status_code in {404, 405}
    (same,) = hooks(acme)
    assert (same.url, same.is_on, deliveries_of(acme)) == (hook.url, True, [])


def test_what_a_payload_says_is_shown_as_text(page: Client, hook: Webhook, acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        delivery.announce(acme.pk, WebhookEvent.RUN_FINISHED, {"project": "<script>alert(1)</script>"})
    text = page.get(f"/o/acme/webhooks/{hook.code}/").content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
