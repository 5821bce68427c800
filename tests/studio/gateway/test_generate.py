"""The official SDK generates, whole and streamed."""

import base64
import time

import openai
import pytest

from tests.studio.files import opened


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
