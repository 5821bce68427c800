"""What the provider says of its tokens reaches the program, streamed and whole."""

import base64
import json
from typing import Any

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.gateway.test_endings import _a_worker_is_quick
from tests.studio.gateway.test_waiting import streamed
from tests.support.fake_provider import USAGE, Exchange, Upstream, completed, pictures, png, text_of

pytestmark = pytest.mark.django_db
__all__ = ["_a_worker_is_quick", "up"]  # the fixtures

DETAILS = {"text_tokens": 6, "image_tokens": 290}
SPENT = USAGE | {"output_tokens_details": DETAILS}
TALK = {
    "input_tokens": 300,
    "input_tokens_details": {"cached_tokens": 20},
    "output_tokens": 40,
    "output_tokens_details": {"reasoning_tokens": 32},
    "total_tokens": 340,
}
ASKED = {"prompt": "a lamp", "model": "gpt-image-2"}
TOOL = {"type": "image_generation", "model": "gpt-image-2"}
PHOTO = f"data:image/png;base64,{base64.b64encode(png(1024, 640)).decode()}"
EDIT = [{"role": "user", "content": [{"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": PHOTO}]}]


def talks(exchange: Exchange) -> None:
    item = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": text_of(png())}
    response: dict[str, Any] = {"object": "response", "status": "completed", "output": [item]}
    response |= {"usage": TALK, "tool_usage": {"image_gen": SPENT}}
    exchange.begin()
    exchange.frame({"type": "response.output_item.done", "item": item})
    exchange.frame({"type": "response.completed", "response": response})


def last(chunks: list[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(chunks[-1].partition(b"data: ")[2])
    return found


def test_the_final_event_of_pictures_has_them(acme: Organization, bob: User, up: Upstream) -> None:
    up.script = pictures(completed(png(), usage=SPENT))
    event = last(streamed(program(acme, bob).token, "images/generations", ASKED, 0))
    assert (event["type"], event["usage"]) == ("image_generation.completed", SPENT)


def test_a_final_event_says_nothing_that_the_provider_did_not_say(acme: Organization, bob: User, up: Upstream) -> None:
    up.script = pictures(completed(png()))
    assert last(streamed(program(acme, bob).token, "images/generations", ASKED, 0))["usage"] == USAGE


def test_a_whole_answer_adds_them_up(acme: Organization, bob: User, up: Upstream) -> None:
    up.script = pictures(completed(png(), usage=SPENT))
    answer = sdk(Inside(), acme, bob).images.generate(prompt="a lamp", model="gpt-image-2", n=2)
    assert answer.usage is not None
    assert answer.usage.output_tokens_details is not None
    assert answer.usage.output_tokens_details.model_dump() == {"text_tokens": 12, "image_tokens": 580}


@pytest.mark.parametrize("is_edit", [False, True])
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_response_has_the_talks_and_the_pictures(
    acme: Organization, bob: User, up: Upstream, is_edit: bool, is_stream: bool
) -> None:
    up.script = pictures(completed(png(), kind="image_edit", usage=SPENT)) if is_edit else talks
    with tenancy.tenant(acme.pk):
        acme.connections.filter(is_default=True).update(can_respond=True)
    said: Any = EDIT if is_edit else "Draw a lamp"
    key = program(acme, bob).token
    if is_stream:
        response = last(streamed(key, "responses", {"model": "gpt-5", "input": said, "tools": [TOOL]}, 0))["response"]
    else:
        answered = sdk(Inside(), acme, bob, key=key).responses.create(model="gpt-5", input=said, tools=[TOOL])  # type: ignore[list-item]  # a plain dictionary
        response = answered.model_dump(exclude_unset=True)
    assert response["tool_usage"]["image_gen"] == SPENT
    assert response["usage"] == (None if is_edit else TALK)
