"""Adding a provider connection."""

from typing import Any

import pytest
from django.test import Client

from accounts.connections import registry
from accounts.models import Organization, ProviderConnection, User
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect, Post
from tests.conftest import actions
from tests.support.snapshot import last_entry, nothing_changes

URL = "/o/acme/connections/new/"
OPENAI = {"kind": "openai", "name": "OpenAI", "key": PROVIDER_KEY}
COMPATIBLE = {"kind": "compatible", "name": "Mine", "base_url": "https://api.example.com/v1"}


def only(org: Organization) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        return org.connections.select_related("org").exclude(kind="sandbox").get()


def test_openai_needs_a_key_and_no_address(acme: Organization, adam: User, post: Post) -> None:
    answer = post(adam, URL, {**OPENAI, "openai_organization": "org-1", "openai_project": "proj_1"})
    assert answer["Location"] == "/o/acme/connections/"
    made = only(acme)
    assert (made.name, made.kind, made.base_url) == ("OpenAI", "openai", "https://api.openai.com/v1")
    assert (made.openai_organization, made.openai_project) == ("org-1", "proj_1")
    assert (made.is_default, made.health, made.made_by_id) == (False, "unknown", adam.pk)
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.details) == ("connection.added", "OpenAI", {"kind": "openai"})


def test_the_key_is_sealed_and_opens_for_this_row_alone(acme: Organization, adam: User, post: Post) -> None:
    post(adam, URL, OPENAI)
    made = only(acme)
    assert made.key_hint == "cdef"
    assert PROVIDER_KEY not in made.sealed_key
    assert registry.reveal_key(made).reveal() == PROVIDER_KEY


def test_a_short_key_gives_no_hint(acme: Organization, adam: User, post: Post) -> None:
    post(adam, URL, {**OPENAI, "key": "sk-short"})
    assert only(acme).key_hint == ""


def test_a_compatible_server_needs_an_address_and_no_key(acme: Organization, adam: User, post: Post) -> None:
    post(adam, URL, COMPATIBLE)
    assert (only(acme).base_url, only(acme).has_key) == ("https://api.example.com/v1", False)


def test_openai_without_a_key_is_refused(acme: Organization, adam: User, post: Post) -> None:
    with nothing_changes():
        answer = post(adam, URL, {"kind": "openai", "name": "OpenAI"})
    assert answer.status_code == 422
    assert "OpenAI needs a key." in answer.content.decode()


BAD_URLS = [
    "",
    "http://api.example.com/v1",
    "http://127.0.0.1/v1",
    "https://127.0.0.1/v1",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://redis/",
    "https://metadata.google.internal/",
    "https://user:pass@api.example.com/v1",
    "https://api.example.com@127.0.0.1/",
    "https://api.example.com:22/",
    "https://api.example.com/v1?x=1",
    "https://api.example.com/v1#x",
    "https://１２７.0.0.1/",  # noqa: RUF001 full-width digits
    "https://①②⑦.0.0.1/",
    "https://api。localhost/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "javascript:alert(1)",
    "//api.example.com",
    "api.example.com",
    "https://",
    "https://api.example.com\\@127.0.0.1/",
    "https://api.example.com/\nHost: x",
    f"https://{'a' * 300}.com/",
]


@pytest.mark.parametrize("base_url", BAD_URLS)
def test_an_address_that_points_inside_or_cannot_be_read_is_refused(
    base_url: str, acme: Organization, adam: User, post: Post
) -> None:
    with nothing_changes():
        answer = post(adam, URL, {**COMPATIBLE, "base_url": base_url, "key": PROVIDER_KEY})
    assert answer.status_code == 422
    assert PROVIDER_KEY not in answer.content.decode()


def test_openai_at_another_address_is_judged_alike(acme: Organization, adam: User, post: Post) -> None:
    with nothing_changes():
        assert post(adam, URL, {**OPENAI, "base_url": "https://127.0.0.1/v1"}).status_code == 422


def test_what_the_operator_allows_may_be_inside(acme: Organization, adam: User, post: Post, settings: Any) -> None:
    settings.PROVIDER_ALLOWED_HOSTS = ["127.0.0.1:8080"]
    post(adam, URL, {**COMPATIBLE, "base_url": "http://127.0.0.1:8080/v1"})
    assert only(acme).base_url == "http://127.0.0.1:8080/v1"
    with nothing_changes():
        data = {**COMPATIBLE, "name": "Other", "base_url": "http://127.0.0.1:8081/v1"}
        assert post(adam, URL, data).status_code == 422


def test_a_name_is_given_once(acme: Organization, adam: User, post: Post, connect: Connect) -> None:
    connect("OpenAI")
    with nothing_changes():
        answer = post(adam, URL, OPENAI)
    assert "Another connection has this name." in answer.content.decode()
    with nothing_changes():
        assert post(adam, URL, {**OPENAI, "name": "Sandbox"}).status_code == 422


def test_another_organization_s_names_are_free(
    acme: Organization, adam: User, rival: Organization, charlie: User, post: Post
) -> None:
    post(charlie, "/o/rival/connections/new/", OPENAI)
    post(adam, URL, OPENAI)
    assert only(acme).name == only(rival).name == "OpenAI"


@pytest.mark.parametrize("kind", ["", "sandbox", "other", "OPENAI"])
def test_another_kind_is_refused(kind: str, acme: Organization, adam: User, post: Post) -> None:
    with nothing_changes():
        assert post(adam, URL, {**OPENAI, "kind": kind}).status_code == 422


@pytest.mark.parametrize(
    "field",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"name": "a" * 81},
        {"key": "sk with space"},
        {"key": "sk-\r\nX-Evil: 1"},
        {"key": "sk-é"},
        {"key": "a" * 401},
        {"openai_organization": "org\r\nX-Evil: 1"},
        {"openai_project": "a b"},
        {"openai_project": "a" * 81},
    ],
)
def test_a_bad_field_is_refused_and_the_key_is_not_echoed(
    field: dict[str, str], acme: Organization, adam: User, post: Post
) -> None:
    with nothing_changes():
        answer = post(adam, URL, {**OPENAI, **field})
    assert answer.status_code == 422
    assert PROVIDER_KEY not in answer.content.decode()


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
def test_nobody_below_admin_adds_or_looks(
    who: str, status: int, acme: Organization, rival: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, URL, OPENAI).status_code == status
    client = Client()
    client.force_login(user)
    assert client.get("/o/acme/connections/").status_code == status


def test_a_form_cannot_make_it_the_default_or_another_organization_s(
    acme: Organization, adam: User, rival: Organization, post: Post
) -> None:
    post(adam, URL, {**OPENAI, "is_default": "on", "org": str(rival.pk), "org_id": str(rival.pk), "health": "ok"})
    made = only(acme)
    assert (made.is_default, made.health) == (False, "unknown")
    assert actions(rival) == []
