import copy
import json
import pickle

import pytest
from cryptography.fernet import Fernet
from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from saas.crypto.sealing import BadKeys, CannotUnseal, Secret, check_keys, generate_key, reseal, seal, unseal

OLD, NEW, LOST = (generate_key() for _ in range(3))
CANARY = "sk-canary-4f1d"
HERE = "connection:acme:1"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]


@pytest.mark.parametrize("secret", [CANARY, "", "ключ 🔑", "k" * 10_000])
def test_a_sealed_secret_opens_where_it_was_sealed(secret: str) -> None:
    assert unseal(seal(secret, context=HERE), context=HERE).reveal() == secret
    assert unseal(seal(Secret(secret), context=HERE), context=HERE).reveal() == secret


def test_the_sealed_form_does_not_hold_the_secret_and_is_never_the_same_twice() -> None:
    first, second = seal(CANARY, context=HERE), seal(CANARY, context=HERE)
    assert first.startswith("v1.gAAAA")
    assert CANARY not in first
    assert first != second


@pytest.mark.parametrize("there", ["connection:acme:2", "connection:other:1", "connection:acme:1 ", "webhook:acme:1"])
def test_a_sealed_secret_does_not_open_in_another_place(there: str) -> None:
    sealed = seal(CANARY, context=HERE)
    with pytest.raises(CannotUnseal):
        unseal(sealed, context=there)
    with pytest.raises(CannotUnseal):
        reseal(sealed, context=there)


def test_a_value_encrypted_with_the_bare_key_does_not_open() -> None:
    with pytest.raises(CannotUnseal):
        unseal("v1." + Fernet(OLD).encrypt(CANARY.encode()).decode(), context=HERE)


def test_a_place_must_be_named() -> None:
    with pytest.raises(ValueError, match="context"):
        seal(CANARY, context="")


@given(place=st.integers(0, 130), bit=st.integers(0, 7))
def test_a_changed_value_does_not_open(place: int, bit: int) -> None:
    sealed = seal(CANARY, context=HERE)
    place %= len(sealed)
    changed = sealed[:place] + chr(ord(sealed[place]) ^ (1 << bit)) + sealed[place + 1 :]
    # The last character before the padding has bits that base64 leaves out, so the same bytes may come back.
    try:
        assert unseal(changed, context=HERE).reveal() == CANARY
    except CannotUnseal:
        return
    assert changed[place + 1 :].strip("=") == ""


@pytest.mark.parametrize("sealed", ["", "v1.", "v1.x", "v2.gAAAA", CANARY, "v1.\ud800", "v1.ключ"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(CannotUnseal):
        unseal(sealed, context=HERE)


def test_a_value_without_its_version_does_not_open() -> None:
    sealed = seal(CANARY, context=HERE)
    with pytest.raises(CannotUnseal):
        unseal(sealed.removeprefix("v1."), context=HERE)


def test_after_a_key_is_put_first_old_values_open_and_new_ones_need_the_new_key(settings: Settings) -> None:
    before = seal(CANARY, context=HERE)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    after = seal(CANARY, context=HERE)
    assert unseal(before, context=HERE) == unseal(after, context=HERE) == Secret(CANARY)
    settings.ENCRYPTION_KEYS = [OLD]
    with pytest.raises(CannotUnseal):
        unseal(after, context=HERE)


def test_resealing_moves_a_value_to_the_first_key_once(settings: Settings) -> None:
    before = seal(CANARY, context=HERE)
    assert reseal(before, context=HERE) == (before, False)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    moved, has_changed = reseal(before, context=HERE)
    assert has_changed
    assert reseal(moved, context=HERE) == (moved, False)
    settings.ENCRYPTION_KEYS = [NEW]
    assert unseal(moved, context=HERE).reveal() == CANARY
    with pytest.raises(CannotUnseal):
        unseal(before, context=HERE)


def test_without_its_key_a_value_neither_opens_nor_reseals(settings: Settings) -> None:
    sealed = seal(CANARY, context=HERE)
    settings.ENCRYPTION_KEYS = [LOST]
    with pytest.raises(CannotUnseal) as failure:
        unseal(sealed, context=HERE)
    assert str(failure.value) == "The stored secret does not open here with the keys that are set."
    with pytest.raises(CannotUnseal):
        reseal(sealed, context=HERE)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ([], "ENCRYPTION_KEYS is empty: it needs at least one key."),
        (["tooshort"], "ENCRYPTION_KEYS: key 1 is not 32 bytes in URL-safe base64."),
        ([OLD, ""], "ENCRYPTION_KEYS: key 2 is not 32 bytes in URL-safe base64."),
        ([OLD, "ключ"], "ENCRYPTION_KEYS: key 2 is not 32 bytes in URL-safe base64."),
        (["!" + OLD], "ENCRYPTION_KEYS: key 1 is not 32 bytes in URL-safe base64."),
    ],
)
def test_keys_that_cannot_be_used_are_refused_by_their_place(
    settings: Settings, keys: list[str], sentence: str
) -> None:
    with pytest.raises(BadKeys) as refusal:
        check_keys(keys)
    assert str(refusal.value) == sentence
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(BadKeys):
        seal(CANARY, context=HERE)


def test_generated_keys_can_be_used_and_differ() -> None:
    check_keys([generate_key(), generate_key()])
    assert generate_key() != generate_key()


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    page = (
        Engine().from_string("{{ secret }} {{ secret.reveal }} {{ secret|safe }}").render(Context({"secret": secret}))
    )
    shown = [str(secret), repr(secret), f"{secret:>20}", f"{secret!r}", repr([secret]), "%s" % secret, page]  # noqa: UP031
    assert [text for text in shown if CANARY in text or "canary" in text] == []
    assert secret.reveal() == CANARY
    assert not hasattr(secret, "__dict__")


def test_a_secret_does_not_go_into_messages_or_caches() -> None:
    for pack in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            pack(Secret(CANARY))


def test_secrets_are_equal_by_value_and_only_to_secrets() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    assert bool(Secret(CANARY))
    assert not Secret("")
    with pytest.raises(TypeError):
        hash(Secret(CANARY))
