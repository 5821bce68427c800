"""Sign-in by OpenID Connect, against an issuer that speaks HTTP: who comes in, and which answers are refused."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import LazySettings
from django.test import Client

from accounts.models import Organization, User
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import make_person, membership
from tests.support.oidc_issuer import CALLBACK, LOGIN, Issuer, come_back
from tests.support.snapshot import nothing_changes


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_new_person_comes_in_with_name_and_proven_address(issuer: Issuer) -> None:
    client = Client()
    assert come_back(client, issuer)["Location"] == "/"
    ines = User.objects.get(email="ines@example.com")
    assert ines.name == "Ines"
    assert not ines.has_usable_password()
    assert EmailAddress.objects.get(user=ines).verified
    assert client.session["_auth_user_id"] == str(ines.pk)
    assert issuer.codes == ["a code"]


def test_a_person_who_came_before_is_known_by_the_subject_whatever_the_address_says_now(issuer: Issuer) -> None:
    come_back(Client(), issuer)
    issuer.person |= {"email": "somewhere@example.com", "email_verified": False}
    client = Client()
    assert come_back(client, issuer)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["ines@example.com"]


# What the issuer may say of the address, and whether that verifies it.
CLAIMS: list[tuple[str, dict[str, Any], bool]] = [
    ("true", {"email_verified": True}, True),
    ("false", {"email_verified": False}, False),
    ("the text true", {"email_verified": "true"}, False),
    ("the text false", {"email_verified": "false"}, False),
    ("1", {"email_verified": 1}, False),
    ("0", {"email_verified": 0}, False),
    ("nothing", {}, False),
    ("null", {"email_verified": None}, False),
    ("a list", {"email_verified": [True]}, False),
    ("an object", {"email_verified": {"value": True}}, False),
]
each_claim = pytest.mark.parametrize(("claim", "proves"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS])


@each_claim
def test_a_new_account_has_its_address_verified_by_true_alone(
    claim: dict[str, Any], proves: bool, issuer: Issuer, post: Post
) -> None:
    issuer.person = {"sub": "42", "email": "ines@example.com", **claim}
    client = Client()
    answer = come_back(client, issuer)
    assert answer["Location"] == ("/" if proves else "/accounts/confirm-email/")
    assert is_signed_in(client) is proves
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("ines@example.com", proves)]


@each_claim
def test_an_account_with_that_address_is_opened_by_no_claim(
    claim: dict[str, Any], proves: bool, issuer: Issuer
) -> None:
    make_person("Ines")
    issuer.person = {"sub": "42", "email": "ines@example.com", **claim}
    client = Client()
    with nothing_changes():
        answer = come_back(client, issuer)
    assert (answer.status_code, answer.get("Location")) == (
        (409, None) if proves else (302, "/accounts/confirm-email/")
    )
    assert not is_signed_in(client)


@each_claim
def test_an_invitation_for_that_address_is_taken_by_true_alone(
    claim: dict[str, Any],
    proves: bool,
    issuer: Issuer,
    acme: Organization,
    invite_somebody: InviteSomebody,
    post: Post,
) -> None:
    _, link = invite_somebody("ines@example.com")
    issuer.person = {"sub": "42", "email": "ines@example.com", **claim}
    client = Client()  # it has not opened the link, which would prove the address by itself
    come_back(client, issuer)
    post(client, f"{link}accept/")
    assert (membership(acme, User.objects.get(email="ines@example.com")) is not None) is proves


@pytest.mark.parametrize(
    "said_otherwise",
    [
        {"sub": "43"},
        {"sub": None},
        {"nonce": None},
        {"nonce": "of another sign-in"},
        {"exp": None},
        {"exp": 1},
        {"aud": "another client"},
        {"aud": ["darkroom", "another client"], "azp": "another client"},
        {"iss": "https://elsewhere.example"},
    ],
    ids=lambda claims: ", ".join(f"{name} {value}" for name, value in claims.items()),
)
def test_an_id_token_that_is_not_of_this_sign_in_is_refused(said_otherwise: dict[str, Any], issuer: Issuer) -> None:
    issuer.said_otherwise = said_otherwise
    client = Client()
    with nothing_changes():
        answer = come_back(client, issuer)
    assert answer.status_code == 401
    assert "did not let you in" in answer.content.decode()
    assert not is_signed_in(client)


def test_an_answer_without_an_id_token_is_refused_before_the_userinfo_is_asked_for(issuer: Issuer) -> None:
    issuer.sends_id_token = False
    client = Client()
    with nothing_changes():
        assert come_back(client, issuer).status_code == 401
    assert not is_signed_in(client)
    assert "/userinfo" not in issuer.asked


@pytest.mark.parametrize(
    "subject", [None, "", 42, ["42"], "x" * 192], ids=["none", "empty", "a number", "a list", "long"]
)
def test_a_subject_that_is_no_short_text_is_refused(subject: Any, issuer: Issuer) -> None:
    issuer.person["sub"] = subject
    issuer.said_otherwise = {"sub": "42"} if not isinstance(subject, str) else {}
    client = Client()
    with nothing_changes():
        assert come_back(client, issuer).status_code == 401
    assert not is_signed_in(client)


@pytest.mark.parametrize("email", [None, ["ines@example.com"], {"a": 1}, 7, "not an address"])
def test_without_an_address_that_can_be_read_the_person_is_asked_for_one(email: Any, issuer: Issuer) -> None:
    issuer.person["email"] = email
    client = Client()
    with nothing_changes():
        assert come_back(client, issuer)["Location"] == "/accounts/3rdparty/signup/"
    assert not is_signed_in(client)


def test_the_request_carries_a_nonce_and_a_challenge_of_its_own_each_time(issuer: Issuer) -> None:
    asked = []
    for _ in range(2):
        issuer.authorize(Client().post(LOGIN)["Location"])
        asked.append(issuer.authorized)
    for name in ("nonce", "code_challenge", "state"):
        assert asked[0][name] != asked[1][name]
    assert {one["code_challenge_method"] for one in asked} == {"S256"}
    assert all(len(one["nonce"]) == 64 for one in asked)


def test_a_code_of_another_browser_is_refused(issuer: Issuer) -> None:
    """What an attacker brought back and planted here: the issuer wants the verifier of the browser that asked."""
    mine, theirs = Client(), Client()
    brought = issuer.authorize(mine.post(LOGIN)["Location"])
    issuer.authorize(theirs.post(LOGIN)["Location"])  # the code is theirs
    with nothing_changes():
        assert mine.get(CALLBACK, brought).status_code == 401
    assert issuer.codes == []
    assert not is_signed_in(mine)


def test_a_link_cannot_change_what_the_issuer_is_asked(issuer: Issuer) -> None:
    query = "?scope=admin&auth_params=nonce%3Dmine%26redirect_uri%3Dhttps%3A%2F%2Felsewhere.example%26prompt%3Dnone"
    issuer.authorize(Client().post(f"{LOGIN}{query}")["Location"])
    assert issuer.authorized["nonce"] != "mine"
    assert "prompt" not in issuer.authorized
    assert set(issuer.authorized["scope"].split()) == {"openid", "profile", "email"}


def test_a_plain_http_issuer_is_asked_nothing_where_people_come_by_https(
    issuer: Issuer, settings: LazySettings
) -> None:
    settings.IS_HTTPS = True
    assert Client().post(LOGIN).status_code == 401
    assert issuer.asked == []


def test_an_issuer_that_cannot_be_reached_or_understood_is_no_fault_of_ours(issuer: Issuer) -> None:
    issuer.configuration = {"token_endpoint": None}
    assert Client().post(LOGIN).status_code == 401
    issuer.configuration = {"authorization_endpoint": "javascript:alert(1)"}
    assert Client().post(LOGIN).status_code == 401


def test_a_name_of_many_lines_becomes_one(issuer: Issuer) -> None:
    issuer.person["name"] = "Ines\r\nBcc: everybody@example.com " + "x" * 200
    come_back(Client(), issuer)
    name = User.objects.get(email="ines@example.com").name
    assert "\n" not in name
    assert len(name) <= 80


def test_an_answer_that_nobody_asked_for_is_refused(issuer: Issuer) -> None:
    client = Client()
    with nothing_changes():
        client.get(CALLBACK, {"code": "a code", "state": "made up"})
    assert not is_signed_in(client)
    assert issuer.codes == []


def test_an_answer_counts_once(issuer: Issuer) -> None:
    client = Client()
    brought = issuer.authorize(client.post(LOGIN)["Location"])
    assert client.get(CALLBACK, brought).status_code == 302
    client.logout()
    assert client.get(CALLBACK, brought).status_code == 401
    assert not is_signed_in(client)
    assert SocialAccount.objects.count() == 1


def test_the_button_stands_on_the_page_only_where_an_issuer_is_configured(
    issuer: Issuer, settings: LazySettings
) -> None:
    assert "Example login" in Client().get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "Example login" not in Client().get("/accounts/login/").content.decode()
