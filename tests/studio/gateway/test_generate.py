"""The official SDK generates, whole and streamed."""

import asyncio
import base64
import time

import openai
import pytest

from tests.embedded.instance import Instance
from tests.support.picture_bytes import opened


def test_a_picture_comes_as_openai_would_send_it(client: openai.OpenAI) -> None:
    answer = client.images.with_raw_response.generate(
        model="gpt-image-2", prompt="a lamp", size="1024x640", quality="low", user="person-7"
    )
    result = answer.parse()
    assert abs(result.created - time.time()) < 60
    assert result.data is not None
    (image,) = result.data
    assert image.b64_json is not None
    assert image.url is None
    picture = opened(base64.b64decode(image.b64_json))
    assert (picture.width, picture.height) == (1024, 640)
    assert (result.size, result.quality, result.background, result.output_format) == (
        "1024x640",
        "low",
        "opaque",
        "png",
    )
    assert result.usage is not None
    assert result.usage.total_tokens == result.usage.input_tokens + result.usage.output_tokens > 0
    assert result.usage.input_tokens_details.text_tokens == result.usage.input_tokens
    assert result.model_extra == {"safety_identifier": "person-7"} or result.safety_identifier == "person-7"
    assert answer.headers["x-request-id"] == result._request_id
    assert len(answer.headers["x-darkroom-run"]) == 36
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_stream_brings_its_partials_and_one_final(client: openai.OpenAI, count: int) -> None:
    with client.images.generate(
        model="gpt-image-2", prompt="a boat", size="1024x640", quality="low", stream=True, partial_images=count
    ) as stream:
        events = list(stream)
    *partials, final = events
    assert [event.type for event in partials] == ["image_generation.partial_image"] * count
    assert [event.partial_image_index for event in partials] == list(range(count))  # type: ignore[union-attr]
    assert final.type == "image_generation.completed"
    assert final.usage.input_tokens_details.image_tokens == 0
    assert final.usage.output_tokens > 100 * count
    pictures = [base64.b64decode(event.b64_json) for event in events]
    assert {(opened(data).width, opened(data).height) for data in pictures} == {(1024, 640)}
    assert len(set(pictures)) == count + 1


ENDS: dict[str, tuple[type[openai.APIStatusError], str | None]] = {
    "moderation_blocked": (openai.BadRequestError, "moderation_blocked"),
    "insufficient_quota": (openai.RateLimitError, "insufficient_quota"),
    "unverified": (openai.PermissionDeniedError, None),
    "invalid_key": (openai.InternalServerError, "provider_refused_key"),
    "html": (openai.InternalServerError, "outcome_unknown"),
    "eof": (openai.InternalServerError, "outcome_unknown"),
    "nested_error": (openai.InternalServerError, "image_generation_failed"),
    "flat_error": (openai.InternalServerError, "image_generation_failed"),
}


def test_every_end_of_the_sandbox_has_its_error(darkroom: Instance, api_key: str) -> None:
    """All at once, by the asynchronous client."""

    async def ask() -> dict[str, tuple[type[BaseException], str | None]]:
        async with openai.AsyncOpenAI(api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=0) as client:
            asked = [client.images.generate(prompt=f"[sandbox fail={fail}] a lamp") for fail in ENDS]
            found = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, openai.APIStatusError) for one in found)
        return {fail: (type(one), one.code) for fail, one in zip(ENDS, found, strict=True)}  # type: ignore[misc, union-attr]

    assert asyncio.run(ask()) == ENDS


@pytest.mark.parametrize("fail", ["no_usage", "json"])
def test_what_the_provider_forgets_is_no_error(client: openai.OpenAI, fail: str) -> None:
    """It says no tokens, or answers in one piece though a stream was asked for."""
    with client.images.generate(
        prompt=f"[sandbox fail={fail}] a lamp", size="1024x640", quality="low", stream=True
    ) as stream:
        (final,) = list(stream)
    assert final.type == "image_generation.completed"
    assert final.usage.total_tokens >= 0
