"""Removing a member."""

from uuid import uuid4

import pytest

from accounts.access import socket_member
from accounts.models import Organization, Role, User
from saas.database import tenancy
from tests.accounts.conftest import MakeKey, Post
from tests.conftest import SignIn, actions, join, make_person, membership, must_be_member
from tests.support.key_calls import status_of
from tests.support.snapshot import entries, nothing_changes

RANKS = list(Role)


@pytest.mark.parametrize(("actor", "target"), [(actor, target) for actor in Role for target in Role])
def test_an_admin_removes_whoever_is_not_above_them(actor: Role, target: Role, acme: Organization, post: Post) -> None:
    gert, hans = make_person("Gert"), make_person("Hans")
    join(acme, gert, actor)
    member = join(acme, hans, target)
    url = f"/o/acme/team/{member.code}/remove/"
    if actor == Role.OWNER or (actor == Role.ADMIN and target != Role.OWNER):
        assert post(gert, url)["Location"] == "/o/acme/team/"
        assert membership(acme, hans) is None
        assert actions(acme) == ["member.removed"]
    else:
        with nothing_changes():
            assert post(gert, url).status_code == 403


def test_the_log_keeps_who_was_removed_and_as_what(acme: Organization, adam: User, bob: User, post: Post) -> None:
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/remove/")
    (entry,) = entries(acme)
    assert (entry.action, entry.target, entry.details) == (
        "member.removed",
        "Bob <bob@example.com>",
        {"role": "member"},
    )
    assert entry.actor_id == adam.pk


def test_who_is_removed_is_out_at_once(acme: Organization, adam: User, bob: User, post: Post, sign_in: SignIn) -> None:
    his = sign_in(bob)
    assert his.get("/o/acme/").status_code == 200
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/remove/")
    assert his.get("/o/acme/").status_code == 404
    assert his.get("/")["Location"] == "/o/new/"
    assert socket_member(bob.pk, "acme") is None


def test_keys_of_who_is_removed_are_revoked_and_told_of_and_nobody_else_s(
    acme: Organization, adam: User, bob: User, make_key: MakeKey, post: Post
) -> None:
    first, token = make_key(bob, name="First")
    make_key(bob, name="Second")
    _, other = make_key(adam, name="Adam's")
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/remove/")
    assert status_of(token) == 401
    assert status_of(other) == 200
    with tenancy.tenant(acme.pk):
        assert acme.api_keys.filter(maker=bob, revoked_at=None).count() == 0
        assert acme.api_keys.filter(maker=bob).count() == 2
    revoked = [entry for entry in entries(acme) if entry.action == "api_key.revoked"]
    assert {entry.target for entry in revoked} == {f"First ({first.prefix}…)", str_of(acme, "Second")}
    assert {(entry.actor_id, entry.details["why"]) for entry in revoked} == {(adam.pk, "its maker left")}


def str_of(org: Organization, name: str) -> str:
    with tenancy.tenant(org.pk):
        return str(org.api_keys.get(name=name))


def test_keys_stay_revoked_when_the_person_comes_back(
    acme: Organization, adam: User, bob: User, make_key: MakeKey, post: Post
) -> None:
    _, token = make_key(bob)
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/remove/")
    join(acme, bob, Role.ADMIN)
    with nothing_changes():
        assert status_of(token) == 401


def test_the_last_owner_stays(acme: Organization, alice: User, adam: User, post: Post) -> None:
    code = must_be_member(acme, alice).code
    with nothing_changes():
        assert post(alice, f"/o/acme/team/{code}/remove/")["Location"] == "/o/acme/team/"
        assert post(adam, f"/o/acme/team/{code}/remove/").status_code == 403


def test_another_organization_s_member_is_not_there(
    acme: Organization, bob: User, rival: Organization, charlie: User, post: Post
) -> None:
    code = must_be_member(acme, bob).code
    with nothing_changes():
        assert post(charlie, f"/o/rival/team/{code}/remove/").status_code == 404
        assert post(charlie, f"/o/acme/team/{code}/remove/").status_code == 404
        assert post(charlie, f"/o/rival/team/{uuid4()}/remove/").status_code == 404
        assert post(charlie, f"/o/rival/team/{must_be_member(acme, bob).pk}/remove/").status_code == 404


def test_a_member_of_two_organizations_leaves_one(
    acme: Organization, adam: User, bob: User, rival: Organization, post: Post, sign_in: SignIn
) -> None:
    join(rival, bob, Role.VIEWER)
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/remove/")
    assert must_be_member(rival, bob).role == Role.VIEWER
    assert sign_in(bob).get("/o/rival/").status_code == 200


def test_what_they_added_stays(acme: Organization, alice: User, adam: User, post: Post) -> None:
    from accounts.connections import registry
    from accounts.models import ProviderKind

    with tenancy.tenant(acme.pk):
        registry.add(org=acme, by=must_be_member(acme, adam), name="His", kind=ProviderKind.OPENAI, key="sk-0123456789")
    post(alice, f"/o/acme/team/{must_be_member(acme, adam).code}/remove/")
    with tenancy.tenant(acme.pk):
        assert acme.connections.get(name="His").made_by_id == adam.pk
