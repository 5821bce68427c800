"""Founding an organization."""

import pytest
from django.test import Client

from accounts.models import Membership, Organization, ProviderConnection, Role, User
from accounts.people import organizations
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import must_be_member
from tests.support.snapshot import nothing_changes


def found_by(user: User) -> Organization:
    with tenancy.person(user.pk):
        return Membership.objects.select_related("org").get(user=user).org


def test_the_founder_becomes_owner_of_a_house_with_a_sandbox(dora: User, post: Post) -> None:
    answer = post(dora, "/o/new/", {"name": "Dora & Co", "slug": "dora-co"})
    assert (answer.status_code, answer["Location"]) == (302, "/o/dora-co/")
    org = found_by(dora)
    assert (org.name, org.slug, org.requires_second_factor) == ("Dora & Co", "dora-co", False)
    assert must_be_member(org, dora).role == Role.OWNER
    with tenancy.tenant(org.pk):
        sandbox = ProviderConnection.objects.get()
        assert (sandbox.name, sandbox.kind, sandbox.is_default, sandbox.has_key) == ("Sandbox", "sandbox", True, False)
        entry = org.audit_entries.get()
        assert (entry.action, entry.target, entry.actor_id) == ("organization.founded", "Dora & Co", dora.pk)


def test_a_taken_address_is_refused_even_where_the_other_organization_is_invisible(
    acme: Organization, dora: User, post: Post
) -> None:
    with nothing_changes():
        answer = post(dora, "/o/new/", {"name": "Mine", "slug": "acme"})
    assert answer.status_code == 422
    assert "This address is taken. Choose another." in answer.content.decode()


def test_one_s_own_address_is_not_given_twice(acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, "/o/new/", {"name": "Acme", "slug": "acme"}).status_code == 422


@pytest.mark.parametrize("slug", ["Acme", "ACME", "aCme"])
def test_another_letter_case_is_no_other_address(slug: str, acme: Organization, dora: User, post: Post) -> None:
    with nothing_changes():
        assert post(dora, "/o/new/", {"name": "Mine", "slug": slug}).status_code == 422


@pytest.mark.parametrize("slug", ["admin", "api", "new", "v1", "login", "darkroom", "static"])
def test_a_reserved_address_is_refused(slug: str, dora: User, post: Post) -> None:
    with nothing_changes():
        answer = post(dora, "/o/new/", {"name": "Mine", "slug": slug})
    assert answer.status_code == 422
    assert "This address is reserved. Choose another." in answer.content.decode()


HOSTILE_SLUGS = [
    "",
    "a",
    "../x",
    "a/b",
    "a--b",
    "-a",
    "a-",
    "--",
    "a.b",
    "a_b",
    "a b",
    "a\nb",
    "a\x00b",
    "аcme",  # noqa: RUF001 a Cyrillic letter
    "ａcme",  # noqa: RUF001 a full-width letter
    "café",
    "a%2e",
    "<b>",
    "'; --",
    "a" * 41,
    "٣٣",  # digits that are no ASCII
]


@pytest.mark.parametrize("slug", HOSTILE_SLUGS)
def test_a_hostile_address_is_refused(slug: str, dora: User, post: Post) -> None:
    with nothing_changes():
        assert post(dora, "/o/new/", {"name": "Mine", "slug": slug}).status_code == 422


def test_forty_characters_are_the_longest_address(dora: User, post: Post) -> None:
    assert post(dora, "/o/new/", {"name": "Mine", "slug": "a" * 40})["Location"] == f"/o/{'a' * 40}/"


def test_spaces_and_line_ends_around_an_address_are_no_part_of_it(dora: User, post: Post) -> None:
    assert post(dora, "/o/new/", {"name": " Mine ", "slug": " mine\n"})["Location"] == "/o/mine/"
    assert (found_by(dora).slug, found_by(dora).name) == ("mine", "Mine")


@pytest.mark.parametrize("name", ["", "   ", "a" * 81, "two\nlines", "bell\x07", "nul\x00"])
def test_a_bad_name_is_refused(name: str, dora: User, post: Post) -> None:
    with nothing_changes():
        assert post(dora, "/o/new/", {"name": name, "slug": "mine"}).status_code == 422


def test_a_deleted_organization_frees_its_address(acme: Organization, alice: User, dora: User, post: Post) -> None:
    post(alice, "/o/acme/settings/delete/", {"typed": "acme"})
    assert post(dora, "/o/new/", {"name": "Another", "slug": "acme"})["Location"] == "/o/acme/"
    assert found_by(dora).pk != acme.pk
    assert Client().get("/o/acme/").status_code == 302


def test_the_founder_of_the_deleted_one_is_a_stranger_to_its_successor(
    acme: Organization, alice: User, dora: User, post: Post
) -> None:
    post(alice, "/o/acme/settings/delete/", {"typed": "acme"})
    post(dora, "/o/new/", {"name": "Another", "slug": "acme"})
    client = Client()
    client.force_login(alice)
    assert client.get("/o/acme/").status_code == 404


def test_the_verb_refuses_a_reserved_address_too(dora: User) -> None:
    with nothing_changes(), pytest.raises(organizations.SlugTaken):
        organizations.found(name="Mine", slug="admin", by=dora)
