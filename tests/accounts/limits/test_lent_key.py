"""A key that whoever runs this Darkroom lends to every organization, and that no organization ever sees."""

from typing import Any

import pytest
from django.test import Client

from accounts import demo
from accounts.connections import registry
from accounts.connections.registry import BadConnection
from accounts.models import Organization, ProviderKind, User
from accounts.people import organizations
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import SignIn, must_be_member
from tests.support.snapshot import nothing_changes

LENT = "sk-lent-by-the-operator-0123456789"


@pytest.fixture
def lent(settings: Any) -> str:
    settings.OPENAI_API_KEY = LENT
    settings.OPENAI_BASE_URL = "http://10.0.0.7:8080/v1"
    return LENT


def kinds_of(org: Organization) -> list[tuple[str, str, bool]]:
    with tenancy.tenant(org.pk):
        return list(org.connections.order_by("pk").values_list("name", "kind", "is_default"))


def test_a_new_organization_uses_it_and_keeps_the_sandbox(lent: str, alice: User) -> None:
    org = organizations.found(name="New", slug="fresh", by=alice)
    assert kinds_of(org) == [("Sandbox", "sandbox", False), ("OpenAI", "operator", True)]
    with tenancy.tenant(org.pk):
        address = registry.address_of(org.connections.get(kind=ProviderKind.OPERATOR))
        assert org.connections.get(kind=ProviderKind.OPERATOR).sealed_key == ""
    assert (address.base_url, address.allowed_hosts) == ("http://10.0.0.7:8080/v1", ("10.0.0.7:8080",))
    assert address.key is not None
    assert address.key.reveal() == LENT


def test_without_it_there_is_no_such_connection(acme: Organization, adam: User, post: Post, sign_in: SignIn) -> None:
    assert kinds_of(acme) == [("Sandbox", "sandbox", True)]
    page = sign_in(adam).get("/o/acme/connections/new/").content.decode()
    assert "operator" not in page
    with nothing_changes():
        answer = post(adam, "/o/acme/connections/new/", {"kind": "operator", "name": "Free"})
    assert answer.status_code == 422
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(BadConnection):
        registry.add(org=acme, by=must_be_member(acme, adam), name="Free", kind=ProviderKind.OPERATOR)


def test_an_organization_from_before_may_add_it(
    acme: Organization, adam: User, post: Post, sign_in: SignIn, lent: str
) -> None:
    assert "the operator of this Darkroom" in sign_in(adam).get("/o/acme/connections/new/").content.decode()
    post(adam, "/o/acme/connections/new/", {"kind": "operator", "name": "Lent", "can_stream": "on"})
    assert kinds_of(acme)[-1] == ("Lent", "operator", False)


def test_no_page_shows_the_key_or_where_it_goes(alice: User, sign_in: SignIn, lent: str) -> None:
    organizations.found(name="New", slug="fresh", by=alice)
    client = sign_in(alice)
    for page in ("", "connections/", "connections/new/", "audit/"):
        text = client.get(f"/o/fresh/{page}").content.decode()
        assert LENT not in text
        assert "10.0.0.7" not in text


def test_an_address_or_key_of_a_tenant_never_joins_it(
    acme: Organization, adam: User, post: Post, sign_in: SignIn, lent: str
) -> None:
    """Else the key would go where a tenant wants it."""
    values = {"kind": "operator", "name": "Lent", "base_url": "https://evil.example/v1"}
    post(adam, "/o/acme/connections/new/", values)
    with tenancy.tenant(acme.pk):
        made = acme.connections.select_related("org").get(kind=ProviderKind.OPERATOR)
        assert made.base_url == ""
    url = f"/o/acme/connections/{made.code}/"
    post(adam, url, {"name": "Lent", "base_url": "https://evil.example/v1", "key": "sk-mine", "can_stream": "on"})
    with tenancy.tenant(acme.pk):
        made.refresh_from_db()
        assert (made.base_url, made.sealed_key, registry.address_of(made).base_url) == (
            "",
            "",
            "http://10.0.0.7:8080/v1",
        )
        with pytest.raises(BadConnection):
            registry.change(
                connection=made,
                by=must_be_member(acme, adam),
                name="Lent",
                base_url="",
                openai_organization="",
                openai_project="",
                key="sk-mine",
            )
    with nothing_changes():
        assert post(adam, "/o/acme/connections/new/", {**values, "name": "B", "key": "sk-mine"}).status_code == 422


def test_taken_back_it_opens_nothing(alice: User, lent: str, settings: Any) -> None:
    org = organizations.found(name="New", slug="fresh", by=alice)
    settings.OPENAI_API_KEY = ""
    with tenancy.tenant(org.pk), pytest.raises(registry.NothingLent):
        registry.address_of(org.connections.get(kind=ProviderKind.OPERATOR))


def test_the_demo_stays_on_the_sandbox(db: None, lent: str) -> None:
    made = demo.make()
    owner = User.objects.get(email=made["email"])
    with tenancy.person(owner.pk):
        org = Organization.objects.get(slug="demo")
    assert ("Sandbox", "sandbox", True) in kinds_of(org)


def test_a_stranger_of_the_organization_sees_none_of_it(alice: User, charlie: User, lent: str) -> None:
    organizations.found(name="New", slug="fresh", by=alice)
    client = Client()
    client.force_login(charlie)
    assert client.get("/o/fresh/connections/").status_code == 404
