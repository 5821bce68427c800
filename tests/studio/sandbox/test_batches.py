"""The official SDK sends files and batches to the sandbox."""

import base64
import io
import json
import time
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import Batch

from studio.openai_wire.errors import OpenAIError
from studio.sandbox import store
from tests.studio.sandbox.calling import SMALLEST
from tests.support.picture_bytes import opened

GENERATIONS = "/v1/images/generations"
PATIENCE_SECONDS = 60.0


def begin(client: OpenAI, *prompts: str, endpoint: str = GENERATIONS, **body: Any) -> Batch:
    lines = [
        json.dumps(
            {"custom_id": prompt, "method": "POST", "url": endpoint, "body": {**SMALLEST, "prompt": prompt, **body}}
        )
        for prompt in prompts
    ]
    file = client.files.create(file=("a.jsonl", "\n".join(lines).encode()), purpose="batch")
    asked: Any = {"endpoint": endpoint, "completion_window": "24h"}
    return client.batches.create(input_file_id=file.id, metadata={"ours": "1"}, **asked)


def ended(client: OpenAI, batch: Batch) -> Batch:
    until = time.monotonic() + PATIENCE_SECONDS
    while batch.status in {"validating", "in_progress", "finalizing", "cancelling"}:
        assert time.monotonic() < until
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    return batch


def read(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    assert file_id is not None
    return [json.loads(text) for text in client.files.content(file_id).text.splitlines()]


def test_a_batch_brings_its_pictures_in_any_order(client: OpenAI) -> None:
    batch = begin(client, "a fox", "a hare [sandbox fail=moderation_blocked]", "a bear")
    assert (batch.status, batch.metadata) == ("validating", {"ours": "1"})
    done = ended(client, batch)
    assert (done.status, done.request_counts and done.request_counts.to_dict()) == (
        "completed",
        {"total": 3, "completed": 2, "failed": 1},
    )
    found = read(client, done.output_file_id)
    assert [one["custom_id"] for one in found] == ["a bear", "a fox"]
    for one in found:
        assert (one["error"], one["response"]["status_code"]) == (None, 200)
        picture = opened(base64.b64decode(one["response"]["body"]["data"][0]["b64_json"]))
        assert (picture.width, picture.height) == (1024, 640)
    assert done.usage is not None
    assert done.usage.total_tokens == sum(one["response"]["body"]["usage"]["total_tokens"] for one in found)
    (failed,) = read(client, done.error_file_id)
    assert failed["response"]["body"]["error"]["code"] == "moderation_blocked"


def test_an_edit_names_its_picture_by_id(client: OpenAI, photo: bytes) -> None:
    sent = client.files.create(file=("photo.png", photo, "image/png"), purpose="vision")
    where = "/v1/images/edits"
    done = ended(client, begin(client, "by night", endpoint=where, images=[{"file_id": sent.id}], size="auto"))
    (one,) = read(client, done.output_file_id)
    assert one["response"]["body"]["size"] == "1024x1024"
    missing = ended(client, begin(client, "by night", endpoint=where, images=[{"file_id": "file-none"}]))
    assert (missing.status, missing.output_file_id) == ("failed", None)


@pytest.mark.parametrize(
    ("odd", "status", "finished", "left"),
    [
        ("failed", "failed", 0, 0),
        ("expired", "expired", 1, 1),
        ("no_output_file", "completed", None, 0),
        ("no_error_file", "completed", 2, None),
        ("short", "completed", 1, 0),
        ("twice", "completed", 3, 0),
    ],
)
def test_a_directive_brings_an_odd_outcome(
    client: OpenAI, odd: str, status: str, finished: int | None, left: int | None
) -> None:
    done = ended(client, begin(client, f"a fox [sandbox batch={odd}]", "a hare"))
    assert done.status == status
    assert (len(read(client, done.output_file_id)) if done.output_file_id else 0) == (finished or 0)
    errors = read(client, done.error_file_id) if done.error_file_id else []
    assert len(errors) == (left or 0)
    assert {one["error"]["code"] for one in errors} <= {"batch_expired"}


def test_a_lost_batch_is_not_found_any_more(client: OpenAI) -> None:
    batch = begin(client, "a fox [sandbox batch=lost]")
    with pytest.raises(openai.NotFoundError):
        ended(client, batch)


def test_a_cancelled_batch_keeps_what_is_finished(client: OpenAI) -> None:
    batch = begin(client, "a fox [sandbox batch=stuck]", "a hare")
    assert client.batches.cancel(batch.id).status == "cancelling"
    done = ended(client, batch)
    assert done.status == "cancelled"
    errors = read(client, done.error_file_id)
    assert {one["error"]["code"] for one in errors} == {"batch_cancelled"}


def test_one_bad_line_fails_the_batch(client: OpenAI) -> None:
    done = ended(client, begin(client, "a fox", "a fox"))
    assert done.errors is not None
    assert done.errors.data is not None
    assert [(one.code, one.line) for one in done.errors.data] == [("duplicate_custom_id", 2)]
    later = ended(client, begin(client, "a fox", model="gpt-image-2.6-flare"))
    assert later.errors is not None
    assert later.errors.data is not None
    assert [one.code for one in later.errors.data] == ["model_not_supported"]


def test_a_missing_file_is_accepted_and_fails_later(client: OpenAI) -> None:
    asked: Any = {"endpoint": GENERATIONS, "completion_window": "24h"}
    batch = client.batches.create(input_file_id="file-none", **asked)
    assert batch.status == "validating"
    assert ended(client, batch).status == "failed"


def test_another_key_finds_nothing(client: OpenAI, sandbox_url: str) -> None:
    batch = begin(client, "a fox")
    assert batch.id in {one.id for one in client.batches.list()}
    with OpenAI(api_key="sk-other", base_url=sandbox_url, max_retries=0) as other:
        with pytest.raises(openai.NotFoundError):
            other.batches.retrieve(batch.id)
        with pytest.raises(openai.NotFoundError):
            other.files.content(batch.input_file_id)
        assert list(other.batches.list()) == []
    assert client.files.delete(batch.input_file_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(batch.input_file_id)


@pytest.fixture
def _empty_storage(settings: Any, tmp_path: Any) -> None:
    storage = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.mark.usefixtures("_empty_storage")
def test_strangers_together_keep_no_more_than_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """With made-up keys, each of which would have room of its own."""
    monkeypatch.setattr(store, "STRANGERS_BYTES", 2500)
    for number in range(2):
        store.put(f"sk-made-up-{number}", "files", store.new_id("file-"), {"bytes": 1000}, io.BytesIO(b"x" * 1000))
    with pytest.raises(OpenAIError):
        store.put("sk-made-up-3", "files", store.new_id("file-"), {"bytes": 1000}, io.BytesIO(b"x" * 1000))
    assert store.ids("sk-made-up-3", "files") == []


@pytest.mark.usefixtures("_empty_storage")
def test_what_is_older_than_a_day_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    key, id_ = "sk-tidy", store.new_id("file-")
    store.put(key, "files", id_, {"bytes": 1}, io.BytesIO(b"x"))
    store.tidy()
    assert store.picture(key, id_) == b"x"
    monkeypatch.setattr(store, "KEPT_SECONDS", -60)
    store.tidy()
    assert store.get(key, "files", id_) is None
    with pytest.raises(FileNotFoundError):
        store.picture(key, id_)
