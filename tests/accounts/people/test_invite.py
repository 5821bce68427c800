"""Inviting by e-mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.errors import NotAllowed
from accounts.models import Invitation, Organization, Role, User
from accounts.people import invitations, organizations
from saas.crypto import tokens
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import actions, must_be_member
from tests.support.snapshot import last_entry, last_link, nothing_changes

URL = "/o/acme/team/invite/"


def only_invitation(org: Organization) -> Invitation:
    with tenancy.tenant(org.pk):
        return Invitation.objects.select_related("org").get(org=org)


def test_an_admin_invites_and_a_letter_goes_out(acme: Organization, adam: User, post: Post) -> None:
    answer = post(adam, URL, {"email": " New@Example.com ", "role": "member"})
    assert answer["Location"] == "/o/acme/team/"
    made = only_invitation(acme)
    assert (made.email, made.role, made.invited_by_id) == ("new@example.com", "member", adam.pk)
    assert timedelta(days=6, hours=23) < made.expires_at - timezone.now() <= timedelta(days=7)
    assert [letter.to for letter in mail.outbox] == [["new@example.com"]]
    assert mail.outbox[0].subject == "Adam invites you to Acme on Darkroom"
    assert "as member" in str(mail.outbox[0].body)
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.details) == ("invitation.sent", "new@example.com", {"role": "member"})


def test_the_database_keeps_a_hash_of_the_link_and_not_the_link(acme: Organization, adam: User, post: Post) -> None:
    post(adam, URL, {"email": "new@example.com", "role": "viewer"})
    token = last_link().split("/")[2]
    assert only_invitation(acme).token_hash == tokens.hash_token(token)
    with tenancy.tenant(acme.pk):
        assert token not in str(list(Invitation.objects.values()))
        assert token not in str(list(acme.audit_entries.values()))


def test_no_page_shows_the_link_to_who_invites(acme: Organization, adam: User, post: Post) -> None:
    answer = post(adam, URL, {"email": "new@example.com", "role": "viewer"})
    token = last_link().split("/")[2]
    assert token not in answer.content.decode()
    assert token not in answer.client.get("/o/acme/team/").content.decode()


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_each_role_up_to_admin_can_be_given(role: str, acme: Organization, adam: User, post: Post) -> None:
    post(adam, URL, {"email": "new@example.com", "role": role})
    assert only_invitation(acme).role == role


@pytest.mark.parametrize("who", ["adam", "alice"])
@pytest.mark.parametrize("role", ["owner", "root", "", "Admin", "superuser"])
def test_nobody_is_invited_with_a_role_that_is_not_offered(
    who: str, role: str, acme: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, URL, {"email": "new@example.com", "role": role}).status_code == 422


def test_the_verb_refuses_to_invite_an_owner(acme: Organization, alice: User) -> None:
    owner = must_be_member(acme, alice)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        invitations.invite(org=acme, by=owner, email="new@example.com", role=Role.OWNER)


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
def test_nobody_below_admin_invites(
    who: str, status: int, acme: Organization, rival: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, URL, {"email": "new@example.com", "role": "viewer"}).status_code == status


def test_who_was_an_admin_a_moment_ago_does_not_invite(acme: Organization, adam: User) -> None:
    former = must_be_member(acme, adam)
    with tenancy.tenant(acme.pk):
        acme.memberships.filter(pk=former.pk).update(role=Role.MEMBER)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        invitations.invite(org=acme, by=former, email="new@example.com", role=Role.VIEWER)


@pytest.mark.parametrize("email", ["new@example.com", "NEW@example.com", " new@EXAMPLE.com"])
def test_an_open_invitation_is_not_made_twice(
    email: str, adam: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    invite_somebody("new@example.com")
    with nothing_changes():
        answer = post(adam, URL, {"email": email, "role": "admin"})
    assert answer.status_code == 422
    assert "has already been invited" in answer.content.decode()


@pytest.mark.parametrize("email", ["bob@example.com", "Bob@Example.COM"])
def test_a_member_is_not_invited(email: str, adam: User, bob: User, post: Post) -> None:
    with nothing_changes():
        answer = post(adam, URL, {"email": email, "role": "admin"})
    assert answer.status_code == 422
    assert "is already a member" in answer.content.decode()


def test_an_expired_invitation_makes_room_for_a_new_one(
    acme: Organization, adam: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    old, _ = invite_somebody("new@example.com")
    with tenancy.tenant(acme.pk):
        Invitation.objects.update(expires_at=timezone.now())
    post(adam, URL, {"email": "new@example.com", "role": "viewer"})
    with tenancy.tenant(acme.pk):
        assert Invitation.objects.open().exclude(pk=old.pk).count() == 1
        assert Invitation.objects.open().filter(pk=old.pk).count() == 0


def test_two_organizations_invite_the_same_person(
    rival: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    invite_somebody("new@example.com")
    post(charlie, "/o/rival/team/invite/", {"email": "new@example.com", "role": "viewer"})
    assert actions(rival) == ["invitation.sent"]
    assert mail.outbox[-1].subject == "Charlie invites you to Rival on Darkroom"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "a@b",
        "new@example.com\nBcc: all@example.com",
        "new@example.com\r\nSubject: x",
        "a@example.com, b@example.com",
        "Name <a@example.com>",
        "a@example.com\x00",
        f"{'a' * 250}@example.com",
    ],
)
def test_what_is_not_one_address_is_refused(email: str, adam: User, post: Post) -> None:
    with nothing_changes():
        assert post(adam, URL, {"email": email, "role": "viewer"}).status_code == 422


def test_names_put_no_header_into_the_letter(acme: Organization, adam: User, post: Post) -> None:
    User.objects.filter(pk=adam.pk).update(name="Adam\r\nBcc: all@example.com")
    with tenancy.tenant(acme.pk):
        Organization.objects.update(name="Acme\nX-Evil: 1")
    post(adam, URL, {"email": "new@example.com", "role": "viewer"})
    letter = mail.outbox[0].message()
    assert letter["Bcc"] is None
    assert letter["X-Evil"] is None
    assert mail.outbox[0].subject == "Adam Bcc all example com invites you to Acme X-Evil 1 on Darkroom"
    assert mail.outbox[0].recipients() == ["new@example.com"]


def test_at_most_sixty_letters_go_out_within_an_hour(acme: Organization, adam: User, post: Post) -> None:
    with tenancy.tenant(acme.pk):
        admin = must_be_member(acme, adam)
        for number in range(60):
            invitations.invite(org=acme, by=admin, email=f"new{number}@example.com", role=Role.VIEWER)
    with nothing_changes():
        answer = post(adam, URL, {"email": "one@example.com", "role": "viewer"})
        assert answer.status_code == 422
        assert "Your organization has sent 60 invitations within an hour." in answer.content.decode()


def test_letters_sent_again_count_like_the_first(
    acme: Organization, adam: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_PER_HOUR", 3)
    with tenancy.tenant(acme.pk):
        admin = must_be_member(acme, adam)
        one = invitations.invite(org=acme, by=admin, email="one@example.com", role=Role.VIEWER)
        for _ in range(2):
            invitations.send_again(invitation=one, by=admin)
    with nothing_changes():
        post(adam, f"/o/acme/team/invitations/{one.code}/send/")
        assert post(adam, URL, {"email": "two@example.com", "role": "viewer"}).status_code == 422


def test_letters_of_other_organizations_and_of_earlier_hours_do_not_count(
    acme: Organization, rival: Organization, charlie: User, adam: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_PER_HOUR", 1)
    post(charlie, "/o/rival/team/invite/", {"email": "one@example.com", "role": "viewer"})
    assert post(adam, URL, {"email": "one@example.com", "role": "viewer"}).status_code == 302
    later = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert post(adam, URL, {"email": "two@example.com", "role": "viewer"}).status_code == 302


def test_one_person_sends_so_many_an_hour_from_all_organizations_together(
    acme: Organization, alice: User, post: Post, settings: Any
) -> None:
    settings.INVITATIONS_AN_HOUR = 2
    organizations.found(name="Other", slug="other", by=alice)
    assert post(alice, URL, {"email": "one@example.com", "role": "viewer"}).status_code == 302
    assert post(alice, "/o/other/team/invite/", {"email": "two@example.com", "role": "viewer"}).status_code == 302
    letters = len(mail.outbox)
    with nothing_changes():
        for url in (URL, "/o/other/team/invite/"):
            answer = post(alice, url, {"email": "three@example.com", "role": "viewer"})
            assert answer.status_code == 422
            assert "You have sent 2 invitations within an hour." in answer.content.decode()
        with tenancy.tenant(acme.pk):
            code = Invitation.objects.get().code
        post(alice, f"/o/acme/team/invitations/{code}/send/")
    assert len(mail.outbox) == letters


def test_what_was_refused_does_not_count_as_a_letter(
    acme: Organization, adam: User, bob: User, post: Post, settings: Any
) -> None:
    settings.INVITATIONS_AN_HOUR = 1
    assert post(adam, URL, {"email": bob.email, "role": "viewer"}).status_code == 422
    assert post(adam, URL, {"email": "one@example.com", "role": "viewer"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Win $500 at https://evil.example/win now", "Win $500 at https evil example win now"),
        ("evil.example", "evil example"),
        ("call me@evil.example", "call me evil example"),
        ("A" * 80, "A" * 39 + "…"),
        ("J. R. Sons & Co.", "J. R. Sons & Co."),
    ],
)
def test_a_chosen_name_is_no_advert_in_a_letter_to_a_stranger(
    name: str, said: str, acme: Organization, adam: User, post: Post
) -> None:
    """Also names from before such ones were refused."""
    User.objects.filter(pk=adam.pk).update(name=name)
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(name=name)
    post(adam, URL, {"email": "new@example.com", "role": "viewer"})
    (letter,) = mail.outbox
    assert letter.subject == f"{said} invites you to {said} on Darkroom"
    assert f"{said} invites you to {said} on Darkroom, as viewer." in letter.body
    assert str(letter.body).count("://") == 1  # the invitation's own link


@pytest.mark.parametrize("name", ["https://evil.example", "www.evil.example", "evil.example/win", "me@evil.example"])
def test_a_name_with_an_address_in_it_is_refused(name: str, acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, "/o/new/", {"name": name, "slug": "evil"}).status_code == 422
        assert post(alice, "/o/acme/settings/name/", {"name": name}).status_code == 422
        post(alice, "/me/", {"name": name})


def test_the_database_itself_refuses_an_invitation_to_own(acme: Organization, alice: User) -> None:
    from django.db import IntegrityError, transaction

    with (
        tenancy.tenant(acme.pk),
        pytest.raises(IntegrityError, match="nobody_is_invited_as_owner"),
        transaction.atomic(),
    ):
        Invitation.objects.create(org=acme, email="x@example.com", role=Role.OWNER, token_hash="0" * 64)
