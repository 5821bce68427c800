"""The Responses API with its image tool, through the official SDK."""

import base64
from typing import Any

import openai
import pytest

from tests.support.picture_bytes import opened

TOOL: Any = {"type": "image_generation", "model": "gpt-image-2", "size": "1024x640", "quality": "low"}


def test_a_response_holds_the_picture_in_its_item(client: openai.OpenAI) -> None:
    response = client.responses.create(model="gpt-5", input="Draw a lamp", tools=[TOOL])
    (item,) = response.output
    assert item.type == "image_generation_call"
    assert item.status == "completed"
    assert item.result is not None
    picture = opened(base64.b64decode(item.result))
    assert (picture.width, picture.height) == (1024, 640)
    assert response.tool_usage is not None
    assert response.tool_usage.image_gen is not None
    assert response.tool_usage.image_gen.output_tokens > 0


def test_a_stream_tells_each_step_and_counts_them(client: openai.OpenAI) -> None:
    tool: Any = {**TOOL, "partial_images": 2}
    with client.responses.create(model="gpt-5", input="Draw a boat", tools=[tool], stream=True) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    call = "response.image_generation_call"
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        f"{call}.in_progress",
        f"{call}.generating",
        f"{call}.partial_image",
        f"{call}.partial_image",
        f"{call}.completed",
        "response.output_item.done",
        "response.completed",
    ]
    last = events[-1]
    assert last.type == "response.completed"
    done = events[-2]
    assert done.type == "response.output_item.done"
    assert last.response.output[0] == done.item


def test_a_question_in_place_of_a_picture_is_the_answer_and_the_talk_goes_on(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-5", input="Draw it [sandbox fail=words]", tools=[TOOL])
    assert (first.status, first.error) == ("completed", None)
    (message,) = first.output
    assert message.type == "message"
    assert first.output_text == "What should be seen in the foreground? Tell me more, and I will draw it."
    assert first.usage is not None
    assert first.usage.output_tokens > 0
    second = client.responses.create(model="gpt-5", input="A lamp", tools=[TOOL], previous_response_id=first.id)
    assert second.output[0].type == "message"  # what was said before is sent again, with its directive
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model="gpt-5", input="A lamp", tools=[TOOL], previous_response_id=f"{first.id[:-1]}x")


def test_a_question_comes_as_a_stream_of_text(client: openai.OpenAI) -> None:
    with client.responses.create(
        model="gpt-5", input="Draw it [sandbox fail=words]", tools=[TOOL], stream=True
    ) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events][5:] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text.startswith("What should be seen")


def test_the_talk_goes_on_with_the_picture_before(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-5", input="Draw a lamp", tools=[TOOL])
    second = client.responses.create(model="gpt-5", input="At night", tools=[TOOL], previous_response_id=first.id)
    (item,) = second.output
    assert item.type == "image_generation_call"
    assert (item.model_extra or {}).get("action") == "edit" or getattr(item, "action", None) == "edit"
    asked: Any = [{"type": "image_generation_call", "id": item.id}, {"role": "user", "content": "By day"}]
    third = client.responses.create(model="gpt-5", input=asked, tools=[TOOL])
    assert third.output[0].type == "image_generation_call"


def test_a_picture_in_the_input_is_edited(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-5", input="Draw a lamp", tools=[TOOL])
    assert first.output[0].type == "image_generation_call"
    url = f"data:image/png;base64,{first.output[0].result}"
    content = [{"type": "input_text", "text": "At night"}, {"type": "input_image", "image_url": url}]
    asked: Any = [{"role": "user", "content": content}]
    second = client.responses.create(model="gpt-5", input=asked, tools=[TOOL])
    assert second.output[0].type == "image_generation_call"


@pytest.mark.parametrize(
    ("more", "status", "code", "param"),
    [
        ({"previous_response_id": "resp_00000000000000000000000000000000"}, 400, "previous_response_not_found", None),
        ({"previous_response_id": "nothing"}, 400, "previous_response_not_found", None),
        ({"tools": []}, 400, "invalid_value", "tools"),
        ({"tools": [{"type": "web_search"}]}, 400, "invalid_value", "tools[0].type"),
        ({"tools": [{**TOOL, "n": 2}]}, 400, "unknown_parameter", "tools[0].n"),
        ({"tools": [{**TOOL, "size": "100x100"}]}, 400, "invalid_value", "tools[0].size"),
        ({"tools": [{**TOOL, "action": "edit"}]}, 400, "invalid_value", "tools[0].action"),
        ({"input": "  "}, 400, "empty_string", "input"),
        ({"input": [{"type": "image_generation_call", "id": "ig_1"}]}, 404, "item_not_found", "input[0]"),
    ],
)
def test_what_cannot_be_done_is_refused(
    client: openai.OpenAI, more: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.responses.create(**{"model": "gpt-5", "input": "Draw", "tools": [TOOL], **more})
    assert (refused.value.status_code, refused.value.code) == (status, code)
    assert param is None or refused.value.param == param


def test_a_refusal_on_the_way_is_told_in_the_stream(client: openai.OpenAI) -> None:
    with (
        pytest.raises(openai.APIError) as refused,
        client.responses.create(
            model="gpt-5", input="[sandbox fail=moderation_blocked]", tools=[TOOL], stream=True
        ) as stream,
    ):
        list(stream)
    assert refused.value.code == "moderation_blocked"
