"""The operator suspends an organization and restores it."""

import pytest

from accounts.access import socket_member
from accounts.models import Organization, User
from accounts.people import organizations
from tests.accounts.conftest import InviteSomebody, MakeKey, Post
from tests.conftest import SignIn, actions, make_person, membership
from tests.support.key_calls import status_of
from tests.support.snapshot import last_entry, nothing_changes


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


@pytest.fixture
def suspended(acme: Organization, olga: User) -> Organization:
    organizations.suspend(org=acme, by=olga)
    return acme


def test_nobody_gets_in(suspended: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    for user in (alice, bob):
        answer = sign_in(user).get("/o/acme/team/")
        assert answer.status_code == 403
        assert "This organization is suspended." in answer.content.decode()
        assert "bob@example.com" not in answer.content.decode()
        assert socket_member(user.pk, "acme") is None


def test_a_stranger_does_not_learn_of_it(suspended: Organization, charlie: User, sign_in: SignIn) -> None:
    assert sign_in(charlie).get("/o/acme/").status_code == 404


def test_nothing_can_be_done_in_it(suspended: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, "/o/acme/settings/name/", {"name": "Mine"}).status_code == 403
        assert post(alice, "/o/acme/settings/delete/", {"typed": "acme"}).status_code == 403
        assert post(alice, "/o/acme/team/invite/", {"email": "n@example.com", "role": "member"}).status_code == 403


def test_its_keys_are_refused_and_work_again_when_it_is_restored(
    acme: Organization, olga: User, bob: User, make_key: MakeKey
) -> None:
    _, token = make_key(bob)
    organizations.suspend(org=acme, by=olga)
    with nothing_changes():
        assert status_of(token) == 401
    organizations.restore(org=acme, by=olga)
    assert status_of(token) == 200


def test_its_invitations_wait(
    acme: Organization, olga: User, dora: User, invite_somebody: InviteSomebody, post: Post, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com")
    organizations.suspend(org=acme, by=olga)
    with nothing_changes():
        assert sign_in(dora).get(link).status_code == 410
        assert post(dora, f"{link}accept/").status_code == 410
    organizations.restore(org=acme, by=olga)
    post(dora, f"{link}accept/")
    assert membership(acme, dora) is not None


def test_each_act_leaves_one_row_however_often_it_is_asked_for(acme: Organization, olga: User) -> None:
    for _ in range(2):
        organizations.suspend(org=acme, by=olga)
    for _ in range(2):
        organizations.restore(org=acme, by=olga)
    assert actions(acme) == ["operator.suspended", "operator.restored"]
    assert last_entry(acme).actor_label == "Olga <olga@example.com>"


def test_other_organizations_go_on(
    suspended: Organization, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    assert sign_in(charlie).get("/o/rival/").status_code == 200
