"""What the engine's adapter makes of each way in which the sandbox goes wrong: the same names as of any provider."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from saas.crypto.sealing import Secret
from studio.providers import openai_sdk
from studio.providers.adapter import Endpoint, File, Request
from studio.providers.answers import Final, Frame, Partial
from studio.providers.outcomes import ProviderError
from studio.sandbox.directives import FAILS
from tests.studio.sandbox.calling import SMALLEST

BEFORE_THE_FIRST_BYTE = {
    "moderation_blocked": "moderated",
    "rate_limit": "rate_limited",
    "insufficient_quota": "out_of_money",
    "server_error": "outage",
    "unverified": "not_verified",
    "invalid_key": "invalid_key",
    "timeout": "too_long",
    "drip": "too_long",
    "eof": "no_picture",
    "html": "strange_answer",
    "flat_error": "provider_failed",
    "nested_error": "provider_failed",
    "words": "no_picture",  # the Images API has none to answer with
}
AFTER_A_PARTIAL = {
    "moderation_blocked": "moderated",  # it says that it was the input
    "rate_limit": "provider_failed_late",
    "insufficient_quota": "out_of_money",
    "server_error": "provider_failed_late",
    "unverified": "provider_failed_late",
    "invalid_key": "provider_failed_late",
    "timeout": "too_long",
    "drip": "too_long",
    "eof": "no_picture",
    "flat_error": "provider_failed_late",
    "nested_error": "provider_failed_late",
}
A_PICTURE_ALL_THE_SAME = {"json", "no_usage"}


def ask(url: str, words: str, api: str = "images", *, can_stream: bool = True, edits: bytes = b"") -> list[Frame]:
    seconds = 1.5 if "timeout" in words or "drip" in words else 30.0
    endpoint = Endpoint(
        url, Secret("sk"), allowed_hosts=(urlsplit(url).netloc,), can_stream=can_stream, deadline_seconds=seconds
    )
    parameters: dict[str, Any] = {**SMALLEST, "prompt": f"a fox [sandbox {words}]", "n": 1}
    references = (File("image-1.png", edits, "image/png"),) if edits else ()
    request = Request(api, parameters, partial_images=2, references=references)
    return list(openai_sdk.develop(endpoint, request, before_sending=lambda: None))


def outcome(url: str, words: str, api: str = "images", **more: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        ask(url, words, api, **more)
    return caught.value.code


def test_every_way_to_fail_has_its_row_here() -> None:
    assert {*BEFORE_THE_FIRST_BYTE, *A_PICTURE_ALL_THE_SAME} == set(FAILS)


@pytest.mark.parametrize("fail", BEFORE_THE_FIRST_BYTE)
def test_a_failure_is_named(sandbox_url: str, fail: str) -> None:
    assert outcome(sandbox_url, f"fail={fail} delay=0.1") == BEFORE_THE_FIRST_BYTE[fail]


@pytest.mark.parametrize("fail", AFTER_A_PARTIAL)
def test_a_failure_after_a_partial_is_named(sandbox_url: str, fail: str) -> None:
    assert outcome(sandbox_url, f"fail={fail} after=1 delay=0.1") == AFTER_A_PARTIAL[fail]


@pytest.mark.parametrize("fail", ["moderation_blocked", "rate_limit", "unverified", "server_error", "html"])
def test_a_failure_is_named_where_nothing_is_streamed(sandbox_url: str, fail: str) -> None:
    assert outcome(sandbox_url, f"fail={fail}", can_stream=False) == BEFORE_THE_FIRST_BYTE[fail]


@pytest.mark.parametrize("fail", ["moderation_blocked", "rate_limit", "insufficient_quota", "unverified"])
@pytest.mark.parametrize("api", ["images", "responses"])
def test_edits_and_talks_fail_alike(sandbox_url: str, fail: str, api: str, photo: bytes) -> None:
    edits = photo if api == "images" else b""
    assert outcome(sandbox_url, f"fail={fail}", api, edits=edits) == BEFORE_THE_FIRST_BYTE[fail]


def test_a_talk_that_answers_in_words_says_so(sandbox_url: str) -> None:
    assert outcome(sandbox_url, "fail=words", "responses") == "in_words"


@pytest.mark.parametrize("fail", sorted(A_PICTURE_ALL_THE_SAME))
def test_a_picture_that_comes_oddly_is_a_picture(sandbox_url: str, fail: str) -> None:
    *partials, final = ask(sandbox_url, f"fail={fail}")
    assert isinstance(final, Final)
    assert final.data.startswith(b"\x89PNG")
    assert (final.usage is None) == (fail == "no_usage")
    assert all(isinstance(frame, Partial) for frame in partials)


@pytest.mark.parametrize("api", ["images", "responses"])
def test_a_picture_comes_with_its_partials(sandbox_url: str, api: str) -> None:
    first, second, final = ask(sandbox_url, "", api)
    assert (isinstance(first, Partial), isinstance(second, Partial), isinstance(final, Final)) == (True, True, True)
