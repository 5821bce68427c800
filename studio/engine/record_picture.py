"""Note a finished picture whose files are stored: write the rows that name them, end the slot and the run, and settle
the hold, by one function of the database (studio/migrations/sql/keep.sql). Doing it twice is harmless, so it can be
repeated until it succeeds."""

import hashlib
from typing import Any

import structlog
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.limits import alerts, counters
from accounts.models import Hold
from accounts.webhooks import delivery
from saas.database import functions
from saas.database.release import released
from saas.database.transactions import after_commit
from studio.engine import make_composites, store_frames
from studio.engine.job import Job
from studio.engine.store_frames import Stored
from studio.gallery import search
from studio.imaging.decode_turns import Busy
from studio.models import Run, Slot
from studio.money import run_holds
from studio.providers.answers import Final
from studio.queue import wake
from studio.queue.tickets import Claim
from studio.runs import events, finish
from studio.waiting import relay
from studio.waiting.relay import Finished

KEEP = f"""
SELECT studio_keep_picture(
    %(slot)s, %(ticket)s, %(claim)s, %(picture)s, %(words)s::bigint[], %(hold)s, %(charge)s, {counters.WHERE},
    %(percents)s::int[], %(alone)s, %(now)s)
"""
SECOND = {"by": "second"}

log = structlog.get_logger("darkroom.engine")


def recover_stored(run: Run, slot: Slot) -> tuple[Final, Stored] | None:
    """Find a picture that a lost worker stored and did not note. Return None if storage has none or fails."""
    try:
        return store_frames.find_output(slot.org.code, run, slot)
    except Busy:
        raise  # the picture may be there: the next sweep looks again
    except Exception:  # storages raise many kinds of errors; the slot then ends as unknown
        log.exception("storage does not say whether a picture came", slot=str(slot.code))
        return None


def record_at_once(job: Job, frame: Final, stored: Stored) -> bool:
    """Note the picture, settle its hold and give the ticket up, in one round trip. Return False, and change nothing, if
    something else has to be written along with it: an alert, or what ends an outage."""
    if job.hold is None:
        return False
    with released():
        told = _keep(job.run, job.slot, frame, stored, job.hold, claim=job.claim)
    if "by" in told:
        return False
    if not told["waiting"]:
        job.line_is_empty.set()
    _announce(job.run, job.slot, frame, stored, told)
    return True


def record(run: Run, slot: Slot, frame: Final, stored: Stored) -> None:
    """Note the picture and settle its hold in the caller's transaction, also if the slot ended as unknown or stopped
    meanwhile: it was paid for."""
    hold = run_holds.paying_for(slot.code, slot.tries)
    told = _keep(run, slot, frame, stored, hold)
    if told == SECOND:
        store_frames.note_second(slot, frame, stored)
        finish.close(run)
    else:
        _announce(run, slot, frame, stored, told)
    said: dict[str, Any] = {"usage": frame.usage, "used": frame.used, "request_id": frame.request_id}
    if hold is not None and told.get("counters") is not None:
        run_holds.note_charged(hold, told["counters"], **said)
    else:
        run_holds.charge(slot.code, tried=slot.tries, **said)


def _keep(
    run: Run, slot: Slot, frame: Final, stored: Stored, hold: Hold | None, *, claim: Claim | None = None
) -> dict[str, Any]:
    measured = stored.measured
    assert measured is not None  # noqa: S101 store_output sets it
    picture = {
        "file": stored.file,
        "preview": stored.preview,
        "thumbnail": stored.thumbnail,
        "format": measured.format,
        "width": measured.width,
        "height": measured.height,
        "size_bytes": len(frame.data),
        "sha256": hashlib.sha256(frame.data).hexdigest(),
        "revised_prompt": frame.revised_prompt,
        "quality": str(frame.used.get("quality") or run.asked.get("quality", ""))[:20],
        "request_id": frame.request_id[:120],
        "used": frame.used,
        "usage": frame.usage,
        "feather": make_composites.feather_of(run),
        "key_id": search.current_key_id(),
    }
    values: dict[str, Any] = {
        "slot": slot.pk,
        "ticket": claim.id if claim else None,
        "claim": claim.token if claim else None,
        "picture": Jsonb(picture),
        "words": search.words_for(slot.org.code, run.prompt, frame.revised_prompt),
        "percents": list(alerts.PERCENTS),
        "alone": claim is not None,
        "now": timezone.now(),
        **run_holds.settlement(hold, usage=frame.usage, used=frame.used, request_id=frame.request_id),
    }
    told: dict[str, Any] = functions.ask(slot.org_id, KEEP, values)
    return told


def _announce(run: Run, slot: Slot, frame: Final, stored: Stored, told: dict[str, Any]) -> None:
    assert stored.measured is not None  # noqa: S101 store_output sets it
    finished = Finished(
        slot.index, frame, stored.measured, told["output"]["seq"], int(told["micros"]), told["counters"]
    )
    after_commit(relay.hand_over, run.code, finished)  # before its callers hear of it
    events.announce(run, run.event_of(told["output"]), stored.hint)
    if told["ended"]:
        events.announce(run, run.event_of(told["ended"]))
        if run.is_of_sheet:
            wake.soon("end_sheet_row", run.org_id, str(run.code))
    delivery.call_for(told["messages"])
    if make_composites.feather_of(run) is not None:
        wake.soon("compose")
