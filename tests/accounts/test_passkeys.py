"""Passkeys and security keys, in honest hands and in hostile ones."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.utils import websafe_encode

from accounts.models import Organization, User
from tests.accounts import passkeys
from tests.accounts.conftest import Post
from tests.accounts.passkeys import ADD, LOGIN, PRESENT, VERIFIED, Credential, Passkey, add, page_options, proved, send
from tests.conftest import PASSWORD
from tests.support.snapshot import nothing_changes, together

pytestmark = pytest.mark.django_db
SECOND_STEP = "/accounts/2fa/authenticate/"
PROVE_AGAIN = "/accounts/2fa/webauthn/reauthenticate/"


def with_password(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def add_at_once(user: User, key: Passkey) -> int:
    client = proved(user)
    return int(send(client, ADD, key.register(page_options(client, ADD)), name="Key").status_code)


@pytest.fixture
def key(dora: User) -> Passkey:
    return add(dora)


def opens(key: Passkey) -> bool:
    client = Client()
    return passkeys.sign_in(client, key.sign(passkeys.sign_in_options(client)))


def passes_second_step(client: Client, key: Passkey) -> bool:
    send(client, SECOND_STEP, key.sign(page_options(client, SECOND_STEP)))
    return is_in(client)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# -- In honest hands -------------------------------------------------------------------------------


def test_a_passkey_signs_in_alone(dora: User, key: Passkey) -> None:
    client = Client()
    assert passkeys.sign_in(client, key.sign(passkeys.sign_in_options(client)))
    assert client.session["_auth_user_id"] == str(dora.pk)
    assert client.get("/me/").status_code == 200


def test_where_there_is_a_key_the_password_alone_does_not_sign_in(dora: User, key: Passkey) -> None:
    client = with_password(dora)
    assert not is_in(client)
    assert passes_second_step(client, key)


def test_a_key_proves_that_it_is_the_person_still(dora: User, key: Passkey) -> None:
    client = Client()
    passkeys.sign_in(client, key.sign(passkeys.sign_in_options(client)))
    answer = send(client, PROVE_AGAIN, key.sign(page_options(client, PROVE_AGAIN)))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(ADD).status_code == 200


def test_a_passkey_is_the_second_factor_that_an_organization_requires(acme: Organization, bob: User) -> None:
    Organization.objects.filter(pk=acme.pk).update(requires_second_factor=True)
    key, client = add(bob), Client()
    passkeys.sign_in(client, key.sign(passkeys.sign_in_options(client)))
    assert client.get("/o/acme/").status_code == 200


# -- Replayed --------------------------------------------------------------------------------------


def test_an_answer_opens_once(key: Passkey) -> None:
    first = Client()
    signed = key.sign(passkeys.sign_in_options(first))
    assert passkeys.sign_in(first, signed)
    first.post("/accounts/logout/")
    for has_asked in (False, True):
        for client in (first, Client()):
            if has_asked:
                passkeys.sign_in_options(client)
            assert not passkeys.sign_in(client, signed)


def test_an_answer_belongs_to_the_browser_that_asked(key: Passkey) -> None:
    asked, other = Client(), Client()
    signed = key.sign(passkeys.sign_in_options(asked))
    passkeys.sign_in_options(other)
    assert not passkeys.sign_in(other, signed)
    assert passkeys.sign_in(asked, signed)


def test_an_answer_to_an_older_question_opens_nothing(key: Passkey) -> None:
    client = Client()
    signed = key.sign(passkeys.sign_in_options(client))
    passkeys.sign_in_options(client)
    assert not passkeys.sign_in(client, signed)


def test_what_signed_in_proves_nothing_again(dora: User, key: Passkey) -> None:
    client = Client()
    signed = key.sign(passkeys.sign_in_options(client))
    assert passkeys.sign_in(client, signed)
    page_options(client, PROVE_AGAIN)
    before = client.session["account_authentication_methods"]
    send(client, PROVE_AGAIN, signed)
    assert client.session["account_authentication_methods"] == before


# -- For another page, or by another person --------------------------------------------------------

ELSEWHERE = [
    "http://evil.example",
    "http://testserver:9999",  # another program of the same machine, for which a browser signs as for us
    "https://elsewhere.testserver",
    "http://pages.testserver",
    "http://testserver.evil.example",
    "null",
    "",
]


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_what_was_signed_for_another_page_opens_nothing(origin: str, dora: User, key: Passkey) -> None:
    key.origin = origin
    assert not opens(key)
    assert not passes_second_step(with_password(dora), key)
    key.origin = passkeys.ORIGIN
    assert opens(key)


def test_what_was_signed_inside_a_frame_of_another_page_opens_nothing(key: Passkey) -> None:
    key.is_inside_a_frame = True
    assert not opens(key)


def test_what_was_signed_for_another_name_opens_nothing(key: Passkey) -> None:
    key.rp_id = "evil.example"
    assert not opens(key)


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_a_key_that_was_made_on_another_page_is_not_added(origin: str, dora: User) -> None:
    with nothing_changes():
        assert add_at_once(dora, Passkey(origin=origin)) == 200


def test_a_key_that_answers_another_browsers_question_is_not_added(dora: User, charlie: User) -> None:
    mine, theirs = proved(dora), proved(charlie)
    made = Passkey().register(page_options(theirs, ADD))
    page_options(mine, ADD)
    with nothing_changes():
        assert send(mine, ADD, made, name="Key").status_code == 200


def test_another_persons_key_opens_nothing_of_this_one(dora: User, charlie: User, key: Passkey) -> None:
    theirs = add(charlie)
    theirs.user_handle = key.user_handle  # it says that it is Dora's
    assert not opens(theirs)
    client = with_password(dora)
    assert not passes_second_step(client, theirs)
    assert passes_second_step(client, key)


def test_another_persons_key_with_this_ones_name_opens_nothing(dora: User, charlie: User, key: Passkey) -> None:
    """The name of a key is no secret; who knows it registers a key of the same name."""
    theirs = add(charlie, id=key.id)
    theirs.user_handle = key.user_handle
    assert not opens(theirs)
    assert opens(key)


def test_another_persons_key_proves_nothing_in_this_session(dora: User, charlie: User, key: Passkey) -> None:
    theirs, client = add(charlie), Client()
    client.force_login(dora)
    send(client, PROVE_AGAIN, theirs.sign(page_options(client, PROVE_AGAIN)))
    assert client.get(ADD)["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize(("flags", "alone"), [(VERIFIED, False), (PRESENT, False), (PRESENT | VERIFIED, True)])
def test_it_signs_in_alone_only_for_a_person_who_was_there_and_was_recognized(
    flags: Any, alone: bool, key: Passkey
) -> None:
    key.flags = flags
    assert opens(key) is alone


def test_a_key_that_recognizes_nobody_is_no_passkey(dora: User) -> None:
    client = proved(dora)
    made = Passkey(flags=PRESENT).register(page_options(client, ADD))
    with nothing_changes():
        assert send(client, ADD, made, name="Key", passwordless="on").status_code == 200


def test_a_session_alone_adds_and_removes_no_key(dora: User, key: Passkey) -> None:
    client = Client()
    client.force_login(dora)
    number = Authenticator.objects.get(type="webauthn").pk
    with nothing_changes():
        for url in (ADD, f"/accounts/2fa/webauthn/keys/{number}/remove/"):
            assert client.post(url)["Location"].startswith("/accounts/reauthenticate/")


# -- Counted ---------------------------------------------------------------------------------------


def test_a_key_that_counts_must_count_on(dora: User) -> None:
    key = add(dora, counter=5)
    for counter, expected in [(5, False), (4, False), (0, False), (6, True), (6, False), (9, True), (8, False)]:
        key.counter = counter
        assert opens(key) is expected, counter
    key.counter = 9
    assert not passes_second_step(with_password(dora), key)
    key.counter = 10
    assert passes_second_step(with_password(dora), key)


def test_a_key_that_does_not_count_opens_again_and_again(key: Passkey) -> None:
    assert [opens(key) for _ in range(3)] == [True] * 3
    key.counter = 1
    assert opens(key)
    key.counter = 0
    assert not opens(key), "it has begun to count"


@pytest.mark.django_db(transaction=True)
def test_of_a_key_and_its_copy_at_once_one_is_let_in(dora: User) -> None:
    key = add(dora, counter=5)
    key.counter = 6
    asked = [(client, passkeys.sign_in_options(client)) for client in (Client() for _ in range(4))]
    signed = [(client, key.sign(options)) for client, options in asked]
    found = together(*[lambda client=client, one=one: passkeys.sign_in(client, one) for client, one in signed])
    assert sorted(found) == [False, False, False, True]


# -- Gone ------------------------------------------------------------------------------------------


def remove(user: User, number: int, post: Post) -> int:
    return int(post(proved(user), f"/accounts/2fa/webauthn/keys/{number}/remove/").status_code)


def test_a_key_that_was_removed_opens_nothing_not_even_what_it_has_signed(dora: User, key: Passkey, post: Post) -> None:
    kept, client = add(dora), Client()
    number = Authenticator.objects.filter(type="webauthn").order_by("pk")[0].pk
    signed = key.sign(passkeys.sign_in_options(client))
    assert remove(dora, number, post) == 302
    assert not passkeys.sign_in(client, signed)
    assert not opens(key)
    half = with_password(dora)
    assert not passes_second_step(half, key)
    assert passes_second_step(half, kept)


def test_another_person_removes_no_key_of_this_one(dora: User, charlie: User, key: Passkey, post: Post) -> None:
    number = Authenticator.objects.get(type="webauthn").pk
    with nothing_changes():
        assert remove(charlie, number, post) == 404
    assert opens(key)


def test_who_may_not_sign_in_does_not_by_a_key_either(dora: User, key: Passkey) -> None:
    half, client = with_password(dora), Client()
    signed = key.sign(passkeys.sign_in_options(client))
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert not passkeys.sign_in(client, signed)
    assert not opens(key)
    half.post(SECOND_STEP, {"credential": json.dumps(signed)})
    assert not is_in(half)
    User.objects.filter(pk=dora.pk).update(is_active=True)
    assert opens(key)


def test_a_person_who_is_gone_is_let_in_by_no_key(dora: User, key: Passkey) -> None:
    dora.delete()
    assert not opens(key)


# -- Torn ------------------------------------------------------------------------------------------

Tear = Callable[[Credential], object]


def answering(**response: object) -> Tear:
    return lambda good: {**good, "response": {**good["response"], **response}}


def saying(data: bytes) -> Tear:
    return answering(clientDataJSON=websafe_encode(data))


TORN: dict[str, Tear] = {
    "nothing": lambda _: None,
    "a list": lambda _: [],
    "a word": lambda _: "x",
    "empty": lambda _: {},
    "no response": lambda good: {**good, "response": None},
    "a list for a response": lambda good: {**good, "response": []},
    "two names": lambda good: {**good, "id": "x"},
    "another name": lambda good: {**good, "id": "AAAA", "rawId": "AAAA"},
    "no name": lambda good: {name: value for name, value in good.items() if name not in {"id", "rawId"}},
    "a number for a name": lambda good: {**good, "id": 5, "rawId": 5},
    "a number for properties": lambda good: {**good, "clientExtensionResults": {"credProps": 5}},
    "numbers for results": lambda good: {**good, "clientExtensionResults": 5},
    "no client data": answering(clientDataJSON=None),
    "short client data": saying(b""),
    "client data without fields": saying(b"{}"),
    "a list for client data": saying(b"[]"),
    "deep client data": saying(b"[" * 50_000),
    "objects for words": saying(json.dumps({"type": [], "challenge": 5, "origin": {}}).encode()),
    "no attestation": answering(attestationObject=None, authenticatorData=None),
    "short attestation": answering(attestationObject="", authenticatorData=""),
    "torn attestation": answering(attestationObject="AAAA", authenticatorData="AAAA"),
    "an attestation without fields": answering(attestationObject=websafe_encode(b"\xa0")),
    "no signature": answering(signature=None),
    "short signature": answering(signature=""),
    "a number for a signature": answering(signature=7),
    "no person": answering(userHandle=None),
    "an odd person": answering(userHandle=websafe_encode(b"\xff\xfe")),
    "a person beyond numbers": answering(userHandle=websafe_encode(b"z" * 60)),
    "a person who does not exist": answering(userHandle=websafe_encode(b"zzzzz")),
}
OF_A_PERSON = {"no person", "an odd person", "a person beyond numbers", "a person who does not exist"}
OF_AN_ANSWER_ALONE = OF_A_PERSON | {"no signature", "short signature", "a number for a signature"}
OF_A_NEW_KEY_ALONE = {"an attestation without fields", "a number for properties", "numbers for results"}


@pytest.mark.parametrize("torn", sorted(TORN.keys() - OF_A_NEW_KEY_ALONE))
def test_a_torn_answer_opens_nothing_and_breaks_nothing(torn: str, dora: User, key: Passkey) -> None:
    client = Client()
    signed = TORN[torn](key.sign(passkeys.sign_in_options(client)))
    assert not passkeys.sign_in(client, signed)


@pytest.mark.parametrize("torn", sorted(TORN.keys() - OF_A_NEW_KEY_ALONE - OF_A_PERSON))
def test_a_torn_answer_is_no_second_step(torn: str, dora: User, key: Passkey) -> None:
    client = with_password(dora)
    signed = TORN[torn](key.sign(page_options(client, SECOND_STEP)))
    assert send(client, SECOND_STEP, signed).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("torn", sorted(TORN.keys() - OF_AN_ANSWER_ALONE))
def test_a_torn_key_is_not_added(torn: str, dora: User) -> None:
    client = proved(dora)
    made = TORN[torn](Passkey().register(page_options(client, ADD)))
    with nothing_changes():
        assert send(client, ADD, made, name="Key").status_code == 200


def test_a_key_that_could_never_be_verified_is_not_added(dora: User) -> None:
    with nothing_changes():
        assert add_at_once(dora, Passkey(algorithm=-9999)) == 200


def test_what_is_added_is_bounded(dora: User) -> None:
    client, key = proved(dora), Passkey()
    large = {**key.register(page_options(client, ADD)), "more": "x" * 40_000}
    with nothing_changes():
        assert send(client, ADD, large, name="Key").status_code == 200
        made = key.register(page_options(client, ADD))
        assert send(client, ADD, made, name="x" * 200).status_code == 200


def test_a_person_has_so_many_keys_and_no_more(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.signin.passkeys.MOST_KEYS", 2)
    assert [add_at_once(dora, Passkey()) for _ in range(3)] == [302, 302, 200]
    assert Authenticator.objects.filter(type="webauthn").count() == 2


def test_strangers_who_try_are_slowed_down_and_lock_nobody_out(dora: User, key: Passkey) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    statuses = {send(client, LOGIN, None).status_code for _ in range(60)}
    assert statuses == {302, 429}
    assert opens(key)
