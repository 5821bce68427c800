"""Changing a connection: its key goes only where it was meant to go."""

from typing import Any

import pytest

from accounts.connections import registry
from accounts.connections.registry import BadConnection
from accounts.errors import NotAllowed
from accounts.models import Organization, ProviderConnection, ProviderKind, User
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect, Post
from tests.conftest import SignIn, must_be_member
from tests.support.snapshot import entries, nothing_changes

NEW_KEY = "sk-another-9876543210zyxw"
PAGES = ["connections/", "connections/new/", "audit/", "settings/", "team/", "keys/", ""]


def now(org: Organization, connection: ProviderConnection) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        return ProviderConnection.objects.select_related("org").get(pk=connection.pk)


def url_of(connection: ProviderConnection) -> str:
    return f"/o/acme/connections/{connection.code}/"


def form_of(connection: ProviderConnection, **changes: str) -> dict[str, str]:
    usual = {"can_stream": "on", "can_respond": "on", "text_model": "gpt-5"}
    return {"name": connection.name, "base_url": connection.base_url, "key": "", **usual, **changes}


def test_a_name_changes_and_the_key_stays(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made = connect()
    answer = post(adam, url_of(made), form_of(made, name="Main", openai_project="proj_2"))
    assert answer["Location"] == "/o/acme/connections/"
    found = now(acme, made)
    assert (found.name, found.openai_project, found.sealed_key) == ("Main", "proj_2", made.sealed_key)
    entry = entries(acme)[-1]
    assert (entry.action, entry.target, entry.details) == (
        "connection.changed",
        "Main",
        {"fields": ["name", "openai_project"]},
    )


def test_another_address_without_the_key_is_refused_and_the_key_kept(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        answer = post(adam, url_of(made), form_of(made, base_url="https://evil.example/v1"))
    assert answer.status_code == 422
    assert "The address has changed, so enter the key again." in answer.content.decode()
    assert registry.reveal_key(now(acme, made)).reveal() == PROVIDER_KEY


def test_another_address_with_a_key_is_taken_with_that_key(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    post(adam, url_of(made), form_of(made, base_url="https://api.example.com/v1", key=NEW_KEY))
    found = now(acme, made)
    assert (found.base_url, found.key_hint) == ("https://api.example.com/v1", "zyxw")
    assert registry.reveal_key(found).reveal() == NEW_KEY
    assert [entry.action for entry in entries(acme)][1:] == ["connection.key_replaced", "connection.changed"]


def test_a_key_alone_is_replaced(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made = connect()
    post(adam, url_of(made), form_of(made, key=NEW_KEY))
    assert registry.reveal_key(now(acme, made)).reveal() == NEW_KEY
    assert [entry.action for entry in entries(acme)][1:] == ["connection.key_replaced"]
    assert NEW_KEY not in str([(entry.target, entry.details) for entry in entries(acme)])


def test_a_form_that_changes_nothing_leaves_no_row(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        assert post(adam, url_of(made), form_of(made)).status_code == 302


def test_what_was_known_of_its_health_is_forgotten(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.filter(pk=made.pk).update(health="ok", health_sentence="The key works.")
    post(adam, url_of(made), form_of(made, key=NEW_KEY))
    assert (now(acme, made).health, now(acme, made).health_sentence) == ("unknown", "")


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "https://127.1/"]
)
def test_an_address_inside_is_refused_even_with_a_key(
    base_url: str, acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        assert post(adam, url_of(made), form_of(made, base_url=base_url, key=NEW_KEY)).status_code == 422


def test_an_empty_address_is_that_of_openai_for_openai_and_refused_for_others(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        assert post(adam, url_of(made), form_of(made, base_url="")).status_code == 302
    other = connect("Mine", kind="compatible", base_url="https://api.example.com/v1")
    with nothing_changes():
        assert post(adam, url_of(other), form_of(other, base_url="")).status_code == 422


def test_another_s_name_is_refused(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made, _ = connect("First"), connect("Second")
    with nothing_changes():
        assert post(adam, url_of(made), form_of(made, name="Second")).status_code == 422


def test_the_kind_and_the_organization_stay(
    acme: Organization, rival: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        post(adam, url_of(made), form_of(made, kind="sandbox", org=str(rival.pk), sealed_key="", is_default="on"))


def test_the_sandbox_takes_a_name_and_nothing_else(acme: Organization, adam: User, post: Post) -> None:
    with tenancy.tenant(acme.pk):
        sandbox = acme.connections.get()
    post(adam, url_of(sandbox), {"name": "Play", "base_url": "https://api.example.com/v1", "key": NEW_KEY})
    found = now(acme, sandbox)
    assert (found.name, found.base_url, found.has_key, found.is_default) == ("Play", "", False, True)


@pytest.mark.parametrize("entered", ["key", "openai_organization", "openai_project"])
@pytest.mark.parametrize("kind", [ProviderKind.SANDBOX, ProviderKind.OPERATOR])
def test_what_is_built_in_takes_nothing_that_a_tenant_enters(
    entered: str, kind: ProviderKind, acme: Organization, adam: User, settings: Any
) -> None:
    """The operator's key would be used with whatever stands beside it."""
    settings.OPENAI_API_KEY = "sk-lent-by-the-operator-0123456789"
    with tenancy.tenant(acme.pk):
        registry.add_operators(org=acme, by=adam)
        made = acme.connections.select_related("org").get(kind=kind)
        by = must_be_member(acme, adam)
    values: dict[str, Any] = {"openai_organization": "", "openai_project": "", "key": "", entered: "org_of_a_tenant"}
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(BadConnection, match="nothing but a name"):
        registry.change(connection=made, by=by, name="Other", base_url="", **values)


# The test client is synchronous, the stream is not.
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_no_page_ever_holds_the_key(
    acme: Organization, alice: User, connect: Connect, post: Post, sign_in: SignIn
) -> None:
    made = connect()
    client = sign_in(alice)
    for page in (*PAGES, f"connections/{made.code}/", f"connections/{made.code}/health/"):
        text = client.get(f"/o/acme/{page}").content.decode()
        assert PROVIDER_KEY not in text
        assert made.sealed_key not in text
    answer = post(client, url_of(made), form_of(made, name="", key=NEW_KEY))
    assert answer.status_code == 422
    assert NEW_KEY not in answer.content.decode()
    exported = b"".join(client.get("/o/acme/audit/export/"))
    assert PROVIDER_KEY.encode() not in exported


def test_a_key_entered_meanwhile_is_neither_lost_nor_sent_to_the_old_address(
    acme: Organization, adam: User, connect: Connect
) -> None:
    """Two admins have the page open; the second one saves what the page showed."""
    made = connect()
    stale = now(acme, made)
    values: dict[str, Any] = {"name": "OpenAI", "openai_organization": "", "openai_project": ""}
    with tenancy.tenant(acme.pk):
        by = must_be_member(acme, adam)
        registry.change(connection=made, by=by, base_url="https://new.example/v1", key=NEW_KEY, **values)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(BadConnection, match="enter the key again"):
        registry.change(connection=stale, by=by, base_url="https://api.openai.com/v1", **values)
    with tenancy.tenant(acme.pk):
        registry.change(connection=stale, by=by, base_url="https://new.example/v1", **{**values, "name": "Main"})
    assert registry.reveal_key(now(acme, made)).reveal() == NEW_KEY


def test_one_that_was_removed_meanwhile_is_refused(acme: Organization, adam: User, connect: Connect) -> None:
    made = connect()
    with tenancy.tenant(acme.pk):
        by = must_be_member(acme, adam)
        ProviderConnection.objects.filter(pk=made.pk).delete()
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        registry.make_default(connection=made, by=by)


def test_another_organization_s_connection_is_not_there_for_any_act(
    acme: Organization, rival: Organization, charlie: User, connect: Connect, post: Post, queued: list[Any]
) -> None:
    made = connect()
    from django.test import Client

    client = Client()
    client.force_login(charlie)
    with nothing_changes():
        for slug in ("rival", "acme"):
            base = f"/o/{slug}/connections/{made.code}/"
            assert client.get(base).status_code == 404
            assert client.get(f"{base}health/").status_code == 404
            assert post(client, base, form_of(made, name="Mine", key=NEW_KEY)).status_code == 404
            for act in ("default", "remove", "test"):
                assert post(client, f"{base}{act}/").status_code == 404
    assert queued == []
