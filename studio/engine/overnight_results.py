"""Read the results of a batch: keep each picture as it comes, give back what was not made, and see whether the sums
agree. Results may come twice, in any order, and incomplete."""

from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone

from saas.database import tenancy
from saas.database.release import released
from saas.ops import metrics
from saas.text.codes import code_or_none
from studio.engine import record_picture, store_frames
from studio.models import OPEN_CHUNKS, Chunk, ChunkLine, ChunkState, ChunkTicket, Slot, State
from studio.money import run_holds
from studio.providers import answers, openai_batches
from studio.providers.adapter import Endpoint
from studio.providers.openai_batches import NOT_FOUND, Seen
from studio.providers.outcomes import ProviderError
from studio.runs import events, finish, submit_run

SUCCESS = 200
NOT_EXECUTED = frozenset({"batch_expired", "batch_cancelled"})

log = structlog.get_logger("darkroom.overnight")


def open_lines(chunk: Chunk) -> list[ChunkLine]:
    with released(), tenancy.tenant(chunk.org_id):
        found = ChunkLine.objects.filter(chunk=chunk, is_open=True).order_by("pk")
        return list(found.select_related("slot__run__connection", "slot__run__org", "chunk"))


def read(chunk: Chunk, seen: Seen, endpoint: Endpoint) -> None:
    """Read the results of a batch that has ended, and end the chunk. Raise ProviderError to read them again later."""
    lost_files = 0
    for file_id in filter(None, (seen.output_file_id, seen.error_file_id)):
        try:
            for line in openai_batches.results(endpoint, file_id):
                _take(chunk, line)
        except ProviderError as error:
            if error.details.get("status") != NOT_FOUND:
                raise
            lost_files += 1
    if lost_files:
        raise_alarm(chunk, "A file of results is missing at the provider.")
    _end_missing(chunk, seen, has_all_files=not lost_files)
    _compare(chunk, seen)
    end(chunk)


def end(chunk: Chunk) -> None:
    """End the chunk and its ticket."""
    with released(), tenancy.tenant(chunk.org_id):
        ChunkTicket.objects.filter(chunk_code=chunk.code).delete()
        chunk.move(ChunkState.ENDED, out_of=OPEN_CHUNKS, ended_at=timezone.now())


def end_lines(chunk: Chunk, code: str) -> None:
    """End all open lines without a picture."""
    for line in open_lines(chunk):
        end_line(line, ProviderError(code))


def end_line(line: ChunkLine, error: ProviderError) -> None:
    """End a line and its slot without a picture. Do nothing if it has ended."""
    log.info("no picture", slot=str(line.slot.code), outcome=error.code, **error.details)
    with released(), tenancy.tenant(line.org_id):
        if _close(line):
            finish.end(line.slot.run, line.slot, error.code, request_id=error.request_id, refusal=error.refusal)


def raise_alarm(chunk: Chunk, sentence: str) -> None:
    """Note that the results of a batch do not add up, for the operator: in the log, in the metrics and beside it."""
    log.error("batch does not add up", chunk=str(chunk.code), batch=chunk.batch_id, why=sentence)
    metrics.BATCH_ALARMS.inc()
    with released(), tenancy.tenant(chunk.org_id):
        Chunk.objects.filter(pk=chunk.pk).update(alarm=sentence[:300])
    chunk.alarm = sentence[:300]


def _take(chunk: Chunk, said: dict[str, Any]) -> None:
    """Take one line of the results."""
    line = _line_of(chunk, said.get("custom_id"))
    if line is None or not line.is_open:
        return  # of another batch, or taken before
    response, error = said.get("response"), said.get("error")
    if not isinstance(response, dict):
        code = error.get("code") if isinstance(error, dict) else None
        if code in NOT_EXECUTED:
            _not_made(line)
        else:
            end_line(line, ProviderError("provider_failed", details={"code": answers.brief(code)}))
        return
    status, body = response.get("status_code"), response.get("body")
    request_id = str(response.get("request_id") or "")[:120]
    try:
        if not isinstance(status, int) or not isinstance(body, dict):
            raise ProviderError("strange_answer", request_id=request_id)
        if status != SUCCESS:
            raise answers.error_of(status, body, request_id)
        frame = answers.final_of(body, request_id)
        stored = store_frames.store_output(line.slot.run.org.code, line.slot.run, line.slot, frame, is_again=True)
    except ProviderError as failure:
        end_line(line, failure)
        return
    with released(), tenancy.tenant(line.org_id):
        if _close(line):
            record_picture.record(line.slot.run, line.slot, frame, stored)


def _line_of(chunk: Chunk, custom_id: Any) -> ChunkLine | None:
    code = code_or_none(custom_id) if isinstance(custom_id, str) else None
    with released(), tenancy.tenant(chunk.org_id):
        found = ChunkLine.objects.filter(chunk=chunk, slot__code=code) if code is not None else None
        line = found.select_related("slot__run__connection", "slot__run__org", "chunk").first() if found else None
    if line is None:
        log.warning("unknown line in a batch", chunk=str(chunk.code))
    return line


def _close(line: ChunkLine) -> bool:
    """Close the line. Return False if it is closed already: another worker reads the same results."""
    return ChunkLine.objects.filter(pk=line.pk, is_open=True).update(is_open=False) == 1


def _not_made(line: ChunkLine) -> None:
    """Give a line back that the provider did not execute, or make it by day if that was agreed on."""
    run, slot = line.slot.run, line.slot
    if run.cancel_asked_at is not None:
        end_line(line, ProviderError("stopped"))
        return
    if not line.chunk.goes_live or run.connection is None:
        end_line(line, ProviderError("not_made_in_time"))
        return
    with released(), tenancy.tenant(line.org_id):
        if not _close(line):
            return
        if slot.put_back():
            events.record(run, "queued", slot=slot.index)
            submit_run.line_up(run, [slot], run.connection, asked=0)
        run_holds.go_live(slot.code)


def _end_missing(chunk: Chunk, seen: Seen, *, has_all_files: bool) -> None:
    """End the lines that the results do not name. Where the provider says that the batch did not execute them, or
    counts them as failed, they cost nothing; any other line that a completed batch does not name may have cost."""
    left = open_lines(chunk)
    if not left:
        return
    if seen.status == "failed":
        log.warning("batch refused", chunk=str(chunk.code), errors=seen.errors)
    is_free = seen.status != "completed" or (has_all_files and seen.failed >= len(left))
    if not is_free or seen.status == "completed":
        raise_alarm(chunk, f"{len(left)} lines of a finished batch are in none of its files.")
    for line in left:
        if not is_free:
            end_line(line, ProviderError("batch_line_missing"))
        elif seen.status == "completed":
            end_line(line, ProviderError("provider_failed"))
        elif seen.status == "failed" and not chunk.goes_live:
            end_line(line, ProviderError("batch_refused"))
        else:
            _not_made(line)


def _compare(chunk: Chunk, seen: Seen) -> None:
    """Compare the tokens of the lines with what the batch says of all of them."""
    if seen.output_tokens is None or chunk.alarm:
        return
    with released(), tenancy.tenant(chunk.org_id):
        made = Slot.objects.filter(chunk_line__chunk=chunk, state=State.SUCCEEDED, sent_at=F("sent_at"))
        used = [usage.get("output_tokens") for usage in made.values_list("usage", flat=True) if usage]
    total = sum(count for count in used if isinstance(count, int))
    if total != seen.output_tokens:
        sentence = f"Its lines used {total} tokens of output, and the batch says {seen.output_tokens}."
        raise_alarm(chunk, sentence)
