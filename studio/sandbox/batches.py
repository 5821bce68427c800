"""Serve the sandbox's Files and Batch API, strict as OpenAI's. See batch_story for what becomes of a batch."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from studio.openai_wire import forms
from studio.openai_wire.errors import OpenAIError, missing, wrong_type, wrong_value
from studio.openai_wire.fields import Fields
from studio.sandbox import batch_lines, batch_story, bodies, images, paint_queue, store
from studio.sandbox.batch_story import Batch
from studio.sandbox.doors import door
from studio.sandbox.paint_queue import paint
from studio.sandbox.painter import Painting

FILES, BATCHES = "files", "batches"
MOST_BYTES = 50_000_000
PURPOSES = ("batch", "vision", "user_data", "assistants")
OF_UPLOAD = frozenset({"purpose", "expires_after[anchor]", "expires_after[seconds]"})
OF_BATCH = frozenset({"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"})
RESULTS = ("file-out", "file-err")


@door("*")
async def files(request: HttpRequest, key: str) -> HttpResponseBase:
    act = {"POST": _upload, "GET": _list_files}.get(str(request.method))
    return JsonResponse(await paint_queue.read_in_thread(_known(act, request), request, key))


@door("*")
async def file(request: HttpRequest, key: str, file_id: str) -> HttpResponseBase:
    act = {"GET": _show_file, "DELETE": _delete_file}.get(str(request.method))
    found = _known(act, request)
    return JsonResponse(await paint_queue.read_in_thread(lambda _, key: found(key, file_id), request, key))


@door("GET")
async def content(request: HttpRequest, key: str, file_id: str) -> HttpResponseBase:
    if not file_id.startswith(RESULTS):
        data = await paint_queue.read_in_thread(lambda _, key: _sent(key, file_id), request, key)
        return StreamingHttpResponse(_whole(data), content_type="application/jsonl")
    batch_id = f"batch_{file_id[len(RESULTS[0]) :]}"
    batch = await paint_queue.read_in_thread(lambda _, key: _found(key, batch_id), request, key)
    named = batch.described()
    if file_id not in (named["output_file_id"], named["error_file_id"]):
        raise _no_file(file_id)
    lines = _outputs(batch, key) if file_id.startswith(RESULTS[0]) else _errors(batch)
    return StreamingHttpResponse(lines, content_type="application/jsonl")


@door("*")
async def batches(request: HttpRequest, key: str) -> HttpResponseBase:
    act = {"POST": _begin, "GET": _list}.get(str(request.method))
    return JsonResponse(await paint_queue.read_in_thread(_known(act, request), request, key))


@door("GET")
async def batch(request: HttpRequest, key: str, batch_id: str) -> HttpResponseBase:
    found = await paint_queue.read_in_thread(lambda _, key: _found(key, batch_id), request, key)
    return JsonResponse(found.described())


@door("POST")
async def cancel(request: HttpRequest, key: str, batch_id: str) -> HttpResponseBase:
    return JsonResponse(await paint_queue.read_in_thread(lambda _, key: _cancel(key, batch_id), request, key))


def _known(act: Any, request: HttpRequest) -> Any:
    if act is None:
        path = request.path.removeprefix("/sandbox")
        message = f"Not allowed to {request.method} on {path}."
        raise OpenAIError(message, status=405, code="method_not_supported")
    return act


def _upload(request: HttpRequest, key: str) -> dict[str, Any]:
    if not forms.is_form(request):
        raise OpenAIError("This API expects 'multipart/form-data'.", status=415, code="unsupported_content_type")
    fields = Fields({name: request.POST[name] for name in request.POST}, is_form=True)
    fields.refuse_others(OF_UPLOAD)
    purpose = fields.choice("purpose", PURPOSES, fields.text("purpose"))
    sent = request.FILES.get("file")
    if sent is None:
        raise missing("file")
    if not sent.size or sent.size > MOST_BYTES:
        raise OpenAIError("The file is empty or too large.", code="invalid_file", param="file")
    id_ = store.new_id("file-")
    described = {
        "id": id_, "object": "file", "bytes": sent.size, "created_at": int(time.time()),
        "expires_at": int(time.time()) + store.KEPT_SECONDS, "filename": str(sent.name)[:200], "purpose": purpose,
        "status": "processed",
    }  # fmt: skip
    store.put(key, FILES, id_, described, sent)
    return described


def _show_file(key: str, file_id: str) -> dict[str, Any]:
    if file_id.startswith(RESULTS):
        found = _found(key, f"batch_{file_id[len(RESULTS[0]) :]}").described()
        if file_id in (found["output_file_id"], found["error_file_id"]):
            return {
                "id": file_id, "object": "file", "bytes": 0, "created_at": found["created_at"], "expires_at": None,
                "filename": f"{file_id}.jsonl", "purpose": "batch_output", "status": "processed",
            }  # fmt: skip
    described = store.get(key, FILES, file_id)
    if described is None:
        raise _no_file(file_id)
    return described


def _delete_file(key: str, file_id: str) -> dict[str, Any]:
    _show_file(key, file_id)
    store.delete(key, FILES, file_id)
    return {"id": file_id, "object": "file", "deleted": True}


def _list_files(request: HttpRequest, key: str) -> dict[str, Any]:
    return _page(request, [_show_file(key, id_) for id_ in store.ids(key, FILES)])


def _begin(request: HttpRequest, key: str) -> dict[str, Any]:
    fields = Fields(bodies.read_json(request))
    fields.refuse_others(OF_BATCH)
    endpoint, file_id = fields.text("endpoint"), fields.text("input_file_id")
    if endpoint not in batch_lines.ENDPOINTS:
        raise wrong_value("endpoint", endpoint[:80], list(batch_lines.ENDPOINTS))
    fields.choice("completion_window", ("24h",), fields.text("completion_window"))
    metadata = fields.values.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise wrong_type("metadata", "an object", metadata)
    if len(metadata or {}) > 16:  # noqa: PLR2004 pairs
        raise OpenAIError("Too many pairs.", code="object_above_max_properties", param="metadata")
    for name, value in (metadata or {}).items():
        Fields({name: value}, prefix="metadata.").text(name, longest=512)
    id_ = store.new_id("batch_")
    kept = {
        "id": id_, "created": time.time(), "endpoint": endpoint, "input_file_id": file_id,
        "metadata": metadata,
    }  # fmt: skip
    store.put(key, BATCHES, id_, kept)
    return _found(key, id_).described()


def _cancel(key: str, batch_id: str) -> dict[str, Any]:
    found = _found(key, batch_id)
    if found.status in {"cancelling", "cancelled"}:
        return found.described()
    if found.status not in {"validating", "in_progress"}:
        message = f"Cannot cancel a batch with status '{found.status}'."
        raise OpenAIError(message, status=409, code="batch_ended")
    store.replace(key, BATCHES, batch_id, {**found.kept, "cancelled": time.time()})
    return _found(key, batch_id).described()


def _list(request: HttpRequest, key: str) -> dict[str, Any]:
    found = [_found(key, id_, may_be_lost=True) for id_ in store.ids(key, BATCHES)]
    return _page(request, [one.described() for one in found])


def _page(request: HttpRequest, described: list[dict[str, Any]]) -> dict[str, Any]:
    fields = Fields({name: request.GET[name] for name in request.GET}, is_form=True)
    fields.refuse_others(frozenset({"limit", "after", "purpose", "order"}))
    limit, after, purpose = fields.whole("limit", 1, 10_000, 20), fields.text("after", ""), fields.text("purpose", "")
    if fields.choice("order", ("asc", "desc"), "desc") == "asc":
        described.reverse()
    shown = [one for one in described if not purpose or one.get("purpose") == purpose]
    if after:
        names = [one["id"] for one in shown]
        shown = shown[names.index(after) + 1 :] if after in names else []
    page = shown[:limit]
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return {"object": "list", "data": page, **ends, "has_more": len(shown) > limit}


def _found(key: str, batch_id: str, *, may_be_lost: bool = False) -> Batch:
    kept = store.get(key, BATCHES, batch_id)
    if kept is None:
        raise _no_batch(batch_id)
    reader = batch_lines.Reader(kept["endpoint"], key, lambda file_id: store.picture(key, file_id))
    checked = reader.check(_lines(key, kept["input_file_id"]))
    found = batch_story.begin(kept, checked)
    if checked.odd == "lost" and not may_be_lost and found.status != "validating":
        raise _no_batch(batch_id)
    return found


def _lines(key: str, file_id: str) -> Iterator[bytes]:
    """Yield the lines of an input file. One that is missing is accepted and fails later, as the API does it."""
    if store.get(key, FILES, file_id) is None:
        return
    with store.content(key, FILES, file_id) as sent:
        yield from sent.read().split(b"\n")


def _sent(key: str, file_id: str) -> bytes:
    described = _show_file(key, file_id)
    if described["purpose"] != "batch":
        raise OpenAIError(f"Not allowed to download files of purpose: {described['purpose']}", code="invalid_request")
    return store.picture(key, file_id)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _outputs(batch: Batch, key: str) -> AsyncIterator[bytes]:
    """Paint and yield the lines one by one."""
    whose = paint_queue.tenant_of_key(key)
    for one in batch.outputs():
        call = one.call
        paintings = [Painting(call.sibling(index)) for index in range(call.asked.n)]
        pictures = await asyncio.gather(*(paint(painting.final, whose) for painting in paintings))
        body = images.answer(call, pictures, with_usage=call.script.fail != "no_usage")
        yield await _text(batch_story.line_of(one, batch_story.response(200, body)))


async def _errors(batch: Batch) -> AsyncIterator[bytes]:
    for line in batch.errors():
        yield await _text(line)


async def _text(line: dict[str, Any]) -> bytes:
    """Write a line in a thread: it may have megabytes."""
    written: bytes = await sync_to_async(lambda: json.dumps(line).encode() + b"\n", thread_sensitive=False)()
    return written


def _no_file(file_id: str) -> OpenAIError:
    return OpenAIError(f"No such File object: {file_id[:80]}", status=404, param="id")


def _no_batch(batch_id: str) -> OpenAIError:
    return OpenAIError(f"No batch found with id '{batch_id[:80]}'.", status=404)
