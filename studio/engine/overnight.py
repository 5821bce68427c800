"""Take the next step of a chunk of overnight requests: fill it, send it to its provider as one batch, follow the batch,
and read its results.

What will be done is written down before it is done. The batch has the chunk's code in its metadata; after a crash
between creating the batch and noting its id, the batch is found again by listing. Every step may be taken twice, and no
step keeps a database connection while it waits for the provider."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone

from saas.database import tenancy
from saas.database.release import released
from saas.queue import due, lanes, thread_shares
from saas.queue.thread_shares import Barred
from studio.batches.overnight import EDITS
from studio.catalogue.specs import Spec
from studio.engine import overnight_results
from studio.engine.overnight_results import end_lines
from studio.models import Chunk, ChunkLine, ChunkState, ChunkTicket, Run, Slot, State
from studio.providers import openai_batches, requests
from studio.providers.adapter import Endpoint, File
from studio.providers.openai_batches import Seen
from studio.providers.outcomes import ProviderError
from studio.queue import wake
from studio.runs import events, suspended

TAKEN_SECONDS = 1800  # the lease of a claim: reading gigabytes takes a while
FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 1.0, 300.0
PATIENCE = 10  # a tenth of a batch's age passes between two looks
REST_SECONDS = 15.0
MOST_LOST = 3
OVERDUE = timedelta(hours=26)  # a batch's window, and time to call it back
UNSENT = (ChunkState.GATHERING, ChunkState.WRITTEN)

log = structlog.get_logger("darkroom.overnight")


def count_due() -> int:
    return due.count(ChunkTicket)


def drive_next() -> bool:
    """Take the next step of the chunk that has been due longest. Return False if none is due, or none may be taken."""
    with thread_shares.OF_LANE[lanes.OVERNIGHT].taking(_take) as claim:
        if claim is None:
            return False
        try:
            wait = _step(claim)
        except Exception:
            log.exception("chunk not driven", chunk=str(claim.chunk_code))
            wait = REST_SECONDS
        if wait is not None:
            due.claimed(claim).update(due_at=timezone.now() + timedelta(seconds=wait))
            wake.after("overnight", wait)
    return True


def _take(barred: Barred) -> ChunkTicket | None:
    return due.claim(ChunkTicket, barred, seconds=TAKEN_SECONDS)


def _step(claim: ChunkTicket) -> float | None:
    """Take a step. Return how many seconds later the next one may be taken, or None if no ticket is due again."""
    with released(), tenancy.tenant(claim.org_id):
        found = Chunk.objects.select_related("org", "connection__org").filter(code=claim.chunk_code)
        chunk = found.first()
        if chunk is None or chunk.state == ChunkState.ENDED:
            due.claimed(claim).delete()
            return None
        if chunk.org.deleted_at is None and not chunk.org.may_work:
            suspended.put_off(claim, chunk.org)
            return None
    if chunk.org.deleted_at is not None:
        end_lines(chunk, "stopped" if chunk.state in UNSENT and not chunk.tries else "stopped_late")
        overnight_results.end(chunk)
        return None
    if chunk.state == ChunkState.GATHERING:
        return _close(chunk)
    if chunk.connection is None:
        end_lines(chunk, "no_connection" if chunk.state in UNSENT and not chunk.tries else "batch_lost")
        overnight_results.end(chunk)
        return None
    try:
        endpoint = requests.endpoint_of(chunk.connection)
        return _send(chunk, endpoint) if chunk.state == ChunkState.WRITTEN else _follow(chunk, endpoint)
    except ProviderError as error:
        log.warning("batch not reached", chunk=str(chunk.code), outcome=error.code, **error.details)
        return _after_error(chunk, error)


def _close(chunk: Chunk) -> float:
    """Take no more lines into the chunk. Lines whose runs were stopped meanwhile are left out."""
    with released(), tenancy.tenant(chunk.org_id):
        if not chunk.move(ChunkState.WRITTEN, out_of=(ChunkState.GATHERING,)):
            return 0
    stopped = [line for line in overnight_results.open_lines(chunk) if line.slot.run.cancel_asked_at]
    for line in stopped:
        overnight_results.end_line(line, ProviderError("stopped"))
    return 0


def _send(chunk: Chunk, endpoint: Endpoint) -> float | None:
    """Create the chunk's batch, or adopt the one that was created before a crash."""
    seen = openai_batches.find(endpoint, str(chunk.code)) if chunk.tries else None
    if seen is not None:
        log.warning("batch adopted", chunk=str(chunk.code), batch=seen.id)
    else:
        lines = overnight_results.open_lines(chunk)
        if not lines:
            overnight_results.end(chunk)
            return None
        data = _requests_of(chunk, lines, endpoint)
        name = f"{chunk.code}.jsonl"
        file_id = openai_batches.send_file(endpoint, name=name, data=data, mime="application/jsonl", purpose="batch")
        if not _note_sent(chunk, lines):
            return 0
        seen = openai_batches.create(endpoint, file_id=file_id, where=chunk.endpoint, chunk=str(chunk.code))
    with released(), tenancy.tenant(chunk.org_id):
        chunk.move(ChunkState.SENT, out_of=(ChunkState.WRITTEN,), batch_id=seen.id, sent_at=timezone.now())
    return FIRST_LOOK_SECONDS


def _requests_of(chunk: Chunk, lines: list[ChunkLine], endpoint: Endpoint) -> bytes:
    """Write the chunk's file. Pictures of edits are sent before, each once."""
    sent: dict[str, str] = {}
    written = [json.dumps(_request_of(chunk, line, endpoint, sent)) for line in lines]
    return "\n".join(written).encode()


def _request_of(chunk: Chunk, line: ChunkLine, endpoint: Endpoint, sent: dict[str, str]) -> dict[str, Any]:
    slot, run = line.slot, line.slot.run
    request = requests.request_of(run, slot, Spec.from_json(run.asked))
    body = dict(request.parameters)
    if chunk.endpoint == EDITS:
        body["images"] = [{"file_id": _sent(file, endpoint, sent)} for file in request.references]
        if request.mask is not None:
            body["mask"] = {"file_id": _sent(request.mask, endpoint, sent)}
    return {"custom_id": slot.code.hex, "method": "POST", "url": chunk.endpoint, "body": body}


def _sent(file: File, endpoint: Endpoint, sent: dict[str, str]) -> str:
    digest = hashlib.sha256(file.data).hexdigest()
    if digest not in sent:
        sent[digest] = openai_batches.send_file(
            endpoint, name=file.name, data=file.data, mime=file.mime, purpose="vision"
        )
    return sent[digest]


def _note_sent(chunk: Chunk, lines: list[ChunkLine]) -> bool:
    """Note that a batch is about to be created, which from here on may cost money. Return False if another worker got
    there first."""
    now = timezone.now()
    with released(), tenancy.tenant(chunk.org_id):
        mine = Chunk.objects.filter(pk=chunk.pk, state=ChunkState.WRITTEN, tries=chunk.tries)
        if mine.update(tries=F("tries") + 1) != 1:
            return False
        chunk.tries += 1
        for line in lines:
            queued = Slot.objects.filter(pk=line.slot_id, state=State.QUEUED)
            values = {"state": State.RUNNING, "started_at": now, "sent_at": now, "tries": F("tries") + 1}
            if queued.update(**values, connection=chunk.connection):
                Run.objects.filter(pk=line.slot.run_id, state=State.QUEUED).update(state=State.RUNNING, started_at=now)
                events.record(line.slot.run, "started", slot=line.slot.index, data={"try": line.slot.tries + 1})
    return True


def _follow(chunk: Chunk, endpoint: Endpoint) -> float | None:
    """Look how the batch stands. Call it back when its time is up, and read it when it has ended."""
    seen = openai_batches.look(endpoint, chunk.batch_id)
    if seen is None:
        return _not_found(chunk)
    if seen.has_ended:
        overnight_results.read(chunk, seen, endpoint)
        return None
    if chunk.state == ChunkState.SENT and _is_over(chunk):
        openai_batches.cancel(endpoint, chunk.batch_id)
        with released(), tenancy.tenant(chunk.org_id):
            chunk.move(ChunkState.CANCELLING, out_of=(ChunkState.SENT,))
        return FIRST_LOOK_SECONDS
    if chunk.age_seconds > OVERDUE.total_seconds():
        return _give_up(chunk, seen)
    with released(), tenancy.tenant(chunk.org_id):
        Chunk.objects.filter(pk=chunk.pk).exclude(lost_count=0).update(lost_count=0)
    return _pause(chunk)


def _is_over(chunk: Chunk) -> bool:
    """Return whether the chunk's deadline has come, or every run that is in it was stopped."""
    if timezone.now() >= chunk.deadline_at:
        return True
    with released(), tenancy.tenant(chunk.org_id):
        wanted = ChunkLine.objects.filter(chunk=chunk, is_open=True, slot__run__cancel_asked_at=None)
        return not wanted.exists()


def _not_found(chunk: Chunk) -> float | None:
    """Count a look at which the provider did not know the batch. After several it counts as lost."""
    with released(), tenancy.tenant(chunk.org_id):
        Chunk.objects.filter(pk=chunk.pk).update(lost_count=F("lost_count") + 1)
    if chunk.lost_count + 1 < MOST_LOST:
        return FIRST_LOOK_SECONDS * float(2**chunk.lost_count)
    overnight_results.raise_alarm(chunk, "The provider does not know this batch any more.")
    end_lines(chunk, "batch_lost")
    overnight_results.end(chunk)
    return None


def _give_up(chunk: Chunk, seen: Seen) -> float | None:
    overnight_results.raise_alarm(chunk, f"The batch never ended: it is still “{seen.status[:40]}”.")
    end_lines(chunk, "batch_lost")
    overnight_results.end(chunk)
    return None


def _after_error(chunk: Chunk, error: ProviderError) -> float | None:
    """Decide what follows from a call that failed: another try later, unless the failure will stay and nothing was
    made."""
    is_lasting = error.outcome.charged == "no" and not error.outcome.is_retryable
    if chunk.state == ChunkState.WRITTEN and is_lasting:
        end_lines(chunk, error.code)
        overnight_results.end(chunk)
        return None
    if chunk.age_seconds > OVERDUE.total_seconds():
        end_lines(chunk, "batch_lost" if chunk.tries else error.code)
        overnight_results.end(chunk)
        return None
    return max(REST_SECONDS, error.retry_after_seconds or 0.0, _pause(chunk))


def _pause(chunk: Chunk) -> float:
    return min(max(chunk.age_seconds / PATIENCE, FIRST_LOOK_SECONDS), LAST_LOOK_SECONDS)
