"""Write the results of a batch, line by line from the runs and their pictures. Nothing is stored twice: a picture that
was deleted is not in the list any more, and one picture at a time is in memory."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from saas.database import tenancy
from saas.database.release import released
from studio.batches import lines
from studio.catalogue.specs import Spec
from studio.files import storage
from studio.gateway import answers, failure_answers, json_with_pictures, results
from studio.gateway.json_with_pictures import Picture
from studio.gateway.parameters import ImageRequest
from studio.gateway.results import Result
from studio.models import Batch, BatchFile, BatchLine, Run, Slot, State
from studio.openai_wire import base64_text

LINES_AT_ONCE = 50
CHUNK_BYTES = 256 * 1024
EXPIRED = {
    "code": "batch_expired",
    "message": "This request could not be executed before the completion window expired.",
}
CANCELLED = {"code": "batch_cancelled", "message": "This request was not executed, because the batch was cancelled."}
NOT_IN_TIME = "not_made_in_time"  # by the provider's own batch
DELETED = {"code": "picture_deleted", "message": "The picture was made, and has been deleted from the gallery."}


@dataclass
class Measured:
    output_bytes: int = 0
    error_bytes: int = 0
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A line of the results, with the files of its pictures."""

    payload: dict[str, Any]
    files: list[str]
    base64_bytes: int = 0
    usage: dict[str, Any] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        around = sum(len(piece) for piece in json_with_pictures.pieces(self.payload, [b""] * len(self.files)))
        return around + self.base64_bytes + 1

    def pieces(self) -> Iterator[Picture]:
        yield from json_with_pictures.pieces(self.payload, map(_base64, self.files))
        yield b"\n"


def measure(batch: Batch) -> Measured:
    """Return the sizes of both lists, and the tokens of all lines together."""
    found = Measured(usage=dict.fromkeys(results.TOKENS, 0))
    for line in _lines(batch, BatchLine.State.COMPLETED):
        found.output_bytes += line.size_bytes
        for name in results.TOKENS:
            found.usage[name] += line.usage.get(name, 0)
    for line in _lines(batch, BatchLine.State.FAILED):
        found.error_bytes += line.size_bytes
    found.usage["input_tokens_details"] = {"cached_tokens": 0}
    found.usage["output_tokens_details"] = {"reasoning_tokens": 0}
    return found


def chunks(file: BatchFile) -> Generator[bytes, None, None]:
    """Yield a list of results, in the order of the requests."""
    with released(), tenancy.tenant(file.org_id):
        of_output = getattr(file, "results_of", None)
        batch = of_output or getattr(file, "errors_of", None)
    if batch is None:
        return
    state = BatchLine.State.COMPLETED if of_output else BatchLine.State.FAILED
    held: list[Picture] = []
    for line in _lines(batch, state):
        for piece in line.pieces():
            held.append(piece)
            if sum(map(len, held)) >= CHUNK_BYTES:
                yield b"".join(held)
                held.clear()
    if held:
        yield b"".join(held)


def _lines(batch: Batch, state: str) -> Iterator[Written]:
    last = 0
    while True:
        with released(), tenancy.tenant(batch.org_id):
            found = lines.after(batch, last, state=state, most=LINES_AT_ONCE)
            written = [_write(batch, line) for line in found]
        yield from written
        if not found:
            return
        last = found[-1].number


def _write(batch: Batch, line: BatchLine) -> Written:
    if line.refusal is not None or line.run is None:
        return _refused(line, line.refusal or {"error": DELETED})
    slots = sorted(line.run.slots.all(), key=lambda slot: slot.index)
    if line.state == BatchLine.State.FAILED:
        if (stopped := _not_executed(batch, line.run, slots[0])) is not None:
            return _refused(line, {"error": stopped})
        refusal = failure_answers.error_of_slot(slots[0])
        return _answered(line, line.run, refusal.status, refusal.envelope)
    made = [slot for slot in slots if slot.state == State.SUCCEEDED and slot.output.purged_at is None]
    if not made:
        return _refused(line, {"error": DELETED})
    return _succeeded(line, line.run, made)


def _not_executed(batch: Batch, run: Run, slot: Slot) -> dict[str, str] | None:
    """Return why a run of the batch was not executed, unless a person stopped it."""
    if slot.error_code == NOT_IN_TIME:
        return EXPIRED
    if run.state != State.CANCELLED or run.cancel_asked_at is None:
        return None
    if batch.cancelling_at is not None and run.cancel_asked_at >= batch.cancelling_at:
        return CANCELLED
    return EXPIRED if run.cancel_asked_at >= batch.expires_at else None


def _refused(line: BatchLine, refusal: dict[str, Any]) -> Written:
    """Write a line without a run: refused as its own call would have been, or never executed."""
    if "status" in refusal:
        return _answered(line, None, refusal["status"], {"error": refusal["error"]})
    return Written(_envelope(line, None, refusal["error"]), [])


def _answered(line: BatchLine, run: Run | None, status: int, body: dict[str, Any]) -> Written:
    return Written(_envelope(line, _response(line, run, status, body), None), [])


def _succeeded(line: BatchLine, run: Run, slots: list[Slot]) -> Written:
    result = Result([results.describe(slot) for slot in slots], [])
    asked = ImageRequest(Spec.from_json(run.asked), identifier=run.end_user)
    body = answers.answer_of(run, asked, result)
    outputs = [slot.output for slot in slots]
    return Written(
        _envelope(line, _response(line, run, 200, body), None),
        [output.file for output in outputs],
        sum(4 * ((output.size_bytes + 2) // 3) for output in outputs),
        result.usage,
    )


def _response(line: BatchLine, run: Run | None, status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": status, "request_id": f"req_{(run.code if run else line.code).hex}", "body": body}


def _envelope(line: BatchLine, response: dict[str, Any] | None, error: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": f"batch_req_{line.code.hex}", "custom_id": line.custom_id, "response": response, "error": error}


def _base64(name: str) -> bytes:
    return base64_text.encode(storage.load(name))
