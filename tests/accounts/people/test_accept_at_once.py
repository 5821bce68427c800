"""Two clicks on the same invitation at the same moment."""

import pytest
from django.test import Client

from accounts.models import Invitation, Membership, Organization, User
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody
from tests.conftest import SignIn, actions
from tests.support.snapshot import at_once, last_link, together

pytestmark = pytest.mark.django_db(transaction=True)


def click(client: Client, link: str) -> int:
    return int(client.post(f"{link}accept/").status_code)


def test_two_clicks_make_one_member(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com")
    clients = [sign_in(dora), sign_in(dora)]
    answers = at_once(acme, *[lambda client=client: click(client, link) for client in clients])
    assert sorted(answers) == [302, 410]
    with tenancy.tenant(acme.pk):
        assert Membership.objects.filter(org=acme, user=dora).count() == 1
        assert Invitation.objects.open().count() == 0
    assert actions(acme) == ["invitation.sent", "member.joined"]


def test_two_admins_who_invite_the_same_person_send_one_letter(
    acme: Organization, alice: User, adam: User, sign_in: SignIn, mailoutbox: list[object]
) -> None:
    clients = [sign_in(alice), sign_in(adam)]
    data = {"email": "new@example.com", "role": "viewer"}
    answers = at_once(
        acme, *[lambda client=client: client.post("/o/acme/team/invite/", data).status_code for client in clients]
    )
    assert sorted(answers) == [302, 422]
    assert len(mailoutbox) == 1
    assert actions(acme) == ["invitation.sent"]
    assert Client().get(last_link()).status_code == 200


def test_of_many_clicks_one_counts(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, sign_in: SignIn
) -> None:
    _, link = invite_somebody("dora@example.com")
    clients = [sign_in(dora) for _ in range(6)]
    answers = together(*[lambda client=client: click(client, link) for client in clients])
    assert sorted(answers) == [302, 410, 410, 410, 410, 410]
    assert actions(acme) == ["invitation.sent", "member.joined"]
