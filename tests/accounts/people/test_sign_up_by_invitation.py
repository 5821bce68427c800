"""The invited person signs up: through the link, before it, or with another address."""

import re

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import Organization, Role, User
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import PASSWORD, membership, must_be_member
from tests.support.snapshot import nothing_changes

FORM = {"name": "Nina", "password1": PASSWORD}
CONFIRMATION = re.compile(r"http://testserver(/accounts/confirm-email/[^/\s]+/)")


def addresses(user: User) -> list[tuple[str, bool, bool]]:
    return list(EmailAddress.objects.filter(user=user).order_by("email").values_list("email", "verified", "primary"))


def test_through_the_link_no_second_proof_is_asked_and_home_leads_to_the_invitation(
    acme: Organization, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("nina@example.com")
    client = Client()
    assert "/accounts/signup/?email=nina%40example.com" in client.get(link).content.decode()
    letters = len(mail.outbox)
    answer = post(client, "/accounts/signup/", {**FORM, "email": "nina@example.com"})
    assert answer["Location"] == "/"
    assert len(mail.outbox) == letters
    nina = User.objects.get(email="nina@example.com")
    assert addresses(nina) == [("nina@example.com", True, True)]
    assert client.get("/")["Location"] == link
    assert post(client, f"{link}accept/")["Location"] == "/o/acme/"
    assert must_be_member(acme, nina).role == Role.MEMBER
    assert client.get("/o/acme/").status_code == 200
    assert client.get("/")["Location"] == "/o/acme/"


def test_before_the_link_the_address_is_proved_as_usual_and_the_link_works_afterwards(
    acme: Organization, invite_somebody: InviteSomebody, post: Post
) -> None:
    client = Client()
    assert post(client, "/accounts/signup/", {**FORM, "email": "nina@example.com"}).status_code == 302
    found = CONFIRMATION.search(str(mail.outbox[-1].body))
    assert found is not None
    _, link = invite_somebody("nina@example.com")
    nina = User.objects.get(email="nina@example.com")
    with nothing_changes():
        assert post(nina, f"{link}accept/")["Location"] == link  # not proved yet
    post(client, found[1])
    assert addresses(nina) == [("nina@example.com", True, True)]
    assert post(nina, f"{link}accept/")["Location"] == "/o/acme/"
    assert must_be_member(acme, nina).role == Role.MEMBER


def test_the_link_proves_the_invited_address_and_no_other(
    acme: Organization, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("nina@example.com")
    client = Client()
    client.get(link)
    post(client, "/accounts/signup/", {**FORM, "email": "somebody@example.com"})
    nina = User.objects.get() if User.objects.count() == 1 else User.objects.get(name="Nina")
    assert ("somebody@example.com", True, True) not in addresses(nina)
    assert nina.email == "nina@example.com"
    assert addresses(nina) == [("nina@example.com", True, True), ("somebody@example.com", False, False)]


def test_a_link_that_is_used_proves_nothing(
    dora: User, acme: Organization, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    post(dora, f"{link}accept/")
    client = Client()
    client.get(link)
    letters = len(mail.outbox)
    answer = post(client, "/accounts/signup/", {**FORM, "email": "nina@example.com"})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert len(mail.outbox) == letters + 1
    assert addresses(User.objects.get(email="nina@example.com")) == [("nina@example.com", False, True)]


def test_signing_in_through_the_link_leads_back_to_it(
    acme: Organization, dora: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    client = Client()
    client.get(link)
    assert post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})["Location"] == "/"
    assert client.get("/")["Location"] == link
    post(client, f"{link}accept/")
    assert membership(acme, dora) is not None


def test_who_signs_in_as_somebody_else_sees_it_once_and_is_free_to_go_home(
    acme: Organization, rival: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    _, link = invite_somebody("dora@example.com")
    client = Client()
    client.get(link)
    post(client, "/accounts/login/", {"login": "charlie@example.com", "password": PASSWORD})
    assert client.get("/")["Location"] == link
    assert client.get(link).status_code == 200
    assert client.get("/")["Location"] == "/o/rival/"


def test_an_invitation_that_ended_meanwhile_does_not_hold_anybody_up(
    acme: Organization, alice: User, rival: Organization, charlie: User, invite_somebody: InviteSomebody, post: Post
) -> None:
    made, link = invite_somebody("charlie@example.com")
    client = Client()
    client.get(link)
    post(client, "/accounts/login/", {"login": "charlie@example.com", "password": PASSWORD})
    post(alice, f"/o/acme/team/invitations/{made.code}/revoke/")
    assert client.get("/")["Location"] == link
    assert client.get(link).status_code == 410
    assert client.get("/")["Location"] == "/o/rival/"


def test_a_name_of_more_than_one_line_is_refused_at_sign_up(db: None, post: Post) -> None:
    with nothing_changes():
        answer = post(Client(), "/accounts/signup/", {**FORM, "name": "N\nBcc: x", "email": "nina@example.com"})
    assert answer.status_code == 200
    assert "Enter a single line of text." in answer.content.decode()
