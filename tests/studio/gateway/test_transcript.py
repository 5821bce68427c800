"""A talk in turns: what was said before goes along, as far as there is room."""

from typing import Any

import openai
import pytest
from django.test import override_settings

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gateway import transcript
from studio.models import Relation, Run, Visibility
from tests.studio.gateway.inside import Inside, sdk
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
TOOL: Any = {"type": "image_generation", "model": "gpt-image-2"}


def ask(org: Organization, by: User, said: Any, **more: Any) -> Run:
    """The run that it makes; nobody waits for its picture."""
    with override_settings(API_WAIT_SECONDS=0), pytest.raises(openai.InternalServerError) as waited:
        sdk(Inside(), org, by).responses.create(model="gpt-5", input=said, tools=[TOOL], **more)
    with tenancy.tenant(org.pk):
        return Run.objects.get(code=waited.value.response.headers["x-darkroom-run"])


def test_what_is_said_first_is_the_prompt_as_it_stands(acme: Organization, bob: User) -> None:
    run = ask(acme, bob, "Draw a lamp")
    assert (run.prompt, run.kind, run.parent_id) == ("Draw a lamp", "respond", None)


def test_the_next_turn_has_the_picture_and_the_words_before(acme: Organization, bob: User) -> None:
    first = made(acme, bob, "A lamp in the style of a woodcut")[0].run
    second = ask(acme, bob, "At night", previous_response_id=f"resp_{first.code.hex}")
    assert second.prompt == "Said before:\n- A lamp in the style of a woodcut\n\nNow:\nAt night"
    assert (second.kind, second.parent_id, second.relation) == ("edit", first.pk, Relation.EDIT)
    with tenancy.tenant(acme.pk):
        assert second.inputs.get().input.source_id == first.outputs.get().pk


def test_a_third_turn_has_both(acme: Organization, bob: User) -> None:
    earlier = transcript.compose(instructions="Draw well", earlier=["A lamp"], now="At night\nwith stars")
    second = made(acme, bob, earlier)[0].run
    third = ask(acme, bob, "By day", previous_response_id=f"resp_{second.code.hex}", instructions="In pencil")
    assert third.prompt == "Instructions:\nIn pencil\n\nSaid before:\n- A lamp\n- At night with stars\n\nNow:\nBy day"


def test_a_caller_who_tells_it_all_is_not_told_twice(acme: Organization, bob: User) -> None:
    """As LangChain does: every message, and the id of the picture between."""
    first = made(acme, bob, "A lamp")[0].run
    said = [
        {"type": "message", "role": "system", "content": "Draw well"},
        {"type": "message", "role": "user", "content": "A lamp"},
        {"type": "image_generation_call", "id": f"ig_{first.code.hex}"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Here it is."}]},
        {"type": "message", "role": "user", "content": "At night"},
    ]
    run = ask(acme, bob, said)
    assert run.prompt == "Instructions:\nDraw well\n\nSaid before:\n- A lamp\n\nNow:\nAt night"
    assert run.parent_id == first.pk


def test_what_comes_of_something_private_stays_private(acme: Organization, bob: User) -> None:
    first = made(acme, bob, "A secret lamp", visibility=Visibility.PRIVATE)[0].run
    assert ask(acme, bob, "At night", previous_response_id=f"resp_{first.code.hex}").visibility == Visibility.PRIVATE


def test_the_words_of_others_are_not_to_be_had(acme: Organization, alice: User, bob: User, rival: Organization) -> None:
    private = made(acme, alice, "A secret lamp", visibility=Visibility.PRIVATE)[0].run
    with pytest.raises(openai.BadRequestError) as refused:
        sdk(Inside(), acme, bob).responses.create(
            model="gpt-5", input="Go on", tools=[TOOL], previous_response_id=f"resp_{private.code.hex}"
        )
    assert refused.value.code == "previous_response_not_found"


def test_the_oldest_turns_are_left_out_where_there_is_no_room() -> None:
    turns = [f"{number} " + "a" * 1000 for number in range(20)]
    prompt = transcript.compose(instructions="", earlier=turns, now="At night")
    assert transcript.turns_of(prompt) == [*turns[-5:], "At night"]
    assert len(prompt) < transcript.MOST_EARLIER_CHARACTERS + 100


@pytest.mark.parametrize("now", ["A lamp", "Now:\nA lamp", "a\n\nNow:\nb", "- a\n- b", "Said before:\n- x"])
def test_a_prompt_is_read_back_as_it_was_said(now: str) -> None:
    assert transcript.turns_of(transcript.compose(instructions="Draw well", earlier=["x y", "z"], now=now)) == [
        "x y",
        "z",
        now,
    ]
    assert transcript.turns_of(transcript.compose(instructions="", earlier=[], now=now)) == [now]


def test_too_much_is_refused_by_the_name_that_the_caller_knows(acme: Organization, bob: User) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        sdk(Inside(), acme, bob).responses.create(model="gpt-5", input="a" * 32_001, tools=[TOOL])
    assert (refused.value.code, refused.value.param) == ("string_above_max_length", "input")
