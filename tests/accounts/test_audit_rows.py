"""Every act that changes people, roles, keys or settings leaves just its row: who, what, when and from where."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, Organization, User
from accounts.models.connections import TEXT_MODEL
from accounts.people import organizations
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect, InviteSomebody, MakeKey, Post
from tests.conftest import actions, must_be_member
from tests.support.snapshot import entries, nothing_changes

HERE: dict[str, Any] = {
    "REMOTE_ADDR": "203.0.113.9",
    "HTTP_USER_AGENT": "Test browser/1.0",
    "HTTP_X_REQUEST_ID": "request-0001",
}


class House(NamedTuple):
    """What an act may need: acme with an open invitation, a key of Bob's and a connection."""

    org: Organization
    bob: str
    invitation: str
    key: str
    connection: str


@pytest.fixture
def house(acme: Organization, bob: User, invite_somebody: InviteSomebody, make_key: MakeKey, connect: Connect) -> House:
    invitation, _ = invite_somebody("new@example.com")
    key, _ = make_key(bob)
    made = connect()
    member = must_be_member(acme, bob)
    return House(acme, str(member.code), str(invitation.code), str(key.code), str(made.code))


class Act(NamedTuple):
    path: Callable[[House], str]
    data: dict[str, Any]
    target: str


ACTS: dict[str, Act] = {
    "organization.renamed": Act(lambda _: "settings/name/", {"name": "New name"}, "New name"),
    "organization.model_set": Act(lambda _: "settings/model/", {"model": "gpt-image-2"}, "Acme"),
    "organization.time_zone_set": Act(lambda _: "settings/time-zone/", {"time_zone": "Europe/Berlin"}, "Acme"),
    "retention.changed": Act(lambda _: "settings/storage/", {"is_on": "on", "days": "90"}, "Acme"),
    "organization.second_factor_required": Act(lambda _: "settings/second-factor/", {"is_required": "1"}, "Acme"),
    "organization.deleted": Act(lambda _: "settings/delete/", {"typed": "acme"}, "Acme"),
    "organization.transferred": Act(lambda house: f"team/{house.bob}/transfer/", {}, "Bob <bob@example.com>"),
    "member.role_changed": Act(lambda house: f"team/{house.bob}/role/", {"role": "viewer"}, "Bob <bob@example.com>"),
    "invitation.sent": Act(lambda _: "team/invite/", {"email": "n2@example.com", "role": "viewer"}, "n2@example.com"),
    "invitation.sent_again": Act(lambda house: f"team/invitations/{house.invitation}/send/", {}, "new@example.com"),
    "invitation.revoked": Act(lambda house: f"team/invitations/{house.invitation}/revoke/", {}, "new@example.com"),
    "api_key.made": Act(lambda _: "keys/new/", {"name": "Mine", "scopes": "read"}, "Mine (dk_"),
    "api_key.revoked": Act(lambda house: f"keys/{house.key}/revoke/", {}, "Importer (dk_"),
    "connection.added": Act(
        lambda _: "connections/new/", {"kind": "openai", "name": "Two", "key": PROVIDER_KEY}, "Two"
    ),
    "connection.changed": Act(lambda house: f"connections/{house.connection}/", {"name": "Main"}, "Main"),
    "connection.key_replaced": Act(
        lambda house: f"connections/{house.connection}/",
        {"name": "OpenAI", "key": PROVIDER_KEY, "can_stream": "on", "can_respond": "on", "text_model": TEXT_MODEL},
        "OpenAI",
    ),
    "connection.made_default": Act(lambda house: f"connections/{house.connection}/default/", {}, "OpenAI"),
    "connection.removed": Act(lambda house: f"connections/{house.connection}/remove/", {}, "OpenAI"),
    "connection.tested": Act(lambda house: f"connections/{house.connection}/test/", {}, "OpenAI"),
}
# Acts that leave a row besides, or that are another person's: each has its own test beside its verb.
ELSEWHERE = {
    "organization.founded",
    "organization.second_factor_optional",
    "member.joined",
    "member.removed",
    "member.left",
    "audit.exported",
    "person.exported",
    "webhook.added",
    "webhook.changed",
    "webhook.removed",
    "webhook.switched_on",
    "webhook.switched_off",
    "connection.price_set",
    "month.closed",
    "ledger.exported",
    "runs.exported",
    "export.subscribed",
    "export.unsubscribed",
    "ledger.reconciled",
    "charge.resolved",
    "charge.corrected",
    "alert.added",
    "alert.removed",
    "limits.changed",
    "limits.asked",
    "limits.granted",
    "limits.declined",
    "limits.imported",
    "limits.removed",
    "run.made_private",
    "run.given_to_team",
    "rewriter.changed",
    "event.made",
    "event.changed",
    "event.paused",
    "event.resumed",
    "event.ended",
    "event.link_replaced",
    "event.budget_set",
    "event.cleared",
    "capture.released",
    "capture.hidden",
    "capture.deleted",
    "share.made",
    "share.revoked",
    "style.made",
    "style.changed",
    "style.opened",
    "style.imported",
    "style.retired",
    "style.restored",
    "retention.held",
    "retention.released",
    "price.added",
    "price.ended",
    "operator.listed",
    "operator.looked",
    "operator.suspended",
    "operator.restored",
    "operator.loan_set",
    "operator.calls_limited",
    "operator.person_changed",
    "operator.person_erased",
    "operator.organization_erased",
}


def test_every_action_that_has_words_is_tested() -> None:
    assert set(audit.ACTIONS) == set(ACTS) | ELSEWHERE


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_row(action: str, house: House, alice: User, rival: Organization) -> None:
    act = ACTS[action]
    before = len(entries(house.org))
    client = Client(**HERE)
    client.force_login(alice)
    assert client.post(f"/o/acme/{act.path(house)}", act.data).status_code in {200, 302}
    (entry,) = entries(house.org)[before:]
    assert (entry.action, entry.actor_id, entry.actor_label) == (action, alice.pk, "Alice <alice@example.com>")
    assert entry.target.startswith(act.target)
    assert timezone.now() - entry.at < timedelta(seconds=10)
    assert (entry.address, entry.agent, entry.request_id) == ("203.0.113.9", "Test browser/1.0", "request-0001")
    assert PROVIDER_KEY not in str((entry.target, entry.details))
    assert actions(rival) == []


def test_an_act_without_words_is_a_mistake_of_ours(acme: Organization) -> None:
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(ValueError, match="has no words"):
        audit.record(org=acme, by=None, action="organization.eaten")


def test_what_darkroom_does_by_itself_is_darkroom_s(acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        entry = audit.record(org=acme, by=None, action="connection.tested", target="x" * 300)
    assert (entry.actor_id, entry.actor_label, len(entry.target), entry.address) == (None, "Darkroom", 254, None)


def test_a_forwarded_address_is_believed_of_a_trusted_proxy_alone(
    acme: Organization, alice: User, settings: Any
) -> None:
    client = Client(REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")
    client.force_login(alice)
    client.post("/o/acme/settings/name/", {"name": "One"})
    settings.TRUSTED_PROXIES = 1
    client.post("/o/acme/settings/name/", {"name": "Two"})
    assert [entry.address for entry in entries(acme)] == ["10.0.0.2", "203.0.113.9"]


@pytest.mark.parametrize("agent", ["x" * 5000, "<script>alert(1)</script>", "=1+1", ""])
def test_a_hostile_browser_name_is_kept_short_and_shown_as_text(agent: str, acme: Organization, alice: User) -> None:
    client = Client(HTTP_USER_AGENT=agent)
    client.force_login(alice)
    client.post("/o/acme/settings/name/", {"name": "<script>alert(2)</script>"})
    (entry,) = entries(acme)
    assert entry.agent == agent[:200]
    assert "<script>alert(" not in client.get("/o/acme/audit/").content.decode()


def test_a_person_of_the_longest_name_and_address_is_written_down_too(db: None, post: Post) -> None:
    label = "b" * 60
    email = f"a@{label}.{label}.{label}.{label}.example"
    zoe = User.objects.create_user(email, name="Z" * 80)
    assert post(zoe, "/o/new/", {"name": "N" * 80, "slug": "long"})["Location"] == "/o/long/"
    with tenancy.person(zoe.pk):
        org = Organization.objects.get()
    with tenancy.tenant(org.pk):
        assert AuditEntry.objects.get().actor_label == f"{'Z' * 80} <{email}"[:254]
    post(zoe, "/o/long/team/invite/", {"email": f"x{email}", "role": "member"})
    assert actions(org) == ["invitation.sent"]


def test_a_row_outlives_the_person(acme: Organization, bob: User, post: Post) -> None:
    post(bob, "/o/acme/team/leave/")
    User.objects.filter(pk=bob.pk).delete()
    (entry,) = entries(acme)
    assert (entry.actor_label, entry.target) == ("Bob <bob@example.com>", "Bob <bob@example.com>")


def test_founding_leaves_the_first_row(dora: User, post: Post) -> None:
    post(dora, "/o/new/", {"name": "Doras", "slug": "doras"})
    with tenancy.operator():
        org = Organization.objects.get(slug="doras")
    with tenancy.tenant(org.pk):
        entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.org_id) == ("organization.founded", dora.pk, org.pk)


def test_the_operator_s_acts_stand_in_the_organization_s_own_log(acme: Organization, dora: User) -> None:
    organizations.suspend(org=acme, by=dora)
    assert [(entry.action, entry.actor_label) for entry in entries(acme)] == [
        ("operator.suspended", "Dora <dora@example.com>")
    ]
