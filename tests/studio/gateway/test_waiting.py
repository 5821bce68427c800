"""Callers who wait: signs of life while nothing happens, and an end to the patience."""

import base64
import json
from typing import Any

import openai
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, override_settings

from accounts.models import Organization, User
from saas import tenancy
from studio import arrivals, relay
from studio.gateway import delivering
from studio.models import Run, State
from tests.studio.api.keys import program
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.test_engine import up, work
from tests.upstream import Upstream, completed, partial, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture
PING = b": ping\n\n"


@async_to_sync
async def streamed(key: str, path: str, body: dict[str, Any], pings: int) -> list[bytes]:
    """Its chunks; a worker comes after so many signs of life."""
    answer: Any = await AsyncClient().post(
        f"/v1/{path}",
        json.dumps({**body, "stream": True}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-cache, no-transform", "no")
    chunks: list[bytes] = []
    async for chunk in answer.streaming_content:
        chunks.append(chunk)
        if chunks.count(PING) == pings:
            await sync_to_async(work)()
    return chunks


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "PULSE_SECONDS", 0.01)


def test_a_comment_comes_every_fifteen_seconds() -> None:
    assert delivering.PULSE_SECONDS == 15


@pytest.mark.usefixtures("_impatient")
def test_a_stream_of_pictures_gives_signs_of_life(acme: Organization, bob: User, up: Upstream) -> None:
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 1}
    chunks = streamed(program(acme, bob).token, "images/generations", body, 3)
    assert chunks[:3] == [PING] * 3
    first, final = [chunk for chunk in chunks if chunk != PING]
    assert first.startswith(b"event: image_generation.partial_image\ndata: {")
    assert final.startswith(b"event: image_generation.completed\ndata: {")
    assert final.endswith(b"}\n\n")


@pytest.mark.usefixtures("_impatient")
def test_a_stream_of_a_talk_gives_signs_of_life(acme: Organization, bob: User, up: Upstream) -> None:
    tool = {"type": "image_generation", "model": "gpt-image-2"}
    body = {"model": "gpt-5", "input": "Draw a lamp", "tools": [tool]}
    with tenancy.tenant(acme.pk):
        acme.connections.filter(is_default=True).update(can_respond=True)
    chunks = streamed(program(acme, bob).token, "responses", body, 2)
    assert chunks.count(PING) >= 2
    assert chunks[0].startswith(b"event: response.created\n")
    assert chunks[-1].startswith((b"event: response.completed\n", b"event: response.failed\n"))


@pytest.mark.usefixtures("_impatient")
def test_a_partial_comes_before_it_is_kept_and_comes_once(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no picture comes to nobody."""
    up.script = pictures(
        partial(0, png(shade=1)), partial(1, b"no picture"), partial(2, png(shade=3)), completed(png())
    )
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    kept = arrivals.keep_partial
    for keep in (kept, lambda *_: None):
        monkeypatch.setattr(arrivals, "keep_partial", keep)
        chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
        frames = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks if chunk != PING]
        assert [frame.get("partial_image_index") for frame in frames] == [0, 2, None]
        assert [base64.b64decode(frame["b64_json"]) for frame in frames] == [png(shade=1), png(shade=3), png()]


@pytest.mark.usefixtures("_impatient")
def test_where_the_worker_is_elsewhere_a_partial_comes_when_it_is_kept(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "pass_on", lambda *_: None)
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 1}
    chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
    frames = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks if chunk != PING]
    assert [base64.b64decode(frame["b64_json"]) for frame in frames] == [png(shade=10), png(shade=200)]


@override_settings(API_WAIT_SECONDS=0)
def test_nobody_waits_for_ever_and_the_run_goes_on(acme: Organization, bob: User, up: Upstream) -> None:
    with pytest.raises(openai.InternalServerError) as refused:
        sdk(Inside(), acme, bob).images.generate(prompt="a lamp", model="gpt-image-2")
    assert (refused.value.status_code, refused.value.code) == (504, "still_running")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert work() == 1
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(org=acme).state == State.SUCCEEDED
