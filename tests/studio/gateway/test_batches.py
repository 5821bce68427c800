"""The official SDK sends batches: files of requests, each of which becomes a run."""

import base64
import io
import json
import time
from typing import Any

import openai
import pytest
from openai.types import Batch

from tests.embedded.instance import Instance
from tests.studio.gateway import node
from tests.support.picture_bytes import opened, plain

PATIENCE_SECONDS = 240.0
STAMPS = (
    "created_at", "in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at", "expired_at",
    "cancelling_at", "cancelled_at",
)  # fmt: skip
LOW = {"model": "gpt-image-2", "size": "1024x640", "quality": "low"}


def line(custom_id: str, url: str = "/v1/images/generations", **body: Any) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {**LOW, **body}}


def requests(*lines: dict[str, Any] | str) -> tuple[str, bytes]:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    return "requests.jsonl", "\n".join(texts).encode()


def begin(client: openai.OpenAI, *lines: dict[str, Any] | str, **more: Any) -> Batch:
    file = client.files.create(file=requests(*lines), purpose="batch")
    asked = {"endpoint": "/v1/images/generations", "completion_window": "24h", **more}
    return client.batches.create(input_file_id=file.id, **asked)


def ended(client: openai.OpenAI, batch: Batch) -> Batch:
    until = time.monotonic() + PATIENCE_SECONDS
    while batch.status in {"validating", "in_progress", "finalizing", "cancelling"}:
        assert time.monotonic() < until, batch
        time.sleep(0.2)
        batch = client.batches.retrieve(batch.id)
    return batch


def read(client: openai.OpenAI, file_id: str | None) -> dict[str, dict[str, Any]]:
    """The lines of a list of results by their custom_id."""
    assert file_id is not None
    lines = [json.loads(text) for text in client.files.content(file_id).text.splitlines()]
    return {one["custom_id"]: one for one in lines}


def test_each_line_becomes_a_picture(client: openai.OpenAI) -> None:
    lines: list[dict[str, Any] | str] = [
        line("a", prompt="a lamp"),
        "",
        line("b", prompt="a boat", n=2, user="person-7"),
    ]
    batch = begin(client, *lines, metadata={"sheet": "autumn"})
    assert (batch.status, batch.endpoint, batch.completion_window) == ("validating", "/v1/images/generations", "24h")
    assert (batch.metadata, batch.errors, batch.output_file_id) == ({"sheet": "autumn"}, None, None)
    assert batch.expires_at == batch.created_at + 86_400
    done = ended(client, batch)
    assert (done.status, done.model, done.error_file_id) == ("completed", "gpt-image-2", None)
    assert done.request_counts is not None
    assert done.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    noted = {name for name in STAMPS if getattr(done, name) is not None}
    assert noted == {"created_at", "in_progress_at", "expires_at", "finalizing_at", "completed_at"}
    found = read(client, done.output_file_id)
    assert set(found) == {"a", "b"}
    for one, count in (("a", 1), ("b", 2)):
        assert set(found[one]) == {"id", "custom_id", "response", "error"}
        assert (found[one]["error"], found[one]["response"]["status_code"]) == (None, 200)
        assert found[one]["response"]["request_id"].startswith("req_")
        body = found[one]["response"]["body"]
        assert (body["size"], body["quality"], body["output_format"]) == ("1024x640", "low", "png")
        pictures = [opened(base64.b64decode(item["b64_json"])) for item in body["data"]]
        assert [(picture.width, picture.height) for picture in pictures] == [(1024, 640)] * count
    assert found["b"]["response"]["body"]["safety_identifier"] == "person-7"
    assert done.usage is not None
    used = [one["response"]["body"]["usage"]["total_tokens"] for one in found.values()]
    assert done.usage.total_tokens == sum(used) > 0
    output = client.files.retrieve(done.output_file_id or "")
    assert output.purpose == "batch_output"
    assert output.bytes == len(client.files.content(output.id).content)
    assert done.model_extra is not None
    assert done.model_extra["darkroom"]["lane"] == "overnight"  # the sandbox has batches


def test_edits_name_their_pictures_by_id_and_by_data_url(client: openai.OpenAI) -> None:
    photo = plain(".jpg", 640, 480)
    sent = client.files.create(file=("photo.jpg", photo, "image/jpeg"), purpose="vision")
    link = f"data:image/jpeg;base64,{base64.b64encode(photo).decode()}"
    where = "/v1/images/edits"
    lines = [
        line("id", where, prompt="by night", images=[{"file_id": sent.id}]),
        line("url", where, prompt="by day", images=[{"image_url": link}]),
    ]
    done = ended(client, begin(client, *lines, endpoint=where))
    assert done.status == "completed", done
    found = read(client, done.output_file_id)
    assert {name: one["response"]["status_code"] for name, one in found.items()} == {"id": 200, "url": 200}


def test_what_fails_is_in_the_error_file_and_the_rest_in_the_output(client: openai.OpenAI) -> None:
    blocked = line("bad", prompt="[sandbox fail=moderation_blocked] a lamp")
    done = ended(client, begin(client, line("good", prompt="a lamp"), blocked))
    assert done.status == "completed"
    assert done.request_counts is not None
    assert done.request_counts.to_dict() == {"total": 2, "completed": 1, "failed": 1}
    assert set(read(client, done.output_file_id)) == {"good"}
    (bad,) = read(client, done.error_file_id).values()
    assert (bad["custom_id"], bad["error"], bad["response"]["status_code"]) == ("bad", None, 400)
    assert bad["response"]["body"]["error"]["code"] == "moderation_blocked"


WRONG: dict[str, tuple[dict[str, Any] | str, str]] = {
    "no JSON": ("{", "invalid_json_line"),
    "no object": ("[]", "invalid_json_line"),
    "no custom_id": ({"method": "POST", "url": "/v1/images/generations", "body": {}}, "missing_required_parameter"),
    "another method": ({**line("x", prompt="a"), "method": "GET"}, "invalid_method"),
    "another endpoint": (line("x", "/v1/images/edits", prompt="a"), "invalid_url"),
    "no prompt": (line("x"), "missing_required_parameter"),
    "a wrong size": (line("x", prompt="a", size="1920x1080"), "invalid_value"),
    "an unknown parameter": (line("x", prompt="a", seed=7), "unknown_parameter"),
    "a stream": (line("x", prompt="a", stream=True), "unsupported_parameter"),
    "links": (line("x", prompt="a", response_format="url"), "unsupported_parameter"),
    "another model": (line("x", prompt="a", model="gpt-image-2.5-flare"), "mismatched_model"),
    "no such model": (line("x", prompt="a", model="gpt-image-9"), "model_not_found"),
    "a name that was used": (line("good", prompt="a"), "duplicate_custom_id"),
}


def test_one_bad_line_fails_the_whole_batch_and_names_the_line(client: openai.OpenAI, api_key: str) -> None:
    begun = {what: begin(client, line("good", prompt="a lamp"), "", wrong) for what, (wrong, _) in WRONG.items()}
    for what, batch in begun.items():
        done = ended(client, batch)
        assert (done.status, done.output_file_id, done.error_file_id) == ("failed", None, None), what
        assert done.errors is not None, what
        assert done.errors.data is not None, what
        assert [(one.code, one.line) for one in done.errors.data] == [(WRONG[what][1], 3)], what
        assert done.request_counts is not None
        assert done.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}
        assert done.failed_at is not None


def test_a_file_without_requests_fails(client: openai.OpenAI) -> None:
    done = ended(client, begin(client, "", "  "))
    assert done.errors is not None
    assert done.errors.data is not None
    assert [(one.code, one.line) for one in done.errors.data] == [("empty_file", None)]


def test_a_cancelled_batch_is_called_back_from_the_provider(client: openai.OpenAI) -> None:
    batch = begin(client, line("a", prompt="[sandbox batch=stuck] a lamp"), line("b", prompt="a boat"))
    until = time.monotonic() + PATIENCE_SECONDS
    while batch.status == "validating":
        assert time.monotonic() < until
        time.sleep(0.2)
        batch = client.batches.retrieve(batch.id)
    cancelled = client.batches.cancel(batch.id)
    assert cancelled.status in {"cancelling", "cancelled"}
    done = ended(client, cancelled)
    assert (done.status, done.completed_at, done.output_file_id) == ("cancelled", None, None)
    assert done.cancelled_at is not None
    assert done.request_counts is not None
    assert done.request_counts.to_dict() == {"total": 2, "completed": 0, "failed": 2}
    left = read(client, done.error_file_id)
    assert {one["error"]["code"] for one in left.values()} == {"batch_cancelled"}
    assert client.batches.cancel(done.id).status == "cancelled"


def test_files_are_listed_fetched_and_deleted(client: openai.OpenAI) -> None:
    name, data = requests(line("a", prompt="a lamp"))
    files = [client.files.create(file=(name, data), purpose="batch") for _ in range(3)]
    (first, *_, last) = files
    assert (first.object, first.purpose, first.filename, first.bytes) == ("file", "batch", name, len(data))
    assert first.expires_at == pytest.approx(first.created_at + 30 * 86_400, abs=2)
    assert client.files.content(first.id).content == data
    listed = client.files.list(purpose="batch", limit=2)
    assert [one.id for one in listed.data] == [last.id, files[1].id]
    assert {one.id for one in files} < {one.id for one in listed}  # the SDK asks for the next pages
    assert client.files.delete(first.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(first.id)
    photo = client.files.create(file=("photo.jpg", plain(".jpg", 64, 48), "image/jpeg"), purpose="vision")
    assert photo.id in {one.id for one in client.files.list(purpose="vision", order="desc")}
    with pytest.raises(openai.BadRequestError):
        client.files.content(photo.id)
    assert client.files.delete(photo.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(photo.id)


def test_batches_are_listed_page_by_page(client: openai.OpenAI) -> None:
    begun = [begin(client, " ") for _ in range(3)]
    page = client.batches.list(limit=2)
    assert [one.id for one in page.data] == [begun[2].id, begun[1].id]
    assert page.has_more
    assert begun[0].id in {one.id for one in page}


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"endpoint": "/v1/responses"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "metadata"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 60}}, "output_expires_after.seconds"),
        ({"extra_body": {"priority": 1}}, "priority"),
    ],
)
def test_what_is_wrong_begins_no_batch(client: openai.OpenAI, more: dict[str, Any], param: str) -> None:
    before = client.batches.list(limit=1).data
    with pytest.raises(openai.BadRequestError) as refused:
        begin(client, line("a", prompt="a lamp"), **more)
    assert refused.value.param == param
    assert client.batches.list(limit=1).data == before


def test_what_belongs_to_another_organization_does_not_exist(
    client: openai.OpenAI, darkroom: Instance, upstream_key: str
) -> None:
    batch = begin(client, " ")
    with openai.OpenAI(api_key=upstream_key, base_url=f"{darkroom.url}/v1", max_retries=0) as stranger:
        for ask in (
            lambda: stranger.batches.retrieve(batch.id),
            lambda: stranger.batches.cancel(batch.id),
            lambda: stranger.files.retrieve(batch.input_file_id),
            lambda: stranger.files.content(batch.input_file_id),
            lambda: stranger.files.delete(batch.input_file_id),
            lambda: stranger.batches.create(
                input_file_id=batch.input_file_id, endpoint="/v1/images/generations", completion_window="24h"
            ),
        ):
            with pytest.raises(openai.NotFoundError):
                ask()
        assert stranger.batches.list().data == []
    assert client.files.retrieve(batch.input_file_id).id == batch.input_file_id
    assert ended(client, batch).status == "failed"  # it has no requests, and was not cancelled


def test_a_program_that_asks_again_with_its_key_gets_the_same_batch(client: openai.OpenAI) -> None:
    file = client.files.create(file=requests(" "), purpose="batch")
    asked: Any = {"input_file_id": file.id, "endpoint": "/v1/images/generations", "completion_window": "24h"}
    key = {"Idempotency-Key": f"once-{file.id}"}
    first, second = (client.batches.create(**asked, extra_headers=key) for _ in range(2))
    assert first.id == second.id
    with pytest.raises(openai.APIStatusError) as refused:
        client.batches.create(**asked, metadata={"a": "b"}, extra_headers=key)
    assert refused.value.status_code == 409


NODE = """
import OpenAI, { toFile } from "openai";
const client = new OpenAI({ baseURL: "ADDRESS", apiKey: process.env.DARKROOM_API_KEY, maxRetries: 0 });
const body = { model: "gpt-image-2", prompt: "a lamp", size: "1024x640", quality: "low" };
const line = JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/images/generations", body });
const file = await client.files.create({ file: await toFile(Buffer.from(line), "a.jsonl"), purpose: "batch" });
let batch = await client.batches.create(
  { input_file_id: file.id, endpoint: "/v1/images/generations", completion_window: "24h" });
while (["validating", "in_progress", "finalizing"].includes(batch.status)) {
  await new Promise((done) => setTimeout(done, 200));
  batch = await client.batches.retrieve(batch.id);
}
const text = await (await client.files.content(batch.output_file_id)).text();
const answer = JSON.parse(text);
console.log(batch.status, answer.custom_id, answer.response.body.data[0].b64_json.length > 1000);
for await (const one of client.batches.list({ limit: 1 })) { console.log(one.id === batch.id); break; }
"""


def test_the_sdk_for_node_sends_a_batch(darkroom: Instance, api_key: str, tmp_path: Any) -> None:
    program = node.script(tmp_path, "batch.mjs", NODE.replace("ADDRESS", f"{darkroom.url}/v1"))
    assert node.run(program, api_key).split() == ["completed", "a", "true", "true"]


def test_lines_end_with_either_kind_of_line_break(client: openai.OpenAI) -> None:
    text = "\r\n".join(json.dumps(line(str(number), prompt="a lamp")) for number in range(2)) + "\r\n\r\n"
    file = client.files.create(file=("a.jsonl", io.BytesIO(text.encode())), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    done = ended(client, batch)
    assert (done.status, done.request_counts and done.request_counts.completed) == ("completed", 2)
