import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.crypto.tokens import hash_token, looks_like_key, new_token, readable_prefix

# Fixed for ever: keys of this form are in people's scripts.
KEY = "dk_1a2B3c4D_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg4VpBrv"


def test_a_new_key_has_the_form_that_scanners_search_for() -> None:
    token, hashed = new_token()
    assert re.fullmatch(r"dk_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", token)
    assert hashed == hashlib.sha256(token.encode()).hexdigest() == hash_token(token)
    assert looks_like_key(token)


def test_new_keys_never_repeat_and_use_the_whole_alphabet() -> None:
    tokens = [new_token().token for _ in range(200)]
    assert len(set(tokens)) == len({token[:11] for token in tokens}) == 200
    assert len(set("".join(token[12:55] for token in tokens))) == 62


def test_a_known_key_is_recognized_and_hashed_as_ever() -> None:
    assert looks_like_key(KEY)
    assert hash_token(KEY) == "09578a04d7f6d62c9bee0017d8cb8173dff2a09c8b40124511ea0f17ef826113"


def test_the_readable_prefix_is_no_part_of_the_secret() -> None:
    assert readable_prefix(KEY) == "dk_1a2B3c4D"


def test_a_new_token_does_not_show_itself_in_logs() -> None:
    made = new_token()
    assert made.token[12:] not in repr(made)
    assert made.hash not in repr(made)
    assert repr(made) == f"NewToken({made.token[:11]}…)"


@given(place=st.integers(0, len(KEY) - 1), character=st.characters())
def test_a_key_with_one_wrong_character_is_told_from_a_key(place: int, character: str) -> None:
    typo = KEY[:place] + character + KEY[place + 1 :]
    assert looks_like_key(typo) == (typo == KEY)


@given(place=st.integers(0, len(KEY) - 2))
def test_a_key_with_two_characters_swapped_is_told_from_a_key(place: int) -> None:
    typo = KEY[:place] + KEY[place + 1] + KEY[place] + KEY[place + 2 :]
    assert looks_like_key(typo) == (typo == KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dk_",
        KEY[:-1],
        KEY + "0",
        KEY + "\n",
        " " + KEY,
        KEY.upper(),
        "sk-proj-abc",
        "dk_" + "0" * 58,
        KEY.encode().hex(),
    ],
)
def test_what_is_no_key_is_not_taken_for_one(text: str) -> None:
    assert not looks_like_key(text)


def test_kinds_are_told_apart() -> None:
    invitation = new_token("di").token
    assert invitation.startswith("di_")
    assert looks_like_key(invitation, "di")
    assert not looks_like_key(invitation)
    assert not looks_like_key("dk_" + invitation[3:])


@pytest.mark.parametrize("kind", ["", "d", "DK", "d_k", "d1", "averylongkind"])
def test_a_kind_that_would_break_the_form_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        new_token(kind)


@given(st.text())
def test_any_text_can_be_asked_about_and_hashed(text: str) -> None:
    assert not looks_like_key(text)
    assert len(hash_token(text)) == 64
    assert readable_prefix(text) == readable_prefix(text)


def test_half_a_character_can_be_hashed() -> None:
    assert len(hash_token("\ud800")) == 64
