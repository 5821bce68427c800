import base64
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.studio.sandbox.calling import distance, image, told

TOOL = {"type": "image_generation", "model": "gpt-image-2", "size": "1024x640", "quality": "low"}
CALL = "response.image_generation_call"


def respond(client: OpenAI, said: Any = "a fox", model: str = "gpt-5", **tool: Any) -> Any:
    return client.responses.create(model=model, input=said, tools=[{**TOOL, **tool}])  # type: ignore[list-item]


def stream(client: OpenAI, said: str = "a fox", **tool: Any) -> list[Any]:
    return list(client.responses.create(model="gpt-5", input=said, tools=[{**TOOL, **tool}], stream=True))  # type: ignore[list-item]


def refused(client: OpenAI, *said: Any, **tool: Any) -> tuple[int, str, str | None, str | None, str]:
    with pytest.raises(openai.APIStatusError) as caught:
        respond(client, *said, **tool)
    return told(caught.value)


def test_a_response_brings_a_picture_and_says_what_was_understood(client: OpenAI) -> None:
    answered = respond(client)
    (item,) = answered.output
    assert answered.status == "completed"
    assert (item.type, item.status, item.size, item.quality) == (
        "image_generation_call",
        "completed",
        "1024x640",
        "low",
    )
    assert "a fox" in item.revised_prompt
    assert image(item.result).width == 1024


def test_the_tools_tokens_are_counted_apart(client: OpenAI) -> None:
    answered = respond(client, size="1024x1024")
    assert answered.tool_usage.image_gen.output_tokens == 196
    assert answered.usage.output_tokens < 100


def test_the_stream_tells_every_step(client: OpenAI) -> None:
    events = stream(client, partial_images=2)
    assert [event.type for event in events] == [
        "response.created", "response.in_progress", "response.output_item.added", f"{CALL}.in_progress",
        f"{CALL}.generating", f"{CALL}.partial_image", f"{CALL}.partial_image", f"{CALL}.completed",
        "response.output_item.done", "response.completed",
    ]  # fmt: skip
    assert [event.sequence_number for event in events] == list(range(10))
    assert [event.partial_image_index for event in events[5:7]] == [0, 1]
    rough, finer, final = (image(b64) for b64 in (*[e.partial_image_b64 for e in events[5:7]], events[8].item.result))
    assert distance(rough, final) > distance(finer, final) > 0
    assert events[9].response.output[0].result == events[8].item.result
    assert events[9].response.tool_usage.image_gen.output_tokens_details.image_tokens > 200


def test_a_given_picture_is_edited(client: OpenAI, photo: bytes) -> None:
    link = "data:image/png;base64," + base64.b64encode(photo).decode()
    said = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "make it night"}, {"type": "input_image", "image_url": link}],
        }
    ]
    answered = respond(client, said, size="auto")
    assert answered.output[0].action == "edit"
    assert answered.output[0].size == "1024x1024"
    assert answered.tool_usage.image_gen.input_tokens_details.image_tokens == 1024


def test_the_default_model_of_the_tool_is_the_newest(client: OpenAI) -> None:
    tool = {name: value for name, value in TOOL.items() if name != "model"}
    answered = client.responses.create(model="gpt-5", input="a fox", tools=[{**tool, "quality": "xhigh"}])  # type: ignore[list-item]
    assert answered.output[0].quality == "xhigh"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("tool", "code", "param"),
    [
        ({"size": "1920x1080"}, "invalid_value", "tools[0].size"),
        ({"n": 2}, "unknown_parameter", "tools[0].n"),
        ({"quality": "max"}, "invalid_value", "tools[0].quality"),
        ({"background": "transparent"}, "invalid_value", "tools[0].background"),
        ({"input_fidelity": "high"}, "invalid_input_fidelity_model", "tools[0].input_fidelity"),
        ({"type": "web_search"}, "invalid_value", "tools[0].type"),
        ({"action": "edit"}, "invalid_value", "tools[0].action"),
        ({"partial_images": 4}, "integer_above_max_value", "tools[0].partial_images"),
    ],
)
def test_the_tool_has_the_same_rules_under_longer_names(client: OpenAI, tool: Any, code: str, param: str) -> None:
    assert refused(client, **tool)[2:4] == (code, param)


def test_a_bad_size_is_of_another_type_here(client: OpenAI) -> None:
    assert refused(client, size="1920x1080")[1] == "invalid_request_error"


def test_an_image_model_cannot_speak(client: OpenAI) -> None:
    assert refused(client, "a fox", "gpt-image-2")[0] == 400
    assert refused(client, "a fox", "no-such-model")[0] == 404


def test_what_was_said_before_is_not_remembered(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(
            model="gpt-5", input="a fox", tools=[TOOL], previous_response_id="resp_1"  # type: ignore[list-item]
        )  # fmt: skip
    assert told(caught.value)[2] == "previous_response_not_found"
    assert refused(client, [{"type": "image_generation_call", "id": "ig_1"}])[2] == "item_not_found"


def test_moderation_stops_it(client: OpenAI) -> None:
    assert refused(client, "a fox [sandbox fail=moderation_blocked]")[2] == "moderation_blocked"
    with pytest.raises(openai.APIError) as caught:
        stream(client, "a fox [sandbox fail=moderation_blocked after=0]")
    assert caught.value.code == "moderation_blocked"


def test_a_flat_error_is_an_event_here(client: OpenAI) -> None:
    events = stream(client, "a fox [sandbox fail=flat_error after=1]", partial_images=2)
    assert [event.type for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1].response.error.code == "image_generation_failed"
