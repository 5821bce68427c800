"""Delete what guests were promised would be deleted: their photos, their pictures, and at once what they withdrew.

Each capture has a ticket that comes due when something is to be looked at. A picture that was being made when its guest
withdrew may still come; it is deleted then. A legal hold stops all of it until it ends."""

from datetime import datetime, timedelta

import structlog
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from saas.database import tenancy
from saas.queue import due
from studio.files import discarded
from studio.gallery import clear_runs, purge, retention
from studio.models import LIVE, Capture, CaptureTicket, Input, Output, Run, RunInput, Slot

TAKEN_SECONDS = 300
SOON = timedelta(seconds=5)  # until a run that was stopped has ended
LATER = timedelta(minutes=1)  # until pictures are finished, of which the photo is deleted then
HELD = timedelta(hours=1)
STRAGGLERS = timedelta(days=2)  # in which a picture may still come of a call that was sent
AFTER_DOWNLOAD = timedelta(hours=1)  # so that a download that broke off can be tried again

log = structlog.get_logger("darkroom.housekeeping")


def sweep() -> int:
    """Do all that is due. Return how many captures were looked at. Any number of workers may do it at once."""
    count = 0
    while (ticket := due.claim(CaptureTicket, seconds=TAKEN_SECONDS)) is not None:
        with tenancy.tenant(ticket.org_id):
            capture = Capture.objects.select_related("event", "org", "run").filter(code=ticket.capture_code).first()
            names, next_at = _tidy(capture) if capture else ([], None)
            discarded.add(ticket.org_id, names)
        discarded.delete(names)
        if next_at is None:
            due.claimed(ticket).delete()
        else:
            due.claimed(ticket).update(due_at=next_at)
        count += 1
    return count


def _tidy(capture: Capture) -> tuple[list[str], datetime | None]:
    """Do what is due for a capture. Return the files that no row names any more, and when to look again."""
    now = timezone.now()
    if retention.has_legal_hold(capture.org_id):
        return [], now + HELD
    if capture.deleted_at is None and _until(capture) > now:
        names = _drop_photo(capture) if _photo_until(capture, now) <= now else []
        photo_at = max(_photo_until(capture, now), now + LATER)
        return names, min(_until(capture), photo_at) if capture.input_id else _until(capture)
    Capture.objects.not_deleted().filter(pk=capture.pk).update(deleted_at=now)
    if Slot.objects.filter(run=capture.run_id, state__in=LIVE).exists():
        return [], now + SOON
    names = _erase(capture)
    is_over = (capture.deleted_at or now) + STRAGGLERS < now
    return names, None if is_over else now + HELD


def _until(capture: Capture) -> datetime:
    if capture.event.result_days == 0 and capture.downloaded_at is not None:
        return min(capture.kept_until, capture.downloaded_at + AFTER_DOWNLOAD)
    return capture.kept_until


def _photo_until(capture: Capture, now: datetime) -> datetime:
    """Return until when the photo is kept, never before its pictures have ended."""
    if capture.run is not None and capture.run.is_live:
        return now + LATER
    return capture.created_at + timedelta(days=capture.event.photo_days)


def _erase(capture: Capture) -> list[str]:
    """Delete the rows of the photo, the pictures and the frames. The run stays, for its costs."""
    names: list[str] = []
    if capture.run is not None:
        run = Run.objects.select_for_update(no_key=True).get(pk=capture.run.pk)
        found = Output.objects.filter(run=run, purged_at=None).select_related("composite")
        outputs = list(found.select_for_update(of=["self"]).order_by("pk"))
        names = [name for output in outputs for name in purge.files_of(output)]
        Output.objects.filter(pk__in=[output.pk for output in outputs]).update(binned_at=Coalesce("binned_at", Now()))
        purge.forget(outputs)
        names += clear_runs.clear(capture.org, [run], forgets_words=False)
    names += _drop_photo(capture)
    Capture.objects.filter(pk=capture.pk, purged_at=None).update(purged_at=timezone.now())
    if names:
        log.info("capture deleted", organization=str(capture.org.code), files=len(names))
    return names


def _drop_photo(capture: Capture) -> list[str]:
    if capture.input_id is None:
        return []
    RunInput.objects.filter(run=capture.run_id, input=capture.input_id).delete()
    names = clear_runs.drop_inputs(capture.org, Input.objects.filter(pk=capture.input_id))
    is_gone = not Input.objects.filter(pk=capture.input_id).exists()
    if is_gone:
        Capture.objects.filter(pk=capture.pk, photo_deleted_at=None).update(photo_deleted_at=timezone.now())
        capture.input_id, capture.photo_deleted_at = None, timezone.now()
    return names
