"""Keep, list, send and delete files: pictures, which are sent once and named by their ids afterwards, requests for
batches, and the results of batches."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import Q
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import Scope
from saas.database import tenancy
from saas.database.threads import in_thread
from saas.fairness import visitors
from saas.text.codes import code_or_none
from saas.web.uploads import LIMIT_BYTES
from studio.batches import batch_files
from studio.files import discarded, storage, zip_stream
from studio.gallery import clear_runs
from studio.gateway import batch_results, bodies, lifetimes, paging, pictures_in
from studio.gateway.doors import GatewayCaller, door
from studio.gateway.pictures_in import FILE_PREFIX
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.models import BatchFile, Input
from studio.openai_wire import forms
from studio.openai_wire.errors import OpenAIError, missing
from studio.openai_wire.fields import Fields
from studio.openai_wire.forms import Upload

OF_PICTURES = ("vision", "user_data", "assistants")
PURPOSES = (*OF_PICTURES, BatchFile.Purpose.BATCH.value)
ANCHOR, SECONDS = "expires_after[anchor]", "expires_after[seconds]"
KNOWN = frozenset(["purpose", ANCHOR, SECONDS])
MOST_LISTED = 10_000
USUALLY_LISTED = 1000  # a page is read at once; the official SDKs ask for the next one by themselves
JSON_LINES = "application/jsonl"


@door("POST", Scope.GENERATE)
async def upload_file(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    return JsonResponse(await in_thread(_upload, request, caller))


@door("GET", Scope.READ)
async def list_files(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    return JsonResponse(await in_thread(_list, request, caller))


@door("GET", Scope.READ)
async def show_file(request: HttpRequest, caller: GatewayCaller, file_id: str) -> JsonResponse:
    return JsonResponse(_described(await in_thread(_find, file_id, caller)))


@door("DELETE", Scope.GENERATE)
async def delete_file(request: HttpRequest, caller: GatewayCaller, file_id: str) -> JsonResponse:
    return JsonResponse(await in_thread(_delete, file_id, caller))


@door("GET", Scope.READ)
async def send_content(request: HttpRequest, caller: GatewayCaller, file_id: str) -> HttpResponseBase:
    """Stream a file of a batch. Files of pictures cannot be fetched, as with OpenAI."""
    file = await in_thread(_find, file_id, caller)
    if isinstance(file, Input):
        raise OpenAIError("Not allowed to download files of purpose: vision", code="invalid_request")
    chunks = batch_results.chunks(file) if not file.file else _stored(file)
    whose = f"{visitors.ORGANIZATION}{caller.org.pk}"
    response = StreamingHttpResponse(zip_stream.paced(chunks, whose=whose), content_type=JSON_LINES)
    response["Cache-Control"] = "private, no-store, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


def find_batch_file(file_id: str, caller: GatewayCaller, param: str) -> BatchFile:
    """Return the caller's file of a batch with this id. Raise OpenAIError if there is none."""
    code = code_or_none(file_id.removeprefix(FILE_PREFIX))
    found = batch_files.find(caller.member, code) if code is not None else None
    if found is None:
        raise pictures_in.no_file(file_id, param)
    return found


def _find(file_id: str, caller: GatewayCaller) -> BatchFile | Input:
    code = code_or_none(file_id.removeprefix(FILE_PREFIX))
    found = batch_files.find(caller.member, code) if code is not None else None
    return found or pictures_in.find_file(file_id, caller, "file_id")


def _stored(file: BatchFile) -> Any:
    yield from storage.pieces(file.file, file.size_bytes)


def _upload(request: HttpRequest, caller: GatewayCaller) -> dict[str, Any]:
    bodies.refuse_large(request)
    if not forms.is_form(request):
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'multipart/form-data'."
        raise OpenAIError(message, status=415, code="unsupported_content_type")
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise OpenAIError("We could not parse the multipart body of your request.") from None
    fields = Fields({name: texts[name] for name in texts}, is_form=True)
    fields.refuse_others(KNOWN)
    purpose = fields.choice("purpose", PURPOSES, fields.text("purpose"))
    file = files.get("file")
    if file is None:
        raise missing("file")
    if purpose == BatchFile.Purpose.BATCH:
        return _described(_keep_requests(file, fields, caller))
    try:
        ready = uploads.store_picture(org=caller.org, name=file.name or "picture", data=file.read())
    except UploadRefused as refusal:
        raise pictures_in.error_of_upload(refusal, "file") from None
    with tenancy.tenant(caller.org.pk):
        kept = uploads.keep(ready, by=caller.member.user)
    return _described(kept, purpose)


def _keep_requests(file: Upload, fields: Fields, caller: GatewayCaller) -> BatchFile:
    size_bytes = file.size or 0
    if not size_bytes:
        raise OpenAIError("Invalid file 'file': it is empty.", code="empty_file", param="file")
    if size_bytes > LIMIT_BYTES:
        message = f"The file is too large: {LIMIT_BYTES // 1_000_000} MB of requests are the most."
        raise OpenAIError(message, status=413, code="request_too_large", param="file")
    until = None
    if ANCHOR in fields.values or SECONDS in fields.values:
        given = Fields({name: fields.values.get(name) for name in (ANCHOR, SECONDS)}, is_form=True)
        until = timezone.now() + timedelta(seconds=lifetimes.read_lifetime(given, anchor=ANCHOR, seconds=SECONDS))
    name = file.name or "requests.jsonl"
    return batch_files.keep(by=caller.member, name=name, content=file, size_bytes=size_bytes, expires_at=until)


def _list(request: HttpRequest, caller: GatewayCaller) -> dict[str, Any]:
    """List the caller's files, the newest first unless asked otherwise: pictures and files of batches together."""
    page = paging.read_page(request, most=MOST_LISTED, usual=USUALLY_LISTED, known=("purpose", "order"))
    purpose = page.fields.text("purpose", "")
    is_rising = page.fields.choice("order", ("asc", "desc"), "desc") == "asc"
    after = _find(page.after, caller) if page.after else None
    found = _after(after, caller, purpose, is_rising=is_rising, most=page.limit + 1)
    shown = [_described(one) for one in found[: page.limit]]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(found) > page.limit,
    }


def _after(
    after: BatchFile | Input | None, caller: GatewayCaller, purpose: str, *, is_rising: bool, most: int
) -> list[BatchFile | Input]:
    of_batches = batch_files.of_member(caller.member)
    of_pictures = caller.org.inputs.filter(giver=caller.member.user_id)
    if purpose:
        of_batches = of_batches.filter(purpose=purpose)
        of_pictures = of_pictures if purpose in OF_PICTURES else of_pictures.none()
    if after is not None:
        way = "gt" if is_rising else "lt"
        later = {f"created_at__{way}": after.created_at}
        beside = {"created_at": after.created_at, f"code__{way}": after.code}
        of_batches = of_batches.filter(Q(**later) | Q(**beside))
        of_pictures = of_pictures.filter(Q(**later) | Q(**beside))
    order = ("created_at", "code") if is_rising else ("-created_at", "-code")
    with tenancy.tenant(caller.org.pk):
        found: list[BatchFile | Input] = [*of_batches.order_by(*order)[:most], *of_pictures.order_by(*order)[:most]]
    return sorted(found, key=_place, reverse=not is_rising)[:most]


def _place(file: BatchFile | Input) -> tuple[datetime, int]:
    return file.created_at, file.code.int


def _delete(file_id: str, caller: GatewayCaller) -> dict[str, Any]:
    """Delete a file. A picture that a run has used stays with the run."""
    file = _find(file_id, caller)
    if isinstance(file, BatchFile):
        try:
            batch_files.delete(file)
        except batch_files.InUse as act:
            raise OpenAIError(act.sentence, status=409, code="file_in_use", param="file_id") from None
    else:
        _delete_picture(file, caller)
    return {"id": f"{FILE_PREFIX}{file.code.hex}", "object": "file", "deleted": True}


def _delete_picture(file: Input, caller: GatewayCaller) -> None:
    with tenancy.tenant(caller.org.pk):
        mine = caller.org.inputs.filter(pk=file.pk, giver=caller.member.user_id)
        names = clear_runs.drop_inputs(caller.org, mine)
        discarded.add(caller.org.pk, names)
    if not names:
        message = "This picture cannot be deleted: a run used it, or another person gave it."
        raise OpenAIError(message, status=409, code="file_in_use", param="file_id")
    discarded.delete(names)


def _described(file: BatchFile | Input, purpose: str = "vision") -> dict[str, Any]:
    until = file.expires_at if isinstance(file, BatchFile) else None
    return {
        "id": f"{FILE_PREFIX}{file.code.hex}",
        "object": "file",
        "bytes": file.size_bytes,
        "created_at": int(file.created_at.timestamp()),
        "expires_at": int(until.timestamp()) if until else None,
        "filename": file.name,
        "purpose": file.purpose if isinstance(file, BatchFile) else purpose,
        "status": "processed",
    }
