"""Callers who wait: signs of life while nothing happens, and an end to the patience."""

import json
from typing import Any

import openai
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, override_settings

from accounts.models import Organization, User
from saas import tenancy
from studio.gateway import delivering
from studio.models import Run, State
from tests.studio.api.keys import program
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.test_engine import up, work
from tests.upstream import Upstream

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
    partial, final = [chunk for chunk in chunks if chunk != PING]
    assert partial.startswith(b"event: image_generation.partial_image\ndata: {")
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


@override_settings(API_WAIT_SECONDS=0)
def test_nobody_waits_for_ever_and_the_run_goes_on(acme: Organization, bob: User, up: Upstream) -> None:
    with pytest.raises(openai.InternalServerError) as refused:
        sdk(Inside(), acme, bob).images.generate(prompt="a lamp", model="gpt-image-2")
    assert (refused.value.status_code, refused.value.code) == (504, "still_running")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert work() == 1
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(org=acme).state == State.SUCCEEDED
