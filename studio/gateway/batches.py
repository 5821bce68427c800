"""Offer OpenAI's Batch API for the two endpoints of pictures: begin, list, show and cancel batches."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse

from accounts.models import Scope
from saas.database import tenancy
from saas.database.threads import in_thread
from saas.idempotency import hash_of
from saas.text.codes import code_or_none
from studio.batches import batches
from studio.gateway import bodies, files, lifetimes, paging, submission
from studio.gateway.batch_lines import ENDPOINTS
from studio.gateway.doors import GatewayCaller, door
from studio.gateway.pictures_in import FILE_PREFIX
from studio.models import Batch, BatchFile, Lane
from studio.openai_wire.errors import OpenAIError, wrong_type, wrong_value
from studio.openai_wire.fields import Fields

PREFIX = "batch_"
KNOWN = frozenset({"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"})
WINDOWS = ("24h",)
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
STAMPS = (
    "created_at", "in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at", "expired_at",
    "cancelling_at", "cancelled_at",
)  # fmt: skip
PRICES = {
    Lane.NOW.value: "Darkroom's own workers make each request as soon as one is free, at the price of a live call.",
    Lane.OVERNIGHT.value: "The requests are sent to the provider's Batch API, at half the price of a live call.",
}


@door("POST", Scope.GENERATE)
async def begin_batch(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    return JsonResponse(described(await in_thread(_begin, request, caller)))


@door("GET", Scope.READ)
async def list_batches(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    return JsonResponse(await in_thread(_list, request, caller))


@door("GET", Scope.READ)
async def show_batch(request: HttpRequest, caller: GatewayCaller, batch_id: str) -> JsonResponse:
    return JsonResponse(described(await in_thread(_find, batch_id, caller)))


@door("POST", Scope.GENERATE)
async def cancel_batch(request: HttpRequest, caller: GatewayCaller, batch_id: str) -> JsonResponse:
    return JsonResponse(described(await in_thread(_cancel, batch_id, caller)))


def _begin(request: HttpRequest, caller: GatewayCaller) -> Batch:
    body, said = bodies.read_json(request)
    fields = Fields(body)
    fields.refuse_others(KNOWN)
    file_id = fields.text("input_file_id")
    endpoint = fields.text("endpoint")
    if endpoint not in ENDPOINTS:
        raise wrong_value("endpoint", endpoint[:80], list(ENDPOINTS))
    fields.choice("completion_window", WINDOWS, fields.text("completion_window"))
    metadata, seconds = _metadata(fields), _output_seconds(fields)
    file = files.find_batch_file(file_id, caller, "input_file_id")
    if file.purpose != BatchFile.Purpose.BATCH:
        message = f"The file '{file_id}' has the purpose '{file.purpose}'. A batch needs a file with purpose 'batch'."
        raise OpenAIError(message, code="invalid_value", param="input_file_id")
    return batches.begin(
        by=caller.member,
        api_key=caller.api_key,
        file=file,
        endpoint=endpoint,
        metadata=metadata,
        output_seconds=seconds,
        request_key=submission.request_key(request, caller),
        request_hash=hash_of(request.path, said),
    )


def _metadata(fields: Fields) -> dict[str, str] | None:
    said = fields.values.get("metadata")
    if said is None:
        return None
    if not isinstance(said, dict):
        raise wrong_type("metadata", "an object", said)
    if len(said) > MOST_PAIRS:
        message = f"Invalid 'metadata': too many properties. Expected at most {MOST_PAIRS}, but got {len(said)}."
        raise OpenAIError(message, code="object_above_max_properties", param="metadata")
    pairs = Fields(said, prefix="metadata.")
    for name in pairs.values:
        if len(name) > LONGEST_KEY or "\0" in name:
            message = f"Invalid 'metadata': a key is longer than {LONGEST_KEY} characters, or holds a null character."
            raise OpenAIError(message, code="invalid_value", param="metadata")
        if "\0" in pairs.text(name, longest=LONGEST_VALUE):
            message = f"Invalid 'metadata.{name}': the string holds a null character."
            raise OpenAIError(message, code="invalid_value", param=f"metadata.{name}")
    return dict(pairs.values)


def _output_seconds(fields: Fields) -> int | None:
    said = fields.values.get("output_expires_after")
    if said is None:
        return None
    if not isinstance(said, dict):
        raise wrong_type("output_expires_after", "an object", said)
    return lifetimes.read_lifetime(Fields(said, prefix="output_expires_after."))


def _list(request: HttpRequest, caller: GatewayCaller) -> dict[str, Any]:
    page = paging.read_page(request, most=100, usual=20)
    after = _find(page.after, caller, "after") if page.after else None
    with tenancy.tenant(caller.org.pk):
        mine = batches.of_member(caller.member).order_by("-id")
        found = list((mine.filter(pk__lt=after.pk) if after else mine)[: page.limit + 1])
        shown = [described(batch) for batch in found[: page.limit]]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(found) > page.limit,
    }


def _find(batch_id: str, caller: GatewayCaller, param: str = "batch_id") -> Batch:
    """Return the caller's batch with this id. One of another person is refused like one that does not exist."""
    code = code_or_none(batch_id.removeprefix(PREFIX))
    found = batches.find(caller.member, code) if code is not None else None
    if found is None:
        message = f"No batch found with id '{batch_id[:80]}'."
        raise OpenAIError(message, status=404, code="batch_not_found", param=param)
    return found


def _cancel(batch_id: str, caller: GatewayCaller) -> Batch:
    try:
        return batches.cancel(_find(batch_id, caller))
    except batches.Ended as ended:
        raise OpenAIError(ended.sentence, status=409, code="batch_ended", param="batch_id") from None


def described(batch: Batch) -> dict[str, Any]:
    faults = {"object": "list", "data": batch.faults} if batch.faults else None
    described: dict[str, Any] = {
        "id": f"{PREFIX}{batch.code.hex}",
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model or None,
        "errors": faults,
        "input_file_id": f"{FILE_PREFIX}{batch.input_code.hex}",
        "completion_window": WINDOWS[0],
        "status": batch.state,
        "output_file_id": _file_id(batch.output_file),
        "error_file_id": _file_id(batch.error_file),
        **{name: _seconds(getattr(batch, name)) for name in STAMPS},
        "request_counts": {"total": batch.total, "completed": batch.completed, "failed": batch.failed},
        "usage": batch.usage,
        "metadata": batch.metadata,
        "darkroom": {"lane": batch.lane, "price": PRICES[batch.lane]},
    }
    return described


def _file_id(file: BatchFile | None) -> str | None:
    return f"{FILE_PREFIX}{file.code.hex}" if file else None


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
