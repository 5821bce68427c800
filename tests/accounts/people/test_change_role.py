"""Changing the role of a member."""

import pytest

from accounts.errors import LastOwner, NotAllowed
from accounts.models import Membership, Organization, Role, User
from accounts.people import members
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import actions, join, make_person, must_be_member
from tests.support.snapshot import last_entry, nothing_changes

RANKS = [Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER]


def may(actor: Role, target: Role, role: Role) -> bool:
    """The rule in other words than the code's: admins change whom and to what is not above them."""
    above_actor = RANKS[RANKS.index(actor) + 1 :]
    return actor in {Role.ADMIN, Role.OWNER} and target not in above_actor and role not in above_actor


EVERY_CASE = [(actor, target, role) for actor in Role for target in Role for role in Role]


@pytest.mark.parametrize(("actor", "target", "role"), EVERY_CASE)
def test_a_role_is_changed_just_where_the_rule_allows(
    actor: Role, target: Role, role: Role, acme: Organization, post: Post
) -> None:
    gert, hans = make_person("Gert"), make_person("Hans")
    join(acme, gert, actor)
    member = join(acme, hans, target)
    url = f"/o/acme/team/{member.code}/role/"
    if may(actor, target, role):
        assert post(gert, url, {"role": role.value})["Location"] == "/o/acme/team/"
        assert must_be_member(acme, hans).role == role
        assert actions(acme) == ([] if target == role else ["member.role_changed"])
    else:
        with nothing_changes():
            assert post(gert, url, {"role": role.value}).status_code == 403


def test_the_log_keeps_the_role_before_and_after(acme: Organization, adam: User, bob: User, post: Post) -> None:
    post(adam, f"/o/acme/team/{must_be_member(acme, bob).code}/role/", {"role": "viewer"})
    entry = last_entry(acme)
    assert (entry.action, entry.target) == ("member.role_changed", "Bob <bob@example.com>")
    assert entry.actor_label == "Adam <adam@example.com>"
    assert entry.details == {"before": "member", "after": "viewer"}


@pytest.mark.parametrize("role", ["", "root", "Owner", "OWNER", "staff", "member ", "admin,owner", "\x00"])
def test_a_role_that_does_not_exist_is_refused(
    role: str, acme: Organization, alice: User, bob: User, post: Post
) -> None:
    with nothing_changes():
        answer = post(alice, f"/o/acme/team/{must_be_member(acme, bob).code}/role/", {"role": role})
    assert answer["Location"] == "/o/acme/team/"
    assert "There is no such role." in answer.client.get("/o/acme/team/").content.decode()


def test_nobody_raises_themselves(acme: Organization, adam: User, bob: User, vera: User, post: Post) -> None:
    with nothing_changes():
        for user in (adam, bob, vera):
            url = f"/o/acme/team/{must_be_member(acme, user).code}/role/"
            assert post(user, url, {"role": "owner"}).status_code == 403


def test_the_last_owner_cannot_step_down(acme: Organization, alice: User, adam: User, post: Post) -> None:
    with nothing_changes():
        answer = post(alice, f"/o/acme/team/{must_be_member(acme, alice).code}/role/", {"role": "admin"})
    page = answer.client.get("/o/acme/team/").content.decode()
    assert "An organization needs an owner. Make another person an owner first." in page


def test_one_of_two_owners_can_step_down(acme: Organization, alice: User, bob: User, post: Post) -> None:
    post(alice, f"/o/acme/team/{must_be_member(acme, bob).code}/role/", {"role": "owner"})
    post(alice, f"/o/acme/team/{must_be_member(acme, alice).code}/role/", {"role": "member"})
    assert must_be_member(acme, alice).role == Role.MEMBER
    assert must_be_member(acme, bob).role == Role.OWNER


def test_a_member_of_another_organization_is_not_there(
    acme: Organization, bob: User, rival: Organization, charlie: User, post: Post
) -> None:
    code = must_be_member(acme, bob).code
    with nothing_changes():
        assert post(charlie, f"/o/rival/team/{code}/role/", {"role": "viewer"}).status_code == 404
        assert post(charlie, f"/o/acme/team/{code}/role/", {"role": "viewer"}).status_code == 404


def test_who_was_removed_a_moment_ago_is_no_member_to_change(acme: Organization, alice: User, bob: User) -> None:
    former = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(pk=former.pk).delete()
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed, match="no longer a member"):
        members.change_role(member=former, by=must_be_member(acme, alice), role=Role.VIEWER)


def test_rights_are_read_again_and_not_taken_from_the_page(acme: Organization, adam: User, bob: User) -> None:
    stale = must_be_member(acme, adam)
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(pk=stale.pk).update(role=Role.MEMBER)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        members.change_role(member=must_be_member(acme, bob), by=stale, role=Role.ADMIN)


def test_the_verb_keeps_the_last_owner_too(acme: Organization, alice: User) -> None:
    owner = must_be_member(acme, alice)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(LastOwner):
        members.change_role(member=owner, by=owner, role=Role.VIEWER)


def test_the_team_page_offers_just_what_is_allowed(
    acme: Organization, alice: User, adam: User, bob: User, post: Post
) -> None:
    from django.test import Client

    client = Client()
    client.force_login(adam)
    page = client.get("/o/acme/team/").content.decode()
    assert f"/o/acme/team/{must_be_member(acme, bob).code}/role/" in page
    assert f"/o/acme/team/{must_be_member(acme, alice).code}/role/" not in page
    assert 'value="owner"' not in page
    client.force_login(bob)
    page = client.get("/o/acme/team/").content.decode()
    assert "/role/" not in page
    assert "/remove/" not in page
    assert "/team/invite/" not in page
