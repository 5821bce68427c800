"""Opening the link of an invitation, and accepting it."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Organization, Role, User
from accounts.people import invitations
from saas.crypto import tokens
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import SignIn, actions, join, membership, must_be_member
from tests.support.snapshot import last_entry, nothing_changes

ENDED = "This invitation has expired, or was used or revoked. Ask for a new one."


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.ADMIN])
def test_the_invited_person_joins_with_the_role_of_the_invitation(
    role: Role, acme: Organization, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    made, link = invite_somebody("Dora@example.com", role)
    answer = post(dora, f"{link}accept/")
    assert answer["Location"] == "/o/acme/"
    assert must_be_member(acme, dora).role == role
    with tenancy.tenant(acme.pk):
        made.refresh_from_db()
    assert made.accepted_at is not None
    entry = last_entry(acme)
    assert (entry.action, entry.actor_id, entry.target) == ("member.joined", dora.pk, "dora@example.com")
    assert entry.details == {"role": role.value}


def test_opening_the_link_changes_nothing(dora: User, invite_somebody: InviteSomebody, sign_in: SignIn) -> None:
    _, link = invite_somebody("dora@example.com")
    with nothing_changes():
        for client in (Client(), sign_in(dora)):
            assert client.get(link).status_code == 200
        assert sign_in(dora).get(f"{link}accept/").status_code == 405


def test_who_is_not_signed_in_cannot_accept(invite_somebody: InviteSomebody) -> None:
    _, link = invite_somebody("dora@example.com")
    with nothing_changes():
        assert Client().post(f"{link}accept/")["Location"].startswith("/accounts/login/")


def test_a_stranger_with_the_link_learns_who_invites_whom_as_what_and_no_more(
    acme: Organization, adam: User, bob: User, charlie: User, invite_somebody: InviteSomebody, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com", by=adam)
    for client in (Client(), sign_in(charlie)):
        text = client.get(link).content.decode()
        assert "Join Acme" in text
        assert "Adam invites you as member." in re.sub(r"\s+", " ", text)
        for hidden in ("adam@example.com", "bob@example.com", "Bob", "Alice", "/o/acme", str(acme.code)):
            assert hidden not in text


def test_the_page_is_kept_by_no_cache_and_its_address_is_told_to_nobody(invite_somebody: InviteSomebody) -> None:
    _, link = invite_somebody("dora@example.com")
    answer = Client().get(link)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_it_works_once(
    acme: Organization, dora: User, alice: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    post(dora, f"{link}accept/")
    with nothing_changes():
        assert post(dora, f"{link}accept/").status_code == 410
        assert Client().get(link).status_code == 410
    post(alice, f"/o/acme/team/{must_be_member(acme, dora).code}/remove/")
    with nothing_changes():
        assert post(dora, f"{link}accept/").status_code == 410
    assert membership(acme, dora) is None


def test_after_its_time_it_works_no_more(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, post: Post, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com")
    with tenancy.tenant(acme.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with nothing_changes():
        answer = sign_in(dora).get(link)
        assert answer.status_code == 410
        assert ENDED in answer.content.decode()
        assert post(dora, f"{link}accept/").status_code == 410
    assert membership(acme, dora) is None


def changed(token: str) -> list[str]:
    """Texts that look like the token: one character other, cut, prolonged, of another kind, with a right checksum."""
    other = "A" if token[20] != "A" else "B"
    return [
        f"{token[:20]}{other}{token[21:]}",
        token[:-1],
        f"{token}x",
        token.swapcase(),
        f"dk{token[2:]}",
        tokens.new_token("di").token,
        "di_",
        "x",
        "%00",
        "%F0%9F%98%80",
        "..",
    ]


def test_a_link_that_was_tampered_with_opens_nothing(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    token = link.split("/")[2]
    with nothing_changes():
        for text in changed(token):
            assert Client().get(f"/invitations/{text}/").status_code in {404, 410}
            assert post(dora, f"/invitations/{text}/accept/").status_code in {404, 410}
    assert membership(acme, dora) is None


def test_an_invitation_for_somebody_else_is_refused(
    acme: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com")
    with nothing_changes():
        answer = sign_in(charlie).get(link)
        assert "You are signed in with another account" in answer.content.decode()
        assert f"{link}accept/" not in answer.content.decode()
        answer = post(charlie, f"{link}accept/")
        assert answer["Location"] == link
    assert membership(acme, charlie) is None
    assert "This invitation is for dora@example.com." in answer.client.get(link).content.decode()


def test_an_address_that_is_not_proved_is_not_yours(
    acme: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    EmailAddress.objects.create(user=charlie, email="dora@example.com", verified=False)
    with nothing_changes():
        assert post(charlie, f"{link}accept/")["Location"] == link
    assert membership(acme, charlie) is None


def test_a_second_proved_address_is_as_good_as_the_first(
    acme: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("second@example.com")
    EmailAddress.objects.create(user=charlie, email="Second@Example.com", verified=True)
    post(charlie, f"{link}accept/")
    assert must_be_member(acme, charlie).role == Role.MEMBER


def test_a_member_who_accepts_keeps_their_role(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com", Role.ADMIN)
    join(acme, dora, Role.VIEWER)
    answer = post(dora, f"{link}accept/")
    assert answer["Location"] == "/o/acme/"
    assert must_be_member(acme, dora).role == Role.VIEWER
    assert actions(acme) == ["invitation.sent"]
    assert Client().get(link).status_code == 410


def test_an_organization_deleted_between_page_and_click_takes_nobody(
    acme: Organization, dora: User, invite_somebody: InviteSomebody
) -> None:
    _, link = invite_somebody("dora@example.com")
    found = invitations.find(link.split("/")[2])
    with tenancy.tenant(acme.pk):
        Organization.objects.update(deleted_at=timezone.now())
    with nothing_changes(), pytest.raises(invitations.InvitationEnded):
        invitations.accept(invitation=found, user=dora)
    assert membership(acme, dora) is None


def test_an_organization_suspended_between_page_and_click_takes_nobody(
    acme: Organization, dora: User, invite_somebody: InviteSomebody
) -> None:
    _, link = invite_somebody("dora@example.com")
    found = invitations.find(link.split("/")[2])
    with tenancy.tenant(acme.pk):
        Organization.objects.update(suspended_at=timezone.now())
    with nothing_changes(), pytest.raises(invitations.InvitationEnded):
        invitations.accept(invitation=found, user=dora)
    assert membership(acme, dora) is None


def test_a_link_sent_again_between_page_and_click_is_the_one_that_counts(
    acme: Organization, alice: User, dora: User, invite_somebody: InviteSomebody
) -> None:
    made, link = invite_somebody("dora@example.com")
    found = invitations.find(link.split("/")[2])
    with tenancy.tenant(acme.pk):
        invitations.send_again(invitation=made, by=must_be_member(acme, alice))
    with nothing_changes(), pytest.raises(invitations.InvitationEnded):
        invitations.accept(invitation=found, user=dora)
    assert membership(acme, dora) is None


def test_who_invited_may_have_left(
    acme: Organization, adam: User, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com", by=adam)
    post(adam, "/o/acme/team/leave/")
    post(dora, f"{link}accept/")
    assert must_be_member(acme, dora).role == Role.MEMBER
