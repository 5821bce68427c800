"""Webhooks by key: with a scope of their own, which no other brings along."""

import base64
import hashlib
import hmac
import json

import pytest

from accounts.models import Organization, Scope, User, Webhook
from saas.database import tenancy
from studio.models import Visibility
from tests.conftest import actions
from tests.studio.api.keys import Program, program
from tests.support.fake_provider import Upstream
from tests.support.gallery_pictures import made
from tests.support.webhook_listener import deliver, deliveries_of, ear, sent, status

__all__ = ["ear", "sent", "status"]
pytestmark = pytest.mark.django_db


def manager(org: Organization, user: User) -> Program:
    return program(org, user, Scope.MANAGE)


def add(api: Program, ear: Upstream, *events: str) -> dict[str, str]:
    answer = api.post("webhooks", {"url": f"{ear.url}/hook", "events": list(events or ["run.failed"])})
    assert answer.status_code == 201, answer.content
    found: dict[str, str] = answer.json()
    return found


def count(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Webhook.objects.filter(org=org).count()


def test_a_run_that_ends_is_told_with_a_signature(
    acme: Organization, alice: User, ear: Upstream, sent: list[object]
) -> None:
    manage, api = manager(acme, alice), program(acme, alice)
    hook = add(manage, ear)
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    api.post(f"runs/{run}/cancel")
    (one,) = deliveries_of(acme)
    assert sent == [()], "a message does not say whose"
    deliver(one)
    (heard,) = ear.seen
    assert heard.json["type"] == "run.failed"
    assert (heard.json["data"]["run"], heard.json["data"]["state"]) == (run, "cancelled")
    said = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    proof = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert heard.headers["webhook-signature"] == f"v1,{proof}"
    (listed,) = manage.get(f"webhooks/{hook['id']}/deliveries").json()["data"]
    assert (listed["state"], listed["tries"], listed["answer"]) == ("delivered", 1, "HTTP 200")
    assert [attempt["answer"] for attempt in listed["attempts"]] == ["HTTP 200"]


def test_of_a_private_run_nothing_is_told(
    acme: Organization, alice: User, bob: User, ear: Upstream, sent: list[object]
) -> None:
    """Whoever owns the address may not see it."""
    add(manager(acme, alice), ear, "run.finished", "run.failed")
    api = program(acme, bob)
    private = api.post("runs", {"prompt": "A secret brief", "visibility": "private"}).json()
    assert private["visibility"] == "private"
    assert api.post(f"runs/{private['id']}/cancel").json()["state"] == "cancelled"
    made(acme, bob, visibility=Visibility.PRIVATE)
    assert (deliveries_of(acme), sent) == ([], [])
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    api.post(f"runs/{run}/cancel")
    (one,) = deliveries_of(acme)
    assert one.payload["data"]["run"] == run


def test_no_other_scope_of_an_admin_s_key_opens_webhooks(
    acme: Organization, alice: User, ear: Upstream, sent: list[object]
) -> None:
    hook = add(manager(acme, alice), ear)
    api = program(acme, alice, Scope.GENERATE, Scope.READ, Scope.USAGE)
    body = {"url": f"{ear.url}/other", "events": ["run.failed"]}
    for answer in (
        api.get("webhooks"),
        api.post("webhooks", body),
        api.get(f"webhooks/{hook['id']}"),
        api.put(f"webhooks/{hook['id']}", body),
        api.delete(f"webhooks/{hook['id']}"),
        api.post(f"webhooks/{hook['id']}/off"),
        api.post(f"webhooks/{hook['id']}/test"),
        api.get(f"webhooks/{hook['id']}/deliveries"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_missing")
    assert (count(acme), actions(acme).count("webhook.changed"), sent) == (1, 0, [])


def test_members_get_no_key_that_manages(acme: Organization, bob: User) -> None:
    answer = program(acme, bob).get("webhooks")
    assert answer.status_code == 403
    with pytest.raises(Exception, match="Your role does not allow"):
        manager(acme, bob)


def test_strangers_find_and_change_nothing(
    acme: Organization, alice: User, rival: Organization, charlie: User, ear: Upstream, sent: list[object]
) -> None:
    hook = add(manager(acme, alice), ear)
    theirs = manager(rival, charlie)
    body = {"url": f"{ear.url}/other", "events": ["run.failed"]}
    manager(acme, alice).post(f"webhooks/{hook['id']}/test")
    (one,) = deliveries_of(acme)
    assert theirs.get("webhooks").json() == {"data": [], "next": None}
    assert theirs.get(f"webhooks/{hook['id']}/deliveries").status_code == 404
    assert theirs.put(f"webhooks/{hook['id']}", body).status_code == 404
    assert theirs.delete(f"webhooks/{hook['id']}").status_code == 404
    assert theirs.post(f"deliveries/{one.code}/replay").status_code == 404
    with tenancy.tenant(acme.pk):
        assert Webhook.objects.values_list("url", flat=True).get(org=acme) == f"{ear.url}/hook"


def test_it_is_changed_tested_switched_off_and_on_and_removed(
    acme: Organization, alice: User, ear: Upstream, sent: list[object]
) -> None:
    api = manager(acme, alice)
    hook = add(api, ear)
    changed = api.put(f"webhooks/{hook['id']}", {"url": f"{ear.url}/two", "events": ["export.ready", "run.failed"]})
    assert (changed.json()["url"], changed.json()["events"]) == (f"{ear.url}/two", ["export.ready", "run.failed"])
    test = api.post(f"webhooks/{hook['id']}/test").json()
    assert (test["event"], test["state"]) == ("webhook.test", "pending")
    off = api.post(f"webhooks/{hook['id']}/off").json()
    assert (off["off_reason"], off["switched_off_at"] is None) == ("by_hand", False)
    assert api.post(f"deliveries/{test['id']}/replay").status_code == 409
    assert api.post(f"webhooks/{hook['id']}/test").status_code == 409
    assert api.post(f"webhooks/{hook['id']}/on").json()["switched_off_at"] is None
    assert api.post(f"deliveries/{test['id']}/replay").json()["state"] == "pending"
    assert api.delete(f"webhooks/{hook['id']}").status_code == 204
    assert count(acme) == 0
    assert [action for action in actions(acme) if action.startswith("webhook.")] == [
        "webhook.added",
        "webhook.changed",
        "webhook.switched_off",
        "webhook.switched_on",
        "webhook.removed",
    ]


def test_deliveries_come_in_pages(acme: Organization, alice: User, ear: Upstream, sent: list[object]) -> None:
    api = manager(acme, alice)
    hook = add(api, ear)
    for _ in range(3):
        api.post(f"webhooks/{hook['id']}/test")
        deliver(deliveries_of(acme)[-1])
    first = api.get(f"webhooks/{hook['id']}/deliveries?limit=2").json()
    second = api.get(f"webhooks/{hook['id']}/deliveries?limit=2&cursor={first['next']}").json()
    newest_first = [str(one.code) for one in reversed(deliveries_of(acme))]
    assert [one["id"] for one in first["data"] + second["data"]] == newest_first
    assert second["next"] is None


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "https://169.254.169.254/", "https://localhost/", "ftp://a.b/"])
def test_an_address_inside_our_network_is_refused(acme: Organization, alice: User, url: str) -> None:
    answer = manager(acme, alice).post("webhooks", {"url": url, "events": ["run.failed"]})
    assert answer.status_code == 409
    assert count(acme) == 0


def test_the_secret_lies_sealed(acme: Organization, alice: User, ear: Upstream) -> None:
    secret = add(manager(acme, alice), ear)["secret"]
    with tenancy.tenant(acme.pk):
        assert secret not in json.dumps(list(Webhook.objects.filter(org=acme).values("sealed_secret", "url")))
