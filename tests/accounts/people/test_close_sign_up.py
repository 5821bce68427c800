"""Sign-up that is closed for strangers. Invited people may always come in, with the invited address."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.people import invitations
from saas.database import tenancy
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import PASSWORD
from tests.support.oidc_issuer import Issuer, come_back
from tests.support.snapshot import nothing_changes

pytestmark = pytest.mark.django_db

FORM = {"name": "Nina", "password1": PASSWORD, "email": "nina@example.com"}
CLOSED = "New accounts are by invitation only."


@pytest.mark.parametrize("word", ["invited", "issuer"])
def test_a_stranger_reads_that_it_is_closed_and_gets_no_account(word: str, db: None, post: Post, settings: Any) -> None:
    settings.SIGN_UP = word
    client = Client()
    assert CLOSED in client.get("/accounts/signup/").content.decode()
    with nothing_changes():
        assert CLOSED in post(client, "/accounts/signup/", FORM).content.decode()
    assert "/accounts/signup/" not in client.get("/").content.decode()
    assert "Open the link in your invitation." in client.get("/accounts/login/").content.decode()


def test_an_invited_person_signs_up_with_the_invited_address_and_no_other(
    acme: Organization, invite_somebody: InviteSomebody, post: Post, settings: Any
) -> None:
    settings.SIGN_UP = "invited"
    _, link = invite_somebody("nina@example.com")
    client = Client()
    client.get(link)
    with nothing_changes():
        answer = post(client, "/accounts/signup/", {**FORM, "email": "friend@example.com"})
        assert "Yours is for nina@example.com." in answer.content.decode()
    assert post(client, "/accounts/signup/", {**FORM, "email": "Nina@Example.com"})["Location"] == "/"
    assert User.objects.filter(email="nina@example.com").exists()


def test_an_invitation_that_was_taken_back_opens_nothing(
    acme: Organization, alice: User, invite_somebody: InviteSomebody, post: Post, settings: Any
) -> None:
    settings.SIGN_UP = "invited"
    made, link = invite_somebody("nina@example.com")
    client = Client()
    client.get(link)
    with tenancy.tenant(acme.pk):
        invitations.revoke(invitation=made, by=acme.memberships.get(user=alice))
    with nothing_changes():
        assert CLOSED in post(client, "/accounts/signup/", FORM).content.decode()


@pytest.mark.parametrize(("word", "count"), [("open", 1), ("issuer", 1), ("invited", 0)])
def test_who_comes_from_the_issuer(word: str, count: int, issuer: Issuer, settings: Any) -> None:
    settings.SIGN_UP = word
    come_back(Client(), issuer)
    assert User.objects.filter(email="ines@example.com").count() == count


def test_who_comes_from_the_issuer_with_the_invited_address_is_let_in(
    acme: Organization, invite_somebody: InviteSomebody, issuer: Issuer, settings: Any
) -> None:
    settings.SIGN_UP = "invited"
    _, link = invite_somebody("ines@example.com")
    client = Client()
    client.get(link)
    come_back(client, issuer)
    assert User.objects.filter(email="ines@example.com").count() == 1


def test_who_has_an_account_signs_in_as_ever(dora: User, post: Post, settings: Any) -> None:
    settings.SIGN_UP = "invited"
    client = Client()
    answer = post(client, "/accounts/login/", {"login": dora.email, "password": PASSWORD})
    assert answer.status_code == 302
