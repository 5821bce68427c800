"""Handing the organization over."""

import pytest

from accounts.errors import NotAllowed
from accounts.models import Membership, Organization, Role, User
from accounts.people import members
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import must_be_member
from tests.support.snapshot import entries, nothing_changes


def roles(org: Organization) -> dict[str, str]:
    with tenancy.tenant(org.pk):
        return dict(Membership.objects.values_list("user__name", "role"))


@pytest.mark.parametrize("who", ["adam", "bob", "vera"])
def test_the_receiver_owns_and_the_giver_administers(
    who: str, acme: Organization, alice: User, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    answer = post(alice, f"/o/acme/team/{must_be_member(acme, user).code}/transfer/")
    assert answer["Location"] == "/o/acme/team/"
    assert roles(acme) == {"Alice": "admin", user.name: "owner"}
    (entry,) = entries(acme)
    assert (entry.action, entry.target) == ("organization.transferred", f"{user.name} <{user.email}>")
    assert entry.actor_id == alice.pk


@pytest.mark.parametrize("who", ["adam", "bob", "vera"])
def test_nobody_but_an_owner_hands_over(
    who: str, acme: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, f"/o/acme/team/{must_be_member(acme, user).code}/transfer/").status_code == 403


def test_nobody_hands_over_to_themselves(acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, f"/o/acme/team/{must_be_member(acme, alice).code}/transfer/").status_code == 403


def test_nobody_hands_over_to_a_stranger(
    acme: Organization, alice: User, rival: Organization, charlie: User, post: Post
) -> None:
    theirs = must_be_member(rival, charlie).code
    with nothing_changes():
        assert post(alice, f"/o/acme/team/{theirs}/transfer/").status_code == 404
        assert post(alice, f"/o/rival/team/{theirs}/transfer/").status_code == 404
        assert post(charlie, f"/o/acme/team/{must_be_member(acme, alice).code}/transfer/").status_code == 404


def test_who_was_owner_a_moment_ago_hands_nothing_over(
    acme: Organization, alice: User, bob: User, vera: User, post: Post
) -> None:
    former = must_be_member(acme, alice)
    post(alice, f"/o/acme/team/{must_be_member(acme, bob).code}/transfer/")
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        members.transfer(by=former, to=must_be_member(acme, vera))
    assert roles(acme) == {"Alice": "admin", "Bob": Role.OWNER, "Vera": "viewer"}
