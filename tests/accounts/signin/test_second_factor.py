"""An organization that asks everybody for a second factor."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.access import socket_member
from accounts.models import Organization, User
from accounts.people import organizations
from saas.database import tenancy
from tests.accounts.conftest import MakeKey, Post
from tests.conftest import SignIn, actions, must_be_member
from tests.support.key_calls import ask, status_of
from tests.support.snapshot import last_entry, nothing_changes

PAGES = ["", "team/", "keys/", "keys/new/", "connections/", "audit/", "audit/export/", "settings/"]


def is_required(org: Organization) -> bool:
    with tenancy.tenant(org.pk):
        return Organization.objects.get(pk=org.pk).requires_second_factor


@pytest.fixture
def strict(acme: Organization, alice: User) -> Organization:
    with tenancy.tenant(acme.pk):
        organizations.require_second_factor(org=acme, by=must_be_member(acme, alice), is_required=True)
    return acme


def enrol(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())


def test_an_admin_requires_it_and_makes_it_optional_again(acme: Organization, adam: User, post: Post) -> None:
    enrol(adam)
    answer = post(adam, "/o/acme/settings/second-factor/", {"is_required": "1"})
    assert answer["Location"] == "/o/acme/settings/"
    assert is_required(acme)
    assert last_entry(acme).action == "organization.second_factor_required"
    post(adam, "/o/acme/settings/second-factor/", {"is_required": "0"})
    assert not is_required(acme)
    assert actions(acme) == ["organization.second_factor_required", "organization.second_factor_optional"]


def test_asking_for_what_is_so_already_leaves_no_row(acme: Organization, adam: User, post: Post) -> None:
    with nothing_changes():
        post(adam, "/o/acme/settings/second-factor/", {"is_required": "0"})


@pytest.mark.parametrize("data", [{}, {"is_required": ""}, {"is_required": "no"}, {"is_required": "on"}])
def test_a_form_that_says_neither_changes_nothing(
    data: dict[str, str], strict: Organization, alice: User, post: Post
) -> None:
    enrol(alice)
    with nothing_changes():
        assert post(alice, "/o/acme/settings/second-factor/", data)["Location"] == "/o/acme/settings/"


def test_a_member_cannot_make_it_optional(strict: Organization, bob: User, post: Post) -> None:
    enrol(bob)
    with nothing_changes():
        assert post(bob, "/o/acme/settings/second-factor/", {"is_required": "0"}).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_who_has_none_is_sent_to_the_page_that_says_so_and_sees_nothing(
    page: str, strict: Organization, alice: User, sign_in: SignIn
) -> None:
    with nothing_changes():
        answer = sign_in(alice).get(f"/o/acme/{page}")
    assert (answer.status_code, answer["Location"]) == (302, "/o/acme/second-factor/")
    assert answer.content == b""


def test_who_has_none_changes_nothing(strict: Organization, alice: User, adam: User, post: Post) -> None:
    code = must_be_member(strict, adam).code
    acts: dict[str, dict[str, str]] = {
        "settings/second-factor/": {"is_required": "0"},
        "settings/name/": {"name": "Mine"},
        "settings/delete/": {"typed": "acme"},
        "team/invite/": {"email": "new@example.com", "role": "member"},
        f"team/{code}/remove/": {},
        "team/leave/": {},
        "keys/new/": {"name": "Mine", "scopes": "read"},
    }
    with nothing_changes():
        for url, data in acts.items():
            assert post(alice, f"/o/acme/{url}", data)["Location"] == "/o/acme/second-factor/"


def test_the_page_that_says_so_tells_nothing_of_the_organization(
    strict: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    for user in (alice, charlie):
        answer = sign_in(user).get("/o/acme/second-factor/")
        assert answer.status_code == 403
        assert "Acme" not in answer.content.decode()


def test_who_has_one_gets_in(strict: Organization, bob: User, sign_in: SignIn) -> None:
    enrol(bob)
    assert sign_in(bob).get("/o/acme/team/").status_code == 200


def test_who_has_none_opens_no_socket(strict: Organization, bob: User) -> None:
    assert socket_member(bob.pk, "acme") is None
    enrol(bob)
    assert socket_member(bob.pk, "acme") == must_be_member(strict, bob)


def test_the_keys_of_who_has_none_open_nothing_until_they_have_one(
    acme: Organization, alice: User, bob: User, make_key: MakeKey
) -> None:
    """A key may never more than its maker may at that moment."""
    _, token = make_key(bob)
    assert status_of(token) == 200
    with tenancy.tenant(acme.pk):
        organizations.require_second_factor(org=acme, by=must_be_member(acme, alice), is_required=True)
    with nothing_changes():
        answer = ask(token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_required")
        gateway = Client().get("/v1/models", headers={"Authorization": f"Bearer {token}"})
        assert (gateway.status_code, gateway.json()["error"]["code"]) == (403, "second_factor_required")
    enrol(bob)
    assert status_of(token) == 200


def test_other_organizations_stay_open(strict: Organization, rival: Organization, charlie: User) -> None:
    client = Client()
    client.force_login(charlie)
    assert client.get("/o/rival/").status_code == 200
