import httpx2
import pytest
from openai import OpenAI

from tests.studio.sandbox.calling import SMALLEST, distance, events, generate, image, picture


@pytest.mark.parametrize("count", [0, 1, 3])
def test_partials_come_first_and_the_final_last(client: OpenAI, count: int) -> None:
    told = events(client, partial_images=count)
    assert [event.type for event in told] == [
        *["image_generation.partial_image"] * count,
        "image_generation.completed",
    ]
    assert [event.partial_image_index for event in told[:-1]] == list(range(count))


def test_partials_approach_the_final(client: OpenAI) -> None:
    *partials, final = (image(event.b64_json) for event in events(client, partial_images=3))
    distances = [distance(partial, final) for partial in partials]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2 * distances[-1] > 0
    assert distance(final, picture(generate(client))) == 0


def test_each_partial_is_counted(client: OpenAI) -> None:
    bare = events(client)[-1].usage
    with_partials = events(client, partial_images=2)[-1].usage
    assert with_partials.output_tokens == bare.output_tokens + 200
    assert with_partials.total_tokens == with_partials.input_tokens + with_partials.output_tokens


def test_every_event_says_what_was_used(client: OpenAI) -> None:
    for event in events(client, partial_images=1, output_format="webp"):
        assert (event.size, event.quality, event.background, event.output_format) == (
            "1024x640",
            "low",
            "opaque",
            "webp",
        )
        assert event.created_at > 1_700_000_000


def test_the_frames_are_framed_as_documented(sandbox_url: str) -> None:
    body = {**SMALLEST, "prompt": "a fox", "stream": True, "partial_images": 1}
    answered = httpx2.post(f"{sandbox_url}/images/generations", json=body, headers={"Authorization": "Bearer sk"})
    assert answered.headers["content-type"].startswith("text/event-stream")
    assert answered.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in answered.headers
    first, second, rest = answered.text.split("\n\n")
    assert rest == ""
    assert first.split("\n")[0] == "event: image_generation.partial_image"
    assert first.split("\n")[1].startswith('data: {"type":"image_generation.partial_image","b64_json":"')
    assert second.split("\n")[0] == "event: image_generation.completed"
    assert "[DONE]" not in answered.text
