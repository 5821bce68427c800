"""What a caller or a provider says is told again in answers, whatever it is; and no picture that was paid for is
answered in a way that makes an SDK pay again."""

import base64
import json
from typing import Any

import openai
import pytest
from django.test import Client

from accounts.models import Organization, User
from billing.models import Entry
from saas.database import tenancy
from studio.gateway import delivery, json_with_pictures
from studio.gateway.submission import submit
from studio.models import Output, Run
from studio.providers import sanitize
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up, work
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.gateway.test_waiting import streamed
from tests.support.fake_provider import Upstream, completed, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture

TOOL: Any = {"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"}
WEIRD = [
    "@picture@",
    '"@picture@"',
    '\\"@picture@\\"',
    "b64_json",
    "\ud800",
    "a\0b",
    "\u2028\x7f\x1b[0m",
    "🖼" * 40,
    "0123456789abcdef" * 2,
    "\n\ndata: {}\n\nevent: error",
]
every_weird = pytest.mark.parametrize("text", WEIRD, ids=range(len(WEIRD)))


@pytest.fixture(autouse=True)
def _a_worker_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is submitted has ended before its caller begins to wait."""

    def submitted(*args: Any, **kwargs: Any) -> Run:
        run = submit(*args, **kwargs)
        work()
        return run

    monkeypatch.setattr("studio.gateway.images.submit", submitted)
    monkeypatch.setattr("studio.gateway.responses.submit", submitted)


def post(org: Organization, by: User, path: str, body: dict[str, Any]) -> Any:
    """By hand: the SDK does not let every text pass."""
    headers = {"Authorization": f"Bearer {program(org, by).token}"}
    return Client().post(f"/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


@every_weird
@pytest.mark.parametrize("name", ["user", "safety_identifier"])
def test_an_images_answer_echoes_any_identifier(
    acme: Organization, bob: User, up: Upstream, name: str, text: str
) -> None:
    answer = post(acme, bob, "images/generations", {"prompt": "a lamp", name: text})
    if answer.status_code == 400:  # half a character or a zero is no text
        assert answer.json()["error"]["param"] == name
        assert up.seen == []
        return
    assert answer.status_code == 200
    body = answer.json()
    assert (body["safety_identifier"], body["data"][0]["b64_json"]) == (text, base64.b64encode(png(shade=200)).decode())


@every_weird
def test_a_response_echoes_whatever_was_asked(acme: Organization, bob: User, up: Upstream, text: str) -> None:
    echoed = {"metadata": {"a": text, "b": [text]}, "instructions": text, "model": text, "safety_identifier": text}
    up.script = lambda exchange: exchange.whole(200, conversation(text))
    answer = post(acme, bob, "responses", {"input": "a lamp", "tools": [TOOL], **echoed})
    if answer.status_code == 400:
        assert up.seen == []
        return
    assert answer.status_code == 200
    body = answer.json()
    assert (body["metadata"], body["instructions"], body["model"]) == (echoed["metadata"], text, text)
    assert body["output"][0]["result"] == base64.b64encode(png(shade=200)).decode()
    assert body["output"][0]["revised_prompt"] == sanitize.text(text)


@every_weird
def test_a_revised_prompt_is_told_whatever_it_is(acme: Organization, bob: User, up: Upstream, text: str) -> None:
    said = {"created": 1, "data": [{"b64_json": base64.b64encode(png(shade=7)).decode(), "revised_prompt": text}]}
    up.script = lambda exchange: exchange.whole(200, said)
    answer = sdk(Inside(), acme, bob).images.generate(prompt="a lamp")
    assert answer.data is not None
    assert answer.data[0].b64_json == base64.b64encode(png(shade=7)).decode()
    assert answer.data[0].revised_prompt == sanitize.text(text)


def conversation(revised: str) -> dict[str, Any]:
    item = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "revised_prompt": revised}
    item["result"] = base64.b64encode(png(shade=200)).decode()
    return {"id": "resp_1", "object": "response", "output": [item], "error": None}


def test_a_payload_with_other_pictures_than_places_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        json_with_pictures.encode({"a": json_with_pictures.HERE}, [])
    with pytest.raises(ValueError, match="longer"):
        json_with_pictures.encode({"a": "@picture@"}, [b"AAAA"])
    with pytest.raises(TypeError):
        json_with_pictures.encode({"a": object()}, [])


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("rendering broke")


ASKS: dict[str, Any] = {
    "images": ("studio.gateway.answers.write_answer", lambda ai: ai.images.generate(prompt="a lamp")),
    "images, streamed": (
        "studio.gateway.answers.write_completed",
        lambda ai: list(ai.images.generate(prompt="a lamp", stream=True)),
    ),
    "result": ("studio.gateway.results.read_result", lambda ai: ai.images.generate(prompt="a lamp")),
    "waiting": ("studio.waiting.follow.events", lambda ai: ai.images.generate(prompt="a lamp")),
    "responses": (
        "studio.gateway.responses.ResponseBuilder.response",
        lambda ai: ai.responses.create(model="gpt-5", input="a lamp", tools=[TOOL]),
    ),
}


@pytest.mark.parametrize("case", ASKS)
def test_a_failure_after_the_charge_is_never_tried_again(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    place, ask = ASKS[case]
    up.script = pictures(completed(png(shade=200)))
    if case == "responses":
        up.script = lambda exchange: exchange.whole(200, conversation("a lamp"))
    monkeypatch.setattr(place, broken)
    inside = Inside()
    with pytest.raises(openai.InternalServerError) as failed:
        ask(sdk(inside, acme, bob, retries=2))
    assert (failed.value.status_code, failed.value.code) == (500, "answer_failed")
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert (len(inside.asked), len(up.seen)) == (1, 1)
    with tenancy.tenant(acme.pk):
        assert failed.value.response.headers["x-darkroom-run"] == str(Run.objects.get().code)
        assert (Output.objects.count(), Entry.objects.count()) == (1, 1)


def test_a_failure_in_the_middle_of_a_stream_is_told_in_it(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "result_of", broken)
    body = {"input": "a lamp", "model": "gpt-5", "tools": [TOOL]}
    *_, error, failed = streamed(program(acme, bob).token, "responses", body, 0)
    assert json.loads(error.partition(b"data: ")[2])["error"]["code"] == "answer_failed"
    assert failed.startswith(b"event: response.failed")
    assert len(up.seen) == 1
