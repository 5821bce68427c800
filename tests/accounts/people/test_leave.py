"""Leaving an organization."""

import pytest

from accounts.models import Organization, Role, User
from tests.accounts.conftest import MakeKey, Post
from tests.conftest import SignIn, actions, join, membership, must_be_member
from tests.support.key_calls import status_of
from tests.support.snapshot import entries, nothing_changes


@pytest.mark.parametrize("who", ["adam", "bob", "vera"])
def test_whoever_is_not_the_last_owner_leaves(
    who: str, acme: Organization, post: Post, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    assert post(user, "/o/acme/team/leave/")["Location"] == "/"
    assert membership(acme, user) is None
    assert sign_in(user).get("/o/acme/").status_code == 404
    (entry,) = entries(acme)
    assert (entry.action, entry.actor_id, entry.target) == ("member.left", user.pk, f"{user.name} <{user.email}>")


def test_the_last_owner_stays(acme: Organization, alice: User, adam: User, post: Post) -> None:
    with nothing_changes():
        answer = post(alice, "/o/acme/team/leave/")
    assert answer["Location"] == "/o/acme/team/"
    assert (
        "An organization needs an owner. Make another person an owner first."
        in answer.client.get("/o/acme/team/").content.decode()
    )


def test_one_of_two_owners_leaves_and_the_other_then_stays(
    acme: Organization, alice: User, bob: User, post: Post
) -> None:
    post(alice, f"/o/acme/team/{must_be_member(acme, bob).code}/role/", {"role": "owner"})
    post(alice, "/o/acme/team/leave/")
    assert membership(acme, alice) is None
    with nothing_changes():
        post(bob, "/o/acme/team/leave/")


def test_a_leaver_s_keys_are_revoked(acme: Organization, bob: User, make_key: MakeKey, post: Post) -> None:
    key, token = make_key(bob)
    post(bob, "/o/acme/team/leave/")
    assert status_of(token) == 401
    assert actions(acme) == ["api_key.made", "api_key.revoked", "member.left"]
    assert entries(acme)[1].target == str(key)


def test_a_stranger_cannot_leave(acme: Organization, rival: Organization, charlie: User, post: Post) -> None:
    with nothing_changes():
        assert post(charlie, "/o/acme/team/leave/").status_code == 404


def test_leaving_one_organization_keeps_the_other(
    acme: Organization, rival: Organization, bob: User, post: Post
) -> None:
    join(rival, bob, Role.ADMIN)
    post(bob, "/o/acme/team/leave/")
    assert must_be_member(rival, bob).role == Role.ADMIN
    assert actions(rival) == []
