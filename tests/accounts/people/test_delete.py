"""Deleting an organization."""

import pytest

from accounts.access import socket_member
from accounts.models import Organization, Role, Scope, User
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody, MakeKey, Post
from tests.conftest import SignIn, actions, membership
from tests.support.key_calls import status_of
from tests.support.snapshot import last_entry, nothing_changes

URL = "/o/acme/settings/delete/"


def deleted_at(org: Organization) -> object:
    with tenancy.tenant(org.pk):
        return Organization.objects.get(pk=org.pk).deleted_at


def test_an_owner_who_types_the_address_deletes_and_nobody_gets_in(
    acme: Organization, alice: User, bob: User, post: Post, sign_in: SignIn
) -> None:
    answer = post(alice, URL, {"typed": "acme"})
    assert answer["Location"] == "/"
    assert deleted_at(acme) is not None
    assert (last_entry(acme).action, last_entry(acme).target) == ("organization.deleted", "Acme")
    for user in (alice, bob):
        assert sign_in(user).get("/o/acme/").status_code == 404
        assert socket_member(user.pk, "acme") is None


def test_what_people_made_stays_in_the_database(
    acme: Organization, alice: User, bob: User, make_key: MakeKey, post: Post
) -> None:
    make_key(bob)
    post(alice, URL, {"typed": "acme"})
    assert membership(acme, bob) is not None
    with tenancy.tenant(acme.pk):
        assert acme.api_keys.count() == 1
        assert acme.connections.count() == 1


@pytest.mark.parametrize("typed", ["", "Acme", "ACME", "acm", "acme2", "rival", "acme acme"])
def test_without_the_exact_address_nothing_is_deleted(typed: str, acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        answer = post(alice, URL, {"typed": typed})
    assert answer.status_code == 422


def test_without_the_field_nothing_is_deleted(acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, URL).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("adam", 403), ("bob", 403), ("vera", 403), ("charlie", 404)])
def test_nobody_but_an_owner_deletes(
    who: str, status: int, acme: Organization, rival: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, URL, {"typed": "acme"}).status_code == status


def test_its_keys_stop_working(acme: Organization, alice: User, bob: User, make_key: MakeKey, post: Post) -> None:
    key, token = make_key(bob, Scope.READ)
    post(alice, URL, {"typed": "acme"})
    assert status_of(token) == 401
    with tenancy.tenant(acme.pk):
        key.refresh_from_db()
        assert key.revoked_at is not None


def test_its_invitations_stop_working(
    acme: Organization, alice: User, dora: User, invite_somebody: InviteSomebody, post: Post, sign_in: SignIn
) -> None:
    made, link = invite_somebody("dora@example.com", Role.ADMIN)
    post(alice, URL, {"typed": "acme"})
    with tenancy.tenant(acme.pk):
        made.refresh_from_db()
    assert made.revoked_at is not None
    with nothing_changes():
        assert sign_in(dora).get(link).status_code == 410
        assert post(dora, f"{link}accept/").status_code == 410
    assert membership(acme, dora) is None


def test_other_organizations_keep_everything(
    acme: Organization, rival: Organization, alice: User, charlie: User, post: Post, sign_in: SignIn
) -> None:
    post(alice, URL, {"typed": "acme"})
    assert deleted_at(rival) is None
    assert actions(rival) == []
    assert sign_in(charlie).get("/o/rival/").status_code == 200


def test_a_second_deletion_finds_nothing(acme: Organization, alice: User, post: Post) -> None:
    post(alice, URL, {"typed": "acme"})
    with nothing_changes():
        assert post(alice, URL, {"typed": "acme"}).status_code == 404
