"""Callers who wait: signs of life while nothing happens, and an end to the patience."""

import base64
import json
from typing import Any
from uuid import UUID

import openai
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, override_settings

from accounts.models import Organization, User
from saas.database import tenancy
from studio.engine import take_frames
from studio.engine.store_frames import Stored, store_partial
from studio.files import storage
from studio.gateway import delivery
from studio.models import Run, RunEvent, Slot, State
from studio.providers.answers import Partial as PartialFrame
from studio.runs import events
from studio.waiting import follow, group_listener, relay
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up, work
from tests.studio.gateway.inside import Inside, sdk
from tests.support.fake_provider import Upstream, completed, partial, pictures, png

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
    """Hints are sent when a transaction ends, and a test is one transaction: the end of a run is found by a look."""
    monkeypatch.setattr(delivery, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 0.05)


def test_a_comment_comes_every_fifteen_seconds() -> None:
    assert delivery.PULSE_SECONDS == 15


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
    kept = take_frames.keep_partial
    for keep in (kept, lambda *_: None):
        monkeypatch.setattr(take_frames, "keep_partial", keep)
        chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
        frames = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks if chunk.startswith(b"event: ")]
        assert [frame.get("partial_image_index") for frame in frames] == [0, 2, None]
        assert [base64.b64decode(frame["b64_json"]) for frame in frames] == [png(shade=1), png(shade=3), png()]


def indexes(chunks: list[bytes]) -> list[int | None]:
    """Of the partials in a stream, and None for its end."""
    frames = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks if chunk.startswith(b"event: ")]
    return [frame.get("partial_image_index") for frame in frames]


THREE = pictures(*(partial(index, png(shade=index + 1)) for index in range(3)), completed(png()))


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("late", [{0}, {1}, {2}, {0, 1}, {0, 2}, {0, 1, 2}])
def test_a_partial_that_came_before_its_caller_listened_is_not_lost(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch, late: set[int]
) -> None:
    """It is known by its event alone, and a later one that comes straight from the worker must not overtake it."""
    passed = relay.pass_on
    monkeypatch.setattr(relay, "pass_on", lambda code, frame: None if frame.index in late else passed(code, frame))
    up.script = THREE
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    assert indexes(streamed(program(acme, bob).token, "images/generations", body, 1)) == [0, 1, 2, None]


@pytest.mark.usefixtures("_impatient")
def test_partials_that_come_while_the_end_is_looked_up_are_not_lost(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing keeps them, so the caller has them from the worker or not at all."""
    look = follow._news

    def work_and_look(*asked: Any) -> Any:
        work()
        return look(*asked)

    monkeypatch.setattr(follow, "_news", work_and_look)
    monkeypatch.setattr(take_frames, "keep_partial", lambda *_: None)
    up.script = THREE
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    assert indexes(streamed(program(acme, bob).token, "images/generations", body, 1000)) == [0, 1, 2, None]


LOST = b": partial image 1 was lost, the picture itself is still to come\n\n"


def _not_kept(code: UUID, run: Run, slot: Slot, frame: PartialFrame) -> Stored | None:
    if frame.index == 1:
        raise OSError("The disk is full.")
    return store_partial(code, run, slot, frame)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("path", ["images/generations", "responses"])
def test_a_caller_learns_of_a_partial_that_was_not_kept(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """It came to a worker elsewhere, so it cannot come straight."""
    monkeypatch.setattr(relay, "pass_on", lambda *_: None)
    monkeypatch.setattr("studio.engine.store_frames.store_partial", _not_kept)
    up.script = THREE
    tool = {"type": "image_generation", "model": "gpt-image-2", "partial_images": 3, "action": "edit"}
    url = f"data:image/png;base64,{base64.b64encode(png(1024, 640)).decode()}"
    said = [
        {"role": "user", "content": [{"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": url}]}
    ]
    body = (
        {"model": "gpt-5", "input": said, "tools": [tool]}
        if path == "responses"
        else {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    )
    chunks = streamed(program(acme, bob).token, path, body, 1)
    assert [found for found in indexes(chunks) if found is not None] == [0, 2]
    assert chunks.count(LOST) == 1
    shown = [number for number, chunk in enumerate(chunks) if b"partial_image_index" in chunk]
    assert shown[0] < chunks.index(LOST) < shown[1]
    with tenancy.tenant(acme.pk):
        (event,) = RunEvent.objects.filter(org=acme, type="partial_lost")
        assert event.data == {"index": 1, "sentence": "This partial image arrived but could not be stored."}
        assert Run.objects.get(org=acme).state == State.SUCCEEDED


@pytest.mark.usefixtures("_impatient")
def test_a_partial_that_is_lost_in_two_tries_is_told_once(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = events.record

    def record_for_two_tries(run: Run, name: str, **about: Any) -> None:
        for _ in range(2 if name == "partial_lost" else 1):
            record(run, name, **about)

    monkeypatch.setattr(events, "record", record_for_two_tries)
    monkeypatch.setattr("studio.engine.store_frames.store_partial", _not_kept)
    monkeypatch.setattr(relay, "pass_on", lambda *_: None)
    up.script = THREE
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
    with tenancy.tenant(acme.pk):
        assert RunEvent.objects.filter(org=acme, type="partial_lost").count() == 2
    assert (indexes(chunks), chunks.count(LOST)) == ([0, 2, None], 1)


@pytest.mark.usefixtures("_impatient")
def test_a_stream_goes_on_without_a_partial_that_storage_does_not_give(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, failed = storage.load, list[str]()

    def gives(name: str) -> bytes:
        if "partial-1" in name:
            failed.append(name)
            raise OSError("The storage does not answer.")
        return load(name)

    monkeypatch.setattr(relay, "pass_on", lambda *_: None)
    monkeypatch.setattr(storage, "load", gives)
    up.script = THREE
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 3}
    chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
    assert (indexes(chunks), chunks.count(LOST), len(failed)) == ([0, 2, None], 1, 1)


@pytest.mark.usefixtures("_impatient")
def test_where_the_worker_is_elsewhere_a_partial_comes_when_it_is_kept(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "pass_on", lambda *_: None)
    body = {"prompt": "a lamp", "model": "gpt-image-2", "partial_images": 1}
    chunks = streamed(program(acme, bob).token, "images/generations", body, 1)
    frames = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks if chunk.startswith(b"event: ")]
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
