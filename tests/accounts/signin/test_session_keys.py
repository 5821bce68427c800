"""A session that begins has a key of its own: one that was planted in the browser before opens nothing."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Organization, User
from saas.web.sessions import SessionStore
from tests.accounts import passkeys
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import PASSWORD
from tests.support.oidc_issuer import Issuer, come_back

COOKIE = settings.SESSION_COOKIE_NAME
SECOND_STEP = "/accounts/2fa/authenticate/"


@pytest.fixture
def planted(db: None) -> str:
    """The key of a session that an attacker has begun, and knows."""
    store = SessionStore()
    store["look"] = "crayon"
    store.create()
    return str(store.session_key)


def victim(planted: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = planted
    return client


def opens(key: str) -> bool:
    """Whether a browser with this cookie is signed in."""
    return victim(key).get("/me/").status_code == 200


def must_have_rotated(client: Client, planted: str) -> None:
    own = client.cookies[COOKIE].value
    assert own != planted
    assert opens(own)
    assert not opens(planted)
    assert not Session.objects.filter(pk=planted).exists()


def test_a_password(planted: str, dora: User, post: Post) -> None:
    client = victim(planted)
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    must_have_rotated(client, planted)


def test_the_issuer(planted: str, issuer: Issuer) -> None:
    client = victim(planted)
    come_back(client, issuer)
    must_have_rotated(client, planted)


def test_the_issuer_for_a_person_who_came_before(planted: str, issuer: Issuer) -> None:
    come_back(Client(), issuer)
    client = victim(planted)
    come_back(client, issuer)
    must_have_rotated(client, planted)


def test_a_password_and_a_second_factor(planted: str, dora: User, post: Post) -> None:
    TOTP.activate(dora, generate_totp_secret())
    client = victim(planted)
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    secret = decrypt(Authenticator.objects.get(user=dora).data["secret"])
    code = hotp_value(secret, next(iter(yield_hotp_counters_from_time())))
    post(client, "/accounts/2fa/authenticate/", {"code": f"{code:06d}"})
    must_have_rotated(client, planted)


def test_a_passkey(planted: str, dora: User) -> None:
    key, client = passkeys.add(dora), victim(planted)
    assert passkeys.sign_in(client, key.sign(passkeys.sign_in_options(client)))
    must_have_rotated(client, planted)


def test_a_passkey_after_the_password(planted: str, dora: User, post: Post) -> None:
    key, client = passkeys.add(dora), victim(planted)
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    half = client.cookies[COOKIE].value
    passkeys.send(client, SECOND_STEP, key.sign(passkeys.page_options(client, SECOND_STEP)))
    must_have_rotated(client, planted)
    assert not opens(half)


def test_what_the_planter_of_a_session_has_a_key_sign_opens_only_the_persons_own(planted: str, dora: User) -> None:
    """The question was asked of the attacker's browser; the answer comes from the victim's, by the same cookie."""
    key, attacker, client = passkeys.add(dora), victim(planted), victim(planted)
    assert passkeys.sign_in(client, key.sign(passkeys.sign_in_options(attacker)))
    must_have_rotated(client, planted)
    assert attacker.get("/me/").status_code == 302


def test_signing_up(planted: str, acme: Organization, invite_somebody: InviteSomebody, post: Post) -> None:
    _, link = invite_somebody("nina@example.com")
    client = victim(planted)
    client.get(link)
    post(client, "/accounts/signup/", {"name": "Nina", "email": "nina@example.com", "password1": PASSWORD})
    must_have_rotated(client, planted)


def test_a_key_that_the_server_never_made_is_not_taken_over(dora: User, post: Post) -> None:
    client = victim("a" * 32)
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    assert client.cookies[COOKIE].value != "a" * 32
    assert not opens("a" * 32)


def test_a_new_password_ends_every_other_session(dora: User, post: Post) -> None:
    mine, other = Client(), Client()
    for client in (mine, other):
        post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    new = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    assert post(mine, "/accounts/password/change/", new).status_code == 302
    assert mine.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(dora: User, post: Post) -> None:
    client = Client()
    post(client, "/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    key = client.cookies[COOKIE].value
    post(client, "/accounts/logout/")
    assert not opens(key)
