"""Sending an invitation again, and taking it back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Organization, Role, User
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import actions, membership
from tests.support.snapshot import last_entry, last_link, nothing_changes


def test_a_new_link_goes_out_and_the_old_one_dies(
    acme: Organization, adam: User, dora: User, invite_somebody: InviteSomebody, post: Post, sign_in: object
) -> None:
    made, old_link = invite_somebody("dora@example.com")
    answer = post(adam, f"/o/acme/team/invitations/{made.code}/send/")
    assert answer["Location"] == "/o/acme/team/"
    assert [letter.to for letter in mail.outbox] == [["dora@example.com"]] * 2
    assert last_link() != old_link
    assert Client().get(old_link).status_code == 410
    assert post(dora, f"{old_link}accept/").status_code == 410
    assert membership(acme, dora) is None
    assert Client().get(last_link()).status_code == 200
    assert last_entry(acme).action == "invitation.sent_again"


def test_an_expired_invitation_lives_again(
    acme: Organization, adam: User, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    made, _ = invite_somebody("dora@example.com")
    with tenancy.tenant(acme.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    post(adam, f"/o/acme/team/invitations/{made.code}/send/")
    post(dora, f"{last_link()}accept/")
    assert membership(acme, dora) is not None


def test_an_invitation_taken_back_works_no_more(
    acme: Organization, adam: User, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    made, link = invite_somebody("dora@example.com")
    answer = post(adam, f"/o/acme/team/invitations/{made.code}/revoke/")
    assert answer["Location"] == "/o/acme/team/"
    assert (last_entry(acme).action, last_entry(acme).target) == ("invitation.revoked", "dora@example.com")
    with nothing_changes():
        assert Client().get(link).status_code == 410
        assert post(dora, f"{link}accept/").status_code == 410
    assert membership(acme, dora) is None


@pytest.mark.parametrize("act", ["send", "revoke"])
def test_what_was_taken_back_or_accepted_is_gone(
    act: str, acme: Organization, adam: User, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    accepted, link = invite_somebody("dora@example.com")
    post(dora, f"{link}accept/")
    revoked, _ = invite_somebody("new@example.com")
    post(adam, f"/o/acme/team/invitations/{revoked.code}/revoke/")
    with nothing_changes():
        for invitation in (accepted, revoked):
            assert post(adam, f"/o/acme/team/invitations/{invitation.code}/{act}/").status_code == 404


@pytest.mark.parametrize("act", ["send", "revoke"])
@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
def test_nobody_below_admin_does_either(
    act: str,
    who: str,
    status: int,
    rival: Organization,
    invite_somebody: InviteSomebody,
    post: Post,
    request: pytest.FixtureRequest,
) -> None:
    made, _ = invite_somebody("new@example.com")
    user = request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, f"/o/acme/team/invitations/{made.code}/{act}/").status_code == status


@pytest.mark.parametrize("act", ["send", "revoke"])
def test_another_organization_s_invitation_is_not_there(
    act: str, rival: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    made, _ = invite_somebody("new@example.com", Role.ADMIN)
    with nothing_changes():
        assert post(charlie, f"/o/rival/team/invitations/{made.code}/{act}/").status_code == 404
        assert post(charlie, f"/o/rival/team/invitations/{uuid4()}/{act}/").status_code == 404
    assert actions(rival) == []
