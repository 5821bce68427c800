"""Check the file of a batch, all of it before anything is made: one bad line fails the whole batch, as OpenAI does it,
and costs nothing."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.errors import Refused
from studio.batches import batch_files
from studio.batches.batch_files import Line
from studio.catalogue.fields import SpecRefused
from studio.files import storage
from studio.gateway import batch_lines, doors, parameters
from studio.gateway.batch_lines import LineRequest
from studio.gateway.doors import GatewayCaller
from studio.models import Batch, BatchFile, BatchLine
from studio.openai_wire.errors import OpenAIError

MOST_LINES = 50_000
MOST_FAULTS = 100  # that are listed


@dataclass
class Checked:
    """The lines of a file, and why they cannot be used."""

    lines: list[BatchLine] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""


def check(batch: Batch, file: BatchFile | None, caller: GatewayCaller) -> Checked:
    """Check each line of the file. Needs no transaction: large files take a while."""
    found = Checked()
    if file is None:
        _note(found, OpenAIError("The input file was deleted.", code="invalid_input_file"))
        return found
    seen = set[str]()
    pieces = storage.pieces(file.file, file.size_bytes)
    for line in batch_files.lines_of(pieces, longest_bytes=settings.REQUEST_LIMIT_BYTES):
        if len(found.faults) >= MOST_FAULTS:
            break
        if len(found.lines) >= MOST_LINES:
            message = f"This file has too many requests: {MOST_LINES:,} is the most."
            _note(found, OpenAIError(message, code="too_many_tasks"), line)
            break
        try:
            read = _read(line, batch, caller)
            _refuse_odd(read, found, seen)
        except OpenAIError as refusal:
            _note(found, refusal, line)
            continue
        found.lines.append(_row(batch, line, read.custom_id))
    if not found.lines and not found.faults:
        _note(found, OpenAIError("The input file has no requests.", code="empty_file"))
    return found


def _read(line: Line, batch: Batch, caller: GatewayCaller) -> LineRequest:
    if line.data is None:
        message = f"This line is too long: {settings.REQUEST_LIMIT_BYTES // 1_000_000} MB is the most."
        raise OpenAIError(message, code="request_too_large")
    read = batch_lines.read(line.data, endpoint=batch.endpoint, caller=caller)
    try:
        batch_lines.check(read, caller)
    except SpecRefused as refusal:
        spec = read.image_request.spec
        raise parameters.error_of_fault(refusal.errors[0], spec.to_json()) from None
    except Refused as act:
        raise doors.of_act(act) from None
    return read


def _refuse_odd(read: LineRequest, found: Checked, seen: set[str]) -> None:
    """Refuse a line that does not go with those before it."""
    if read.custom_id in seen:
        message = f"The custom_id '{read.custom_id[:80]}' was used by an earlier line."
        raise OpenAIError(message, code="duplicate_custom_id", param="custom_id")
    seen.add(read.custom_id)
    found.model = found.model or read.model
    if read.model != found.model:
        message = f"All requests of a batch need the same model: this one names '{read.model}', not '{found.model}'."
        raise OpenAIError(message, code="mismatched_model", param="body.model")


def _note(found: Checked, refusal: OpenAIError, line: Line | None = None) -> None:
    error = refusal.error
    found.faults.append(
        {
            "code": error["code"] or "invalid_request",
            "line": line.number if line else None,
            "message": str(error["message"])[:1000],
            "param": error["param"],
        }
    )


def _row(batch: Batch, line: Line, custom_id: str) -> BatchLine:
    return BatchLine(
        org_id=batch.org_id,
        batch=batch,
        number=line.number,
        custom_id=custom_id,
        offset=line.offset,
        size_bytes=line.size_bytes,
    )
