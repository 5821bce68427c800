"""Directives in the prompt."""

import json
import time
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI

from tests.studio.sandbox.calling import SMALLEST, distance, events, generate, picture, refused

PARTIAL, COMPLETED = "image_generation.partial_image", "image_generation.completed"


@pytest.mark.parametrize(
    ("fail", "status", "kind", "code"),
    [
        ("moderation_blocked", 400, "image_generation_user_error", "moderation_blocked"),
        ("rate_limit", 429, "input-images", "rate_limit_exceeded"),
        ("insufficient_quota", 429, "insufficient_quota", "insufficient_quota"),
        ("server_error", 500, "server_error", None),
        ("unverified", 403, "invalid_request_error", None),
        ("invalid_key", 401, "invalid_request_error", "invalid_api_key"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_it_fails_before_the_first_byte(
    client: OpenAI, fail: str, status: int, kind: str, code: str | None, stream: bool
) -> None:
    assert refused(client, f"a fox [sandbox fail={fail}]", stream=stream)[:3] == (status, kind, code)


def test_a_rate_limit_says_when_to_come_back(client: OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        generate(client, "a fox [sandbox fail=rate_limit]")
    assert caught.value.response.headers["retry-after"] == "2"


def test_an_unverified_organization_is_told_so(client: OpenAI) -> None:
    message = refused(client, "a fox [sandbox fail=unverified]")[4]
    assert "must be verified to use the model `gpt-image-2`" in message


@pytest.mark.parametrize(
    ("fail", "code"),
    [
        ("moderation_blocked", "moderation_blocked"),
        ("server_error", "image_generation_failed"),
        ("nested_error", "image_generation_failed"),
        ("rate_limit", "rate_limit_exceeded"),
    ],
)
def test_it_fails_inside_a_stream_that_began_well(client: OpenAI, fail: str, code: str) -> None:
    prompt = f"a fox [sandbox fail={fail} after=1]"
    stream = iter(client.images.generate(prompt=prompt, stream=True, partial_images=3, **SMALLEST))
    assert next(stream).type == PARTIAL
    with pytest.raises(openai.APIError) as caught:
        next(stream)
    assert not isinstance(caught.value, openai.APIStatusError)
    assert caught.value.code == code


def test_a_flat_error_passes_the_sdk_by(client: OpenAI) -> None:
    told = events(client, "a fox [sandbox fail=flat_error after=1]", partial_images=2)
    assert [event.type for event in told] == [PARTIAL, "error"]
    assert told[-1].code == "image_generation_failed"


def test_a_stream_ends_without_a_final(client: OpenAI) -> None:
    assert [event.type for event in events(client, "a fox [sandbox fail=eof]", partial_images=2)] == [PARTIAL, PARTIAL]
    assert [event.type for event in events(client, "a fox [sandbox fail=eof after=1]", partial_images=2)] == [PARTIAL]


@pytest.mark.parametrize(("fail", "kind"), [("json", "application/json"), ("html", "text/html")])
def test_something_else_answers_a_stream(client: OpenAI, fail: str, kind: str) -> None:
    stream = client.images.generate(prompt=f"a fox [sandbox fail={fail}]", stream=True, **SMALLEST)
    assert stream.response.headers["content-type"].startswith(kind)
    body = stream.response.read()
    assert (json.loads(body)["data"][0]["b64_json"] != "") if fail == "json" else body.startswith(b"<!DOCTYPE html>")


def test_a_final_comes_without_usage(client: OpenAI) -> None:
    assert events(client, "a fox [sandbox fail=no_usage]")[-1].usage is None
    assert generate(client, "a fox [sandbox fail=no_usage]").usage is None


def test_fewer_partials_come_than_were_asked_for(client: OpenAI) -> None:
    told = events(client, "a fox [sandbox partials=1]", partial_images=3)
    assert [event.type for event in told] == [PARTIAL, COMPLETED]
    assert told[-1].usage.output_tokens == events(client)[-1].usage.output_tokens + 100


def test_frames_can_be_late(client: OpenAI) -> None:
    started = time.monotonic()
    events(client, "a fox [sandbox delay=0.2]", partial_images=2)
    assert time.monotonic() - started >= 0.6


def test_a_key_can_set_the_pace(sandbox_url: str) -> None:
    with OpenAI(api_key="sk-delay=0.3", base_url=sandbox_url, max_retries=0) as paced:
        started = time.monotonic()
        generate(paced)
        assert time.monotonic() - started >= 0.3


def test_nothing_comes_until_the_reader_gives_up(client: OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        generate(client.with_options(timeout=0.4), "a fox [sandbox fail=timeout]")
    with pytest.raises(openai.APITimeoutError):
        events(client.with_options(timeout=0.4), "a fox [sandbox fail=timeout]")


def test_comments_drip_and_nothing_else(sandbox_url: str) -> None:
    body = {**SMALLEST, "prompt": "a fox [sandbox fail=drip delay=0.05]", "stream": True, "partial_images": 1}
    headers = {"Authorization": "Bearer sk"}
    with httpx2.stream("POST", f"{sandbox_url}/images/generations", json=body, headers=headers) as answered:
        chunks = answered.iter_raw()
        assert {next(chunks) for _ in range(4)} == {b": ping\n\n"}


def test_one_of_four_fails(client: OpenAI) -> None:
    prompt = "a fox [sandbox fail=moderation_blocked when=2]"
    for slot in (0, 1, 3):
        assert generate(client, prompt, safety_identifier=f"somebody:{slot}").data
    assert refused(client, prompt, safety_identifier="somebody:2")[2] == "moderation_blocked"


def test_only_the_first_call_fails(client: OpenAI) -> None:
    prompt = "a fox that comes back [sandbox fail=server_error only=1]"
    assert refused(client, prompt)[0] == 500
    assert generate(client, prompt).data


def test_directives_are_not_painted(client: OpenAI) -> None:
    plain, directed = generate(client, "a fox"), generate(client, "[sandbox delay=0] a fox")
    assert distance(picture(plain), picture(directed)) == 0
    assert distance(picture(plain), picture(generate(client, "a fox [sandbox seed=2]"))) > 3


@pytest.mark.parametrize("words", ["fail=nonsense", "delay=soon", "delay=601", "partials=4", "colour=red", "after"])
def test_a_directive_that_makes_no_sense_is_refused(client: OpenAI, words: str) -> None:
    assert refused(client, f"a fox [sandbox {words}]")[:4] == (400, "invalid_request_error", "invalid_value", "prompt")


def test_answers_that_are_not_streamed_go_wrong_too(client: OpenAI) -> None:
    nested: Any = generate(client, "a fox [sandbox fail=nested_error]")
    assert nested.data is None
    assert nested.error["code"] == "image_generation_failed"
    page: Any = client.images.generate(prompt="a fox [sandbox fail=html]", **SMALLEST)
    assert isinstance(page, str)
    with pytest.raises(json.JSONDecodeError):
        generate(client, "a fox [sandbox fail=eof]")
