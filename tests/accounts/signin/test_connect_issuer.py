"""A person who has an account connects the issuer to it, after a proof that the account is theirs."""

import re

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import Post
from tests.conftest import PASSWORD, SignIn, make_person
from tests.support.oidc_issuer import LOGIN, Issuer, come_back
from tests.support.snapshot import nothing_changes

CONNECT = f"{LOGIN}?process=connect"
RESET = re.compile(r"http://testserver(/accounts/password/reset/key/\S+)")


def links() -> list[tuple[str, str]]:
    return list(SocialAccount.objects.values_list("user__email", "uid"))


def test_the_page_says_how_and_leads_through_sign_in_to_the_connection(issuer: Issuer, post: Post) -> None:
    ines = make_person("Ines")
    client = Client()
    with nothing_changes():
        answer = come_back(client, issuer)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You have an account already" in page
    assert "ines@example.com" in page
    found = re.search(r'href="/accounts/login/\?next=([^"]+)"', page)
    assert found is not None
    assert found[1] == "%2Faccounts%2Foidc%2Foidc%2Flogin%2F%3Fprocess%3Dconnect"

    signed_in = post(client, f"/accounts/login/?next={found[1]}", {"login": "ines@example.com", "password": PASSWORD})
    assert signed_in["Location"] == CONNECT
    assert "Connect Example login?" in client.get(CONNECT).content.decode()
    assert come_back(client, issuer, "?process=connect")["Location"] == "/accounts/reauthenticate/"
    assert links() == []
    letters = len(mail.outbox)
    assert post(client, "/accounts/reauthenticate/", {"password": PASSWORD})["Location"] == "/accounts/3rdparty/"
    assert links() == [("ines@example.com", "42")]
    assert [letter.to for letter in mail.outbox[letters:]] == [["ines@example.com"]]

    another = Client()
    assert come_back(another, issuer)["Location"] == "/"
    assert another.session["_auth_user_id"] == str(ines.pk)


def test_a_session_alone_connects_nothing(issuer: Issuer, sign_in: SignIn, post: Post) -> None:
    client = sign_in(make_person("Ines"))
    with nothing_changes():
        assert come_back(client, issuer, "?process=connect")["Location"] == "/accounts/reauthenticate/"
        post(client, "/accounts/reauthenticate/", {"password": "wrong"})


def test_without_signing_in_nothing_is_connected(issuer: Issuer) -> None:
    make_person("Ines")
    client = Client()
    with nothing_changes():
        come_back(client, issuer, "?process=connect")
    assert "_auth_user_id" not in client.session


def test_a_subject_of_another_account_is_not_moved(issuer: Issuer, dora: User, post: Post) -> None:
    come_back(Client(), issuer)
    client = Client()
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    post(client, "/accounts/reauthenticate/", {"password": PASSWORD})
    come_back(client, issuer, "?process=connect")
    assert links() == [("ines@example.com", "42")]


def test_the_second_factor_is_asked_for_after_the_issuer(issuer: Issuer) -> None:
    come_back(Client(), issuer)
    TOTP.activate(User.objects.get(), generate_totp_secret())
    client = Client()
    assert come_back(client, issuer)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_an_address_that_was_never_confirmed_is_no_claim_on_its_owner(issuer: Issuer, post: Post) -> None:
    """The issuer's person names the address of another, who then gets the account by letter: the link is gone."""
    issuer.person["email_verified"] = False
    come_back(Client(), issuer)
    assert links() == [("ines@example.com", "42")]
    assert not EmailAddress.objects.get().verified

    owner = Client()
    post(owner, "/accounts/password/reset/", {"email": "ines@example.com"})
    found = RESET.search(str(mail.outbox[-1].body))
    assert found is not None
    form = owner.get(found[1])["Location"]
    assert post(owner, form, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert links() == []
    assert User.objects.get().check_password(PASSWORD)


def test_a_new_password_keeps_the_issuer_of_a_confirmed_account(issuer: Issuer, post: Post) -> None:
    come_back(Client(), issuer)
    client = Client()
    come_back(client, issuer)
    assert post(client, "/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert User.objects.get().check_password(PASSWORD)
    assert links() == [("ines@example.com", "42")]
